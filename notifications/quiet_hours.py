"""When a text may arrive: from 8 to 21 o'clock where the family lives (47 CFR 64.1200(c)(1), kept for every text)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

# The fund serves one city.
ZONE = ZoneInfo("America/Chicago")
OPENS = time(8)
CLOSES = time(21)


def may_arrive(now: datetime) -> bool:
    """Whether it is neither night nor early morning."""
    return OPENS <= now.astimezone(ZONE).time() < CLOSES


def next_opening(now: datetime) -> datetime:
    """The next eight o'clock in the morning after `now`, whatever the clocks do that night; in UTC."""
    local = now.astimezone(ZONE)
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, ZONE).astimezone(UTC)
