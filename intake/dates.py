"""Reads days and times as people type them in four languages: "yesterday", "11/20", "20 de noviembre", "10 pm".

Somali and Hmong words are drafts, as the translations are (docs/translations.md).
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, time, timedelta

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene jannaayo",
            "february feb febrero febraayo",
            "march mar marzo maarso",
            "april apr abril abr abriil",
            "may mayo maajo",
            "june jun junio juun",
            "july jul julio luulyo",
            "august aug agosto ago agoosto",
            "september sep sept septiembre setiembre set sebtembar",
            "october oct octubre oktoobar",
            "november nov noviembre nofembar",
            "december dec diciembre dic disembar",
        ),
        start=1,
    )
    for name in names.split()
}
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon lunes isniin isniinta",
            "tuesday tue tues martes talaado talaadada",
            "wednesday wed miercoles arbaco arbacada",
            "thursday thu thurs jueves khamiis khamiista",
            "friday fri viernes jimce jimcaha jimco",
            "saturday sat sabado sabti sabtida",
            "sunday sun domingo axad axadda",
        )
    )
    for name in names.split()
}
RELATIVE_DAYS = {
    "today": 0,
    "now": 0,
    "tonight": 0,
    "hoy": 0,
    "ahora": 0,
    "yesterday": -1,
    "this morning": 0,
    "esta manana": 0,
    "esta noche": 0,
    "last night": -1,
    "ayer": -1,
    "anoche": -1,
    "anteayer": -2,
    "antier": -2,
    "day before yesterday": -2,
    "tomorrow": 1,
    "manana": 1,
    "maanta": 0,
    "caawa": 0,
    "saaka": 0,
    "shalay": -1,
    "xalay": -1,
    "dorraad": -2,
    "berri": 1,
    "hnub no": 0,
    "hmo no": 0,
    "nag hmo": -1,
    "hmo ntuj nag hmo": -1,
    "hnub hmo": -2,
    "tag kis": 1,
}
DAY_FILLERS = frozenset(
    {"the", "of", "de", "del", "el", "on", "at", "this", "last", "next", "este", "pasado", "proximo", "about", "around"}
)
TIMES_OF_DAY = {
    "noon": time(12),
    "mediodia": time(12),
    "midnight": time(0),
    "medianoche": time(0),
    "morning": time(9),
    "manana": time(9),
    "afternoon": time(15),
    "tarde": time(15),
    "evening": time(19),
    "night": time(21),
    "tonight": time(21),
    "noche": time(21),
    "madrugada": time(4),
    "subax": time(9),
    "subaxdii": time(9),
    "duhur": time(12),
    "duhurkii": time(12),
    "galab": time(15),
    "galabtii": time(15),
    "fiid": time(19),
    "fiidkii": time(19),
    "habeen": time(21),
    "habeenkii": time(21),
    # The first words of "sawv ntxov", "tav su", "tsaus ntuj" and "hmo ntuj".
    "sawv": time(9),
    "tav": time(12),
    "tsaus": time(19),
    "hmo": time(21),
}
# Words beside a clock time that say which half of the day it is in.
AFTER_NOON = frozenset(
    {
        "tarde",
        "noche",
        "night",
        "evening",
        "afternoon",
        "tonight",
        "galab",
        "galabtii",
        "fiid",
        "fiidkii",
        "habeen",
        "habeenkii",
        "tsaus",
        "hmo",
    }
)
BEFORE_NOON = frozenset({"morning", "madrugada", "manana", "subax", "subaxdii", "sawv"})
AT_NIGHT = frozenset({"night", "midnight", "noche", "medianoche", "habeen", "habeenkii", "hmo"})
CLOCK = re.compile(r"(?<!\d)(\d{1,2})(?:[:.h](\d{2}))?(?:\s*(am|pm|a|p)\b)?(?!\d)")


class UnreadableDay(ValueError):
    """Words or numbers that are no date anybody would recognize."""


class ImpossibleDay(ValueError):
    """A date that no calendar has, such as February 30."""


class UnreadableTime(ValueError):
    """Words or numbers that are no time of day."""


def _plain(text: str) -> str:
    """Lower case, without accents, dots after letters and doubled spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.sub(r"(?<=[a-z])\.", "", letters).split())


def days_meant(text: str, *, today: date, past: bool) -> list[date]:
    """The days `text` may mean: 5/11 is May 11, as the pages' examples write it, and after that November 5.

    `past` tells whether a day without a year lies behind or ahead. Raises `UnreadableDay` or `ImpossibleDay`.
    """
    plain = _plain(text)
    if plain in RELATIVE_DAYS:
        return [today + timedelta(days=RELATIVE_DAYS[plain])]
    words = [word for word in re.split(r"[\s,]+", plain) if word and word not in DAY_FILLERS]
    if len(words) == 1 and words[0] in WEEKDAYS:
        return [_nearest_weekday(WEEKDAYS[words[0]], today=today, past=past)]
    words = [word for word in words if word not in WEEKDAYS]
    parts = [
        part for word in words for part in re.split(r"[/.\-]", re.sub(r"(?<=\d)(st|nd|rd|th|o)$", "", word)) if part
    ]
    days = list(_readings(parts, today=today, past=past))
    if not days:
        raise ImpossibleDay(text)
    return days


def _nearest_weekday(weekday: int, *, today: date, past: bool) -> date:
    away = (today.weekday() - weekday) % 7 if past else (weekday - today.weekday()) % 7
    return today - timedelta(days=away) if past else today + timedelta(days=away)


def _readings(parts: list[str], *, today: date, past: bool) -> Iterator[date]:
    """The dates that two or three parts of a written day can stand for; nothing if the calendar has none."""
    months = [MONTHS[part] for part in parts if part in MONTHS]
    numbers = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 4]
    if len(months) + len(numbers) != len(parts) or len(parts) not in (2, 3) or len(months) > 1:
        raise UnreadableDay
    # 2026-11-20 starts with the year; every other way of writing ends with it.
    year_first = len(parts) == 3 and len(parts[0]) == 4 and not months
    year: int | None = None
    if len(parts) == 3:
        year = numbers.pop(0) if year_first else numbers.pop()
        if len(parts[-1]) == 2 and not year_first:
            # 90 in a birth date is 1990; of a day to come it can only be 2090.
            year += 1900 if past and 2000 + year > today.year else 2000
    if months:
        orders = [(months[0], numbers[0])]
    else:
        first, second = numbers
        orders = [(first, second)] if year_first else [(first, second), (second, first)]
    seen: set[date] = set()
    for month, day in orders:
        found = _on(year, month, day) if year is not None else _nearest(month, day, today=today, past=past)
        if found and found not in seen:
            seen.add(found)
            yield found


def _on(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int, day: int, *, today: date, past: bool) -> date | None:
    years = (today.year, today.year - 1) if past else (today.year, today.year + 1)
    candidates = [found for year in years if (found := _on(year, month, day))]
    fitting = [found for found in candidates if (found <= today if past else found >= today)]
    return fitting[0] if fitting else None


def _half_meant(hour: int, words: set[str]) -> str:
    """The half of the day that the words beside a bare hour say: "a", "p", or "" for none."""
    if words & AT_NIGHT and hour in (12, 1, 2, 3, 4):
        # "12 at night" and "2 de la noche" are after midnight.
        return "a"
    if words & AFTER_NOON:
        return "p"
    return "a" if words & BEFORE_NOON else ""


def time_meant(text: str) -> time:
    """The time of day `text` means, roughly: "10 pm", "22:10", "around 10", "de noche". Raises `UnreadableTime`."""
    plain = _plain(text)
    words = set(re.split(r"[\s,]+", plain))
    clock = CLOCK.search(plain)
    if clock is None:
        for word, at in TIMES_OF_DAY.items():
            if word in words:
                return at
        raise UnreadableTime(text)
    hour, minute = int(clock[1]), int(clock[2] or 0)
    half = (clock[3] or "")[:1] or _half_meant(hour, words)
    if half and hour == 12:
        hour = 0
    if half == "p" and hour < 12:
        hour += 12
    if hour == 24:
        hour = 0
    try:
        return time(hour, minute)
    except ValueError as error:
        raise UnreadableTime(text) from error
