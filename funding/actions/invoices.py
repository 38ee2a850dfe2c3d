"""Invoices: prepared by a provider's staff, changed until they are approved, signed by two people of the fund."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.roles import Actor
from funding.actions.approving import lock_invoice, sign
from funding.approvals import digest_of
from funding.billing import Billable, Wanted, check_lines, provider_of, read_invoice
from funding.csv_lines import BadLine
from funding.models import Invoice, InvoiceLine, InvoiceState, ReturnReason
from funding.policies import RefusedError, account_of, check_is_billers, check_may_approve, check_may_bill
from funding.turns import wait_for_turn

# As long as nobody has approved it twice, its provider may change it.
CHANGEABLE = (InvoiceState.DRAFT, InvoiceState.SUBMITTED, InvoiceState.RETURNED)


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
    """More lines on an invoice that is not approved yet. Voids a first signature."""
    now = now or timezone.now()
    invoice = _changeable(invoice, by)
    good, bad = check_lines(wanted, provider=invoice.provider, now=now)
    if bad:
        raise BadLinesError(bad)
    _add(invoice, good)
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
    """The provider sends it: its lines are checked once more. Raises RefusedError, BadLinesError.

    A draft holds no money: what was released meanwhile is named.
    """
    now = now or timezone.now()
    # What releases money has the turn too: it sees this invoice sent, or this sees the money gone.
    wait_for_turn()
    invoice = _changeable(invoice, by)
    if invoice.state == InvoiceState.SUBMITTED:
        raise RefusedError("This invoice is already sent.")
    _check_again(invoice, now)
    invoice.state, invoice.submitted_at, invoice.return_reason = InvoiceState.SUBMITTED, now, ""
    return _changed(invoice, by)


@transaction.atomic
def withdraw_invoice(*, invoice: Invoice, by: Actor) -> Invoice:
    """The provider takes it back: its stages can be billed by another."""
    invoice = _changeable(invoice, by)
    invoice.lines.update(is_live=False)
    invoice.state = InvoiceState.WITHDRAWN
    return _changed(invoice, by)


@transaction.atomic
def approve_invoice(*, invoice: Invoice, seen: str, by: Actor, now: datetime | None = None) -> Invoice:
    """Sign the invoice as it was `seen` (the hash on the page); the second of both signatures approves it.

    Raises PermissionDenied, RefusedError, and BadLinesError where a line cannot be billed any more.
    """
    check_may_approve(by)
    now = now or timezone.now()
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


def _changeable(invoice: Invoice, by: Actor) -> Invoice:
    check_may_bill(by)
    locked = lock_invoice(invoice.pk)
    check_is_billers(locked, by)
    if locked.state not in CHANGEABLE:
        raise RefusedError("This invoice can no longer be changed.")
    return locked


def _changed(invoice: Invoice, by: Actor) -> Invoice:
    invoice.revision += 1
    # Finance signs what somebody of the provider's made: a change makes its author one of the makers.
    invoice.changed_by_user_id = account_of(by)
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
