"""Which program is asked, and why the others are not: pure rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.matching import CaseProfile, OrderStep, PastOffer, ProgramProfile, Verdict, rank

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
CASE = CaseProfile(case_type="DET-HAB", points=6, urgency=1, language="es", is_minor=None, now=NOW)


def program(number: int, **changes: object) -> ProgramProfile:
    base = ProgramProfile(
        id=number,
        provider=f"P{number}",
        kind="detained_full",
        ceiling=30,
        in_use=0,
        is_active=True,
        is_paused=False,
        on_duty=True,
        takes_minors=True,
        languages=frozenset(),
        last_offer_at=None,
        room_changed_at=NOW - timedelta(days=30),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


ORDER = [OrderStep(1, 1), OrderStep(2, 2), OrderStep(3, 3)]
PROGRAMS = [program(1), program(2), program(3)]


def verdicts(case: CaseProfile, programs: list[ProgramProfile], order: list[OrderStep] = ORDER) -> list[Verdict]:
    return [one.verdict for one in rank(case, programs, rules=order, seed=1).candidates]


def test_the_first_of_the_offer_order_with_room_is_asked() -> None:
    assert verdicts(CASE, PROGRAMS) == [Verdict.CHOSEN, Verdict.NEXT_IN_LINE, Verdict.NEXT_IN_LINE]


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (program(1, in_use=25), Verdict.NO_ROOM),
        (program(1, is_paused=True), Verdict.PAUSED),
        (program(1, is_active=False), Verdict.INACTIVE),
        (program(1, languages=frozenset({"en"})), Verdict.LANGUAGE),
    ],
)
def test_a_program_that_cannot_take_the_case_is_passed_with_its_reason(first: ProgramProfile, verdict: Verdict) -> None:
    assert verdicts(CASE, [first, *PROGRAMS[1:]])[:2] == [verdict, Verdict.CHOSEN]


def test_exactly_enough_room_is_room() -> None:
    assert verdicts(CASE, [program(1, in_use=24), *PROGRAMS[1:]])[0] == Verdict.CHOSEN


def test_a_minor_is_not_offered_to_a_program_for_adults() -> None:
    child = replace(CASE, is_minor=True)
    assert verdicts(child, [program(1, takes_minors=False), *PROGRAMS[1:]])[0] == Verdict.MINORS


@pytest.mark.parametrize(
    ("ending", "days_ago", "changed_since", "verdict"),
    [
        ("conflict", 300, True, Verdict.DECLINED_CONFLICT),
        ("scope", 300, True, Verdict.DECLINED_SCOPE),
        ("capacity", 0.5, False, Verdict.ASKED_RECENTLY),
        ("capacity", 0.5, True, Verdict.CHOSEN),
        ("capacity", 1.01, False, Verdict.CHOSEN),
        ("expired", 0.5, False, Verdict.ASKED_RECENTLY),
        ("expired", 1.01, False, Verdict.CHOSEN),
        ("handed_on", 300, True, Verdict.HANDED_ON),
    ],
)
def test_who_has_refused_is_asked_again_only_when_that_makes_sense(
    ending: str, days_ago: float, changed_since: bool, verdict: Verdict
) -> None:
    at = NOW - timedelta(days=days_ago)
    case = replace(CASE, past=(PastOffer(1, ending, at),))
    changed = at + timedelta(minutes=1) if changed_since else at - timedelta(minutes=1)
    assert verdicts(case, [program(1, room_changed_at=changed), *PROGRAMS[1:]])[0] == verdict


def test_a_t0_case_goes_to_the_first_on_duty() -> None:
    urgent = replace(CASE, urgency=0)
    asleep = [program(1, on_duty=False), program(2, on_duty=False), program(3)]
    assert verdicts(urgent, asleep) == [Verdict.NOT_ON_DUTY, Verdict.NOT_ON_DUTY, Verdict.CHOSEN]
    assert verdicts(CASE, asleep)[0] == Verdict.CHOSEN


def test_a_t0_case_is_held_at_the_first_when_nobody_is_on_duty() -> None:
    urgent = replace(CASE, urgency=0)
    assert verdicts(urgent, [program(number, on_duty=False) for number in (1, 2, 3)])[0] == Verdict.CHOSEN


def test_a_coordinator_step_is_a_task_and_not_an_offer() -> None:
    assert verdicts(CASE, PROGRAMS, [OrderStep(1, None), OrderStep(2, 2)]) == [Verdict.TASK, Verdict.CHOSEN]


def test_nobody_able_means_nobody_chosen() -> None:
    assert rank(CASE, [program(1, ceiling=0)], rules=[OrderStep(1, 1)], seed=1).chosen is None


def test_one_place_of_two_programs_goes_to_the_less_loaded_then_the_longest_unasked() -> None:
    tie = [OrderStep(1, 1), OrderStep(1, 2)]
    loaded = [program(1, in_use=3), program(2, in_use=2)]
    assert rank(CASE, loaded, rules=tie, seed=1).chosen.step.program_id == 2  # type: ignore[union-attr]
    asked = [program(1, last_offer_at=NOW), program(2, last_offer_at=NOW - timedelta(days=1))]
    assert rank(CASE, asked, rules=tie, seed=1).chosen.step.program_id == 2  # type: ignore[union-attr]


programs = st.builds(
    program,
    st.integers(1, 8),
    in_use=st.integers(0, 30),
    is_paused=st.booleans(),
    on_duty=st.booleans(),
    last_offer_at=st.none() | st.just(NOW),
)


@given(
    st.lists(programs, unique_by=lambda one: one.id),
    st.lists(st.builds(OrderStep, st.integers(1, 3), st.integers(1, 8)), unique_by=lambda step: step.program_id),
    st.integers(0, 1),
    st.integers(0, 2**62),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_inputs_changes_nothing(
    candidates: list[ProgramProfile], order: list[OrderStep], urgency: int, seed: int, random: Random
) -> None:
    case = replace(CASE, urgency=urgency)
    first = rank(case, candidates, rules=order, seed=seed)
    shuffled, reordered = candidates[:], order[:]
    random.shuffle(shuffled)
    random.shuffle(reordered)
    assert rank(case, shuffled, rules=reordered, seed=seed) == first
