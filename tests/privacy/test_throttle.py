"""Guessing is slowed, then refused; strangers' guesses never lock a family out; no address is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError

from privacy import throttle

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)
CALLER = "203.0.113.7"


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
    assert 0 < refused.value.retry_after <= 3600


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


def test_a_new_clock_hour_does_not_forgive_at_once(slept: list[float]) -> None:
    fail(10, now=NOW.replace(minute=59))

    throttle.check(caller=CALLER, now=NOW.replace(hour=5, minute=1))

    assert slept == [2.0]


def test_no_address_is_in_the_cache_and_the_same_address_has_another_key_every_hour() -> None:
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
