"""The coordinators' queue: the open cases, most urgent first, in a number of queries that never grows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet

from referrals.machine import OWNERSHIP, Owner, owner_of
from referrals.models import Case, CoordinatorTask, Offer, State
from referrals.models.case import OPEN_STATES
from referrals.models.task import OUTLIVES_CASE
from referrals.selectors.parts import WITH_SOMEBODY, open_tasks, type_names, where

PAGE_SIZE = 50
COORDINATORS_STATES = [state for state, ownership in OWNERSHIP.items() if ownership.owner == Owner.COORDINATOR]


@dataclass(frozen=True, slots=True)
class Filters:
    """What part of the queue is asked for; None and False ask for everything."""

    tier: int | None = None
    state: str | None = None
    mine: bool = False
    overdue: bool = False
    tasks_due: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """What a coordinator wants to know first, over all open cases; each is counted as its filter finds it."""

    open: int
    overdue: int
    t0: int
    waiting: int
    tasks: int
    tasks_due: int


@dataclass(frozen=True, slots=True)
class Row:
    """One case with everything a line about it shows."""

    case: Case
    type_name: str
    offers: list[Offer] = field(default_factory=list)
    tasks: list[CoordinatorTask] = field(default_factory=list)

    @property
    def where(self) -> str:
        return where(self.case)

    @property
    def with_offer(self) -> Offer | None:
        """The live offer, or the one that holds the case."""
        return self.offers[0] if self.offers else None

    @property
    def owner(self) -> str:
        """Who must act now: the provider by its code."""
        owner = owner_of(self.case)
        return str(self.offers[0].program.provider) if owner == Owner.PROVIDER and self.offers else owner


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the open cases, most urgent first."""

    figures: Figures
    rows: list[Row]
    page: Page[Case]


def queue(filters: Filters, *, now: datetime, page: int = 1) -> Queue:
    """The open cases by urgency, next deadline (none last) and age."""
    listed = Paginator(_filtered(filters, now), PAGE_SIZE).get_page(page)
    return Queue(_figures(now), _rows(listed.object_list, now), listed)


def _open_tasks_due(now: datetime) -> QuerySet[CoordinatorTask]:
    return open_tasks().filter(due_at__lte=now)


def _is_listed() -> Q:
    """Open cases, and ended ones whose family still waits for an answer about its data."""
    return Q(state__in=OPEN_STATES) | Q(pk__in=open_tasks().filter(kind__in=OUTLIVES_CASE).values("case"))


def _has_task_due(now: datetime) -> Q:
    return Q(pk__in=_open_tasks_due(now).values("case"))


def _is_overdue(now: datetime) -> Q:
    """Somebody is late: the owner of the state, or a coordinator with a task."""
    return Q(state_due_at__lte=now) | _has_task_due(now)


def _filtered(filters: Filters, now: datetime) -> QuerySet[Case]:
    cases = Case.objects.filter(_is_listed())
    if filters.tier is not None:
        cases = cases.filter(urgency=filters.tier)
    if filters.state:
        cases = cases.filter(state=filters.state)
    if filters.overdue:
        cases = cases.filter(_is_overdue(now))
    if filters.tasks_due:
        cases = cases.filter(_has_task_due(now))
    if filters.mine:
        has_task = Exists(open_tasks().filter(case=OuterRef("pk")))
        cases = cases.filter(has_task | Q(state__in=COORDINATORS_STATES))
    return (
        cases.select_related("facility")
        .prefetch_related(
            Prefetch(
                "offers",
                Offer.objects.filter(WITH_SOMEBODY).select_related("program__provider"),
                to_attr="offers_with_somebody",
            ),
            Prefetch("tasks", open_tasks(), to_attr="open_tasks"),
        )
        .order_by("urgency", F("next_deadline").asc(nulls_last=True), "opened_at", "pk")
    )


def _rows(cases: Iterable[Case], now: datetime) -> list[Row]:
    names = type_names(now)
    return [
        Row(
            case,
            names.get(case.case_type, case.case_type),
            case.offers_with_somebody,  # type: ignore[attr-defined]
            case.open_tasks,  # type: ignore[attr-defined]
        )
        for case in cases
    ]


def _figures(now: datetime) -> Figures:
    cases = Case.objects.filter(_is_listed()).aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=_is_overdue(now)),
        t0=Count("pk", filter=Q(urgency=0)),
        waiting=Count("pk", filter=Q(state=State.WAITLISTED)),
    )
    of_listed = open_tasks().filter(Q(case__state__in=OPEN_STATES) | Q(kind__in=OUTLIVES_CASE))
    tasks = of_listed.aggregate(tasks=Count("pk"), tasks_due=Count("pk", filter=Q(due_at__lte=now)))
    return Figures(**cases, **tasks)
