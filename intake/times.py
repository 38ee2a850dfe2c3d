"""Reads the time of day as people type it in four languages: "10 pm", "around 10", "de noche", "2 hours ago"."""

import re
from datetime import date, datetime, time, timedelta

from intake.date_words import (
    AFTER_NOON,
    AGO_AFTER,
    AGO_FIRST,
    AT_NIGHT,
    BEFORE_NOON,
    MEASURES,
    NUMBERS,
    ONLY_ORDINALS,
    TIMES_OF_DAY,
)
from intake.dates import distance, plain

# "10 a" is ten in the morning, but not in "10 a 11".
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})(?:[:.,h](\d{2}))?(?:\s*(am|pm|(?:a|p)\b(?!\s+(?:las?\s+)?\d))\b)?(?!\d)")
_END_OF_RANGE = re.compile(r"\b(\d{1,2})(?::\d{2})?\s*(am|pm)\b")
_WITHOUT_COLON = re.compile(r"(?<!\d)([01]\d|2[0-4])([0-5]\d)(?!\d)")
_HALF_PAST = re.compile(r"\bhalf past (\d{1,2})\b|\b(\d{1,2}) y media\b")
_QUARTER_PAST = re.compile(r"\bquarter past (\d{1,2})\b|\b(\d{1,2}) y cuarto\b")
_QUARTER_TO = re.compile(r"\bquarter (?:to|of) (\d{1,2})\b|\b(\d{1,2}) menos cuarto\b")
_NOW = frozenset({"now", "just now", "right now", "ahora", "ahora mismo", "ahorita", "hadda", "tam sim no"})
# Beside a day they say which day, not when in it.
_ALSO_DAYS = frozenset({"manana"})
_NOONS = frozenset({"noon", "midday", "mediodia"})
_AGO = AGO_FIRST | AGO_AFTER


class UnreadableTime(ValueError):
    """Words or numbers that are no time of day."""


def time_meant(text: str, *, now: time | None = None) -> time:
    """The time of day `text` means, roughly; "just now" and "2 hours ago" are counted from `now`.

    Raises `UnreadableTime`.
    """
    said = plain(text)
    if said in _NOW and now:
        return now.replace(second=0, microsecond=0)
    words = set(re.split(r"[\s,]+", said))
    if words & _AGO and words & MEASURES.keys():
        # Its number is no clock's.
        return _counted_back(said, now) or _unreadable()
    return _on_the_clock(_in_digits(said), words) or _part_of_day(said, words) or _unreadable()


def time_beside(text: str, *, now: time | None = None) -> time | None:
    """The time that somebody said together with a day: "yesterday at 10 pm", "ayer por la noche"; None without one.

    Only what cannot be a part of the date counts: a clock with its half of the day or its minutes, a word, hours or
    minutes counted from `now`. What no clock shows ("yesterday at 25:00") is none.
    """
    said = plain(text)
    if counted := _counted_back(said, now):
        return counted
    words = set(re.split(r"[\s,]+", said))
    clock = _clock_beside(said)
    if clock:
        try:
            return _on_the_clock(clock[0], words)
        except UnreadableTime:
            return None
    is_morning = re.search(r"\b(?:por|en|de) la manana\b|\besta manana\b", said)
    return time(9) if is_morning else _part_of_day(said, words - _ALSO_DAYS)


def is_part_of_day(text: str, *, is_beside_day: bool = False) -> bool:
    """Whether no clock stands in it, as in "this morning"; beside a day, as in "11/20 in the morning". Noon is one."""
    said = plain(text)
    if _NOONS & set(said.split()):
        return False
    return not (_clock_beside(said) if is_beside_day else re.search(r"\d", _in_digits(said)))


def _clock_beside(said: str) -> re.Match[str] | None:
    """A clock that cannot be a part of the date it stands beside."""
    return re.search(r"\b\d{1,2}(?::\d{2})?\s*(?:am|pm)\b|\b\d{1,2}:\d{2}\b", said) or re.search(
        r"\b(?:at|a las|a la|saacadda) (\d{1,2})\b(?![/.\-])", said
    )


def _counted_back(said: str, now: time | None) -> time | None:
    """The time so many hours or minutes before `now`; of whole days nobody says the time."""
    away = distance(said)
    if now is None or away is None or not away % timedelta(days=1):
        return None
    return (datetime.combine(date(2000, 1, 1), now) + away).time().replace(second=0, microsecond=0)


def _unreadable() -> time:
    # Never the text: whatever somebody typed into the wrong box would stand in a log.
    raise UnreadableTime


def _in_digits(said: str) -> str:
    """Hours in words as digits, halves and quarters as minutes: "half past nine" is 9:30."""
    counted = [
        str(NUMBERS[word]) if word in NUMBERS and word not in ONLY_ORDINALS and word not in ("a", "an") else word
        for word in said.split()
    ]
    said = " ".join(counted)
    said = _HALF_PAST.sub(lambda found: f"{found[1] or found[2]}:30", said)
    said = _QUARTER_PAST.sub(lambda found: f"{found[1] or found[2]}:15", said)
    said = _QUARTER_TO.sub(lambda found: f"{(int(found[1] or found[2]) - 1) % 24}:45", said)
    return _WITHOUT_COLON.sub(r"\1:\2", said)


def _on_the_clock(said: str, words: set[str]) -> time | None:
    """The first clock time in it; None if there is none or no clock shows it."""
    # "10ka", "8da": the ending of a number in Somali.
    clock = _CLOCK.search(re.sub(r"\b(\d{1,2})(?:ka|da|dii|kii|ta)\b", r"\1", said))
    if clock is None:
        return None
    hour, minute = int(clock[1]), int(clock[2] or 0)
    half = (clock[3] or "")[:1] or _half_of_the_end(hour, said[clock.end() :]) or _half_meant(hour, words)
    if half and hour == 12:
        hour = 0
    if half == "p" and hour < 12:
        hour += 12
    if hour == 24:
        hour = 0
    try:
        return time(hour, minute)
    except ValueError:
        return _unreadable()


def _half_of_the_end(hour: int, rest: str) -> str:
    """ "10 to 11 pm": the half of the day that the end of a range says for its beginning, too; "" for none."""
    end = _END_OF_RANGE.search(rest)
    if end is None:
        return ""
    # Noon or midnight lies between 11 and 1.
    is_between = hour % 12 > int(end[1]) % 12
    return {"am": "p", "pm": "a"}[end[2]] if is_between else end[2][0]


def _half_meant(hour: int, words: set[str]) -> str:
    """The half of the day that the words beside a bare hour say: "a", "p", or "" for none."""
    if words & AT_NIGHT and hour in (12, 1, 2, 3, 4):
        # "12 at night" and "2 de la noche" are after midnight.
        return "a"
    if words & AFTER_NOON:
        return "p"
    return "a" if words & BEFORE_NOON else ""


def _part_of_day(said: str, words: set[str]) -> time | None:
    for name, at in TIMES_OF_DAY.items():
        if name in words or (" " in name and name in said):
            return at
    return None
