"""Days and times as people type them."""

from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.dates import ImpossibleDay, UnreadableDay, UnreadableTime, days_meant, time_meant

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", date(2026, 11, 22)),
        ("Ayer", date(2026, 11, 21)),
        ("anoche", date(2026, 11, 21)),
        ("esta mañana", date(2026, 11, 22)),
        ("11/20", date(2026, 11, 20)),
        ("20/11", date(2026, 11, 20)),
        ("11/20/26", date(2026, 11, 20)),
        ("11.20.2026", date(2026, 11, 20)),
        ("2026-11-20", date(2026, 11, 20)),
        ("20 de noviembre", date(2026, 11, 20)),
        ("Nov. 20th, 2026", date(2026, 11, 20)),
        ("viernes", date(2026, 11, 20)),
        ("Friday, November 20", date(2026, 11, 20)),
        ("12/25", date(2025, 12, 25)),
        ("shalay", date(2026, 11, 21)),
        ("5/28/90", date(1990, 5, 28)),
        ("20 nofembar", date(2026, 11, 20)),
        ("Jimcaha", date(2026, 11, 20)),
        ("nag hmo", date(2026, 11, 21)),
        ("hnub no", date(2026, 11, 22)),
    ],
)
def test_common_ways_to_write_a_past_day_are_understood(typed: str, day: date) -> None:
    assert days_meant(typed, today=SUNDAY, past=True) == [day]


def test_a_day_without_its_year_lies_ahead_for_a_court_date() -> None:
    assert days_meant("1/15", today=SUNDAY, past=False) == [date(2027, 1, 15)]
    assert days_meant("monday", today=SUNDAY, past=False) == [date(2026, 11, 23)]


def test_two_readings_come_in_the_order_of_the_examples() -> None:
    may, november = date(2026, 5, 11), date(2026, 11, 5)

    assert days_meant("5/11/2026", today=SUNDAY, past=True) == [may, november]


@pytest.mark.parametrize("typed", ["2/30", "31 febrero", "2026-02-30", "13/13/2026", "0/0/2020", "11/20/0000", "2/29"])
def test_a_day_that_no_calendar_has_is_impossible(typed: str) -> None:
    with pytest.raises(ImpossibleDay):
        days_meant(typed, today=SUNDAY, past=True)


@pytest.mark.parametrize("typed", ["", "banana", "99", "1/2/3/4", "11/20/20266", "😀", "-", "may june"])
def test_what_is_no_day_is_unreadable(typed: str) -> None:
    with pytest.raises(UnreadableDay):
        days_meant(typed, today=SUNDAY, past=True)


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("10 pm", time(22)),
        ("10:30 p.m.", time(22, 30)),
        ("22:10", time(22, 10)),
        ("around 10", time(10)),
        ("a las 10 de la noche", time(22)),
        ("10 habeenkii", time(22)),
        ("12 at night", time(0)),
        ("2 de la noche", time(2)),
        ("12 midnight", time(0)),
        ("12 pm", time(12)),
        ("subaxdii", time(9)),
        ("8 teev sawv ntxov", time(8)),
        ("3 de la mañana", time(3)),
        ("12 am", time(0)),
        ("12:15pm", time(12, 15)),
        ("noon", time(12)),
        ("por la tarde", time(15)),
    ],
)
def test_times_are_understood_roughly(typed: str, at: time) -> None:
    assert time_meant(typed) == at


@pytest.mark.parametrize("typed", ["", "banana", "25", "7:75", "😀"])
def test_what_is_no_time_is_unreadable(typed: str) -> None:
    with pytest.raises(UnreadableTime):
        time_meant(typed)


@given(typed=st.text(max_size=60), past=st.booleans())
def test_no_text_breaks_the_reader(typed: str, past: bool) -> None:
    with suppress(UnreadableDay, ImpossibleDay):
        assert days_meant(typed, today=SUNDAY, past=past)
    with suppress(UnreadableTime):
        time_meant(typed)
