"""How long families wait for a person: who waits now, tier by tier, and how long it took in the last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from referrals.business_time import answer_due
from referrals.first_answer import ANSWERS, newest_late, percentile
from referrals.models import Case, CaseEvent, Urgency
from referrals.models.case import OPEN_STATES, PEOPLE
from referrals.selectors.news import has_no_answer
from referrals.selectors.parts import type_names, where

# The windows that are measured; what is read never grows beyond the longest.
WINDOWS = (7, 30)
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests that a person first answered in the last `days`: how many, how many in time, how long it took."""

    days: int
    answered: int
    in_time: int
    median: timedelta | None
    slowest: timedelta | None

    @property
    def percent_in_time(self) -> int | None:
        return self.in_time * 100 // self.answered if self.answered else None


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier: its open cases without an answer, how many of them are late, and what was measured."""

    urgency: Urgency
    waiting: int
    late: int
    measured: list[Measured]


@dataclass(frozen=True, slots=True)
class LateCase:
    """A case that should have been answered by `due_at`."""

    case: Case
    type_name: str
    due_at: datetime

    @property
    def where(self) -> str:
        return where(self.case)


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """Each tier, and who waits too long, the most urgent and then the longest waiting first."""

    tiers: list[Tier]
    late: list[LateCase]
    late_in_all: int


def first_answers(now: datetime) -> FirstAnswers:
    """Four queries, whatever happened before the longest window."""
    is_late = Q()
    for tier in Urgency:
        is_late |= Q(urgency=tier, opened_at__lte=newest_late(tier, now))
    waiting = Case.objects.filter(has_no_answer(), state__in=OPEN_STATES)
    counts = {
        row["urgency"]: row
        for row in waiting.order_by().values("urgency").annotate(waiting=Count("pk"), late=Count("pk", filter=is_late))
    }
    answered = _answered(now)
    tiers = [
        Tier(
            tier,
            counts.get(tier, {}).get("waiting", 0),
            counts.get(tier, {}).get("late", 0),
            [_measured(answered, tier, days, now) for days in WINDOWS],
        )
        for tier in Urgency
    ]
    names = type_names(now)
    late = waiting.filter(is_late).select_related("facility").order_by("urgency", "opened_at", "pk")[:MOST_LISTED]
    listed = [
        LateCase(case, names.get(case.case_type, case.case_type), answer_due(case.urgency, case.opened_at))
        for case in late
    ]
    return FirstAnswers(tiers, listed, sum(tier.late for tier in tiers))


# Tier, opened, first answered.
Answered = tuple[int, datetime, datetime]


def _answered(now: datetime) -> list[Answered]:
    """The first answers of the longest window. Who opened a case by phone was answered at once and is not measured."""
    return list(
        _first_answers()
        .filter(at__gt=now - timedelta(days=max(WINDOWS)), at__lte=now)
        .exclude(kind="open")
        .values_list("case__urgency", "case__opened_at", "at")
    )


def _first_answers() -> QuerySet[CaseEvent]:
    by_people = CaseEvent.objects.filter(role__in=PEOPLE, kind__in=ANSWERS)
    earlier = by_people.filter(case=OuterRef("case"), sequence__lt=OuterRef("sequence"))
    return by_people.filter(~Exists(earlier)).order_by()


def _measured(answered: list[Answered], tier: Urgency, days: int, now: datetime) -> Measured:
    since = now - timedelta(days=days)
    ours = [(opened, at) for urgency, opened, at in answered if urgency == tier and at > since]
    waits = [at - opened for opened, at in ours]
    return Measured(
        days,
        len(waits),
        sum(at <= answer_due(tier, opened) for opened, at in ours),
        percentile(waits, 50),
        percentile(waits, 95),
    )
