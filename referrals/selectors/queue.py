"""The coordinators' queue: the open cases, most urgent first, in a number of queries that never grows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.models import User
from accounts.roles import HOTLINE_ROLES, Actor
from referrals.filters import FOR_EVERYBODY, ME, NOBODY, Filters, filters_of
from referrals.machine import OWNERSHIP, Owner, owner_of
from referrals.models import Case, CoordinatorTask, Offer, SavedFilter
from referrals.models.case import OPEN_STATES
from referrals.models.task import OUTLIVES_CASE
from referrals.selectors.news import has_no_answer, is_unread_by
from referrals.selectors.parts import WITH_SOMEBODY, hotline_assignments, open_tasks, type_names, where

PAGE_SIZE = 50
COORDINATORS_STATES = [state for state, ownership in OWNERSHIP.items() if ownership.owner == Owner.COORDINATOR]
# The order in which a coordinator should take them.
MOST_URGENT_FIRST = ("urgency", F("next_deadline").asc(nulls_last=True), "opened_at", "pk")


@dataclass(frozen=True, slots=True)
class Row:
    """One case with everything a line about it shows. `person`: who of the hotline works on it, "" for nobody."""

    case: Case
    type_name: str
    offers: list[Offer] = field(default_factory=list)
    tasks: list[CoordinatorTask] = field(default_factory=list)
    person: str = ""
    is_readers: bool = False
    is_unread: bool = False

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
class CountedFilter:
    """A filter with a name and how many open cases it finds; `saved` is the member's own, else everybody's."""

    name: str
    filters: Filters
    count: int
    saved: SavedFilter | None = None

    @property
    def address(self) -> str:
        return self.filters.address()


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the open cases, most urgent first; `counted` over all of them, whatever is filtered."""

    open: int
    counted: list[CountedFilter]
    rows: list[Row]
    page: Page[Case]


def queue(filters: Filters, *, reader: Actor, now: datetime, page: int = 1) -> Queue:
    """The open cases by urgency, next deadline (none last) and age, as `reader` may filter and read them."""
    cases = listed_cases()
    found = cases.filter(matching(filters, reader=reader, now=now))
    listed = Paginator(with_parts(found, reader).order_by(*MOST_URGENT_FIRST), PAGE_SIZE).get_page(page)
    number, counted = _counted(cases, reader, now)
    return Queue(number, counted, rows_of(listed.object_list, reader=reader, now=now), listed)


def listed_cases() -> QuerySet[Case]:
    """Open cases, and ended ones whose family still waits for an answer about its data.

    The few ended ones are asked for first: with a subquery beside the states no index helps, and every case that ever
    was would be read.
    """
    waiting = open_tasks().filter(kind__in=OUTLIVES_CASE).exclude(case__state__in=OPEN_STATES)
    return Case.objects.filter(Q(state__in=OPEN_STATES) | Q(pk__in=list(waiting.values_list("case", flat=True))))


def is_overdue(now: datetime) -> Q:
    """Somebody is late: the owner of the state, or a coordinator with a task."""
    return Q(state_due_at__lte=now) | _has_task_due(now)


def _has_task_due(now: datetime) -> Q:
    return Q(pk__in=open_tasks().filter(due_at__lte=now).values("case"))


def matching(filters: Filters, *, reader: Actor, now: datetime) -> Q:
    """Which listed cases the filters find; each condition is a column or a subquery, so that none doubles a row."""
    found = Q()
    if filters.tier is not None:
        found &= Q(urgency=filters.tier)
    for column in ("state", "case_type", "language", "custody"):
        if value := getattr(filters, column):
            found &= Q(**{column: value})
    if filters.provider:
        theirs = Offer.objects.filter(WITH_SOMEBODY, program__provider__code=filters.provider)
        found &= Q(Exists(theirs.filter(case=OuterRef("pk"))))
    if filters.assignee:
        found &= _is_worked_on_by(filters.assignee, reader)
    asked: dict[str, Q] = {
        "for_coordinator": Q(Exists(open_tasks().filter(case=OuterRef("pk")))) | Q(state__in=COORDINATORS_STATES),
        "overdue": is_overdue(now),
        "tasks_due": _has_task_due(now),
        "unread": Q(is_unread_by(reader)),
        "no_contact": has_no_answer(),
    }
    for name, condition in asked.items():
        if getattr(filters, name):
            found &= condition
    return found


def _is_worked_on_by(assignee: str, reader: Actor) -> Q:
    there = hotline_assignments().filter(case=OuterRef("pk"))
    if assignee == NOBODY:
        return ~Q(Exists(there))
    return Q(Exists(there.filter(user_id=reader.user_id or 0 if assignee == ME else int(assignee))))


def with_parts(cases: QuerySet[Case], reader: Actor) -> QuerySet[Case]:
    """Cases with all that `rows_of` needs."""
    there = hotline_assignments().filter(case=OuterRef("pk")).values("user_id")[:1]
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
        .annotate(person_id=Subquery(there), is_unread=is_unread_by(reader))
    )


def rows_of(cases: Iterable[Case], *, reader: Actor, now: datetime) -> list[Row]:
    """Lines about cases that `with_parts` read."""
    # Typed loosely: what a prefetch or an annotation adds, the model does not know.
    read: list[Any] = list(cases)
    names = type_names(now)
    people = dict(User.objects.filter(pk__in={case.person_id for case in read}).values_list("pk", "name"))
    return [
        Row(
            case,
            names.get(case.case_type, case.case_type),
            case.offers_with_somebody,
            case.open_tasks,
            people.get(case.person_id, ""),
            is_readers=case.person_id is not None and case.person_id == reader.user_id,
            is_unread=case.is_unread,
        )
        for case in read
    ]


def _counted(cases: QuerySet[Case], reader: Actor, now: datetime) -> tuple[int, list[CountedFilter]]:
    """How many cases are listed, and how many each filter on offer finds: one query for all, one for the saved."""
    named: list[tuple[str, Filters, SavedFilter | None]] = [(*one, None) for one in _for(reader)]
    if reader.user_id is not None:
        saved = SavedFilter.objects.filter(user_id=reader.user_id)
        named += [(one.name, filters_of(one.filters), one) for one in saved]
    counts = cases.aggregate(
        open=Count("pk"),
        **{
            f"filter_{number}": Count("pk", filter=matching(filters, reader=reader, now=now))
            for number, (_name, filters, _saved) in enumerate(named)
        },
    )
    return counts["open"], [
        CountedFilter(name, filters, counts[f"filter_{number}"], saved)
        for number, (name, filters, saved) in enumerate(named)
    ]


def _for(reader: Actor) -> list[tuple[str, Filters]]:
    """Who does no cases has none of their own, and nothing to read."""
    works = reader.role in HOTLINE_ROLES
    return [
        (name, filters)
        for name, filters in FOR_EVERYBODY.items()
        if works or not (filters.unread or filters.assignee == ME)
    ]
