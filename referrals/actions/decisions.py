"""Keeping what matching decided: every program looked at for a case, with its verdict, in codes."""

from datetime import datetime
from typing import Any

from providers.models import Program
from referrals.matching import Decision
from referrals.models import Case, RoutingDecision


def store(case: Case, decision: Decision, program: Program | None, *, points: int, now: datetime) -> None:
    """Keeps the decision for the case: offered to `program`, or to nobody."""
    RoutingDecision.objects.create(
        case=case,
        at=now,
        chosen=program,
        case_type=case.case_type,
        urgency=case.urgency,
        points=points,
        candidates=_candidates(decision),
        seed=decision.seed,
    )


def says_something_new(case: Case, decision: Decision, newest: RoutingDecision | None) -> bool:
    """Whether a decision for nobody differs from the newest one; the clock asks often, and room moves all the time."""
    if newest is None or newest.chosen_id is not None:
        return True
    if (newest.case_type, newest.urgency) != (case.case_type, case.urgency):
        return True
    return _verdicts(newest.candidates) != _verdicts(_candidates(decision))


def _verdicts(candidates: list[dict[str, Any]]) -> list[tuple[int | None, str]]:
    return [(one["program"], one["verdict"]) for one in candidates]


def _candidates(decision: Decision) -> list[dict[str, Any]]:
    return [
        {
            "program": one.program.id if one.program else None,
            "provider": one.program.provider if one.program else "",
            "kind": one.program.kind if one.program else "",
            "free": one.program.free if one.program else 0,
            "limited": one.step.limited_scope,
            "verdict": str(one.verdict),
        }
        for one in decision.candidates
    ]


def store_choice_by_hand(case: Case, program: Program, *, points: int, now: datetime) -> None:
    """Keeps that a coordinator chose a program themself."""
    RoutingDecision.objects.create(
        case=case,
        at=now,
        chosen=program,
        made_by_hand=True,
        case_type=case.case_type,
        urgency=case.urgency,
        points=points,
        candidates=[],
        seed=0,
    )
