"""Reads days as people type them in four languages: "yesterday", "3 days ago", "11/20", "20 de noviembre".

What is said beside a day is left out here: "ayer por la noche" is yesterday; `intake/times.py` reads its time.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches

from intake.date_words import (
    AGO_AFTER,
    AGO_FIRST,
    AHEAD_AFTER,
    AHEAD_FIRST,
    COUPLE,
    DAY_FILLERS,
    DAYS_IN_WORDS,
    HMONG_WEEKDAY,
    LAST,
    MEASURES,
    MONTHS,
    NEXT,
    NUMBERS,
    ONE_ALONE,
    ONLY_HMONG_WEEKDAYS,
    ONLY_ORDINALS,
    PARTS_OF_DAY,
    RELATIVE_DAYS,
    TENS,
    WEEKDAYS,
)

# A clock beside a day: "at 10", "a las 9:30", "10 pm", "22:10". Neither "about 11 20" nor "at 11/20" has one, and of
# "at 4 19 de mayo" it is the 4.
_AT = r"(?:\b(?:at|around|about|como|hacia)?\s*(?:a\s)?\b(?:las|la|at|around|about|saacadda|thaum)\s+)"
_CLOCK = re.compile(
    rf"{_AT}?(?<![\d/.\-])\d{{1,2}}(?:[:.]\d{{2}})?\s*(?:am|pm|a m|p m|teev|horas|o'?clock)\b"
    rf"|{_AT}\d{{1,2}}[:.h]\d{{2}}\b(?![/.\-])|{_AT}\d{{1,2}}(?!\d|\s*[/.\-:h]|\s+\d+(?![\d/.\-]|\s+(?:de|of)\b))"
    r"|\b\d{1,2}:\d{2}(?::\d{2})?\b"
)
_PART_OF_DAY = re.compile(rf"\b(?:{PARTS_OF_DAY})\b")
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|ro|ero|er|do|to|o|ka|kii|aad|da)\b")
_MONTH_MARK = re.compile(
    r"\bbisha (\d{1,2})(?:aad|ka)?\b|\bmes (\d{1,2})\b|\b(\d{1,2}) hlis?\b(?! \d{1,2}$)|\bhlis? (\d{1,2})\b"
)
# "Twenty-one", "twenty first", "treinta y uno": the words of one number, with whatever stands between them.
_LONG_NUMBER = re.compile(
    "|".join(
        rf"\b{'[ -]'.join(words.split('-'))}\b"
        for words in sorted(DAYS_IN_WORDS, key=lambda words: (-len(words), words))
    )
)
# Other ways to say what the tables have, and what they have.
_SAID_OTHERWISE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bhalf (?:an )?hour\b|\bmedia hora\b|\bnus saac\b"), "30 minutes"),
    (re.compile(r"\bua ntej\b"), "dhau"),
    (re.compile(r"\b(?:dia|tim) (\d{1,2})\b"), r"the \1"),
    (re.compile(r"(?<=\d)-(?=(?:ka|kii|aad|da)\b)"), ""),
    # "11 hlis 20" is 20 November: there is no twentieth month.
    (re.compile(r"\b(\d|1[0-2]) hlis? (1[3-9]|[23]\d)$"), r"\2 hlis \1"),
)
# Words that people misspell; shorter ones are too alike.
_SPELLED = sorted(word for word in {*MONTHS, *WEEKDAYS, *RELATIVE_DAYS} if len(word) >= 5 and " " not in word)
_LIKE_ENOUGH = 0.85
# What may stand in a counted day beside number, measure and direction.
_BESIDE_COUNT = DAY_FILLERS | {
    "and",
    "ka",
    "moos",
    "tiam",
    "los",
    "as",
    "now",
    "mas",
    "menos",
    "o",
    "iyo",
    "only",
    "solo",
}


class UnreadableDay(ValueError):
    """Words or numbers that are no date anybody would recognize."""


class ImpossibleDay(ValueError):
    """A date that no calendar has, such as February 30."""


def plain(text: str) -> str:
    """Small letters, no accents, one kind of dash, no quotes or brackets, no doubled spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    letters = re.sub("[‐‑‒–—−]", "-", letters).replace("\\", "/")
    letters = re.sub(r"[\"“”«»()\[\]!¡¿?*_°ºª;]", " ", letters).replace("’", "'")
    # "p.m." is one word; "Nov.20" are two.
    letters = re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", letters)
    return " ".join(re.sub(r"(?<=[a-z])\.", " ", letters).split())


def days_meant(text: str, *, today: date, past: bool, now: time | None = None) -> list[date]:
    """The days `text` may mean: 5/11 is May 11, as the pages' examples write it, and after that November 5.

    `past` tells whether a day without a year lies behind or ahead; `now` (noon, if not given) is what "2 hours ago" is
    counted from. Raises `UnreadableDay` or `ImpossibleDay`.
    """
    said = _as_the_tables_have_it(plain(text))
    without_clock = _CLOCK.sub(" ", said)
    # The hour of "the 9th at 10" is no month. As it was written it is read after that, for "around 20 November".
    for shorter in dict.fromkeys((without_clock, said, _PART_OF_DAY.sub(" ", without_clock))):
        words = " ".join(shorter.split())
        if found := _relative(words, today):
            return [found]
        if away := _counted(words):
            return [(datetime.combine(today, now or time(12)) + away).date()]
        try:
            return _dated(words, today=today, past=past)
        except UnreadableDay:
            continue
    spelled = _spelled_right(said)
    if spelled == said:
        # Never the text: whatever somebody typed into the wrong box would stand in a log.
        raise UnreadableDay
    return days_meant(spelled, today=today, past=past, now=now)


def _as_the_tables_have_it(said: str) -> str:
    said = _LONG_NUMBER.sub(lambda found: str(DAYS_IN_WORDS[found[0].replace(" ", "-")]), said)
    for other, known in _SAID_OTHERWISE:
        said = other.sub(known, said)
    return said


def _words(said: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", said) if word and word not in DAY_FILLERS]


def _relative(said: str, today: date) -> date | None:
    """ "Yesterday", with nothing but fillers around it."""
    for phrase in (said, " ".join(_words(said))):
        if phrase in RELATIVE_DAYS:
            return today + timedelta(days=RELATIVE_DAYS[phrase])
    return None


def distance(text: str) -> timedelta | None:
    """How far from now "2 hours ago" or "in 3 days" is, less than nothing for what is past; None where nothing is
    counted."""
    return _counted(_as_the_tables_have_it(plain(text)))


def _counted(said: str) -> timedelta | None:
    """ "3 days ago", "hace una semana", "in two weeks", "laba maalmood ka hor"."""
    words = re.split(r"[\s,]+", said)
    measures = [place for place, word in enumerate(words) if word in MEASURES]
    if len(measures) != 1:
        return None
    before = _number_before(words, measures[0]) or int(measures == [0] and words[0] in ONE_ALONE)
    if not before:
        return None
    others = {*words} - _BESIDE_COUNT - {words[measures[0]], *AGO_FIRST, *AGO_AFTER, *AHEAD_FIRST, *AHEAD_AFTER}
    if {word for word in others if word not in NUMBERS and word not in COUPLE and not word.isdigit()}:
        return None
    first, rest = set(words[: measures[0]]), set(words[measures[0] + 1 :])
    is_ago, is_ahead = first & AGO_FIRST or rest & AGO_AFTER, first & AHEAD_FIRST or rest & AHEAD_AFTER
    # "A day in May" is neither.
    if bool(is_ago) == bool(is_ahead):
        return None
    return MEASURES[words[measures[0]]] * (-before if is_ago else before)


def _number_before(words: list[str], place: int) -> int | None:
    """The number, in digits or words, that a measure counts; None if there is none or it is no such number."""
    before = [word for word in words[max(0, place - 4) : place] if word not in ("of", "de", "lub", "iyo")]
    if not before:
        return None
    last = before[-1]
    if last.isascii() and last.isdigit():
        return int(last) if len(last) <= 3 else None
    if last in COUPLE:
        return 2
    if last not in NUMBERS or last in ONLY_ORDINALS:
        return None
    return NUMBERS[last] + (10 if len(before) > 1 and before[-2] in TENS else 0)


def _dated(said: str, *, today: date, past: bool) -> list[date]:
    """A weekday, a day of a month, or a written date."""
    is_another = bool((LAST if past else NEXT) & set(said.split()))
    said = " ".join(word for word in said.split() if word not in LAST)
    marked = _MONTH_MARK.search(_in_digits(said))
    months = [int(next(group for group in marked.groups() if group))] if marked else []
    is_day_marked = bool(_ORDINAL.search(said) or re.search(r"\b(?:the|el|tim|dia|taariikhda) \d{1,2}\b", said))
    if marked:
        said = f"{_in_digits(said)[: marked.start()]} {_in_digits(said)[marked.end() :]}"
    said = _ORDINAL.sub(r"\1 ", said)
    said = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)", " ", said)
    words, weekday = _without_weekday(_words(said))
    if weekday is not None and not words and not months:
        return [_nearest_weekday(weekday, today=today, past=past, is_another=is_another)]
    parts = [part for word in words for part in re.split(r"[/.\-]", word) if part]
    if len(parts) == 1 and not months and parts[0].isascii() and parts[0].isdigit():
        if len(parts[0]) == 8:
            parts = _cut(parts[0])
        elif len(parts[0]) <= 2 and (is_day_marked or weekday is not None):
            return _on_weekday([_nearest_day(int(parts[0]), today=today, past=past)], weekday)
    months += [MONTHS[part] for part in parts if part in MONTHS]
    numbers = [_number(part, beside_month=bool(months)) for part in parts if part not in MONTHS]
    return _on_weekday(_readings(months, numbers, parts, today=today, past=past), weekday)


def _on_weekday(days: Iterable[date], weekday: int | None) -> list[date]:
    """Those of `days` that fall on the weekday that was said with them: one of the two is wrong where none does."""
    found = [day for day in days if weekday is None or day.weekday() == weekday]
    if not found:
        raise ImpossibleDay
    return found


def _in_digits(said: str) -> str:
    """ "Kaum ib hlis" with its number in digits."""
    words = said.split()
    for place, word in enumerate(words):
        if word in ("hlis", "hli") and place and (number := _number_before(words, place)):
            start = place - 2 if place > 1 and words[place - 2] in TENS and words[place - 1] in NUMBERS else place - 1
            return " ".join([*words[:start], str(number), *words[place:]])
    return said


def _without_weekday(words: list[str]) -> tuple[list[str], int | None]:
    is_hmong = HMONG_WEEKDAY in words
    rest: list[str] = []
    weekday: int | None = None
    for word in words:
        if word == HMONG_WEEKDAY:
            continue
        if word in WEEKDAYS and (is_hmong or word not in ONLY_HMONG_WEEKDAYS):
            weekday = WEEKDAYS[word]
        elif word != "hnub":
            rest.append(word)
    return rest, weekday


def _number(part: str, *, beside_month: bool) -> int:
    if part.isascii() and part.isdigit() and len(part) <= 4:
        return int(part)
    # "Cinco de mayo"; "a May" is no day.
    if part in NUMBERS and (part in ONLY_ORDINALS or (beside_month and part not in ("a", "an"))):
        return NUMBERS[part]
    raise UnreadableDay


def _cut(digits: str) -> list[str]:
    """Eight digits without anything between: the year in front where they begin like one, else behind."""
    if digits[:2] in ("19", "20") and int(digits[4:6]) <= 12:
        return [digits[:4], digits[4:6], digits[6:]]
    return [digits[:2], digits[2:4], digits[4:]]


def _nearest_weekday(weekday: int, *, today: date, past: bool, is_another: bool) -> date:
    """`is_another`: not today, as in "last Monday" and "next Monday" on a Monday."""
    away = (today.weekday() - weekday) % 7 if past else (weekday - today.weekday()) % 7
    if is_another and not away:
        away = 7
    return today - timedelta(days=away) if past else today + timedelta(days=away)


def _nearest_day(day: int, *, today: date, past: bool) -> date:
    """ "The 20th": of this month, or of the next or the one before."""
    for months_away in range(4):
        month = today.month - 1 + (-months_away if past else months_away)
        found = _on(today.year + month // 12, month % 12 + 1, day)
        if found and (found <= today if past else found >= today):
            return found
    raise ImpossibleDay


def _readings(months: list[int], numbers: list[int], parts: list[str], *, today: date, past: bool) -> Iterator[date]:
    """The dates that two or three parts of a written day can stand for; nothing if the calendar has none."""
    count = len(months) + len(numbers)
    if count not in (2, 3) or len(months) > 1 or not numbers:
        raise UnreadableDay
    if count == 2 and months and numbers[0] > 99:
        # A month and a year name no day.
        raise UnreadableDay
    # 2026-11-20 starts with the year; every other way of writing ends with it.
    year_first = count == 3 and len(parts[0]) == 4 and not months
    year: int | None = None
    if count == 3:
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


def _spelled_right(said: str) -> str:
    """The text with misspelled names of days and months put right, where only one meaning is near."""
    return " ".join(_nearest_word(word) for word in said.split())


def _nearest_word(word: str) -> str:
    if len(word) < 5 or not word.isalpha() or word in _SPELLED:
        return word
    near = get_close_matches(word, _SPELLED, n=4, cutoff=_LIKE_ENOUGH)
    meanings = {(MONTHS.get(one), WEEKDAYS.get(one), RELATIVE_DAYS.get(one)) for one in near}
    return near[0] if len(meanings) == 1 else word
