"""What the pages of invoices, payments and terms read. Each costs the same few queries whatever the history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When

from accounts.roles import Actor
from funding.models import (
    AccountingMonth,
    Allowance,
    BankLine,
    BankOutcome,
    BankStatement,
    Bond,
    CaseSplit,
    Invoice,
    InvoiceState,
    PaymentFile,
    PaymentItem,
    RequestState,
)
from funding.policies import can_bill
from funding.quarters import day_of

A_PAGE = 50


def _seen_by(actor: Actor) -> QuerySet[Invoice]:
    """A provider's own; for the fund's office all that were ever sent."""
    if can_bill(actor):
        return Invoice.objects.filter(provider__organization_id=actor.organization_id or 0)
    return Invoice.objects.filter(submitted_at__isnull=False)


def invoices(actor: Actor, page: str | None) -> Page[Any]:
    """A page of invoices with `cents`: those that wait for somebody first, the oldest of them first."""
    place = Case(
        When(state=InvoiceState.SUBMITTED, then=Value(0)),
        When(state=InvoiceState.APPROVED, then=Value(1)),
        When(state__in=[InvoiceState.DRAFT, InvoiceState.RETURNED], then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    found = _seen_by(actor).annotate(cents=Sum("lines__cents", default=0), place=place).select_related("provider")
    return Paginator(found.order_by("place", "created_at", "number"), A_PAGE).get_page(page)


def invoice(actor: Actor, pk: UUID) -> Invoice | None:
    """The invoice if the actor may see it."""
    return _seen_by(actor).select_related("provider").filter(pk=pk).first()


def waiting() -> int:
    """How many invoices wait for the fund's office."""
    return Invoice.objects.filter(state=InvoiceState.SUBMITTED).count()


def payable() -> list[Invoice]:
    """Approved and not paid, with `cents`, the oldest first."""
    approved = Invoice.objects.filter(state=InvoiceState.APPROVED).annotate(cents=Sum("lines__cents", default=0))
    return list(approved.select_related("provider").order_by("approved_at", "number")[:200])


def payment_files(page: str | None) -> Page[PaymentFile]:
    files = PaymentFile.objects.defer("content").prefetch_related("items__invoice__provider")
    return Paginator(files.order_by("-number"), 10).get_page(page)


def at_the_bank(now: datetime) -> dict[str, object]:
    """What a reconciliation shows: payments no statement has shown, and lines of statements to look into."""
    matched = BankLine.objects.filter(item=OuterRef("pk"), outcome=BankOutcome.MATCHED)
    missing = PaymentItem.objects.filter(~Exists(matched), file__pays_on__lte=day_of(now))
    odd = BankLine.objects.exclude(outcome__in=[BankOutcome.MATCHED])
    odd = odd.exclude(Q(outcome=BankOutcome.RETURNED) & Q(item__returned_on__isnull=False))
    return {
        "missing": list(missing.select_related("invoice", "file").order_by("file__pays_on", "id")[:100]),
        "odd": list(odd.select_related("item__invoice").order_by("-booked_on", "-id")[:100]),
        "matched": BankLine.objects.filter(outcome=BankOutcome.MATCHED).count(),
        "statements": BankStatement.objects.count(),
    }


def allowances(actor: Actor, page: str | None) -> Page[Any]:
    """Those of the provider, or all: what waits first."""
    found = Allowance.objects.select_related("provider")
    if can_bill(actor):
        found = found.filter(provider__organization_id=actor.organization_id or 0)
    place = Case(When(state=RequestState.ASKED, then=Value(0)), default=Value(1), output_field=IntegerField())
    return Paginator(found.annotate(place=place).order_by("place", "-asked_at", "id"), A_PAGE).get_page(page)


def bonds(actor: Actor, page: str | None) -> Page[Bond]:
    """Those of the provider, or all, the newest first."""
    found = Bond.objects.select_related("pool", "provider")
    if can_bill(actor):
        found = found.filter(provider__organization_id=actor.organization_id or 0)
    return Paginator(found.order_by("-asked_at", "id"), A_PAGE).get_page(page)


def splits() -> list[CaseSplit]:
    return list(
        CaseSplit.objects.select_related("grant").order_by("case_reference", "grant__ends_on", "grant_id")[:200]
    )


def month_to_close(now: datetime) -> AccountingMonth | None:
    """The oldest month that is over, had postings and is open."""
    this_month = day_of(now).replace(day=1)
    open_months = AccountingMonth.objects.filter(is_closed=False, first_day__lt=this_month)
    return open_months.order_by("first_day").first()
