"""Guessing is slowed; what may be refused is then refused, a return code never is; no address is kept."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Barrier, Event
from typing import Any

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError

from privacy import throttle
from tests.services.threads import close_connections

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)
CALLER = "203.0.113.7"
FLOOR = 0.4
# What chance may add to each answer.
CHANCE = FLOOR / 20


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    delays: list[float] = []
    monkeypatch.setattr(throttle.time, "sleep", delays.append)
    return delays


def fail(times: int, *, caller: str = CALLER, now: datetime = NOW) -> None:
    for _ in range(times):
        throttle.note_failure(caller=caller, now=now)


def test_five_tries_are_free_and_the_sixth_waits(slept: list[float]) -> None:
    fail(4)
    throttle.check(caller=CALLER, now=NOW)
    assert slept == []

    fail(1)
    throttle.check(caller=CALLER, now=NOW)
    assert slept == [0.25]


def test_delays_grow_to_two_seconds_and_then_it_is_refused(slept: list[float]) -> None:
    fail(5)
    for _ in range(5):
        throttle.check(caller=CALLER, now=NOW)
        fail(1)

    assert slept == [0.25, 0.5, 1.0, 2.0, 2.0]
    with pytest.raises(throttle.Throttled) as refused:
        throttle.check(caller=CALLER, now=NOW)
    assert 3600 < refused.value.retry_after <= 3900


def test_other_callers_feel_nothing(slept: list[float]) -> None:
    fail(20)

    throttle.check(caller="203.0.113.8", now=NOW)

    assert slept == []


def test_many_strangers_slow_a_family_down_but_never_lock_it_out(
    slept: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(600):
        throttle.note_failure(caller=f"198.51.100.{number}", now=NOW)

    throttle.check(caller=CALLER, now=NOW)

    assert slept == [2.0]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_refusal_ends(slept: list[float]) -> None:
    fail(10)

    throttle.check(caller=CALLER, now=NOW + timedelta(hours=2))

    assert slept == []


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 299, 300, 1800, 3599, 3600])
@pytest.mark.parametrize("first", [NOW.replace(minute=59, second=59), NOW.replace(minute=4, second=59), NOW])
def test_no_turn_of_a_clock_gives_a_try_for_free(slept: list[float], first: datetime, seconds: int) -> None:
    fail(10, now=first)

    with pytest.raises(throttle.Throttled):
        throttle.check(caller=CALLER, now=first + timedelta(seconds=seconds))


@pytest.mark.parametrize("apart", [1, 37, 299])
def test_who_is_refused_is_told_when_to_come_back(slept: list[float], apart: int) -> None:
    for number in range(12):
        fail(1, now=NOW + timedelta(seconds=number * apart))
    now = NOW + timedelta(seconds=12 * apart)
    with pytest.raises(throttle.Throttled) as refused:
        throttle.check(caller=CALLER, now=now)

    back = now + timedelta(seconds=refused.value.retry_after)
    with pytest.raises(throttle.Throttled):
        throttle.check(caller=CALLER, now=back - timedelta(seconds=1))
    throttle.check(caller=CALLER, now=back)
    assert 3600 - 12 * apart < refused.value.retry_after <= 3900


def test_no_address_is_in_the_cache_and_the_same_address_has_another_key_every_five_minutes() -> None:
    now, later = throttle._key(CALLER, 1), throttle._key(CALLER, 2)

    assert CALLER not in now + later
    assert now != later


def test_with_the_counters_away_everybody_is_slow_and_nobody_refused(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise RedisConnectionError

    for method in ("get_many", "add", "incr"):
        monkeypatch.setattr(cache, method, away, raising=False)

    throttle.note_failure(caller=CALLER, now=NOW)
    throttle.check(caller=CALLER, now=NOW)

    assert slept == [2.0]


def attempted(*, caller: str = CALLER, now: datetime = NOW, is_right: bool = False) -> float:
    """One try; the delay it earned."""
    with throttle.attempt(caller=caller, now=now, floor=FLOOR) as tried:
        if is_right:
            tried.forgive()
        return tried.delay


def test_codes_are_delayed_more_and_more_and_never_refused(slept: list[float]) -> None:
    delays = [attempted() for _ in range(50)]

    assert delays[:10] == [0, 0, 0, 0, 0, 0.25, 0.5, 1.0, 2.0, 2.0]
    assert set(delays[10:]) == {2.0}
    assert len(slept) == 50
    for delay, seconds in zip(delays, slept, strict=True):
        assert delay + FLOOR - 0.1 < seconds < delay + FLOOR + CHANCE


def test_right_codes_from_one_address_are_never_delayed(slept: list[float]) -> None:
    assert {attempted(is_right=True) for _ in range(100)} == {0.0}


def test_a_right_code_does_not_buy_back_the_wrong_ones_before_it(slept: list[float]) -> None:
    for _ in range(10):
        attempted()

    assert attempted(is_right=True) == 2.0
    assert attempted() == 2.0


def test_a_new_clock_hour_does_not_forgive_wrong_codes_at_once(slept: list[float]) -> None:
    for _ in range(10):
        attempted(now=NOW.replace(minute=59))

    assert attempted(now=NOW.replace(hour=5, minute=1)) == 2.0
    assert attempted(now=NOW + timedelta(hours=2)) == 0.0


def test_of_guesses_at_the_same_moment_five_are_free_and_one_at_a_time_is_looked_up() -> None:
    at_once, together, hold = 40, Barrier(40), Event()
    looked_up: list[float] = []

    def guess(_number: int) -> bool:
        together.wait(timeout=20)
        try:
            with throttle.attempt(caller=CALLER, now=NOW, floor=0.001) as tried:
                looked_up.append(tried.delay)
                if tried.delay:
                    hold.wait(timeout=20)
                    tried.delay = 0.0
        except throttle.Throttled:
            return False
        finally:
            close_connections()
        return True

    with ThreadPoolExecutor(at_once) as pool:
        answers = [pool.submit(guess, number) for number in range(at_once)]
        # The one in the line holds it until all others have been answered.
        others = list(islice(as_completed(answers, timeout=20), at_once - 1))
        assert len(others) == at_once - 1
        hold.set()
        answered = sum(one.result() for one in answers)

    assert sorted(looked_up)[:5] == [0.0] * 5
    assert len(looked_up) == answered == 6
    # What was not looked up does not count.
    assert throttle._failures(f"{throttle.WRONG_CODES} {CALLER}", NOW) == 6


@pytest.fixture
def full_of_guesses(slept: list[float]) -> Iterator[None]:
    """The line of guessers is taken by one who has guessed from another address."""
    for _ in range(5):
        attempted(caller="198.51.100.9")
    with throttle.attempt(caller="198.51.100.9", now=NOW, floor=FLOOR):
        yield


@pytest.mark.usefixtures("full_of_guesses")
def test_whoever_guesses_stands_in_nobodys_way_but_other_guessers(slept: list[float]) -> None:
    fail(5)
    with pytest.raises(throttle.Throttled):
        attempted()

    assert attempted(caller="203.0.113.8") == 0.0
    fail(60, caller="198.51.100.10")
    assert attempted(caller="203.0.113.8") > 0.0


@pytest.mark.usefixtures("full_of_guesses")
def test_a_try_that_found_the_line_full_is_not_counted(slept: list[float]) -> None:
    fail(5)
    for _ in range(20):
        with suppress(throttle.Throttled):
            attempted()

    assert throttle._failures(f"{throttle.WRONG_CODES} {CALLER}", NOW) == 5


def test_the_line_moves_on_after_a_look_up_that_broke(slept: list[float]) -> None:
    fail(10)
    with pytest.raises(ZeroDivisionError), throttle.attempt(caller=CALLER, now=NOW, floor=FLOOR):
        raise ZeroDivisionError

    assert attempted() == 2.0
    assert len(slept) == 2, "a look-up that broke takes as long as one that did not"


@pytest.mark.parametrize(("took", "told_after"), [(0.0, 0.4), (0.39, 0.4), (0.41, 0.8), (1.0, 1.2)])
def test_an_answer_comes_after_a_whole_number_of_floors(
    slept: list[float], monkeypatch: pytest.MonkeyPatch, took: float, told_after: float
) -> None:
    clock = [100.0]
    monkeypatch.setattr(throttle.time, "monotonic", lambda: clock[0])

    with throttle.attempt(caller=CALLER, now=NOW, floor=FLOOR):
        clock[0] += took

    assert told_after - took <= slept[0] < told_after - took + CHANCE + 1e-9


def test_strangers_wrong_codes_delay_a_right_one_and_ring_once(
    slept: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(300):
        attempted(caller=f"198.51.100.{number}")

    assert attempted(is_right=True) == 2.0
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_with_the_counters_away_every_code_is_slow_and_none_refused(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise RedisConnectionError

    for method in ("get_many", "add", "incr", "decr"):
        monkeypatch.setattr(cache, method, away, raising=False)

    assert [attempted(is_right=number == 2) for number in range(3)] == [2.0] * 3
