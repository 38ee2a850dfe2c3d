"""Days and times as people type them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.date_words import AGO_AFTER, AHEAD_FIRST, MEASURES, MONTHS, NUMBERS, RELATIVE_DAYS, WEEKDAYS
from intake.dates import ImpossibleDay, UnreadableDay, days_meant
from intake.times import UnreadableTime, time_beside, time_meant

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


WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        # English
        ("3 days ago", date(2026, 11, 22)),
        ("two days ago", date(2026, 11, 23)),
        ("a couple of days ago", date(2026, 11, 23)),
        ("a week ago", date(2026, 11, 18)),
        ("last Wednesday", date(2026, 11, 18)),
        ("Wednesday", date(2026, 11, 25)),
        ("yesterday at 10pm", date(2026, 11, 24)),
        ("last night around 10", date(2026, 11, 24)),
        ("the day before yesterday", date(2026, 11, 23)),
        ("Today!", date(2026, 11, 25)),
        ("Nov 20 2026 10:00", date(2026, 11, 20)),
        ("Nov.20.2026", date(2026, 11, 20)),
        ("11202026", date(2026, 11, 20)),
        ("20112026", date(2026, 11, 20)),
        ("20261120", date(2026, 11, 20)),
        ("the 20th", date(2026, 11, 20)),
        ("the 30th", date(2026, 10, 30)),
        ("Tuesday the 24th", date(2026, 11, 24)),
        ("yestarday", date(2026, 11, 24)),
        ("wensday", date(2026, 11, 25)),
        ("novembre 20", date(2026, 11, 20)),
        ("early this morning", date(2026, 11, 25)),
        ("half an hour ago", date(2026, 11, 25)),
        ("last nite", date(2026, 11, 24)),
        ("November twentieth", date(2026, 11, 20)),
        ("the twenty-first of October", date(2026, 10, 21)),
        # Spanish
        ("veinte de noviembre", date(2026, 11, 20)),
        ("el treinta y uno de octubre", date(2026, 10, 31)),
        ("veintidós de noviembre del 2026", date(2026, 11, 22)),
        ("cinco de noviembre", date(2026, 11, 5)),
        ("el día 20", date(2026, 11, 20)),
        ("día 20 de noviembre", date(2026, 11, 20)),
        ("esta madrugada", date(2026, 11, 25)),
        ("hace media hora", date(2026, 11, 25)),
        ("hace 3 días", date(2026, 11, 22)),
        ("hace dos dias", date(2026, 11, 23)),
        ("hace una semana", date(2026, 11, 18)),
        ("ayer por la noche", date(2026, 11, 24)),
        ("ayer en la mañana", date(2026, 11, 24)),
        ("hoy a las 10", date(2026, 11, 25)),
        ("anoche como a las 11", date(2026, 11, 24)),
        ("antes de ayer", date(2026, 11, 23)),
        ("el viernes pasado", date(2026, 11, 20)),
        ("martes 24", date(2026, 11, 24)),
        ("lun 23/11", date(2026, 11, 23)),
        ("primero de mayo", date(2026, 5, 1)),
        ("1ro de mayo", date(2026, 5, 1)),
        ("20/XI/2026", date(2026, 11, 20)),
        ("20 de nov. del 2026", date(2026, 11, 20)),
        ("ahorita", date(2026, 11, 25)),
        # Somali
        ("laba maalmood ka hor", date(2026, 11, 23)),
        ("3 maalmood ka hor", date(2026, 11, 22)),
        ("hal toddobaad ka hor", date(2026, 11, 18)),
        ("shalay galab", date(2026, 11, 24)),
        ("Jimcihii hore", date(2026, 11, 20)),
        ("5 bisha 11", date(2026, 11, 5)),
        ("20ka Nofembar", date(2026, 11, 20)),
        ("3 maalmood kahor", date(2026, 11, 22)),
        ("toddobaad ka hor", date(2026, 11, 18)),
        ("20-ka bisha 11-aad", date(2026, 11, 20)),
        # Hmong
        ("ob hnub ua ntej", date(2026, 11, 23)),
        ("peb hnub tas los", date(2026, 11, 22)),
        ("11 hlis 20", date(2026, 11, 20)),
        ("ob hnub dhau los", date(2026, 11, 23)),
        ("hnub nag hmo", date(2026, 11, 24)),
        ("hnub Friday", date(2026, 11, 20)),
        ("Zwj Kuab", date(2026, 11, 20)),
        ("hnub tim 5 lub 11 hlis", date(2026, 11, 5)),
        ("lub kaum ib hlis tim 20", date(2026, 11, 20)),
        ("Kaum Ib Hlis 20, 2026", date(2026, 11, 20)),
    ],
)
def test_what_people_say_of_a_day_that_was_is_understood(typed: str, day: date) -> None:
    assert days_meant(typed, today=WEDNESDAY, past=True) == [day]


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("in 3 days", date(2026, 11, 28)),
        ("two weeks from now", date(2026, 12, 9)),
        ("day after tomorrow", date(2026, 11, 27)),
        ("next Friday", date(2026, 11, 27)),
        ("Dec 15 9:00 am", date(2026, 12, 15)),
        ("the 2nd", date(2026, 12, 2)),
        ("pasado mañana", date(2026, 11, 27)),
        ("en dos semanas", date(2026, 12, 9)),
        ("12/15/2026 a las 9", date(2026, 12, 15)),
        ("mañana por la mañana", date(2026, 11, 26)),
        ("el lunes que viene", date(2026, 11, 30)),
        ("quince de diciembre a las 9", date(2026, 12, 15)),
        ("Isniinta soo socota", date(2026, 11, 30)),
        ("saadambe", date(2026, 11, 27)),
        ("3 maalmood kadib", date(2026, 11, 28)),
        ("nag kis", date(2026, 11, 27)),
    ],
)
def test_what_people_say_of_a_day_to_come_is_understood(typed: str, day: date) -> None:
    assert days_meant(typed, today=WEDNESDAY, past=False) == [day]


@pytest.mark.parametrize(
    ("typed", "past", "day"),
    [
        ("nov 20 at 10", True, date(2026, 11, 20)),
        ("11/20 at 22", True, date(2026, 11, 20)),
        ("11/20 around 5", True, date(2026, 11, 20)),
        ("at 10 11/20", True, date(2026, 11, 20)),
        ("at 9 on the 20th", True, date(2026, 11, 20)),
        ("a las 10 20 de noviembre", True, date(2026, 11, 20)),
        ("around 3 p.m. 20 de noviembre", True, date(2026, 11, 20)),
        ("wednesday at 11", True, date(2026, 11, 25)),
        ("tuesday at 9", True, date(2026, 11, 24)),
        ("Dec 1 at 8", False, date(2026, 12, 1)),
        ("the 9th at 10", False, date(2026, 12, 9)),
        ("on the 9th around 3", False, date(2026, 12, 9)),
        ("Wednesday the 9th at 10", False, date(2026, 12, 9)),
        ("wednesday at 9", False, date(2026, 11, 25)),
        # What only looks like an hour is none.
        ("around 20 november", True, date(2026, 11, 20)),
        ("about 11 20", True, date(2026, 11, 20)),
        ("about 11 20 2026", True, date(2026, 11, 20)),
        ("about the 20th", True, date(2026, 11, 20)),
        ("about 3 days ago", True, date(2026, 11, 22)),
        ("thaum 20 lub 11 hlis", True, date(2026, 11, 20)),
    ],
)
def test_the_hour_said_with_a_day_is_no_part_of_its_date(typed: str, past: bool, day: date) -> None:
    assert days_meant(typed, today=WEDNESDAY, past=past)[0] == day


ENERO = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]
LUNES = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
WRITTEN: list[Callable[[date], str]] = [
    lambda day: f"{day.month}/{day.day}",
    lambda day: f"{day:%m/%d/%y}",
    lambda day: f"{day:%a} {day.month}/{day.day}",
    lambda day: f"{day:%A}, {day.month}/{day.day}/{day.year}",
    lambda day: f"{day:%B} {day.day}",
    lambda day: f"{day:%b}. {day.day}, {day.year}",
    lambda day: f"{day:%A} {day:%B} {day.day}",
    lambda day: f"{day.day} de {ENERO[day.month - 1]}",
    lambda day: f"{LUNES[day.weekday()]} {day.day} de {ENERO[day.month - 1]} de {day.year}",
    lambda day: day.isoformat(),
]
HOURS = ["", "at {}", "around {} pm", "at {}:30", "{} p.m.", "a las {}", "como a las {}:15", "a las {} de la noche"]


@given(
    away=st.integers(-25, 60),
    written=st.sampled_from(WRITTEN),
    hour=st.builds(str.format, st.sampled_from([*HOURS, "{} o'clock", "in the evening"]), st.integers(1, 12)),
    is_in_front=st.booleans(),
)
def test_a_day_is_the_same_with_whatever_hour_is_said(
    away: int, written: Callable[[date], str], hour: str, is_in_front: bool
) -> None:
    day = WEDNESDAY + timedelta(days=away)
    said = [hour, written(day)] if is_in_front else [written(day), hour]

    # The second reading of 5/11 is another day.
    assert day in days_meant(" ".join(said), today=WEDNESDAY, past=away < 0)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("next wednesday", 7),
        ("el próximo miércoles", 7),
        ("miércoles que viene", 7),
        ("arbaco soo socda", 7),
        ("wednesday", 0),
        ("this wednesday", 0),
        ("next thursday", 1),
    ],
)
def test_the_next_weekday_is_not_today(typed: str, days: int) -> None:
    assert days_meant(typed, today=WEDNESDAY, past=False) == [WEDNESDAY + timedelta(days=days)]


def test_hours_are_counted_from_now() -> None:
    assert days_meant("hace 2 horas", today=WEDNESDAY, past=True, now=time(1)) == [date(2026, 11, 24)]
    assert days_meant("2 hours ago", today=WEDNESDAY, past=True, now=time(14)) == [WEDNESDAY]


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("yesterday at 10pm", time(22)),
        ("anoche como a las 11", time(23)),
        ("ayer por la noche", time(21)),
        ("hoy en la mañana", time(9)),
        ("Nov 20 2026 10:30", time(10, 30)),
        ("shalay galab", time(15)),
        ("11/20/2026", None),
        ("20 de noviembre", None),
        ("mañana", None),
        ("3 days ago", None),
        ("yesterday", None),
    ],
)
def test_a_time_said_with_the_day_is_heard_and_no_part_of_a_date_is_one(typed: str, at: time | None) -> None:
    assert time_beside(typed) == at


@pytest.mark.parametrize(
    "typed", ["yesterday at 25:00", "yesterday at 30", "ayer a las 99", "yesterday 10:75", "Nov 20 2026 99 pm"]
)
def test_what_no_clock_shows_is_no_time_beside_a_day(typed: str) -> None:
    assert time_beside(typed) is None


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("2 hours ago", time(23, 5)),
        ("hace 2 horas", time(23, 5)),
        ("laba saacadood ka hor", time(23, 5)),
        ("20 minutes ago", time(0, 45)),
        ("hace media hora", time(0, 35)),
        ("about an hour ago", time(0, 5)),
    ],
)
def test_hours_and_minutes_are_counted_from_now_and_are_no_oclock(typed: str, at: time) -> None:
    now = time(1, 5, 59)
    day = date(2026, 11, 25) if at < now else date(2026, 11, 24)

    assert (time_meant(typed, now=now), time_beside(typed, now=now)) == (at, at)
    assert days_meant(typed, today=WEDNESDAY, past=True, now=now) == [day]
    with pytest.raises(UnreadableTime):
        time_meant(typed)


@pytest.mark.parametrize("typed", ["2 days ago", "hace 3 semanas", "5 or 6 hours ago maybe more"])
def test_the_number_of_what_is_counted_is_no_oclock(typed: str) -> None:
    with pytest.raises(UnreadableTime):
        time_meant(typed, now=time(14))


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("10 a 11 de la noche", time(22)),
        ("de 9 a las 10 de la noche", time(21)),
        ("between 10 and 11 pm", time(22)),
        ("10-11 pm", time(22)),
        ("11 to 1 am", time(23)),
        ("11 to 12 pm", time(11)),
        ("10pm - 1am", time(22)),
        ("2-3 am", time(2)),
        ("10 a", time(10)),
        ("10 p", time(22)),
    ],
)
def test_the_half_of_the_day_that_ends_a_range_is_its_beginnings_too(typed: str, at: time) -> None:
    assert time_meant(typed) == at


def test_a_day_without_its_year_lies_ahead_for_a_court_date() -> None:
    assert days_meant("1/15", today=SUNDAY, past=False) == [date(2027, 1, 15)]
    assert days_meant("monday", today=SUNDAY, past=False) == [date(2026, 11, 23)]


def test_two_readings_come_in_the_order_of_the_examples() -> None:
    may, november = date(2026, 5, 11), date(2026, 11, 5)

    assert days_meant("5/11/2026", today=SUNDAY, past=True) == [may, november]


def test_the_weekday_said_with_a_day_tells_which_reading_is_meant() -> None:
    assert days_meant("Thursday 5/11/2026", today=SUNDAY, past=True) == [date(2026, 11, 5)]
    assert days_meant("lunes 5/11/2026", today=SUNDAY, past=True) == [date(2026, 5, 11)]


@pytest.mark.parametrize(
    "typed", ["Friday December 1, 2026", "Monday 12/1", "viernes 1 de diciembre", "Jimce 1 Disembar", "Friday the 24th"]
)
def test_a_day_that_is_not_on_the_weekday_said_with_it_is_asked_again(typed: str) -> None:
    with pytest.raises(ImpossibleDay):
        days_meant(typed, today=SUNDAY, past=False)


@pytest.mark.parametrize("typed", ["2/30", "31 febrero", "2026-02-30", "13/13/2026", "0/0/2020", "11/20/0000", "2/29"])
def test_a_day_that_no_calendar_has_is_impossible(typed: str) -> None:
    with pytest.raises(ImpossibleDay):
        days_meant(typed, today=SUNDAY, past=True)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "banana",
        "99",
        "20",
        "1/2/3/4",
        "11/20/20266",
        "😀",
        "-",
        "may june",
        # Nothing that only nearly names a day is guessed at.
        "a day in May",
        "last week",
        "hace rato",
        "November 2026",
        "1990",
        "a few days ago",
        "11/20 or 11/21",
        "between Monday and 3 days ago",
        "not sure",
        "no sé",
    ],
)
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
        ("half past 9", time(9, 30)),
        ("quarter to 8 at night", time(19, 45)),
        ("9 y media de la noche", time(21, 30)),
        ("10,30 pm", time(22, 30)),
        ("2210", time(22, 10)),
        ("0930", time(9, 30)),
        ("ten at night", time(22)),
        ("8da habeennimo", time(20)),
        ("2 duhurnimo", time(14)),
        ("maqribkii", time(18)),
        ("al amanecer", time(5)),
        ("media noche", time(0)),
    ],
)
def test_times_are_understood_roughly(typed: str, at: time) -> None:
    assert time_meant(typed) == at


@pytest.mark.parametrize("typed", ["", "banana", "25", "7:75", "😀"])
def test_what_is_no_time_is_unreadable(typed: str) -> None:
    with pytest.raises(UnreadableTime):
        time_meant(typed)


def test_no_error_repeats_what_was_typed() -> None:
    with pytest.raises(UnreadableDay) as day:
        days_meant("Ana Prueba A000123456", today=SUNDAY, past=True)
    with pytest.raises(UnreadableTime) as at:
        time_meant("Ana Prueba")
    with pytest.raises(UnreadableTime) as clock:
        time_meant("26:00 Ana Prueba")

    assert (day.value.args, at.value.args, clock.value.args) == ((), (), ())


def test_now_is_a_time_where_somebody_says_when_it_is() -> None:
    assert time_meant("ahorita", now=time(13, 5, 59)) == time(13, 5)
    with pytest.raises(UnreadableTime):
        time_meant("ahorita")


# Words of the tables and numbers, in any order: the texts that get deepest into the reader.
SAID = st.lists(
    st.sampled_from(sorted({*RELATIVE_DAYS, *MONTHS, *WEEKDAYS, *MEASURES, *NUMBERS, *AGO_AFTER, *AHEAD_FIRST}))
    | st.integers(0, 99999).map(str)
    | st.sampled_from(["hlis", "zwj", "bisha", "tim", "at", "pm", "/", "-", ":", "kaum", "the", "th"]),
    max_size=7,
).map(" ".join)


@given(typed=st.text(max_size=60) | SAID, past=st.booleans())
def test_no_text_breaks_the_reader(typed: str, past: bool) -> None:
    with suppress(UnreadableDay, ImpossibleDay):
        assert days_meant(typed, today=SUNDAY, past=past)
    with suppress(UnreadableTime):
        time_meant(typed, now=time(14))
    # Whoever asks it has read the day already: nothing is left to be asked again.
    time_beside(typed, now=time(14))
