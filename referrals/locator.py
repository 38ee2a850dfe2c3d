"""When the next look-up of a person whose place is not known is due. Pure; wall clock of America/Chicago."""

from datetime import UTC, datetime, time, timedelta

from referrals.business_time import CHICAGO, ONE_DAY

EVERY = timedelta(hours=2)
CLOSE_WATCH = timedelta(hours=24)
# ICE's locator is renewed within about eight hours: three looks a day, while somebody is there to look.
LOOKS = (time(8), time(13), time(18))


def next_check(began_at: datetime, checked_at: datetime) -> datetime:
    """When to look again after a look at `checked_at`: two hours later in the first day of the search, then at 8, 13
    and 18 o'clock in Minneapolis. Always later than `checked_at`; in UTC."""
    if checked_at < began_at + CLOSE_WATCH:
        return checked_at + EVERY
    day = checked_at.astimezone(CHICAGO).date()
    looks = (datetime.combine(one, at, CHICAGO).astimezone(UTC) for one in (day, day + ONE_DAY) for at in LOOKS)
    return next(look for look in looks if look > checked_at)
