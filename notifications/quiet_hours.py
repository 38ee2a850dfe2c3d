"""When a text may arrive: from 8 to 21 o'clock where the person lives (47 CFR 64.1200(c)(1), kept for every text)."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# The fund serves one city.
HOME = "America/Chicago"
ZONE = ZoneInfo(HOME)
OPENS = time(8)
CLOSES = time(21)

# The clocks that somebody of the hotline can choose for a family's texts; without a choice it is ours.
ZONES: tuple[tuple[str, str], ...] = (
    (HOME, "Central: Minneapolis"),
    ("America/New_York", "Eastern: New York"),
    ("America/Denver", "Mountain: Denver, El Paso"),
    ("America/Phoenix", "Arizona"),
    ("America/Los_Angeles", "Pacific: Los Angeles"),
    ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
    ("America/Puerto_Rico", "Puerto Rico"),
    ("America/Mexico_City", "Mexico City"),
    ("America/Guatemala", "Guatemala, Honduras, El Salvador"),
    ("America/Guayaquil", "Ecuador, Colombia, Peru"),
    ("America/Caracas", "Venezuela"),
    ("Africa/Nairobi", "Somalia, Kenya, Ethiopia"),
    ("Asia/Bangkok", "Laos, Thailand"),
)


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """The stated zone by its IANA name; KeyError (ZoneInfoNotFoundError) for one that does not exist."""
    return ZoneInfo(name)


def may_arrive(now: datetime, zone: ZoneInfo = ZONE) -> bool:
    """Whether it is neither night nor early morning there."""
    return OPENS <= now.astimezone(zone).time() < CLOSES


def next_opening(now: datetime, zone: ZoneInfo = ZONE) -> datetime:
    """The next eight o'clock in the morning after `now` there, whatever the clocks do that night; in UTC."""
    local = now.astimezone(zone)
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, zone).astimezone(UTC)


def next_closing(now: datetime, zone: ZoneInfo = ZONE) -> datetime:
    """The next nine o'clock in the evening after `now` there; in UTC."""
    local = now.astimezone(zone)
    day = local.date() if local.time() < CLOSES else local.date() + timedelta(days=1)
    return datetime.combine(day, CLOSES, zone).astimezone(UTC)
