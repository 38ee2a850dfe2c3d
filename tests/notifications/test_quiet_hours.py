"""Texts arrive from 8 to 21 o'clock in Minneapolis, whatever the clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.quiet_hours import ZONE, may_arrive, next_opening

# Without a zone, as hypothesis wants its bounds.
YEARS = datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2030-01-01")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago"))


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-11-20T07:59:59", False),
        ("2026-11-20T08:00:00", True),
        ("2026-11-20T20:59:59", True),
        ("2026-11-20T21:00:00", False),
        ("2026-11-20T00:00:00", False),
        # Clocks go back at 2:00 on 1 November 2026 and forward at 2:00 on 8 March.
        ("2026-11-01T07:59:00", False),
        ("2026-11-01T08:00:00", True),
        ("2026-03-08T08:00:00", True),
        ("2026-03-08T07:30:00", False),
    ],
)
def test_the_window(moment: str, allowed: bool) -> None:
    assert may_arrive(local(moment).astimezone(UTC)) is allowed


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-20T22:10:00", "2026-11-21T08:00:00"),
        ("2026-11-20T05:00:00", "2026-11-20T08:00:00"),
        # The night of 25 hours and the night of 23.
        ("2026-10-31T22:00:00", "2026-11-01T08:00:00"),
        ("2026-03-07T22:00:00", "2026-03-08T08:00:00"),
    ],
)
def test_the_next_morning(moment: str, opening: str) -> None:
    assert next_opening(local(moment)) == local(opening)


def test_the_night_of_25_hours_is_waited_out() -> None:
    before, after = local("2026-10-31T22:00:00").astimezone(UTC), next_opening(local("2026-10-31T22:00:00"))

    assert after - before == timedelta(hours=11)
    assert after.tzinfo is UTC


@given(moment=st.datetimes(*YEARS, timezones=st.just(UTC)))
def test_the_next_opening_is_ahead_within_a_day_and_open(moment: datetime) -> None:
    opening = next_opening(moment)

    assert may_arrive(opening)
    assert opening.astimezone(ZONE).hour == 8
    if not may_arrive(moment):
        assert timedelta(0) < opening - moment <= timedelta(hours=12)
