"""The register of legal demands: entered, its cases held, reviewed by counsel, released only by two people, ended.

Codes and days only: what a demand says in words stays on paper. A hold is placed before anything else is thought
about, because destroying after a demand is a crime.
"""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor
from privacy import holds
from referrals import events
from referrals.actions.moves import lock_cases
from referrals.demands import check_may_enter, check_may_take, not_destroyed, standing_holds
from referrals.models import Case, CounselAdvice, DemandKind, DemandState, LegalDemand, ServedOn

# Cases held in one transaction.
AT_ONCE = 500


def enter_demand(
    *,
    received_on: date,
    kind: DemandKind,
    served_on: ServedOn,
    answer_due_on: date | None = None,
    gagged: bool = False,
    cases: Iterable[Case] = (),
    asks_for_all: bool = False,
    by: Actor,
    now: datetime | None = None,
) -> LegalDemand:
    """Put a demand into the register and hold the cases it names, or all of which anything can still be read.

    Raises PermissionDenied. If the process dies half-way through the holds, `hold_cases` goes on where it stopped.
    """
    now = now or timezone.now()
    check_may_enter(by)
    with transaction.atomic():
        demand = LegalDemand.objects.create(
            received_on=received_on,
            kind=DemandKind(kind),
            served_on=ServedOn(served_on),
            answer_due_on=answer_due_on,
            gagged=gagged,
            asks_for_all=asks_for_all,
            entered_at=now,
            entered_by_user_id=_person(by),
        )
        demand.cases.set(cases)
    hold_cases(demand=demand, by=by, now=now)
    return demand


def hold_cases(
    *,
    demand: LegalDemand,
    cases: Iterable[Case] = (),
    asks_for_all: bool = False,
    by: Actor,
    now: datetime | None = None,
) -> int:
    """Hold what the demand names and is not held for it yet, with more `cases`, or all; returns how many were new.

    Raises PermissionDenied, or `WrongState` for a demand that has ended.
    """
    now = now or timezone.now()
    with transaction.atomic():
        demand = _locked(demand)
        check_may_take(by, demand, "hold")
        demand.cases.add(*cases)
        demand.asks_for_all = demand.asks_for_all or asks_for_all
        demand.save(update_fields=["asks_for_all"])
    wanted = not_destroyed() if demand.asks_for_all else demand.cases.all()
    held = standing_holds(demand).values("case_id")
    identities = list(wanted.exclude(pk__in=held).order_by("pk").values_list("pk", flat=True))
    return sum(_hold(demand, some, by, now) for some in _batches(identities))


def review_by_counsel(
    *, demand: LegalDemand, advice: CounselAdvice, by: Actor, now: datetime | None = None
) -> LegalDemand:
    """The hotline's lead confirms what counsel advises; other advice later replaces it and takes a first release back.

    Raises PermissionDenied, or `WrongState` once it is released or ended.
    """
    now = now or timezone.now()
    with transaction.atomic():
        demand = _locked(demand)
        check_may_take(by, demand, "review")
        demand.advice = CounselAdvice(advice)
        demand.state = DemandState.CONTESTED if advice == CounselAdvice.CONTEST else DemandState.REVIEWED
        demand.reviewed_at, demand.reviewed_by_user_id = now, _person(by)
        demand.first_release_at = demand.first_release_by_user_id = None
        demand.save()
    return demand


def release(*, demand: LegalDemand, by: Actor, now: datetime | None = None) -> LegalDemand:
    """One of two people agrees to hand over what the published list names; the second one makes it so.

    The hotline's lead is the first. Raises PermissionDenied for the same person twice, or `WrongState` while counsel
    does not advise it.
    """
    now = now or timezone.now()
    with transaction.atomic():
        demand = _locked(demand)
        check_may_take(by, demand, "release")
        if demand.first_release_by_user_id is None:
            demand.first_release_at, demand.first_release_by_user_id = now, _person(by)
        else:
            demand.second_release_at, demand.second_release_by_user_id = now, _person(by)
            demand.state = DemandState.RELEASED
        demand.save()
    return demand


def end_demand(*, demand: LegalDemand, lift_holds: bool, by: Actor, now: datetime | None = None) -> LegalDemand:
    """Nothing more is asked. Unless it was released before, nothing was handed over.

    With `lift_holds` what was due meanwhile is destroyed from now on; without, the cases stay held until
    `lift_holds_of`. Raises PermissionDenied, or `WrongState` if it has ended.
    """
    now = now or timezone.now()
    with transaction.atomic():
        demand = _locked(demand)
        check_may_take(by, demand, "end")
        if demand.state != DemandState.RELEASED:
            demand.state = DemandState.NOTHING
        demand.ended_at, demand.ended_by_user_id = now, _person(by)
        demand.save()
    if lift_holds and standing_holds(demand).exists():
        lift_holds_of(demand=demand, by=by, now=now)
    return demand


def lift_holds_of(*, demand: LegalDemand, by: Actor, now: datetime | None = None) -> int:
    """Lift every hold of an ended demand; another demand's hold of the same case goes on. Returns how many cases.

    Raises PermissionDenied, or `WrongState` while the demand has not ended or nothing is held for it.
    """
    now = now or timezone.now()
    with transaction.atomic():
        check_may_take(by, _locked(demand), "lift")
    identities = list(standing_holds(demand).order_by("case_id").values_list("case_id", flat=True))
    for some in _batches(identities):
        with transaction.atomic():
            cases = lock_cases(*some)
            holds.lift_all(case_ids=some, by_user_id=_person(by), demand_id=demand.pk, now=now)
            events.record_all(cases=cases, kind="hold_lifted", by=by, now=now, detail={"demand": str(demand.pk)})
    return len(identities)


def _hold(demand: LegalDemand, case_ids: list[UUID], by: Actor, now: datetime) -> int:
    with transaction.atomic():
        cases = lock_cases(*case_ids)
        new = holds.place_all(case_ids=case_ids, by_user_id=_person(by), demand_id=demand.pk, now=now)
        held = [case for case in cases if case.pk in new]
        events.record_all(cases=held, kind="hold_placed", by=by, now=now, detail={"demand": str(demand.pk)})
    return len(held)


def _locked(demand: LegalDemand) -> LegalDemand:
    return LegalDemand.objects.select_for_update().get(pk=demand.pk)


def _person(by: Actor) -> int:
    if by.user_id is None:
        raise PermissionDenied("Only a person answers a legal demand.")
    return by.user_id


def _batches(case_ids: list[UUID]) -> list[list[UUID]]:
    return [case_ids[start : start + AT_ONCE] for start in range(0, len(case_ids), AT_ONCE)]
