"""Invoices: prepared by a provider's staff, changed until approved, signed by the fund and large ones' funders."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.roles import Actor
from funding.actions.approving import check_may_sign, lock_invoice, sign
from funding.approvals import cents_before, digest_of
from funding.billing import Billable, Payee, Wanted, check_lines, payee_of, provider_of, read_invoice
from funding.csv_lines import BadLine
from funding.models import Invoice, InvoiceLine, InvoiceMaker, InvoiceState, ReturnReason
from funding.payable import why_not_payable
from funding.policies import (
    RefusedError,
    account_of,
    check_is_billers,
    check_may_approve,
    check_may_bill,
    check_may_sign_invoice,
)
from funding.quarters import day_of
from funding.turns import wait_for_turn

# As long as a signature is missing, its provider may change it.
CHANGEABLE = (InvoiceState.DRAFT, InvoiceState.SUBMITTED, InvoiceState.RETURNED)
NO_AGREEMENT = "The fund has no agreement with {}: the bank would not know whom to pay. Finance enters it first."
OTHER_PAYEE = "Whom the bank pays has changed since it was sent: what was signed counts no more. Look at it again."


class BadLinesError(Exception):
    """Lines that cannot be billed; nothing was taken."""

    def __init__(self, lines: Sequence[BadLine]) -> None:
        super().__init__(f"{len(lines)} lines cannot be billed")
        self.lines = sorted(lines, key=lambda line: line.number)


def prepare_invoice(*, wanted: Sequence[Wanted], by: Actor, now: datetime | None = None) -> Invoice:
    """A draft with these lines, all or none. Raises PermissionDenied, BadLinesError, RefusedError for no lines."""
    check_may_bill(by)
    now = now or timezone.now()
    if not wanted:
        raise RefusedError("An invoice needs at least one line.")
    with transaction.atomic():
        # The provider's row is held: its invoices are numbered one after the other.
        provider = provider_of(by, lock=True)
        good, bad = check_lines(wanted, provider=provider, now=now)
        if bad:
            raise BadLinesError(bad)
        last = Invoice.objects.filter(provider=provider).aggregate(last=Max("number"))["last"]
        number = int(last.rpartition("-")[2]) + 1 if last else 1
        invoice = Invoice.objects.create(
            provider=provider,
            number=f"{provider.code}-{number:05}",
            created_by_user_id=account_of(by),
            changed_by_user_id=account_of(by),
            created_at=now,
        )
        _add(invoice, good)
        InvoiceMaker.objects.create(invoice=invoice, user_id=account_of(by))
    return invoice


def import_invoice(*, content: bytes, by: Actor, now: datetime | None = None) -> Invoice:
    """A draft from a CSV file, all its lines or none.

    Raises PermissionDenied, UnreadableError for the file, BadLinesError that names every line that cannot be read or
    billed.
    """
    check_may_bill(by)
    now = now or timezone.now()
    wanted, bad = read_invoice(content)
    if bad:
        # The other lines are checked too: whoever mends the file wants to know everything at once.
        provider = provider_of(by)
        raise BadLinesError([*bad, *check_lines(wanted, provider=provider, now=now)[1]])
    return prepare_invoice(wanted=wanted, by=by, now=now)


@transaction.atomic
def add_lines(*, invoice: Invoice, wanted: Sequence[Wanted], by: Actor, now: datetime | None = None) -> Invoice:
    """More lines on an invoice that is not approved yet. Voids a first signature.

    One that is sent grows by them: what was sent since counts beside it, as if it were sent now.
    """
    wait_for_turn()
    now = now or timezone.now()
    invoice = _changeable(invoice, by)
    good, bad = check_lines(wanted, provider=invoice.provider, now=now)
    if bad:
        raise BadLinesError(bad)
    _add(invoice, good)
    if invoice.state == InvoiceState.SUBMITTED:
        invoice.sent_before = cents_before(invoice, now)
    return _changed(invoice, by)


@transaction.atomic
def remove_line(*, invoice: Invoice, line_id: int, by: Actor) -> Invoice:
    """One line less on an invoice that is not approved yet. Voids a first signature."""
    invoice = _changeable(invoice, by)
    deleted, _ = InvoiceLine.objects.filter(invoice=invoice, pk=line_id).delete()
    if not deleted:
        raise RefusedError("This line is not on the invoice any more.")
    return _changed(invoice, by)


@transaction.atomic
def submit_invoice(*, invoice: Invoice, by: Actor, now: datetime | None = None) -> Invoice:
    """The provider sends it: its lines are checked once more; whom the bank pays, and what its funders' grants carry of
    what was sent shortly before, are written on it.

    A draft holds no money: what was released meanwhile is named. Raises RefusedError, BadLinesError.
    """
    # What releases money has the turn too: it sees this invoice sent, or this sees the money gone.
    wait_for_turn()
    # Not before: of two that are sent at once the later one counts the earlier one.
    now = now or timezone.now()
    invoice = _changeable(invoice, by, keeps_lines=True)
    if invoice.state == InvoiceState.SUBMITTED:
        raise RefusedError("This invoice is already sent.")
    _check_again(invoice, now)
    payee = _payee(invoice, now)
    invoice.payee, invoice.payee_name = payee.number, payee.name
    invoice.sent_before = cents_before(invoice, now)
    invoice.state, invoice.submitted_at, invoice.return_reason = InvoiceState.SUBMITTED, now, ""
    return _changed(invoice, by)


@transaction.atomic
def withdraw_invoice(*, invoice: Invoice, by: Actor) -> Invoice:
    """The provider takes it back: its stages can be billed by another."""
    invoice = _changeable(invoice, by)
    invoice.lines.update(is_live=False)
    invoice.state = InvoiceState.WITHDRAWN
    return _changed(invoice, by)


def approve_invoice(*, invoice: Invoice, seen: str, by: Actor, now: datetime | None = None) -> Invoice:
    """Sign the invoice as it was `seen` (the hash on the page); the last signature that it needs approves it.

    Those are one of finance, one of an approver and, of a large one, of each funder that carries so much. Raises
    PermissionDenied, RefusedError, and BadLinesError where a line cannot be billed any more.
    """
    check_may_sign_invoice(by)
    now = now or timezone.now()
    # By itself, so that it stays when this signature is refused for it.
    if _take_new_payee(invoice.pk, by, now):
        raise RefusedError(OTHER_PAYEE)
    with transaction.atomic():
        invoice = lock_invoice(invoice.pk)
        if invoice.state != InvoiceState.SUBMITTED:
            raise RefusedError("This invoice does not wait for approval.")
        _check_again(invoice, now, is_sent=True)
        if sign(invoice, seen=seen, by=by, now=now):
            invoice.state, invoice.approved_at = InvoiceState.APPROVED, now
            invoice.approved_sha256 = digest_of(invoice)
            invoice.save()
    return invoice


@transaction.atomic
def _take_new_payee(pk: UUID, by: Actor, now: datetime) -> bool:
    """Write whom the bank pays by now on an invoice that waits; True where it was another. Voids what was signed."""
    invoice = lock_invoice(pk)
    if invoice.state != InvoiceState.SUBMITTED:
        return False
    check_may_sign(invoice, by)
    payee = _payee(invoice, now)
    if (invoice.payee, invoice.payee_name) == (payee.number, payee.name):
        return False
    invoice.payee, invoice.payee_name = payee.number, payee.name
    invoice.revision += 1
    invoice.save()
    return True


@transaction.atomic
def reopen_invoice(*, invoice: Invoice, by: Actor, now: datetime | None = None) -> Invoice:
    """Let an approved invoice whose signatures are void be signed again, or returned.

    Void: it, or whom the bank pays, or who must sign it is not what was signed any more. Raises PermissionDenied, and
    RefusedError where the signatures stand.
    """
    check_may_approve(by)
    now = now or timezone.now()
    invoice = lock_invoice(invoice.pk)
    if invoice.state != InvoiceState.APPROVED:
        raise RefusedError("This invoice is not approved.")
    if not why_not_payable(invoice, day_of(now)):
        raise RefusedError("Its signatures stand: it can be paid.")
    invoice.state, invoice.approved_at, invoice.approved_sha256 = InvoiceState.SUBMITTED, None, ""
    payee = payee_of(invoice.provider, day_of(now))
    # Without an agreement nobody can sign it; it can be returned.
    invoice.payee, invoice.payee_name = (payee.number, payee.name) if payee else ("", "")
    invoice.revision += 1
    invoice.save()
    return invoice


@transaction.atomic
def return_invoice(*, invoice: Invoice, reason: str, by: Actor) -> Invoice:
    """Back to the provider, by a reason code. Voids a first signature."""
    check_may_approve(by)
    invoice = lock_invoice(invoice.pk)
    if invoice.state != InvoiceState.SUBMITTED:
        raise RefusedError("This invoice does not wait for approval.")
    invoice.state, invoice.return_reason = InvoiceState.RETURNED, ReturnReason(reason)
    invoice.revision += 1
    invoice.save()
    return invoice


def _changeable(invoice: Invoice, by: Actor, *, keeps_lines: bool = False) -> Invoice:
    check_may_bill(by)
    locked = lock_invoice(invoice.pk)
    check_is_billers(locked, by)
    if locked.state not in CHANGEABLE:
        raise RefusedError("This invoice can no longer be changed.")
    if not keeps_lines and locked.payments.exists():
        # Its stages count as paid once: they stay on this invoice until the money arrives.
        raise RefusedError("A payment of this invoice came back: it is paid again as it is.")
    return locked


def _payee(invoice: Invoice, now: datetime) -> Payee:
    payee = payee_of(invoice.provider, day_of(now))
    if payee is None:
        raise RefusedError(NO_AGREEMENT.format(invoice.provider.name))
    return payee


def _changed(invoice: Invoice, by: Actor) -> Invoice:
    invoice.revision += 1
    # A change makes its author one of the makers, and whoever made one stays one.
    invoice.changed_by_user_id = account_of(by)
    InvoiceMaker.objects.get_or_create(invoice=invoice, user_id=account_of(by))
    invoice.save()
    return invoice


def _check_again(invoice: Invoice, now: datetime, *, is_sent: bool = False) -> None:
    lines = list(invoice.lines.order_by("id"))
    if not lines:
        raise RefusedError("An invoice needs at least one line.")
    wanted = [
        Wanted(number, line.case_reference, line.stage, line.worked_on, line.cents)
        for number, line in enumerate(lines, start=1)
    ]
    _, bad = check_lines(
        wanted, provider=invoice.provider, now=now, besides=[line.pk for line in lines], is_sent=is_sent
    )
    if bad:
        raise BadLinesError(bad)


def _add(invoice: Invoice, good: Sequence[Billable]) -> None:
    try:
        with transaction.atomic():
            InvoiceLine.objects.bulk_create(
                InvoiceLine(
                    invoice=invoice,
                    commitment=line.commitment,
                    case_reference=line.commitment.case_reference,
                    stage=line.commitment.stage,
                    worked_on=line.day,
                    cents=line.commitment.cents,
                )
                for line in good
            )
    except IntegrityError:
        raise RefusedError("Somebody billed one of these stages at this moment. Look again.") from None
