"""Clocks of offers: office hours and business days in America/Chicago, across holidays and clock changes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.business_time import CHICAGO, Hours, is_business_day, offer_expiry

NINE_TO_FIVE = Hours()
ON_CALL = Hours(on_call=True)


def chicago(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("urgency", "hours", "made", "expires"),
    [
        (0, NINE_TO_FIVE, "2026-11-23T10:00", "2026-11-23T11:00"),
        (0, ON_CALL, "2026-11-22T22:10", "2026-11-22T23:10"),
        # Sunday night, nobody on call: held until an hour after Monday's opening.
        (0, NINE_TO_FIVE, "2026-11-22T22:10", "2026-11-23T10:00"),
        # The night before Thanksgiving: Friday.
        (0, NINE_TO_FIVE, "2026-11-25T20:00", "2026-11-27T10:00"),
        (1, NINE_TO_FIVE, "2026-11-23T10:00", "2026-11-23T14:00"),
        (1, NINE_TO_FIVE, "2026-11-23T15:00", "2026-11-24T11:00"),
        (1, NINE_TO_FIVE, "2026-11-27T16:00", "2026-11-30T12:00"),
        (2, NINE_TO_FIVE, "2026-11-25T14:00", "2026-11-27T14:00"),
        (3, NINE_TO_FIVE, "2026-11-25T14:00", "2026-12-01T14:00"),
        (2, NINE_TO_FIVE, "2026-11-28T14:00", "2026-12-01T09:00"),
        # Columbus Day is a federal holiday in Minnesota too.
        (2, NINE_TO_FIVE, "2026-10-09T14:00", "2026-10-13T14:00"),
        # The day of a clock change still ends at the printed hour.
        (2, NINE_TO_FIVE, "2026-10-30T14:00", "2026-11-02T14:00"),
    ],
)
def test_an_offer_expires_by_its_tier(urgency: int, hours: Hours, made: str, expires: str) -> None:
    assert offer_expiry(urgency, hours, chicago(made)).astimezone(CHICAGO) == chicago(expires)


moments = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(moments, st.integers(1, 3))
def test_a_tier_below_t0_never_expires_outside_office_days(made: datetime, urgency: int) -> None:
    expires = offer_expiry(urgency, NINE_TO_FIVE, made)
    assert expires > made
    assert is_business_day(expires.astimezone(CHICAGO).date())


@given(moments)
def test_four_open_hours_are_four_hours_of_open_doors(made: datetime) -> None:
    expires = offer_expiry(1, NINE_TO_FIVE, made)
    minute, open_minutes = made.replace(second=0, microsecond=0), 0
    while minute < expires - timedelta(minutes=1):
        minute += timedelta(minutes=1)
        open_minutes += NINE_TO_FIVE.is_open(minute)
    assert 238 <= open_minutes <= 241
