"""Legal demands: who may do what with one, and what staff and the public read of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.roles import Actor, Role
from privacy.models import KeyDestruction, LegalHold, SealedDocument
from referrals.business_time import CHICAGO
from referrals.models import Case, CounselAdvice, DemandKind, DemandState, LegalDemand
from referrals.policies import WrongState

PAGE_SIZE = 50
ENTER_DEMANDS = (Role.HOTLINE_LEAD, Role.OPERATOR)
READ_DEMANDS = (*ENTER_DEMANDS, Role.AUDITOR)

# Who may take which step; the state rules stand in `_allows`.
STEPS: dict[str, frozenset[Role]] = {
    "hold": frozenset({Role.HOTLINE_LEAD, Role.OPERATOR}),
    "review": frozenset({Role.HOTLINE_LEAD}),
    "release": frozenset({Role.HOTLINE_LEAD, Role.OPERATOR}),
    "end": frozenset({Role.HOTLINE_LEAD}),
    "lift": frozenset({Role.HOTLINE_LEAD}),
}


def check_may_enter(actor: Actor) -> None:
    """Raises PermissionDenied."""
    if actor.role not in ENTER_DEMANDS:
        raise PermissionDenied("Only the hotline's lead and the operator enter legal demands.")


def can_take(actor: Actor, demand: LegalDemand, step: str) -> bool:
    """Whether this actor may take the step now: role, person and state."""
    return actor.role in STEPS[step] and _allows(demand, step) and not _lacks(actor, demand, step)


def check_may_take(actor: Actor, demand: LegalDemand, step: str) -> None:
    """Raises PermissionDenied for the role or the person, WrongState for the state."""
    if actor.role not in STEPS[step]:
        raise PermissionDenied(f"A {actor.role.label.lower()} may not do this with a legal demand.")
    if not _allows(demand, step):
        raise WrongState(f"The demand is “{demand.get_state_display()}”: this cannot be done now.")
    if lacking := _lacks(actor, demand, step):
        raise PermissionDenied(lacking)


def steps_open_to(actor: Actor, demand: LegalDemand) -> list[str]:
    return [step for step in STEPS if can_take(actor, demand, step)]


def _allows(demand: LegalDemand, step: str) -> bool:
    if step == "lift":
        return demand.ended_at is not None and standing_holds(demand).exists()
    if demand.ended_at is not None:
        return False
    if step == "review":
        return demand.state != DemandState.RELEASED
    if step == "release":
        return demand.state == DemandState.REVIEWED and demand.advice == CounselAdvice.RELEASE
    return True


def _lacks(actor: Actor, demand: LegalDemand, step: str) -> str:
    """Why this person may not, although their role may."""
    if step != "release":
        return ""
    if demand.first_release_by_user_id is None:
        return "" if actor.role == Role.HOTLINE_LEAD else "The hotline's lead releases first."
    if demand.first_release_by_user_id == actor.user_id:
        return "Somebody else has to release it too."
    return ""


def standing_holds(demand: LegalDemand) -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(demand_id=demand.pk, lifted_at=None)


def not_destroyed() -> QuerySet[Case]:
    """Every case of which something sealed may still be readable: those a demand for everything means."""
    ended = KeyDestruction.objects.filter(case_id=OuterRef("pk"), ends_case=True, carried_out_at__isnull=False)
    sealed = SealedDocument.objects.filter(case_id=OuterRef("pk"))
    return Case.objects.filter(~Exists(ended) | Exists(sealed))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what was done about a demand."""

    at: datetime
    what: str
    who: str


@dataclass(frozen=True, slots=True)
class DemandPage:
    """A demand with its history and one page of the cases held for it."""

    demand: LegalDemand
    history: list[Line]
    named: list[Case]
    held: Page[Case]


def all_demands(number: int) -> Page[Any]:
    """One page of the register, the newest first, each with how many cases are `held` for it."""
    held = LegalHold.objects.filter(demand_id=OuterRef("pk"), lifted_at=None).order_by().values("demand_id")
    counted = Subquery(held.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    return Paginator(LegalDemand.objects.annotate(held=Coalesce(counted, Value(0))), PAGE_SIZE).get_page(number)


def demand_page(demand: LegalDemand, number: int) -> DemandPage:
    """One demand, in a fixed number of queries."""
    held = Case.objects.filter(pk__in=standing_holds(demand).values("case_id")).order_by("reference")
    return DemandPage(
        demand, _history(demand), list(demand.cases.order_by("reference")), Paginator(held, PAGE_SIZE).get_page(number)
    )


def _history(demand: LegalDemand) -> list[Line]:
    advice = f"Counsel's advice confirmed: {demand.get_advice_display().lower()}" if demand.advice else ""
    steps: list[tuple[datetime | None, str, int | None]] = [
        (demand.entered_at, "Entered", demand.entered_by_user_id),
        (demand.reviewed_at, advice, demand.reviewed_by_user_id),
        (demand.first_release_at, "Released, first person", demand.first_release_by_user_id),
        (demand.second_release_at, "Released, second person", demand.second_release_by_user_id),
        (demand.ended_at, "Ended", demand.ended_by_user_id),
    ]
    names = _names({user for _, _, user in steps if user})
    return [Line(at, what, names.get(user or 0, "A former member")) for at, what, user in steps if at]


def _names(people: set[int]) -> Mapping[int, str]:
    return dict(User.objects.filter(pk__in=people).values_list("pk", "name"))


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many demands of a kind came in a year, and after how many something was handed over."""

    kind: DemandKind
    received: int
    released: int


@dataclass(frozen=True, slots=True)
class YearCount:
    """A year's demands; `kinds` has every kind, those that did not come too."""

    year: int
    kinds: list[KindCount]

    @property
    def received(self) -> int:
        return sum(kind.received for kind in self.kinds)

    @property
    def released(self) -> int:
        return sum(kind.released for kind in self.kinds)


def counted_by_year(now: datetime) -> list[YearCount]:
    """The register as the public reads it: every year since the first case or demand, the newest first."""
    counted = LegalDemand.objects.order_by().values("received_on__year", "kind")
    rows = counted.annotate(
        received=Count("pk"), released=Count("pk", filter=Q(state=DemandState.RELEASED))
    ).values_list("received_on__year", "kind", "received", "released")
    found = {(year, kind): (received, released) for year, kind, received, released in rows}
    this_year = now.astimezone(CHICAGO).year
    opened = Case.objects.order_by("opened_at").values_list("opened_at", flat=True).first()
    first = min([this_year, *(year for year, _ in found), *([opened.astimezone(CHICAGO).year] if opened else [])])
    return [
        YearCount(year, [KindCount(kind, *found.get((year, kind.value), (0, 0))) for kind in DemandKind])
        for year in range(this_year, first - 1, -1)
    ]
