"""Reads the time of day as people type it in four languages: "10 pm", "around 10", "de noche", "half past 9"."""

import re
from datetime import time

from intake.date_words import AFTER_NOON, AT_NIGHT, BEFORE_NOON, NUMBERS, ONLY_ORDINALS, TIMES_OF_DAY
from intake.dates import plain

_CLOCK = re.compile(r"(?<!\d)(\d{1,2})(?:[:.,h](\d{2})|(?=\d{4}(?!\d))|)(?:\s*(am|pm|a|p)\b)?(?!\d)")
_WITHOUT_COLON = re.compile(r"(?<!\d)([01]\d|2[0-4])([0-5]\d)(?!\d)")
_HALF_PAST = re.compile(r"\bhalf past (\d{1,2})\b|\b(\d{1,2}) y media\b")
_QUARTER_PAST = re.compile(r"\bquarter past (\d{1,2})\b|\b(\d{1,2}) y cuarto\b")
_QUARTER_TO = re.compile(r"\bquarter (?:to|of) (\d{1,2})\b|\b(\d{1,2}) menos cuarto\b")
_NOW = frozenset({"now", "just now", "right now", "ahora", "ahora mismo", "ahorita", "hadda", "tam sim no"})
# Beside a day they say which day, not when in it.
_ALSO_DAYS = frozenset({"manana"})


class UnreadableTime(ValueError):
    """Words or numbers that are no time of day."""


def time_meant(text: str, *, now: time | None = None) -> time:
    """The time of day `text` means, roughly. `now` is what "just now" means. Raises `UnreadableTime`."""
    said = plain(text)
    if said in _NOW and now:
        return now.replace(second=0, microsecond=0)
    words = set(re.split(r"[\s,]+", said))
    return _on_the_clock(_in_digits(said), words) or _part_of_day(said, words) or _unreadable(text)


def time_beside(text: str) -> time | None:
    """The time that somebody said together with a day: "yesterday at 10 pm", "ayer por la noche"; None without one.

    Only what cannot be a part of the date counts: a clock with its half of the day or its minutes, a word.
    """
    said = plain(text)
    words = set(re.split(r"[\s,]+", said))
    clock = re.search(r"\b\d{1,2}(?::\d{2})?\s*(?:am|pm)\b|\b\d{1,2}:\d{2}\b", said) or re.search(
        r"\b(?:at|a las|a la|saacadda) (\d{1,2})\b(?![/.\-])", said
    )
    if clock:
        return _on_the_clock(clock[0], words)
    is_morning = re.search(r"\b(?:por|en|de) la manana\b|\besta manana\b", said)
    return time(9) if is_morning else _part_of_day(said, words - _ALSO_DAYS)


def _unreadable(text: str) -> time:
    raise UnreadableTime(text)


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
        raise UnreadableTime(said) from error


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
