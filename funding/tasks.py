"""The clock of the ledger."""

from celery import shared_task
from django.core.management import call_command

from funding.actions import follow_acceptances, release_expired


@shared_task
def follow_cases() -> None:
    """Let the money follow the cases, and give up what was not invoiced in time; may run twice at once without harm."""
    follow_acceptances()
    release_expired()


@shared_task
def audit_books() -> None:
    """Fails, for whoever watches the worker's log, when the books are not whole."""
    call_command("audit_books")
