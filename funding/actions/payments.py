"""Payments to providers: a file for the bank with a disbursement for each stage, and what comes back."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.roles import Actor
from funding import ledger, payment_file
from funding.actions.grants import released
from funding.models import (
    Account,
    Commitment,
    CommitmentState,
    Disbursement,
    Invoice,
    InvoiceLine,
    InvoiceState,
    PaidLine,
    PaymentFile,
    PaymentItem,
)
from funding.payable import why_not_payable
from funding.policies import RefusedError, account_of, check_may_record_payments, check_payment_day
from funding.quarters import day_of
from funding.turns import wait_for_turn


@transaction.atomic
def make_payment(*, invoices: Sequence[UUID], pays_on: date, by: Actor, now: datetime | None = None) -> PaymentFile:
    """Pay approved invoices: one file for the bank, and for every stage a disbursement with its posting.

    All of them or none. Raises PermissionDenied for anyone but finance; RefusedError where one is not approved, is not
    what was signed, or the day is wrong; ledger.ClosedMonthError.
    """
    check_may_record_payments(by)
    now = now or timezone.now()
    # Files are numbered one after the other.
    wait_for_turn()
    chosen = list(
        Invoice.objects.select_for_update(of=("self",))
        .select_related("provider")
        .filter(pk__in=invoices)
        .order_by("pk")
    )
    if not chosen:
        raise RefusedError("Choose the invoices to pay.")
    for invoice in chosen:
        _check_is_payable(invoice, pays_on, now)
    chosen.sort(key=lambda invoice: invoice.number)
    number = (PaymentFile.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    entries = [
        payment_file.Entry(
            payee=invoice.payee,
            name=invoice.payee_name,
            cents=sum(line.cents for line in invoice.lines.all()),
            invoice=invoice.number,
            trace=payment_file.trace_of(number, position),
        )
        for position, invoice in enumerate(chosen, start=1)
    ]
    try:
        content = payment_file.render(number, pays_on, now, entries)
    except ValueError as unwritable:
        raise RefusedError(f"{unwritable}: an operator mends the agreement or the provider's name.") from None
    file = PaymentFile.objects.create(
        number=number,
        pays_on=pays_on,
        cents=sum(entry.cents for entry in entries),
        content=content,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        made_by_user_id=account_of(by),
        made_at=now,
    )
    for invoice, entry in zip(chosen, entries, strict=True):
        item = PaymentItem.objects.create(file=file, invoice=invoice, trace=entry.trace, cents=entry.cents)
        for line in invoice.lines.select_related("commitment__provider").order_by("id"):
            _disburse(item, line, pays_on, by, now)
        invoice.state = InvoiceState.PAID
        invoice.save(update_fields=["state"])
    return file


@transaction.atomic
def return_payment(*, item: PaymentItem, on: date, by: Actor, now: datetime | None = None) -> PaymentItem:
    """The bank gave a payment back: its postings are reversed, and the invoice can be paid by another file.

    Raises PermissionDenied, RefusedError, ledger.ClosedMonthError.
    """
    check_may_record_payments(by)
    now = now or timezone.now()
    item = PaymentItem.objects.select_for_update().get(pk=item.pk)
    invoice = Invoice.objects.select_for_update().get(pk=item.invoice_id)
    if item.returned_on is not None:
        raise RefusedError("This payment is already recorded as returned.")
    if not item.file.pays_on <= on <= day_of(now):
        raise RefusedError("A payment comes back after it was made, and not in the future.")
    item.returned_on = on
    item.save(update_fields=["returned_on"])
    for paid in item.paid_lines.select_related("entry").order_by("id"):
        ledger.reverse(paid.entry, on=on, by=by, now=now)
    invoice.state = InvoiceState.APPROVED
    invoice.save(update_fields=["state"])
    return item


def _check_is_payable(invoice: Invoice, pays_on: date, now: datetime) -> None:
    if invoice.state == InvoiceState.PAID:
        raise RefusedError(f"{invoice} is already paid.")
    if invoice.state != InvoiceState.APPROVED or invoice.approved_at is None:
        raise RefusedError(f"{invoice} is not approved.")
    if reason := why_not_payable(invoice, pays_on):
        raise RefusedError(f"{invoice} {reason}.")
    check_payment_day(day_of(invoice.approved_at), pays_on, today=day_of(now))


def _disburse(item: PaymentItem, line: InvoiceLine, paid_on: date, by: Actor, now: datetime) -> None:
    """Post the line's payment; a stage that is paid again after the bank gave it back stays one disbursement."""
    commitment = line.commitment
    was_open = Commitment.objects.filter(pk=commitment.pk, state=CommitmentState.OPEN)
    is_first = was_open.update(state=CommitmentState.PAID)
    if not is_first and not Disbursement.objects.filter(commitment=commitment).exists():
        raise RefusedError(f"{commitment} is not committed any more.")
    entry = ledger.post(on=paid_on, description="Payment", lines=_lines_of(commitment), by=by, now=now)
    PaidLine.objects.create(item=item, line=line, entry=entry)
    if is_first:
        Disbursement.objects.create(
            commitment=commitment, entry=entry, paid_on=paid_on, recorded_by_user_id=account_of(by)
        )


def _lines_of(commitment: Commitment) -> list[ledger.Line]:
    """Debit program expense, credit cash, of each grant its share; the money is then no longer restricted."""
    lines = []
    for share in commitment.shares.select_related("grant").order_by("grant_id"):
        provider, cost_type = commitment.provider, commitment.cost_type
        lines += [
            ledger.Line(
                Account.PROGRAM_EXPENSE, share.grant, debit=share.cents, provider=provider, cost_type=cost_type
            ),
            ledger.Line(Account.CASH, share.grant, credit=share.cents),
            *released(share.grant, share.cents),
        ]
    return lines
