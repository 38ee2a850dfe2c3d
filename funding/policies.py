"""Who may move money and publish, and whether the books are in a state that allows it.

A role that may not raises PermissionDenied; a state or a date that does not allow it raises RefusedError, whose words
are shown to the person.
"""

from datetime import date

from django.core.exceptions import PermissionDenied

from accounts.roles import Actor, Role
from funding.models import Commitment, CommitmentState
from funding.quarters import Quarter, day_of

MONEY_ROLES = (Role.FINANCE, Role.APPROVER)
RELEASE_READERS = (Role.FUNDER, Role.FINANCE, Role.AUDITOR, Role.APPROVER)


class RefusedError(Exception):
    """The books do not allow this; the message says why in a sentence."""


def can_record_payments(actor: Actor) -> bool:
    return actor.role == Role.FINANCE


def can_publish(actor: Actor) -> bool:
    """The fund's own money people; the system when the server's keeper runs the command."""
    return actor.role in (*MONEY_ROLES, Role.SYSTEM)


def can_award(actor: Actor) -> bool:
    return actor.role in (Role.FINANCE, Role.OPERATOR)


def check_may_record_payments(actor: Actor) -> None:
    if not can_record_payments(actor):
        raise PermissionDenied("Only finance records payments.")


def check_may_publish(actor: Actor) -> None:
    if not can_publish(actor):
        raise PermissionDenied("Only finance and approvers close a quarter.")


def check_may_award(actor: Actor) -> None:
    if not can_award(actor):
        raise PermissionDenied("Only finance and the operator enter grants.")


def check_is_payable(commitment: Commitment) -> None:
    """Only money that was committed and not yet paid is paid."""
    if commitment.state == CommitmentState.PAID:
        raise RefusedError("This payment is already recorded.")
    if commitment.state != CommitmentState.OPEN:
        raise RefusedError("No grant's money is committed to this case and stage, so there is nothing to pay.")


def check_payment_day(commitment: Commitment, paid_on: date, *, today: date) -> None:
    """A payment is made between the acceptance and today, within the dates of its grant."""
    grant = commitment.grant
    accepted_on = day_of(commitment.committed_at)
    if paid_on > today:
        raise RefusedError("The day of payment is in the future.")
    if paid_on < accepted_on:
        raise RefusedError(f"The provider accepted the case on {accepted_on:%B} {accepted_on.day}, {accepted_on.year}.")
    if grant is not None and not grant.starts_on <= paid_on <= grant.ends_on:
        raise RefusedError(
            f"The grant {grant.name} does not cover this day: it runs {grant.starts_on} to {grant.ends_on}."
        )


def check_may_close(quarter: Quarter, *, last_released: Quarter | None, today: date) -> None:
    """Quarters are closed when they are over, once, one after the other."""
    if today <= quarter.last_day:
        raise RefusedError(f"{quarter} is not over yet.")
    if last_released is not None and quarter <= last_released:
        raise RefusedError(f"{quarter} is already released.")
    if last_released is not None and quarter != last_released.next:
        raise RefusedError(f"{last_released.next} comes first.")
