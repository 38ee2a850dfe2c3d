"""What the money pages read. Each function costs the same few queries whatever the history."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, QuerySet, Sum

from funding.models import Commitment, CommitmentState, Disbursement, Grant, Release
from funding.quarters import Quarter, day_of

COMMITMENTS_A_PAGE = 50
GRANTS_A_PAGE = 50
RELEASES_A_PAGE = 8


@dataclass(frozen=True, slots=True)
class Unfunded:
    """How many commitments wait for money, and the cents they need."""

    count: int
    cents: int


@dataclass(frozen=True, slots=True)
class ReleasedTable:
    """A release as funders see it, read from its stored text alone."""

    quarter: str
    providers: list[dict[str, Any]]
    cases: int | None
    cents: int | None
    sha256: str
    made_at: datetime


def unfunded() -> Unfunded:
    found = Commitment.objects.filter(state=CommitmentState.UNFUNDED).aggregate(count=Count("pk"), cents=Sum("cents"))
    return Unfunded(found["count"], found["cents"] or 0)


def unpaid_commitments(page: str | None) -> Page[Commitment]:
    """A page of what is not paid yet: unfunded before open, the oldest acceptance first."""
    unpaid = Commitment.objects.filter(state__in=[CommitmentState.OPEN, CommitmentState.UNFUNDED])
    # "unfunded" sorts after "open": descending puts it first, along the index.
    ordered = unpaid.select_related("provider", "grant").order_by("-state", "committed_at", "id")
    return Paginator(ordered, COMMITMENTS_A_PAGE).get_page(page)


def grants() -> QuerySet[Grant]:
    """The grants ending last, with `paid_cents` and `left_cents` (of the award, neither committed nor returned).

    Paid is each grant's own share of what was paid, and its administration.
    """
    shares = Sum("shares__cents", filter=Q(shares__commitment__state=CommitmentState.PAID), default=0)
    left = F("award_cents") - F("committed_cents") - F("returned_cents")
    annotated = Grant.objects.annotate(paid_cents=shares + F("admin_cents"), left_cents=left)
    return annotated.select_related("funder").order_by("-ends_on", "id")[:GRANTS_A_PAGE]


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


def releases(page: str | None) -> tuple[Page[Release], list[ReleasedTable]]:
    """A page of releases, newest first, and their tables."""
    chosen = Paginator(Release.objects.order_by("-quarter"), RELEASES_A_PAGE).get_page(page)
    return chosen, [_table(release) for release in chosen]


def _table(release: Release) -> ReleasedTable:
    published = json.loads(release.table)
    return ReleasedTable(
        quarter=published["quarter"],
        providers=published["providers"],
        cases=published["total"]["cases"],
        cents=published["total"]["cents"],
        sha256=release.sha256,
        made_at=release.made_at,
    )
