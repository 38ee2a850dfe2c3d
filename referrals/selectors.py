"""What staff read: the queue, one case, an organization's offers. Each in a number of queries that never grows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet

from accounts.models import User
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES, Actor, Role
from notifications.models import Message
from notifications.selectors import texts_of_case
from notifications.texts import render
from privacy.models import DocumentKind, SealedDocument
from providers.models import CaseType
from referrals import shelf_life
from referrals.actions.assignments import works_on
from referrals.actions.deadlines import running_of
from referrals.business_time import CHICAGO
from referrals.explanations import Explanation, explain
from referrals.machine import OWNERSHIP, Owner, owner_of
from referrals.models import Case, CaseDeadline, CaseEvent, CoordinatorTask, Offer, OfferState, State
from referrals.models.case import OPEN_STATES
from referrals.models.task import OUTLIVES_CASE
from referrals.policies import can_work_on, documents_open_to
from referrals.timeline import Entry, entries

PAGE_SIZE = 50
COORDINATORS_STATES = [state for state, ownership in OWNERSHIP.items() if ownership.owner == Owner.COORDINATOR]
# The offers that say with whom a case is now: at most one live and one that holds it.
WITH_SOMEBODY = Q(state__in=[OfferState.LIVE, OfferState.ACCEPTED], room_released_at__isnull=True)
# Events that each organization keeps to itself; the hotline and the auditor read all.
INTERNAL = frozenset({"opened_document", "assigned", "likely_duplicate", "not_duplicate", "joined"})


def of_organization(organization_id: int | None) -> Q:
    """Offers to the organization's provider; none for no organization."""
    return Q(program__provider__organization_id=organization_id)


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


def type_names(now: datetime) -> dict[str, str]:
    """The plain name of every case type of today, by code."""
    today = now.astimezone(CHICAGO).date()
    return dict(CaseType.objects.on(today).values_list("code", "plain_name"))


def where(case: Case) -> str:
    """Where the person is, as far as anybody knows."""
    return case.facility.name if case.facility else case.get_custody_display()


def queue(filters: Filters, *, now: datetime, page: int = 1) -> Queue:
    """The open cases by urgency, next deadline (none last) and age."""
    listed = Paginator(_filtered(filters, now), PAGE_SIZE).get_page(page)
    return Queue(_figures(now), _rows(listed.object_list, now), listed)


def _open_tasks() -> QuerySet[CoordinatorTask]:
    return CoordinatorTask.objects.filter(done_at__isnull=True)


def _open_tasks_due(now: datetime) -> QuerySet[CoordinatorTask]:
    return _open_tasks().filter(due_at__lte=now)


def _is_listed() -> Q:
    """Open cases, and ended ones whose family still waits for an answer about its data."""
    return Q(state__in=OPEN_STATES) | Q(pk__in=_open_tasks().filter(kind__in=OUTLIVES_CASE).values("case"))


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
        has_task = Exists(_open_tasks().filter(case=OuterRef("pk")))
        cases = cases.filter(has_task | Q(state__in=COORDINATORS_STATES))
    return (
        cases.select_related("facility")
        .prefetch_related(
            Prefetch(
                "offers",
                Offer.objects.filter(WITH_SOMEBODY).select_related("program__provider"),
                to_attr="offers_with_somebody",
            ),
            Prefetch("tasks", _open_tasks(), to_attr="open_tasks"),
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
    of_listed = _open_tasks().filter(Q(case__state__in=OPEN_STATES) | Q(kind__in=OUTLIVES_CASE))
    tasks = of_listed.aggregate(tasks=Count("pk"), tasks_due=Count("pk", filter=Q(due_at__lte=now)))
    return Figures(**cases, **tasks)


@dataclass(frozen=True)
class CasePage:
    """One case as this actor may see it."""

    case: Case
    actor: Actor
    now: datetime

    @cached_property
    def _names(self) -> dict[str, str]:
        return type_names(self.now)

    @property
    def type_name(self) -> str:
        return self._names.get(self.case.case_type, self.case.case_type)

    @property
    def secondary_names(self) -> list[str]:
        return [self._names.get(code, code) for code in self.case.secondary_types]

    @property
    def where(self) -> str:
        return where(self.case)

    @property
    def is_hotlines(self) -> bool:
        """Whether the reader sees every provider's part in the case, and not only their own."""
        return self.actor.acts_as(Role.COORDINATOR) or self.actor.role == Role.AUDITOR

    @cached_property
    def offers(self) -> list[Offer]:
        """The case's offers, newest first; a provider sees its own."""
        offers = self.case.offers.select_related("program__provider")
        if not self.is_hotlines:
            offers = offers.filter(of_organization(self.actor.organization_id))
        return list(offers)

    @property
    def live_offer(self) -> Offer | None:
        return next((offer for offer in self.offers if offer.state == OfferState.LIVE), None)

    @property
    def holder(self) -> Offer | None:
        """The accepted offer that holds the case."""
        held = (one for one in self.offers if one.state == OfferState.ACCEPTED and one.room_released_at is None)
        return next(held, None)

    @property
    def owner(self) -> str:
        """Who must act now: a provider by its code."""
        owner = owner_of(self.case)
        offer = self.live_offer or self.holder
        return str(offer.program.provider) if owner == Owner.PROVIDER and offer else owner

    @cached_property
    def tasks(self) -> list[CoordinatorTask]:
        """Open tasks, the first due first; providers have none."""
        return list(_open_tasks().filter(case=self.case)) if self.is_hotlines else []

    @cached_property
    def clocks(self) -> list[CaseDeadline]:
        """The legal clocks that run, the first to keep first; a provider sees those of a case it holds."""
        if not self.is_hotlines and self.holder is None:
            return []
        return sorted(running_of(self.case), key=lambda row: (row.at, row.code))

    @cached_property
    def events(self) -> list[CaseEvent]:
        """What happened, newest first; a provider does not read of other providers' part in it."""
        events = CaseEvent.objects.filter(case=self.case).order_by("-sequence")
        if self.is_hotlines:
            return list(events)
        own = {offer.program.provider.code for offer in self.offers}
        return [event for event in events if _providers_named(event) <= own and not self._is_not_theirs(event)]

    def _is_not_theirs(self, event: CaseEvent) -> bool:
        is_internal = event.role in PROVIDER_ROLES or event.kind in INTERNAL
        return is_internal and event.organization_id != self.actor.organization_id

    @cached_property
    def timeline(self) -> list[Entry]:
        return entries(self.events)

    @cached_property
    def decisions(self) -> list[Explanation]:
        """Why the case went where it went, newest first; they name every provider, so providers do not see them."""
        if not self.is_hotlines:
            return []
        return [explain(one) for one in self.case.routing_decisions.select_related("chosen__provider")]

    @cached_property
    def person(self) -> User | None:
        """Who works on the case in the reader's organization."""
        user_id = works_on(self.case, self.actor.organization_id)
        return User.objects.get(pk=user_id) if user_id else None

    @property
    def may_search(self) -> bool:
        """Whether the reader can look for cases like this one."""
        return self.actor.role in HOTLINE_ROLES

    @property
    def may_take_over(self) -> bool:
        """Whether the reader can make the case theirs, and it is not."""
        return can_work_on(self.actor, self.case) and (self.person is None or self.person.pk != self.actor.user_id)

    @cached_property
    def texts(self) -> list[tuple[Message, str]]:
        """What the family was texted, oldest first, each with its wording in English."""
        return [(text, render(text.template, "en")) for text in texts_of_case(self.case.pk)]

    @cached_property
    def ends(self) -> list[str]:
        """What of the case is scheduled to be destroyed, as sentences."""
        return shelf_life.due_sentences(self.case)

    @cached_property
    def loss(self) -> str:
        """That what the family told us is gone, as a sentence; "" while it is not."""
        return shelf_life.loss(self.case)

    @property
    def may_begin_new_file(self) -> bool:
        """Whether the reader can write down what the family tells us again."""
        return self.actor.role in HOTLINE_ROLES and self.case.is_open and bool(self.loss)

    @property
    def may_hand_over(self) -> bool:
        """Whether the reader can take the file into their own case system."""
        return self.actor.acts_as(Role.PROVIDER_STAFF) and self.holder is not None

    @property
    def may_note(self) -> bool:
        """Whether the reader can write a note: whoever may open a part of the case can."""
        return bool(documents_open_to(self.actor, self.case))

    @cached_property
    def documents(self) -> list[DocumentKind]:
        """The sealed documents that exist and that this actor may ask to open, in the order of `DocumentKind`."""
        there = set(SealedDocument.objects.filter(case_id=self.case.pk).values_list("kind", flat=True).distinct())
        openable = documents_open_to(self.actor, self.case)
        return [kind for kind in DocumentKind if kind in there and kind in openable]


def _providers_named(event: CaseEvent) -> set[str]:
    return {str(event.detail[key]) for key in ("provider", "from") if event.detail.get(key)}


def case_page(case: Case, actor: Actor, *, now: datetime) -> CasePage:
    """One case for one reader; its parts are read when they are shown, each in a fixed number of queries."""
    return CasePage(case, actor, now)


def visible_cases(actor: Actor) -> QuerySet[Case]:
    """The cases `referrals.policies.can_see_case` lets this actor see, as one query."""
    cases = Case.objects.select_related("facility", "referred_to", "duplicate_of", "triage_rule")
    if actor.acts_as(Role.COORDINATOR) or actor.role == Role.AUDITOR:
        return cases
    if not actor.acts_as(Role.PROVIDER_STAFF):
        return cases.none()
    with_them = Offer.objects.filter(WITH_SOMEBODY, of_organization(actor.organization_id))
    return cases.filter(Exists(with_them.filter(case=OuterRef("pk"))))


def visible_offers(actor: Actor) -> QuerySet[Offer]:
    """A provider's own offers; the hotline and the auditor see all."""
    offers = Offer.objects.select_related("case__facility", "program__provider__organization")
    if actor.acts_as(Role.COORDINATOR) or actor.role == Role.AUDITOR:
        return offers
    if not actor.acts_as(Role.PROVIDER_STAFF):
        return offers.none()
    return offers.filter(of_organization(actor.organization_id))


@dataclass(frozen=True, slots=True)
class OfferLine:
    """An offer with the words of its case."""

    offer: Offer
    type_name: str

    @property
    def where(self) -> str:
        return where(self.offer.case)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a provider has before it: offers to answer, the first to lapse first, and the cases it holds."""

    live: list[OfferLine]
    held: list[OfferLine]


def offers_for(organization_id: int | None, *, now: datetime) -> Desk:
    """The live offers and held cases of a provider's organization."""
    names = type_names(now)
    offers = (
        Offer.objects.filter(WITH_SOMEBODY, of_organization(organization_id))
        .select_related("case__facility", "program__provider")
        .order_by("expires_at", "pk")
    )
    lines = [OfferLine(offer, names.get(offer.case_type, offer.case_type)) for offer in offers]
    return Desk(
        live=[line for line in lines if line.offer.state == OfferState.LIVE],
        held=sorted(
            (line for line in lines if line.offer.state == OfferState.ACCEPTED),
            key=lambda line: (line.offer.case.state_due_at or now, line.offer.case.reference),
        ),
    )
