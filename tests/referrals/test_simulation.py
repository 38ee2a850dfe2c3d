"""The simulated year: the same for all policies and every time, never better than the bound, on scratch databases."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from accounts.roles import Role
from providers.actions import pause
from providers.models import Program
from referrals.actions import offer_by_hand
from referrals.facts import Entry, Taken
from referrals.models import Offer, OfferState, State
from referrals.simulation import drive, report, scratch
from referrals.simulation.policies import PolicyName
from referrals.simulation.scratch import Run, results
from referrals.simulation.starving import starved
from referrals.simulation.table import table
from tests import factories as make
from tests.conftest import SCALE

Result = dict[str, Any]
Year = Callable[[str, int], Result]
PLAYED = ("ours", "fifo", "round-robin", "weighted-random", "only-in-time")
OF_EVERY_RUN = {
    "policy", "seed", "weeks", "room_share", "room_points", "cases", "held_and_eligible", "placed_before_safe_by",
    "share_before_safe_by", "by_language", "run_seconds", "processor_seconds",
}  # fmt: skip
OF_A_POLICY = {
    "accepted", "in_minnesota", "placed_before_transfer", "share_before_transfer", "hours_to_acceptance", "t0_starved",
    "offers", "capacity_use", "capacity_waiting_for_answers",
}  # fmt: skip
NOW = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)


TOOK = ("run_seconds", "processor_seconds")
SEEDS = range(1, SCALE["simulate_seeds"] + 1)
each_seed = pytest.mark.parametrize("seed", SEEDS)


@pytest.fixture(scope="module")
def play() -> Iterator[Callable[[Run], Result]]:
    with scratch.scratch() as playing:
        yield playing


@pytest.fixture(scope="module")
def year(play: Callable[[Run], Result]) -> Year:
    """One run, in a process and on databases of its own; played once, by the first test that asks for it.

    A whole year takes minutes, so that no test may wait for many of them.
    """
    return cache(lambda policy, seed: play(_run(policy, seed)))


def _run(policy: str, seed: int) -> Run:
    return Run(policy, seed, SCALE["simulate_weeks"], share=SCALE["simulate_percent"] / 100)


@each_seed
@pytest.mark.parametrize("policy", PLAYED)
def test_no_policy_places_more_than_the_bound(year: Year, policy: str, seed: int) -> None:
    played, limit = year(policy, seed), year("clairvoyant", seed)
    assert 0 < played["placed_before_safe_by"] <= limit["placed_before_safe_by"] + 1e-6
    assert limit["placed_before_safe_by"] <= limit["acceptable_in_time"] <= limit["held_and_eligible"]


@each_seed
@pytest.mark.parametrize("policy", PLAYED)
def test_every_policy_meets_the_same_people_and_the_same_room(year: Year, policy: str, seed: int) -> None:
    played, limit = year(policy, seed), year("clairvoyant", seed)
    for name in ("cases", "held_and_eligible", "room_points"):
        assert played[name] == limit[name] > 0
    met = [one["by_language"]["shares"] for one in (played, limit)]
    assert len({tuple((language, of["cases"]) for language, of in shares.items()) for shares in met}) == 1


@each_seed
@pytest.mark.parametrize("policy", [*PLAYED, "clairvoyant"])
def test_a_result_has_these_figures(year: Year, policy: str, seed: int) -> None:
    more = OF_A_POLICY if policy in PLAYED else {"acceptable_in_time", "expected_without_knowing_stays"}
    assert set(year(policy, seed)) == OF_EVERY_RUN | more
    assert report.lines(year(policy, seed))


@each_seed
def test_ours_lets_no_t0_case_starve(year: Year, seed: int) -> None:
    assert year("ours", seed)["t0_starved"] == 0


def test_a_run_repeats_itself(year: Year, play: Callable[[Run], Result]) -> None:
    first, again = year("ours", 1), play(_run("ours", 1))
    assert [first[name] for name in first if name not in TOOK] == [again[name] for name in again if name not in TOOK]


if SCALE["simulate_weeks"] >= 52:  # A few weeks cannot tell policies apart.

    @each_seed
    @pytest.mark.parametrize("simple", ["fifo", "round-robin", "weighted-random"])
    def test_in_a_surge_year_ours_is_ahead_of_the_simple_ways(year: Year, simple: str, seed: int) -> None:
        assert year("ours", seed)["placed_before_safe_by"] > year(simple, seed)["placed_before_safe_by"]


def test_the_table_has_a_row_for_each_seed(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = table([year(str(policy), seed) for policy in PolicyName for seed in SEEDS])
    assert drawn.count("\n") == 1 + len(SEEDS)
    if SCALE["simulate_weeks"] >= 52:
        with capsys.disabled():
            print("\n" + drawn)


# Where it runs.


def test_the_process_gets_nothing_that_an_installation_is_configured_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def no_process(command: list[str], **given: Any) -> Any:
        seen.update(given)
        return type("Done", (), {"returncode": 1})

    monkeypatch.setattr("subprocess.run", no_process)
    for name in ("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "TWILIO_AUTH_TOKEN"):
        monkeypatch.setenv(name, "the real one")
    with pytest.raises(scratch.RunFailed):
        list(results([Run("ours", 1, 1)]))
    assert "the real one" not in seen["env"].values()
    assert Path(seen["env"]["STATE_DIR"]).name == "empty"


@pytest.mark.parametrize(
    ("engine", "name", "broker", "is_one"),
    [
        ("django.db.backends.sqlite3", "here", "", True),
        ("django.db.backends.sqlite3", "elsewhere", "", False),
        ("django.db.backends.postgresql", "here", "", False),
        ("django.db.backends.sqlite3", "here", "redis://127.0.0.1", False),
    ],
)
def test_only_files_in_the_own_folder_and_no_broker_are_scratch(
    tmp_path: Path, engine: str, name: str, broker: str, is_one: bool
) -> None:
    folder = tmp_path if name == "here" else tmp_path / "other"
    databases = {
        "default": {"ENGINE": engine, "NAME": folder / "main.sqlite3"},
        "keys": {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "keys.sqlite3"},
    }
    assert scratch.is_scratch(tmp_path, databases, broker) is is_one


@pytest.mark.django_db
def test_a_database_with_cases_is_refused() -> None:
    drive.check_scratch()
    make.case(now=NOW)
    with pytest.raises(drive.NotScratch):
        drive.check_scratch()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("room_there", "past", "starves"),
    [(6, "", 1), (5, "", 0), (6, "scope", 0), (6, "expired", 0)],
)
def test_a_t0_case_starves_when_a_lower_tier_gets_room_it_could_have_used(
    room_there: int, past: str, starves: int
) -> None:
    program = make.room("AHR", ceiling=room_there)
    pause(program=program, by=make.actor(Role.COORDINATOR), now=NOW)
    urgent = make.case(now=NOW)
    if past:
        state = OfferState.EXPIRED if past == "expired" else OfferState.DECLINED
        Offer.objects.create(
            case=urgent, program=program, state=state, case_type="DET-HAB", points=6, offered_at=NOW, expires_at=NOW,
            decline_reason="scope" if past == "scope" else "", room_released_at=NOW,
        )  # fmt: skip
    later = make.case(make.held_facts(taken=Taken.EARLIER, place="sherburne", entry=Entry.ADMITTED), now=NOW)
    assert (urgent.urgency, urgent.state, later.urgency) == (0, State.WAITLISTED, 1)
    Program.objects.filter(pk=program.pk).update(paused_at=None)
    offer = offer_by_hand(case=later, program=program, reason="asked_for", by=make.actor(Role.COORDINATOR), now=NOW)
    assert starved([offer], NOW) == starves
