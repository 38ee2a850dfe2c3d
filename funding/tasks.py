"""The clock of the ledger."""

from uuid import UUID

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from funding.actions import asked_releases, end_grants, follow_acceptances, release_expired
from funding.actions import release_mail as news


@shared_task
def follow_cases() -> None:
    """Let the money follow the cases, give up what was not invoiced in time, and end grants that are over.

    May run twice at once without harm.
    """
    follow_acceptances()
    release_expired()
    end_grants()


@shared_task
def audit_books() -> None:
    """Fails, for whoever watches the worker's log, when the books are not whole."""
    call_command("audit_books")


@shared_task(soft_time_limit=asked_releases.MOST_SECONDS - 10, time_limit=asked_releases.MOST_SECONDS)
def make_asked_release(asked_id: str) -> None:
    """Make a release that somebody asked for on the money page; may run twice at once without harm."""
    asked_releases.make_asked(UUID(asked_id), timezone.now())


@shared_task(soft_time_limit=asked_releases.MOST_SECONDS - 10, time_limit=asked_releases.MOST_SECONDS)
def make_asked_releases() -> None:
    """Take up what a lost broker message or a dead worker left behind; may run twice at once without harm."""
    asked_releases.make_all_asked(timezone.now())


@shared_task
def mail_release_news() -> None:
    """Tell the funders' members that a new release is out; may run twice at once without harm."""
    news.mail_release_news(timezone.now())
