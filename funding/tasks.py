"""The clock of the ledger."""

from celery import shared_task

from funding.actions import follow_acceptances


@shared_task
def follow_cases() -> None:
    """Commit money for acceptances that have none yet; may run twice at once without harm."""
    follow_acceptances()
