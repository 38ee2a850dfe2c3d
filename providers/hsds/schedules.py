"""When a program takes new cases, as HSDS schedules. Pure.

A schedule of the standard has one offset from UTC and no exceptions: a year of opening hours is a row for each stretch
of days without a change of the clock and without a closure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from providers.days import CHICAGO, ONE_DAY

AHEAD = timedelta(days=365)
BUSINESS_DAYS = "MO,TU,WE,TH,FR"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days, first to last, with one offset from UTC and without a closed day."""

    first: date
    last: date
    offset: timedelta


def stretches(today: date, closures: Iterable[tuple[date, date]]) -> Iterator[Stretch]:
    """The stretches of the coming year, in order; `closures` are first and last days."""
    closed = list(closures)
    first: date | None = None
    for number in range(AHEAD.days + 1):
        day = today + number * ONE_DAY
        if any(begins <= day <= ends for begins, ends in closed):
            if first:
                yield Stretch(first, day - ONE_DAY, _offset(first))
            first = None
        elif first is None:
            first = day
        elif _offset(day) != _offset(first):
            yield Stretch(first, day - ONE_DAY, _offset(first))
            first = day
    if first:
        yield Stretch(first, today + AHEAD, _offset(first))


def _offset(day: date) -> timedelta:
    # Noon: the clock changes at night, and offices open after it.
    return datetime.combine(day, time(12), CHICAGO).utcoffset() or timedelta()


def clock(minutes: int, offset: timedelta) -> str:
    """Minutes after midnight as HH:MM with the offset: `09:00-06:00`. Midnight at the day's end is 23:59."""
    at = min(minutes, 24 * 60 - 1)
    hours, rest = divmod(abs(int(offset.total_seconds())) // 60, 60)
    sign = "-" if offset < timedelta() else "+"
    return f"{at // 60:02}:{at % 60:02}{sign}{hours:02}:{rest:02}"
