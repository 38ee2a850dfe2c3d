"""Time limits: hand-kept vectors, and rules that hold for every day of four hundred years."""

import csv
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from referrals.business_time import CHICAGO, holidays_by_statute, is_business_day
from referrals.deadlines import HOURS, NO_LIMIT, NotCounted, Rule, aims, due, family, packaged_rules, rule_on

RULES = packaged_rules()
COUNTED = [rule for rule in RULES if rule.unit != NO_LIMIT]
OF_DAYS = [rule for rule in COUNTED if rule.unit != HOURS]
OF_HOURS = [rule for rule in COUNTED if rule.unit == HOURS]
ROLLED = [rule for rule in COUNTED if rule.roll]
# Four hundred years, whose last lie beyond what the calendar package lists.
days = st.dates(date(1902, 1, 1), date(2302, 12, 31))
read = datetime.fromisoformat


def moments_between(first: str, last: str) -> st.SearchStrategy[datetime]:
    return st.datetimes(read(first), read(last), timezones=st.just(CHICAGO))


def golden() -> list[dict[str, str]]:
    with (Path(__file__).parent / "deadline_golden.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def moment(text: str) -> date | datetime:
    return read(text) if "T" in text else date.fromisoformat(text)


@pytest.mark.parametrize("row", golden(), ids=lambda row: f"{row['code']} {row['trigger']}")
def test_a_clock_ends_when_the_hand_kept_table_says(row: dict[str, str]) -> None:
    found = due(row["code"], moment(row["trigger"]))
    expected = (moment(row["raw"]), moment(row["due"]), moment(row["safe_by"]))
    assert (found.raw, found.due, found.safe_by) == expected, row["why"]
    assert found.source


def test_the_hand_kept_table_names_every_clock_that_can_be_counted() -> None:
    assert {row["code"] for row in golden()} == {rule.code for rule in COUNTED}


def ends_of(rule: Rule, trigger: date) -> tuple[date, date, date]:
    found = due(rule.code, trigger)
    return found.raw, found.due, found.safe_by


def is_closed(day: date) -> bool:
    """A weekend or a federal holiday, from the statute alone where no order gave another day off."""
    return day.weekday() >= 5 or (day.year >= 2021 and day in holidays_by_statute(day.year))


@given(st.sampled_from(ROLLED), days)
def test_a_rolled_clock_never_ends_on_a_weekend_or_holiday(rule: Rule, day: date) -> None:
    raw, last, _ = ends_of(rule, day)
    assert not is_closed(last)
    assert is_business_day(last)
    # And goes no further than it must.
    between = [raw + timedelta(days=n) for n in range((last - raw).days)]
    assert not any(is_business_day(one) for one in between)


@given(st.sampled_from(OF_DAYS), days)
def test_an_unrolled_clock_ends_on_the_raw_day(rule: Rule, day: date) -> None:
    raw, last, _ = ends_of(rule, day)
    assert raw <= last
    assert rule.roll or last == raw


@given(st.sampled_from(OF_DAYS), days)
def test_the_safe_day_is_a_business_day_up_to_the_raw_one(rule: Rule, day: date) -> None:
    raw, last, safe_by = ends_of(rule, day)
    assert safe_by <= raw <= last
    if not (rule.roll or rule.is_ours):
        assert safe_by == raw
        return
    assert is_business_day(safe_by)
    latest = raw - timedelta(days=rule.days_early)
    assert not any(is_business_day(latest - timedelta(days=n)) for n in range((latest - safe_by).days))


@given(st.sampled_from(OF_DAYS), days, st.integers(0, 800))
def test_a_later_day_never_has_an_earlier_end(rule: Rule, day: date, later: int) -> None:
    first, second = ends_of(rule, day), ends_of(rule, day + timedelta(days=later))
    assert all(before <= after for before, after in zip(first, second, strict=True))


around_changes = st.one_of(
    moments_between("2026-10-28T00:00", "2026-11-03T00:00"),
    moments_between("2027-03-10T00:00", "2027-03-16T00:00"),
    moments_between("1902-01-01T00:00", "2302-12-31T00:00"),
)


@given(st.sampled_from(OF_HOURS), around_changes)
def test_hours_are_hours_across_a_change_of_the_clocks(rule: Rule, start: datetime) -> None:
    found = due(rule.code, start)
    assert isinstance(found.raw, datetime)
    assert found.raw - start.astimezone(UTC) == timedelta(hours=rule.n)
    assert found.raw == found.due == found.safe_by
    assert found.raw.utcoffset() == timedelta()


@given(days)
def test_a_year_ends_on_the_same_day_or_on_28_february(day: date) -> None:
    raw = due("ASY1Y", day).raw
    assert (raw.month, raw.day) == ((2, 28) if (day.month, day.day) == (2, 29) else (day.month, day.day))
    assert raw.year == day.year + 1


@given(days)
def test_six_months_end_on_the_same_day_or_the_months_last(day: date) -> None:
    raw = due("I918B-6M", day).raw
    assert (raw.year * 12 + raw.month) - (day.year * 12 + day.month) == 6
    assert raw.day == min(day.day, monthrange(raw.year, raw.month)[1])


@given(st.integers(2022, 2100))
def test_the_statutes_holidays_are_those_of_the_calendar_package(year: int) -> None:
    # 2024 and 2025 have days off by order of a president besides.
    assume(year not in (2024, 2025))
    day, listed = date(year, 1, 1), set()
    while day.year == year:
        if day.weekday() < 5 and not is_business_day(day):
            listed.add(day)
        day += timedelta(days=1)
    assert listed == {one for one in holidays_by_statute(year) if one.weekday() < 5}


def test_a_moment_counts_from_its_day_in_chicago() -> None:
    # 04:30 UTC on the 31st is still the evening of the 30th.
    assert due("BIA30", datetime(2026, 10, 31, 4, 30, tzinfo=UTC)).raw == date(2026, 11, 29)
    assert due("BIA30", read("2026-10-30T23:59")).raw == date(2026, 11, 29)


def test_a_time_without_a_zone_is_chicagos() -> None:
    assert due("CUST48", read("2026-11-21T22:15")).raw == datetime(2026, 11, 24, 4, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "trigger", "says"),
    [
        ("NOPE", date(2026, 11, 25), "no deadline with the code NOPE"),
        ("BOND", date(2026, 11, 25), "has no last day"),
        ("CUST48", date(2026, 11, 25), "give the time of day"),
        ("BIA30", date.max, "outside the calendar"),
        ("CUST48", read("9999-12-31T23:59"), "outside the calendar"),
        ("BIA30", read("0001-01-01T00:00+00:00"), "outside the calendar"),
    ],
)
def test_what_cannot_be_counted_is_a_sentence(code: str, trigger: date, says: str) -> None:
    with pytest.raises(NotCounted, match=says):
        due(code, trigger)


def test_codes_are_read_in_any_case() -> None:
    assert due(" bia30 ", date(2026, 10, 30)).code == "BIA30"


def row(**changed: object) -> Rule:
    fields = {name: getattr(rule_on("BIA30", date(2026, 11, 25), RULES), name) for name in Rule.__slots__}
    return Rule(**(fields | changed))


def test_the_row_of_the_triggers_day_counts() -> None:
    rules = [row(valid_to=date(2026, 12, 1)), row(n=10, valid_from=date(2026, 12, 1))]
    assert due("BIA30", date(2026, 11, 30), rules=rules).raw == date(2026, 12, 30)
    assert due("BIA30", date(2026, 12, 1), rules=rules).raw == date(2026, 12, 11)
    # The table is younger than some triggers.
    assert due("BIA30", date(2020, 1, 1), rules=rules).raw == date(2020, 1, 31)
    with pytest.raises(NotCounted, match="No row of BIA30"):
        due("BIA30", date(2026, 12, 1), rules=rules[:1])


def test_a_triage_rule_may_name_a_clock_or_all_it_begins() -> None:
    assert [rule.code for rule in family("POCR", RULES)] == ["POCR-90", "POCR-180"]
    assert [rule.code for rule in family("BIA30", RULES)] == ["BIA30"]


def test_a_blocked_row_is_the_day_to_aim_for() -> None:
    assert [rule.code for rule in aims(rule_on("BIA30", date(2026, 11, 25), RULES), RULES)] == ["BIA10"]
    assert aims(rule_on("RECON", date(2026, 11, 25), RULES), RULES) == []
