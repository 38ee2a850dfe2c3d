"""What the pages of administration and the journal read. Each costs the same few queries whatever the history."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Sum, Value, When

from funding.models import Account, AdministrationCost, JournalEntry, JournalLine, RequestState

A_PAGE = 50


def costs(page: str | None) -> Page[Any]:
    """A page of what was asked for, what waits first."""
    place = Case(When(state=RequestState.ASKED, then=Value(0)), default=Value(1), output_field=IntegerField())
    found = AdministrationCost.objects.annotate(place=place).select_related("grant")
    return Paginator(found.order_by("place", "-asked_at", "id"), A_PAGE).get_page(page)


def journal(page: str | None) -> Page[Any]:
    """A page of postings with `cents` (the sum of their debits), `is_taken_back`, and `may_go_back`.

    `may_go_back`: it looks as one that finance may take back; the action looks again.
    """
    lines = JournalLine.objects.filter(entry=OuterRef("pk"))
    found = JournalEntry.objects.annotate(
        cents=Sum("lines__debit_cents", default=0),
        is_taken_back=Exists(JournalEntry.objects.filter(reverses=OuterRef("pk"))),
        is_cost=Exists(AdministrationCost.objects.filter(entry=OuterRef("pk"))),
        gives_back=Exists(lines.filter(account=Account.NET_ASSETS, debit_cents__gt=0))
        & ~Exists(lines.exclude(account__in=[Account.NET_ASSETS, Account.CASH])),
    ).annotate(
        may_go_back=Case(
            When(Q(reverses=None) & Q(is_taken_back=False) & (Q(is_cost=True) | Q(gives_back=True)), then=Value(True)),
            default=Value(False),
        )
    )
    return Paginator(found.order_by("-posted_on", "-created_at", "id"), A_PAGE).get_page(page)
