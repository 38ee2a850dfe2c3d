"""Who of the waiting cases is offered to whom: pure rules, and what must never count."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.matching import (
    CaseProfile,
    OrderStep,
    PastOffer,
    Placement,
    ProgramProfile,
    Verdict,
    WaitingCase,
    in_line,
    place,
    rank,
)

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = {
    "DET-HAB": [OrderStep(1, 1), OrderStep(2, 2)],
    "DET-BOND": [OrderStep(1, 1), OrderStep(2, 3)],
    "PREP": [OrderStep(1, 3), OrderStep(2, None)],
}
POINTS = {"DET-HAB": 6, "DET-BOND": 3, "PREP": 1}


def program(number: int, **changes: object) -> ProgramProfile:
    base = ProgramProfile(
        id=number,
        provider=f"P{number}",
        kind="detained_full",
        ceiling=6,
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


def waiting(number: int, case_type: str = "DET-HAB", **changes: object) -> WaitingCase:
    """Held in Minnesota, T1, no date; waits since `number` hours ago, so that a higher number is ahead."""
    own = {name: changes.pop(name) for name in ("urgency", "language", "is_minor", "past") if name in changes}
    profile = CaseProfile(
        case_type=case_type, points=POINTS[case_type], urgency=1, language="es", is_minor=False, now=NOW
    )
    base = WaitingCase(
        id=UUID(int=number),
        case=replace(profile, **own),  # type: ignore[arg-type]
        safe_by=None,
        is_held=True,
        in_minnesota=True,
        since=NOW - number * HOUR,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def offered(plan: Placement) -> dict[int, int]:
    """Case number → program."""
    return {
        one.int: decision.chosen.step.program_id or 0
        for one, decision in plan.decisions.items()
        if decision.chosen is not None
    }


def placed(
    cases: Sequence[WaitingCase],
    programs: Sequence[ProgramProfile],
    rules: Mapping[str, Sequence[OrderStep]] = RULES,
    seed: int = 1,
) -> dict[int, int]:
    return offered(place(cases, programs, rules=rules, seed=seed))


ROOM_FOR_ONE = [program(1)]


def test_one_case_alone_goes_where_rank_sends_it() -> None:
    programs = [program(1, in_use=3), program(2), program(3)]
    plan = place([waiting(1)], programs, rules=RULES, seed=5)
    assert plan.decisions[UUID(int=1)] == rank(waiting(1).case, programs, rules=RULES["DET-HAB"], seed=5)
    assert offered(plan) == {1: 2}


def test_the_last_case_of_a_week_goes_to_who_is_ahead_and_the_others_go_elsewhere() -> None:
    cases = [waiting(1, urgency=3), waiting(2, urgency=0), waiting(3, urgency=1)]
    week = program(1, ceiling=60, left_in_week=1)
    assert placed(cases, [week]) == {2: 1}
    assert placed(cases, [week, program(2)]) == {2: 1, 3: 2}
    plan = place(cases, [week], rules=RULES, seed=1)
    assert plan.decisions[UUID(int=1)].candidates[0].verdict is Verdict.FOR_OTHERS


@pytest.mark.parametrize(
    ("ahead", "behind"),
    [
        ({"urgency": 0, "safe_by": NOW - HOUR}, {"urgency": 1, "safe_by": NOW + HOUR}),
        ({"safe_by": NOW + HOUR}, {"safe_by": NOW + 2 * HOUR}),
        ({"safe_by": NOW + 99 * HOUR}, {}),
        ({}, {"safe_by": NOW - HOUR}),
        ({"is_held": True}, {"in_minnesota": False}),
        ({"is_held": True, "in_minnesota": False}, {"is_held": False, "in_minnesota": False}),
        ({"is_minor": True}, {}),
        ({"safe_by": NOW + HOUR, "in_minnesota": False}, {"safe_by": NOW + 2 * HOUR}),
    ],
    ids=["tier", "earlier date", "any date", "no date", "in Minnesota", "held", "under 18", "date before place"],
)
def test_who_is_ahead_in_line_gets_the_last_room(ahead: dict[str, Any], behind: dict[str, Any]) -> None:
    # Who is behind has waited longer, so that nothing but the difference can decide.
    cases = [waiting(1, **ahead), waiting(2, **behind)]
    assert placed(cases, ROOM_FOR_ONE) == {1: 1}


def test_among_equals_the_longest_wait_is_first() -> None:
    assert placed([waiting(1), waiting(2)], ROOM_FOR_ONE) == {2: 1}


def test_a_lottery_by_the_seed_decides_between_equals() -> None:
    twins = [waiting(1), replace(waiting(2), since=waiting(1).since)]
    winners = {seed: set(placed(twins, ROOM_FOR_ONE, seed=seed)) for seed in range(20)}
    assert {1} in winners.values()
    assert {2} in winners.values()
    for seed, winner in winners.items():
        draws = {number: hashlib.sha256(f"{seed}:{UUID(int=number)}".encode()).digest() for number in (1, 2)}
        assert winner == {min(draws, key=draws.__getitem__)}


def test_two_of_a_group_go_before_one_that_takes_as_much_room() -> None:
    cases = [waiting(9), waiting(2, "DET-BOND"), waiting(1, "DET-BOND")]
    assert placed(cases, ROOM_FOR_ONE) == {1: 1, 2: 1}


def test_the_example_of_the_docs_comes_out_as_they_say() -> None:
    """docs/matching.md, "An example": A to D are 1 to 4, AHR and BINGER programs 1 and 2."""
    rules = {"DET-HAB": RULES["DET-HAB"], "DET-BOND": [OrderStep(1, 1)]}
    cases = [
        waiting(1, urgency=0, safe_by=NOW + 2 * HOUR),
        waiting(2, safe_by=NOW + 5 * HOUR),
        waiting(3, "DET-BOND", safe_by=NOW + 9 * HOUR),
        waiting(4, "DET-BOND", safe_by=NOW + 20 * HOUR),
    ]
    plan = place(cases, [program(1), program(2)], rules=rules, seed=1)
    assert offered(plan) == {1: 2, 3: 1, 4: 1}
    assert [one.verdict for one in plan.decisions[UUID(int=2)].candidates] == [Verdict.FOR_OTHERS] * 2


def test_however_many_of_a_lower_tier_never_go_before_a_t0_case() -> None:
    cases = [waiting(9, urgency=0), waiting(2, "DET-BOND"), waiting(1, "DET-BOND")]
    assert placed(cases, ROOM_FOR_ONE) == {9: 1}


def test_a_case_gives_up_its_first_choice_so_that_one_more_has_a_place() -> None:
    only_first = {**RULES, "DET-BOND": [OrderStep(1, 1)]}
    cases = [waiting(2, urgency=0), waiting(1, "DET-BOND")]
    assert placed(cases, [program(1), program(2)], only_first) == {2: 2, 1: 1}
    # Where both have a place either way, the offer order decides.
    assert placed(cases, [program(1, ceiling=9), program(2)], only_first) == {2: 1, 1: 1}


def test_who_is_ahead_moves_elsewhere_for_the_next_in_line_and_not_for_the_one_after() -> None:
    rules = {"DET-HAB": RULES["DET-HAB"], "DET-BOND": [OrderStep(1, 1)], "PREP": [OrderStep(1, 2)]}
    next_one, after = waiting(3, "DET-BOND"), waiting(2, "PREP")
    assert placed([waiting(1, urgency=0), next_one, after], [program(1), program(2)], rules) == {1: 2, 3: 1}


def test_of_two_who_want_the_same_first_choice_the_one_ahead_has_it() -> None:
    assert placed([waiting(2), waiting(1)], [program(1), program(2)]) == {2: 1, 1: 2}


def test_a_t0_case_goes_to_the_first_on_duty_else_it_is_held_at_the_first() -> None:
    urgent = [waiting(1, urgency=0)]
    assert placed(urgent, [program(1, on_duty=False), program(2)]) == {1: 2}
    assert placed(urgent, [program(1, on_duty=False), program(2, on_duty=False)]) == {1: 1}
    # The only one on duty has room for one: the other is held.
    two = [waiting(1, urgency=0), waiting(2, urgency=0)]
    assert placed(two, [program(1, on_duty=False), program(2)]) == {2: 2, 1: 1}


def test_who_waits_is_told_that_the_room_is_for_others() -> None:
    plan = place([waiting(2), waiting(1)], [program(1), program(2, in_use=1)], rules=RULES, seed=1)
    verdicts = [one.verdict for one in plan.decisions[UUID(int=1)].candidates]
    assert verdicts == [Verdict.FOR_OTHERS, Verdict.NO_ROOM]
    assert [one.verdict for one in plan.decisions[UUID(int=2)].candidates] == [Verdict.CHOSEN, Verdict.NO_ROOM]


def test_a_step_of_the_order_that_is_a_task_places_nobody() -> None:
    plan = place([waiting(1, "PREP")], [], rules=RULES, seed=1)
    assert offered(plan) == {}
    assert [one.verdict for one in plan.decisions[UUID(int=1)].candidates] == [Verdict.INACTIVE, Verdict.TASK]


def test_a_type_without_an_offer_order_waits() -> None:
    assert placed([waiting(1)], ROOM_FOR_ONE, {}) == {}


def test_nothing_is_read_of_a_case_but_this() -> None:
    """Whoever adds a field here decides that it may move a place: never the chance of winning, a criminal record,
    nationality or who referred."""
    assert {one.name for one in fields(CaseProfile)} | {one.name for one in fields(WaitingCase)} == {
        # What is needed to know which programs can take it:
        *("case_type", "points", "language", "is_minor", "past", "case", "now", "us_state", "circuit", "conflicts"),
        # What makes a place in line:
        *("id", "urgency", "safe_by", "is_held", "in_minnesota", "since"),
    }


LANGUAGES = ["en", "es", "so", "hmn", "qu", "om"]
programs = st.builds(
    program,
    st.integers(1, 3),
    ceiling=st.integers(0, 14),
    is_paused=st.booleans(),
    on_duty=st.booleans(),
    takes_minors=st.booleans(),
    languages=st.just(frozenset()) | st.frozensets(st.sampled_from(LANGUAGES), max_size=3),
)
dates = st.none() | st.integers(-5, 60).map(lambda hours: NOW + hours * HOUR)
pasts = st.just(()) | st.tuples(
    st.builds(PastOffer, st.integers(1, 3), st.sampled_from(["conflict", "expired"]), st.just(NOW - HOUR))
)
cases = st.builds(
    waiting,
    st.integers(1, 200),
    st.sampled_from(list(POINTS)),
    urgency=st.integers(0, 2),
    language=st.sampled_from(LANGUAGES),
    is_minor=st.sampled_from([True, False, None]),
    past=pasts,
    safe_by=dates,
    is_held=st.booleans(),
    in_minnesota=st.booleans(),
    # Few, so that there are many ties.
    since=st.sampled_from([NOW - HOUR, NOW - 2 * HOUR]),
)
lists_of_cases = st.lists(cases, max_size=9, unique_by=lambda one: one.id)
lists_of_programs = st.lists(programs, max_size=3, unique_by=lambda one: one.id)
seeds = st.integers(0, 2**62)


@given(lists_of_cases, lists_of_programs, seeds, st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_changes_nothing(
    cases: list[WaitingCase], programs: list[ProgramProfile], seed: int, random: Random
) -> None:
    first = place(cases, programs, rules=RULES, seed=seed)
    shuffled = {code: random.sample(RULES[code], len(RULES[code])) for code in random.sample(list(RULES), len(RULES))}
    again = place(random.sample(cases, len(cases)), random.sample(programs, len(programs)), rules=shuffled, seed=seed)
    assert again == first
    assert list(again.decisions) == list(first.decisions) == [one.id for one in in_line(cases, seed)]


@given(lists_of_cases, lists_of_programs, seeds)
def test_only_who_can_take_a_case_gets_it_and_nobody_more_than_fits(
    cases: list[WaitingCase], programs: list[ProgramProfile], seed: int
) -> None:
    plan = place(cases, programs, rules=RULES, seed=seed)
    room = {one.id: one.free for one in programs}
    able = {}
    for one in cases:
        ranked = rank(one.case, programs, rules=RULES[one.case.case_type], seed=seed)
        able[one.id] = {
            candidate.step.program_id
            for candidate in ranked.candidates
            if candidate.verdict in (Verdict.CHOSEN, Verdict.NEXT_IN_LINE, Verdict.NOT_ON_DUTY)
        }
    for number, program_id in offered(plan).items():
        one = next(one for one in cases if one.id.int == number)
        assert program_id in able[one.id]
        room[program_id] -= one.case.points
    assert all(left >= 0 for left in room.values())
    # And nobody waits for room that is left over.
    for one in cases:
        if plan.decisions[one.id].chosen is None:
            assert all(room[program_id or 0] < one.case.points for program_id in able[one.id])


@given(lists_of_cases, lists_of_programs, seeds)
def test_no_t0_case_waits_for_room_that_a_lower_tier_is_given(
    cases: list[WaitingCase], programs: list[ProgramProfile], seed: int
) -> None:
    got = placed(cases, programs, seed=seed)
    urgent = [one for one in cases if one.case.urgency == 0]
    assert {one.id.int for one in urgent if one.id.int in got} == set(placed(urgent, programs, seed=seed))


@given(lists_of_cases, lists_of_programs, seeds, st.data())
def test_an_earlier_date_that_can_still_be_met_never_lowers_a_place(
    cases: list[WaitingCase], programs: list[ProgramProfile], seed: int, data: st.DataObject
) -> None:
    got = placed(cases, programs, seed=seed)
    for number in got:
        one = next(one for one in cases if one.id.int == number)
        left = (one.safe_by - NOW) // HOUR if one.safe_by and one.safe_by > NOW else 60
        sooner = replace(one, safe_by=NOW + data.draw(st.integers(1, max(1, left))) * HOUR)
        others = [other for other in cases if other is not one]
        assert in_line([sooner, *others], seed).index(sooner) <= in_line(cases, seed).index(one)
        assert number in placed([sooner, *others], programs, seed=seed)


@given(lists_of_cases, lists_of_programs, seeds, st.permutations(LANGUAGES))
def test_which_language_a_family_speaks_changes_no_place_where_it_is_served(
    cases: list[WaitingCase], programs: list[ProgramProfile], seed: int, languages: list[str]
) -> None:
    """Exchanging the languages of all cases changes nothing, whatever language a program might be thought to prefer."""
    any_language = [replace(one, languages=frozenset()) for one in programs]
    exchange = dict(zip(LANGUAGES, languages, strict=True))
    others = [replace(one, case=replace(one.case, language=exchange[one.case.language])) for one in cases]
    assert placed(others, any_language, seed=seed) == placed(cases, any_language, seed=seed)
    # A hard filter, it is exchanged with the families'.
    exchanged = [replace(one, languages=frozenset(exchange[code] for code in one.languages)) for one in programs]
    assert placed(others, exchanged, seed=seed) == placed(cases, programs, seed=seed)


@given(lists_of_cases, lists_of_programs, seeds)
def test_more_room_at_one_program_never_places_fewer_t0_cases_by_weight(
    cases: list[WaitingCase], programs: list[ProgramProfile], seed: int
) -> None:
    urgent = [one for one in cases if one.case.urgency == 0 and one.safe_by is None]
    line = [one.id.int for one in in_line(urgent, seed)]

    def weight(got: dict[int, int]) -> int:
        return sum(2 * len(line) - line.index(number) for number in got)

    before = weight(placed(urgent, programs, seed=seed))
    for one in programs:
        wider = [replace(other, ceiling=other.ceiling + 3 * (other is one)) for other in programs]
        assert weight(placed(urgent, wider, seed=seed)) >= before


def test_five_thousand_waiting_cases_are_placed_while_somebody_waits_for_the_page() -> None:
    random = Random(8)
    many = [
        waiting(
            number,
            random.choice(list(POINTS)),
            urgency=random.randint(0, 3),
            safe_by=random.choice([None, NOW + random.randint(-50, 99) * HOUR]),
        )
        for number in range(1, 5001)
    ]
    programs = [program(1, ceiling=60), program(2, ceiling=40), program(3, ceiling=25)]
    began = time.perf_counter()
    plan = place(many, programs, rules=RULES, seed=1)
    assert time.perf_counter() - began < 5
    assert len(plan.decisions) == 5000
    assert plan.gap < 0.01
