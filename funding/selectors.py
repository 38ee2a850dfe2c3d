"""What the money pages read. Each function costs the same few queries whatever the history."""

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Count, Sum

from funding.models import (
    AskedRelease,
    Commitment,
    CommitmentShare,
    CommitmentState,
    Disbursement,
    Grant,
    GrantKind,
    Release,
)
from funding.quarters import Quarter, day_of

COMMITMENTS_A_PAGE = 50
GRANTS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Unfunded:
    """How many commitments wait for money, and the cents they need."""

    count: int
    cents: int


def unfunded() -> Unfunded:
    found = Commitment.objects.filter(state=CommitmentState.UNFUNDED).aggregate(count=Count("pk"), cents=Sum("cents"))
    return Unfunded(found["count"], found["cents"] or 0)


def unpaid_commitments(page: str | None) -> Page[Commitment]:
    """A page of what is not paid yet: unfunded before open, the oldest acceptance first."""
    unpaid = Commitment.objects.filter(state__in=[CommitmentState.OPEN, CommitmentState.UNFUNDED])
    # "unfunded" sorts after "open": descending puts it first, along the index.
    ordered = unpaid.select_related("provider", "grant").order_by("-state", "committed_at", "id")
    return Paginator(ordered, COMMITMENTS_A_PAGE).get_page(page)


@dataclass(frozen=True, slots=True)
class Standing:
    """A grant, and in cents what of its committed money was paid, and what of the award is neither committed nor
    returned."""

    grant: Grant
    paid_cents: int
    left_cents: int


def grants() -> list[Standing]:
    """The grants ending last. Paid is each grant's own share of what was paid, and its administration.

    Of a bond pool nothing is paid: what is out on bonds comes back.
    """
    open_shares = CommitmentShare.objects.filter(commitment__state=CommitmentState.OPEN).order_by()
    # What is open is little, what was paid is everything there ever was: so the one is taken from the other.
    unpaid = dict(open_shares.values_list("grant").annotate(cents=Sum("cents")))
    found = Grant.objects.select_related("funder").order_by("-ends_on", "id")[:GRANTS_A_PAGE]
    return [
        Standing(
            grant,
            paid_cents=0 if grant.kind == GrantKind.BOND_POOL else grant.committed_cents - unpaid.get(grant.pk, 0),
            left_cents=grant.award_cents - grant.committed_cents - grant.returned_cents,
        )
        for grant in found
    ]


def last_asked() -> AskedRelease | None:
    """The quarter that was asked for last, with what became of it; None where it was refused and published since."""
    asked = AskedRelease.objects.order_by("-asked_at").first()
    is_old = asked is not None and asked.is_refused and Release.objects.filter(quarter=asked.quarter).exists()
    return None if is_old else asked


def quarter_to_close(now: datetime) -> Quarter | None:
    """The next quarter that can be published: over, and the one after the last released; None when there is none.

    Before the first release it is the quarter of the first payment.
    """
    last = Release.objects.order_by("-quarter").values_list("quarter", flat=True).first()
    if last is not None:
        candidate = Quarter.parse(last).next
    else:
        first_paid = Disbursement.objects.order_by("paid_on").values_list("paid_on", flat=True).first()
        if first_paid is None:
            return None
        candidate = Quarter.of(first_paid)
    return candidate if candidate.last_day < day_of(now) else None
