"""Counting again, from the offers of cases, what the rows of programs say is in use; and the words for a difference."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from providers.days import monday_of, start_of
from providers.models import Program
from referrals.machine import OWNERSHIP, Owner
from referrals.models import Offer, OfferState, RoomDifference

_WITH_PROVIDER = [state for state, ownership in OWNERSHIP.items() if ownership.owner == Owner.PROVIDER]


@dataclass(frozen=True, slots=True)
class Recount:
    """What a program's row says, and what its offers add up to: points in use, and cases newly offered this week."""

    program: Program
    stored_points: int
    counted_points: int
    stored_in_week: int
    counted_in_week: int

    @property
    def agrees(self) -> bool:
        return (self.stored_points, self.stored_in_week) == (self.counted_points, self.counted_in_week)


def recount(now: datetime) -> list[Recount]:
    """Every program counted again, in one statement and so from one snapshot: room that moves meanwhile is in both
    figures or in neither."""
    holding = Offer.objects.filter(
        program=OuterRef("pk"),
        room_released_at__isnull=True,
        state__in=[OfferState.LIVE, OfferState.ACCEPTED],
        case__state__in=_WITH_PROVIDER,
    )
    of_week = Offer.objects.filter(
        Q(offered_at__gte=start_of(monday_of(now))),
        program=OuterRef("pk"),
        state__in=[OfferState.LIVE, OfferState.ACCEPTED, OfferState.HANDED_ON],
        # Earlier, it was an offer of the case that this one continues, noted here so that nobody is asked twice.
        offered_at__gte=F("case__opened_at"),
    )
    programs = Program.objects.select_related("provider").annotate(
        counted_points=_one_figure(holding, Sum("points")), counted_in_week=_one_figure(of_week, Count("pk"))
    )
    return [
        Recount(one, one.in_use, one.counted_points, one.offered_in_week(now), one.counted_in_week) for one in programs
    ]


def _one_figure(offers: QuerySet[Offer], figure: Sum | Count) -> Coalesce:
    per_program = offers.order_by().values("program").annotate(figure=figure).values("figure")
    return Coalesce(Subquery(per_program), 0, output_field=IntegerField())


def difference_in_words(found: Recount | RoomDifference) -> str:
    """The difference as a sentence with both figures."""
    parts = []
    if found.stored_points != found.counted_points:
        parts.append(f"{found.stored_points} points are stored as in use, its cases add up to {found.counted_points}")
    if found.stored_in_week != found.counted_in_week:
        parts.append(
            f"{found.stored_in_week} new cases are stored for the week, its offers add up to {found.counted_in_week}"
        )
    return f"{found.program}: {'; '.join(parts)}."


def newest_differences(at_most: int = 20) -> QuerySet[RoomDifference]:
    """What the audit found last, newest first."""
    return RoomDifference.objects.select_related("program__provider")[:at_most]
