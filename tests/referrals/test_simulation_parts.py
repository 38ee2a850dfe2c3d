"""The parts of the simulated year, each alone: who asks, what they are answered, the bound, policies, figures."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.business_time import Hours
from referrals.facts import Facts, Taken
from referrals.matching import CaseProfile, OrderStep, PastOffer, ProgramProfile, WaitingCase
from referrals.simulation import arrivals, drive, policies, report
from referrals.simulation.arrivals import Answer, Arrival
from referrals.simulation.clairvoyant import Option, Request, bound, bound_without_stays
from referrals.simulation.draws import lognormal, one_of, poisson, uniform
from referrals.simulation.ground import Profile, answered_at
from referrals.simulation.picture import draw
from referrals.simulation.scratch import Run

NOW = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
Result = dict[str, Any]

# Who asks, and what they are answered.


def test_the_surge_stands_in_the_middle_of_the_year() -> None:
    expected = [round(arrivals.expected_arrivals(week, 52), 1) for week in range(52)]
    assert expected[21:30] == [12.0, 21.4, 42.3, 39.7, 51.7, 48.8, 34.2, 12.0, 12.0]
    assert sum(expected) == pytest.approx(45 * 12 + 958 * 12 / 46, abs=0.5)


def test_people_come_as_the_recipe_says() -> None:
    people = [one for seed in range(6) for one in arrivals.arrivals(52, seed)]
    hours = [one.at.astimezone(arrivals.CHICAGO).hour for one in people]
    held = [one for one in people if one.is_held]

    def share(some: Sequence[Any], of_all: Sequence[Any] = people) -> float:
        return len(some) / len(of_all)

    assert len(people) == pytest.approx(6 * 790, rel=0.05)
    assert share([hour for hour in hours if not 8 <= hour < 18]) == pytest.approx(0.35, abs=0.03)
    assert share(held) == pytest.approx(0.70, abs=0.03)
    assert share([one for one in people if one.is_eligible]) == pytest.approx(0.80, abs=0.03)
    assert share([one for one in people if one.language == "es"]) == pytest.approx(0.76, abs=0.03)
    assert share([one for one in held if one.facts.place == "whipple"], held) == pytest.approx(0.35, abs=0.03)
    assert share([one for one in held if one.facts.hearing_on], held) == pytest.approx(0.30, abs=0.03)
    for one in people:
        assert one.facts.taken_at is None or one.facts.taken_at < one.at
        assert one.leaves_at > one.at
        assert one.moved_at is None or one.moved_at > one.at


def test_providers_answer_as_the_recipe_says() -> None:
    given = {code: [arrivals.answer(1, number, code) for number in range(4000)] for code in ("AHR", "VLN", "ILCM")}
    accepted = {code: sum(one.accepts for one in answers) / 4000 for code, answers in given.items()}
    assert accepted == pytest.approx({"AHR": 0.55, "VLN": 0.70, "ILCM": 0.60}, abs=0.03)
    stays = sorted(one.stay / timedelta(days=1) for one in given["AHR"])
    assert stays[2000] == pytest.approx(35, rel=0.08)
    assert sum(stay > 60 for stay in stays) / 4000 == pytest.approx(arrivals.chance_of_longer_stay(60), abs=0.03)
    assert not any(one.accepts and one.is_silent for one in given["AHR"])


@given(seed=st.integers(0, 50), weeks=st.integers(1, 60))
def test_two_outages_of_one_provider_never_touch(seed: int, weeks: int) -> None:
    found = arrivals.outages(weeks, seed, ["AHR", "VLN"])
    for one, other in product(found, found):
        if one is not other and one.provider == other.provider:
            assert one.ends < other.begins or other.ends < one.begins


def test_an_answer_never_comes_after_the_offer_or_before_somebody_is_there() -> None:
    night = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
    expires = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
    says = Answer(True, False, "scope", 0.5, timedelta(days=1))
    assert answered_at(
        says, tier=0, hours=Hours(9 * 60, 17 * 60), offered_at=night, expires_at=expires
    ) == expires - timedelta(minutes=30)


def test_a_draw_depends_on_what_it_is_for_and_on_nothing_else() -> None:
    assert uniform(1, "a") == uniform(1, "a") != uniform(1, "b")
    assert all(0 < uniform(number) < 1 for number in range(1000))
    assert sum(poisson(12, number) for number in range(2000)) / 2000 == pytest.approx(12, abs=0.3)
    assert sorted(lognormal(35, 1, number) for number in range(2001))[1000] == pytest.approx(35, rel=0.1)
    drawn = [one_of({"a": 3, "b": 1}, number) for number in range(2000)]
    assert drawn.count("a") / 2000 == pytest.approx(0.75, abs=0.03)


# The bound.


def test_the_bound_of_years_small_enough_to_see() -> None:
    def option(program: int, *days: int, stay: float) -> Option:
        return Option(program, days, stay)

    one_place = {1: 6}
    first = Request(1, 6, (option(1, 0, stay=10.0),))
    after = Request(2, 6, (option(1, 9, 10, 11, stay=10.0),))
    during = Request(3, 6, (option(1, 4, 5, stay=10.0),))
    assert bound([first, after], one_place, days=20).most == pytest.approx(2)
    assert bound([first, during], one_place, days=20).most == pytest.approx(1)
    assert bound([first, during], {1: 6, 2: 6}, days=20).most == pytest.approx(1)
    assert bound([], one_place, days=20).most == 0
    assert bound([first, during], {1: 9}, days=20).most == pytest.approx(1.5)
    assert bound([first, during], {1: 12}, days=20).placed == pytest.approx({1: 1.0, 3: 1.0})


@given(data=st.data())
def test_no_schedule_of_whole_cases_beats_the_bound(data: st.DataObject) -> None:
    days, ceiling = 8, data.draw(st.integers(1, 6))
    requests, arrive = [], {}
    for number in range(data.draw(st.integers(1, 4))):
        points = data.draw(st.integers(1, 4))
        start = data.draw(st.integers(0, days - 1))
        end = data.draw(st.integers(start, min(start + 2, days - 1)))
        stay = data.draw(st.floats(0.2, 6.0))
        arrive[number] = [None, *(day + part for day in range(start, end + 1) for part in (0.0, 0.5, 0.99))]
        requests.append(Request(number, points, (Option(1, tuple(range(start, end + 1)), stay),)))
    most = bound(requests, {1: ceiling}, days=days).most
    for moments in product(*arrive.values()):
        taken = [
            (at, at + one.options[0].stay, one.points)
            for at, one in zip(moments, requests, strict=True)
            if at is not None
        ]
        if all(sum(size for begin, end, size in taken if begin <= at < end) <= ceiling for at, _, _ in taken):
            assert len(taken) <= most + 1e-6


def test_not_knowing_stays_costs_something_and_never_pays() -> None:
    # Ten cases, one place: half of the stays are a day, half the whole time. Who knows takes the short ones.
    requests = [Request(n, 1, (Option(1, tuple(range(n, n + 3)), 1.0 if n % 2 else 90.0),)) for n in range(10)]
    knows = bound(requests, {1: 1}, days=40).most
    does_not = bound_without_stays(
        requests, {1: 1}, days=40, still_there=lambda days: 1.0 if days < 1 else 0.5 if days < 90 else 0.0
    )
    assert knows >= 5
    assert does_not < knows


# The policies, on one waiting list: who came first, and who is urgent.


def program(number: int, *, free: int = 6, last_offer_at: datetime | None = None) -> ProgramProfile:
    return ProgramProfile(
        id=number,
        provider=f"P{number}",
        kind="detained_full",
        ceiling=free,
        in_use=0,
        is_active=True,
        is_paused=False,
        on_duty=True,
        takes_minors=True,
        languages=frozenset(),
        last_offer_at=last_offer_at,
        room_changed_at=NOW - timedelta(days=9),
    )


def waiting(number: int, *, tier: int, hours: int, past: tuple[PastOffer, ...] = ()) -> WaitingCase:
    return WaitingCase(
        id=UUID(int=number),
        case=CaseProfile("DET-HAB", 6, tier, "en", False, NOW, past),
        safe_by=NOW + timedelta(hours=hours),
        is_held=True,
        in_minnesota=True,
        since=NOW - timedelta(hours=number),
    )


STEPS = {"DET-HAB": [OrderStep(1, 1), OrderStep(2, 2)]}


def chosen(choose: policies.Choose, cases: list[WaitingCase], programs: list[ProgramProfile]) -> dict[int, int | None]:
    plan = policies.in_order_of_arrival(choose, cases, programs, rules=STEPS, seed=1)
    decided = {case_id.int: decision.chosen for case_id, decision in plan.decisions.items()}
    return {number: one.step.program_id if one else None for number, one in decided.items()}


def test_fifo_places_who_waits_longest_however_urgent_the_other_is() -> None:
    cases = [waiting(1, tier=0, hours=2), waiting(5, tier=3, hours=200)]
    assert chosen(policies.first_come, cases, [program(1)]) == {5: 1, 1: None}


def test_round_robin_asks_whom_it_has_not_asked_for_longest() -> None:
    programs = [program(1, free=20, last_offer_at=NOW), program(2, free=20, last_offer_at=NOW - timedelta(hours=1))]
    cases = [waiting(number, tier=1, hours=9) for number in (3, 2)]
    assert chosen(policies.in_turn, cases, programs) == {3: 2, 2: 1}


def test_weighted_random_asks_who_has_more_room_more_often() -> None:
    programs = [program(1, free=600), program(2, free=200)]
    asked = [chosen(policies.by_free_room, [waiting(n, tier=1, hours=9)], programs)[n] for n in range(400)]
    assert asked.count(1) / 400 == pytest.approx(0.75, abs=0.07)


def test_only_in_time_leaves_out_whose_date_has_passed() -> None:
    cases = [waiting(number, tier=0, hours=5) for number in (1, 2)]
    until = {UUID(int=1): NOW, UUID(int=2): NOW + timedelta(hours=1)}
    plan = policies.only_in_time(until, cases, [program(1, free=20)], rules=STEPS, seed=1)
    assert plan.decisions[UUID(int=1)].chosen is None
    assert plan.decisions[UUID(int=2)].chosen is not None


# The figures.


def person(
    number: int, *, language: str = "es", hours: float = 10.0, held: bool = True, eligible: bool = True
) -> Profile:
    facts = Facts(taken=Taken.JUST_NOW if held else Taken.NO)
    reason = "" if eligible else "income"
    arrival = Arrival(number, NOW, facts, language, reason, 0.5, NOW + timedelta(days=9), None, True)
    return Profile(arrival, "DET-HAB", 6, 0, NOW + timedelta(hours=hours))


def test_in_time_is_before_safe_by_and_only_held_and_eligible_people_count() -> None:
    found = [person(1), person(2), person(3), person(4, held=False), person(5, eligible=False)]
    played = drive.Played(starved=2)
    for number, hours in ((1, 9.5), (2, 10.5), (4, 1), (5, 1)):
        played.accepted[number] = drive.Acceptance(number, "AHR", NOW + timedelta(hours=hours))
    figures = report.measure(found, played, ends=NOW + timedelta(days=10), room=60)
    assert (figures["held_and_eligible"], figures["placed_before_safe_by"], figures["accepted"]) == (3, 1, 2)
    assert (figures["placed_before_transfer"], figures["in_minnesota"], figures["t0_starved"]) == (2, 3, 2)
    assert figures["hours_to_acceptance"]["T0"] == {"cases": 4, "accepted": 3, "median": 9.5, "p95": 10.5}


def test_the_widest_gap_between_languages_comes_with_the_noise_of_its_size() -> None:
    languages = ["es"] * 60 + ["en"] * 20 + ["so"] * 20
    found = [person(number, language=language) for number, language in enumerate(languages)]
    placed = {*range(36), *range(60, 72), *range(80, 84)}
    told = report.by_language(found, {number: float(number in placed) for number in range(100)})
    assert told["shares"] == {
        "es": {"cases": 60, "share": 0.6},
        "en": {"cases": 20, "share": 0.6},
        "so": {"cases": 20, "share": 0.2},
    }
    # 4 of 20 against 48 of 80; sqrt(0.52 * 0.48 * (1 / 20 + 1 / 80)).
    assert told["widest_gap"] == {"language": "so", "gap": -0.4, "noise": 0.1249}


def test_percentiles_are_values_that_occurred() -> None:
    hours = [float(hour) for hour in range(1, 21)]
    assert (report.percentile(hours, 0.5), report.percentile(hours, 0.95), report.percentile([], 0.5)) == (10, 19, None)


def test_the_picture_is_an_svg_with_a_title_and_every_number_in_words() -> None:
    picture = ET.fromstring(draw({"ours": {1: 30.0, 2: 4.0}, "clairvoyant": {1: 40.2, 2: 5.0}}, title="Placed & held"))
    name = "{http://www.w3.org/2000/svg}"
    assert picture.findtext(f"{name}title") == "Placed & held"
    assert picture.findtext(f"{name}desc") == "Seed 1: ours 30, clairvoyant 40. Seed 2: ours 4, clairvoyant 5."
    assert picture.get("role") == "img"
    assert len(picture.findall(f"{name}rect")) == 1 + 2 + 4


def test_the_command_writes_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from django.core.management import call_command

    asked: list[Run] = []

    def results_of(runs: Sequence[Run], **_: Any) -> list[Result]:
        asked.extend(runs)
        return [
            {
                "policy": "clairvoyant", "seed": 3, "weeks": 2, "room_share": 0.6, "cases": 9, "held_and_eligible": 6,
                "run_seconds": 1.0, "placed_before_safe_by": 5.5, "share_before_safe_by": 0.9167,
                "expected_without_knowing_stays": 5.0, "by_language": {"widest_gap": None},
            }
        ]  # fmt: skip

    monkeypatch.setattr("referrals.management.commands.simulate.results", results_of)
    call_command("simulate", weeks=2, seed=3, policy="clairvoyant", json=tmp_path / "result.json")
    assert asked == [Run("clairvoyant", 3, 2)]
    assert json.loads((tmp_path / "result.json").read_text())["placed_before_safe_by"] == 5.5
    assert "placed before safe_by: 5.5 (91.7 %)" in capsys.readouterr().out
