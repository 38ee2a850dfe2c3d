"""When a text may arrive: from 8 to 21 o'clock where the person lives (47 CFR 64.1200(c)(1), kept for every text)."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

# The fund serves one city.
HOME = "America/Chicago"
ZONE = ZoneInfo(HOME)
OPENS = time(8)
CLOSES = time(21)

# The clocks that a family, or for it somebody of the hotline, can choose for its texts; without a choice it is ours.
ZONES: tuple[tuple[str, str], ...] = (
    (HOME, gettext_noop("Central: Minneapolis")),
    ("America/New_York", gettext_noop("Eastern: New York")),
    ("America/Denver", gettext_noop("Mountain: Denver, El Paso")),
    ("America/Phoenix", gettext_noop("Arizona")),
    ("America/Los_Angeles", gettext_noop("Pacific: Los Angeles")),
    ("America/Anchorage", gettext_noop("Alaska")),
    ("Pacific/Honolulu", gettext_noop("Hawaii")),
    ("America/Puerto_Rico", gettext_noop("Puerto Rico")),
    ("America/Mexico_City", gettext_noop("Mexico City")),
    ("America/Guatemala", gettext_noop("Guatemala, Honduras, El Salvador")),
    ("America/Guayaquil", gettext_noop("Ecuador, Colombia, Peru")),
    ("America/Caracas", gettext_noop("Venezuela")),
    ("Africa/Nairobi", gettext_noop("Somalia, Kenya, Ethiopia")),
    ("Asia/Bangkok", gettext_noop("Laos, Thailand")),
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
