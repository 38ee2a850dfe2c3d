"""Who may move money and publish, and whether the books are in a state that allows it.

A role that may not raises PermissionDenied; a state or a date that does not allow it raises RefusedError, whose words
are shown to the person.
"""

from collections.abc import Collection
from datetime import date

from django.core.exceptions import PermissionDenied

from accounts.roles import Actor, Role
from funding.models import Invoice
from funding.quarters import Quarter

MONEY_ROLES = (Role.FINANCE, Role.APPROVER)
# Who may look at invoices and payments; a provider's staff at its own invoices alone.
INVOICE_READERS = (Role.PROVIDER_STAFF, *MONEY_ROLES, Role.AUDITOR)
PAYMENT_READERS = (*MONEY_ROLES, Role.AUDITOR)
# Who signs invoices: the fund's office each, of large ones their funders.
INVOICE_SIGNERS = (*MONEY_ROLES, Role.FUNDER)
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


def can_switch_public_page(actor: Actor) -> bool:
    """The fund's own money people, and who keeps the installation for it."""
    return actor.role in (*MONEY_ROLES, Role.OPERATOR)


def can_choose_mail(actor: Actor) -> bool:
    return actor.role == Role.FUNDER


def editions_of(actor: Actor, own: str) -> Collection[str] | None:
    """The funders' editions a reader of releases may open, by slug; None is all of them.

    A funder's member: its own organization's (`own`). The fund's office and its auditor see every payment anyway. The
    edition of the public is everybody's.
    """
    return (own,) if actor.role == Role.FUNDER else None


def check_may_switch_public_page(actor: Actor) -> None:
    if not can_switch_public_page(actor):
        raise PermissionDenied("Only the fund's office and the operator switch the public page.")


def check_may_choose_mail(actor: Actor) -> None:
    if not can_choose_mail(actor):
        raise PermissionDenied("Only a funder's members are mailed about releases.")


def check_may_record_payments(actor: Actor) -> None:
    if not can_record_payments(actor):
        raise PermissionDenied("Only finance records payments.")


def check_may_publish(actor: Actor) -> None:
    if not can_publish(actor):
        raise PermissionDenied("Only finance and approvers close a quarter.")


def check_may_award(actor: Actor) -> None:
    if not can_award(actor):
        raise PermissionDenied("Only finance and the operator enter grants.")


def can_bill(actor: Actor) -> bool:
    return actor.acts_as(Role.PROVIDER_STAFF)


def can_approve(actor: Actor) -> bool:
    return actor.role in MONEY_ROLES


def account_of(actor: Actor) -> int:
    """The actor's account, for what names who did it. Raises PermissionDenied for the system and families."""
    if actor.user_id is None:
        raise PermissionDenied("Only people do this.")
    return actor.user_id


def check_may_bill(actor: Actor) -> None:
    if not can_bill(actor):
        raise PermissionDenied("A provider's staff prepare its invoices.")


def check_is_billers(invoice: Invoice, actor: Actor) -> None:
    if invoice.provider.organization_id != actor.organization_id:
        raise PermissionDenied("This invoice is another provider's.")


def check_may_approve(actor: Actor) -> None:
    if not can_approve(actor):
        raise PermissionDenied("Finance and approvers decide on invoices.")


def check_may_sign_invoice(actor: Actor) -> None:
    if actor.role not in INVOICE_SIGNERS:
        raise PermissionDenied("Finance, approvers and funders sign invoices.")


def check_payment_day(approved_on: date, paid_on: date, *, today: date) -> None:
    """A payment is made between the approval and today."""
    if paid_on > today:
        raise RefusedError("The day of payment is in the future.")
    if paid_on < approved_on:
        raise RefusedError(f"An invoice was approved on {approved_on:%B} {approved_on.day}, {approved_on.year}.")


def check_may_close(quarter: Quarter, *, last_released: Quarter | None, today: date) -> None:
    """Quarters are closed when they are over, once, one after the other."""
    if today <= quarter.last_day:
        raise RefusedError(f"{quarter} is not over yet.")
    if last_released is not None and quarter <= last_released:
        raise RefusedError(f"{quarter} is already released.")
    if last_released is not None and quarter != last_released.next:
        raise RefusedError(f"{last_released.next} comes first.")
