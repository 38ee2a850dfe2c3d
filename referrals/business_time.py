"""Office hours, business days and the clocks of offers. Pure; wall clock of America/Chicago, instants in UTC."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

CHICAGO = ZoneInfo("America/Chicago")
ONE_DAY = timedelta(days=1)


# The last year the calendar package knows; it answers later ones with no holidays at all.
_LAST_LISTED_YEAR = 2100
# Month, weekday (Monday is 0) and which one of the month (-1 the last), 5 USC 6103(a).
_FLOATING = ((1, 0, 3), (2, 0, 3), (5, 0, -1), (9, 0, 1), (10, 0, 2), (11, 3, 4))
_FIXED = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))


@lru_cache(maxsize=512)
def _federal_holidays(year: int) -> frozenset[date]:
    if year > _LAST_LISTED_YEAR:
        return holidays_by_statute(year)
    # No subdiv: Minnesota's list drops Columbus Day, on which federal courts and ICE counters are closed.
    return frozenset(holidays.country_holidays("US", years=year, categories=("government",)))


def holidays_by_statute(year: int) -> frozenset[date]:
    """The days of 5 USC 6103 as it stands since 2021 and the weekdays they are observed on, with no day given by order.

    A New Year's Day that falls on a Saturday is observed in the year before.
    """
    fixed = [date(year, month, day) for month, day in _FIXED]
    if year < date.max.year:
        fixed.append(date(year + 1, 1, 1))
    # Saturday's holiday is observed on Friday, Sunday's on Monday.
    observed = [day + {5: -ONE_DAY, 6: ONE_DAY}.get(day.weekday(), timedelta()) for day in fixed]
    floating = [_nth_weekday(year, *which) for which in _FLOATING]
    return frozenset(day for day in (*fixed, *observed, *floating) if day.year == year)


def _nth_weekday(year: int, month: int, weekday: int, which: int) -> date:
    days = [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
    return [day for day in days if day.weekday() == weekday][which if which < 0 else which - 1]


def is_business_day(day: date) -> bool:
    """Monday to Friday and no federal holiday."""
    return day.weekday() < 5 and day not in _federal_holidays(day.year)


def on_or_after(day: date) -> date:
    """The first business day from `day` on."""
    while not is_business_day(day):
        day += ONE_DAY
    return day


def on_or_before(day: date) -> date:
    """The last business day up to `day`."""
    while not is_business_day(day):
        day -= ONE_DAY
    return day


def business_days_after(day: date, days: int) -> date:
    """The business day that is `days` of them after `day`, which itself is day 0 whether or not it is one."""
    while days:
        day += ONE_DAY
        days -= is_business_day(day)
    return day


@dataclass(frozen=True, slots=True)
class Hours:
    """When an office answers: minutes after midnight on business days; `on_call` people answer T0 at any hour."""

    opens_at: int = 9 * 60
    closes_at: int = 17 * 60
    on_call: bool = False

    def window(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing of `day`, UTC, as if it were a business day."""
        midnight = datetime.combine(day, time(), CHICAGO)
        # Replacing the wall clock, not adding hours: a day of a clock change still opens at the printed hour.
        return (
            midnight.replace(hour=self.opens_at // 60, minute=self.opens_at % 60).astimezone(UTC),
            midnight.replace(hour=self.closes_at // 60 % 24, minute=self.closes_at % 60).astimezone(UTC)
            if self.closes_at < 24 * 60
            else datetime.combine(day + ONE_DAY, time(), CHICAGO).astimezone(UTC),
        )

    def is_open(self, now: datetime) -> bool:
        today = now.astimezone(CHICAGO).date()
        opens, closes = self.window(today)
        return is_business_day(today) and opens <= now < closes

    def next_opening(self, now: datetime) -> datetime:
        """The next moment the office opens, strictly after `now`."""
        day = now.astimezone(CHICAGO).date()
        while True:
            opens, _ = self.window(day)
            if opens > now and is_business_day(day):
                return opens
            day += ONE_DAY

    def after_open_hours(self, now: datetime, span: timedelta) -> datetime:
        """The moment at which `span` of open time has passed since `now`."""
        at = now if self.is_open(now) else self.next_opening(now)
        while True:
            _, closes = self.window(at.astimezone(CHICAGO).date())
            if at + span <= closes:
                return at + span
            span -= closes - at
            at = self.next_opening(at)

    def open_time(self, start: datetime, end: datetime) -> timedelta:
        """How long the office is open between two moments."""
        total, day = timedelta(0), start.astimezone(CHICAGO).date()
        while day <= end.astimezone(CHICAGO).date():
            opens, closes = self.window(day)
            if is_business_day(day):
                total += max(min(closes, end) - max(opens, start), timedelta(0))
            day += ONE_DAY
        return total

    def after_business_days(self, now: datetime, days: int) -> datetime:
        """The same wall-clock time `days` business days later; from outside a business day, counted from opening."""
        local = now.astimezone(CHICAGO)
        if not is_business_day(local.date()):
            local = self.next_opening(now).astimezone(CHICAGO)
        day = business_days_after(local.date(), days)
        return datetime.combine(day, local.time(), CHICAGO).astimezone(UTC)


HOTLINE_HOURS = Hours()


def is_on_duty(hours: Hours, now: datetime) -> bool:
    """Whether somebody there answers a T0 offer now."""
    return hours.on_call or hours.is_open(now)


def offer_expiry(urgency: int, hours: Hours, now: datetime) -> datetime:
    """When an offer made now lapses.

    T0: 1 h on duty, else 1 h after opening; T1: 4 open hours; T2 and T3: 1 and 3 business days.
    """
    match urgency:
        case 0:
            start = now if is_on_duty(hours, now) else hours.next_opening(now)
            return start + timedelta(hours=1)
        case 1:
            return hours.after_open_hours(now, timedelta(hours=4))
        case 2:
            return hours.after_business_days(now, 1)
        case _:
            return hours.after_business_days(now, 3)


def offer_half_time(urgency: int, hours: Hours, offered_at: datetime, expires_at: datetime) -> datetime:
    """When half of the time to answer is over, as the office counts it: open hours, or half of T0's one hour."""
    if urgency == 0:
        return expires_at - timedelta(minutes=30)
    open_time = hours.open_time(offered_at, expires_at)
    if not open_time:
        return offered_at + (expires_at - offered_at) / 2
    return hours.after_open_hours(offered_at, open_time / 2)


# Business days within which somebody decides whether a case offered before that is the fund's.
SCREENING_DAYS = 5


def screening_due(now: datetime) -> datetime:
    """By when a person has decided whether a case opened now is the fund's."""
    return HOTLINE_HOURS.after_business_days(now, SCREENING_DAYS)


def answer_due(urgency: int, now: datetime) -> datetime:
    """When a person of the hotline must have acted: T0 30 min at any hour, T1 4 open hours, T2 and T3 1 and 3 days."""
    match urgency:
        case 0:
            return now + timedelta(minutes=30)
        case 1:
            return HOTLINE_HOURS.after_open_hours(now, timedelta(hours=4))
        case 2:
            return HOTLINE_HOURS.after_business_days(now, 1)
        case _:
            return HOTLINE_HOURS.after_business_days(now, 3)
