"""Days and weeks as the offices count them: on the wall clock of America/Chicago. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CHICAGO = ZoneInfo("America/Chicago")
ONE_DAY = timedelta(days=1)


def day_of(now: datetime) -> date:
    """The day it is in Minneapolis."""
    return now.astimezone(CHICAGO).date()


def monday_of(now: datetime) -> date:
    """The Monday of the week it is in Minneapolis; the week ends with its Sunday."""
    today = day_of(now)
    return today - timedelta(days=today.weekday())


def start_of(day: date) -> datetime:
    """The moment the day begins in Minneapolis, UTC."""
    return datetime.combine(day, time(), CHICAGO).astimezone(UTC)
