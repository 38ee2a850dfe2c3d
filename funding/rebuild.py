"""What the case log says was promised, worked out anew from its beginning. Pure: a second opinion on the ledger.

It shares no code with `funding.actions.following`, which does the same step by step in the tables.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from funding.quarters import day_of

# (case, stage, provider's code)
Key = tuple[Any, str, str]
BEFORE_APPEARANCE = "accepted"
WITH_PROVIDER = ("accepted", "represented")
TAKEN_AWAY = ("transfer", "withdraw", "mark_duplicate", "lose_contact", "screen_out")


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the case log about money; `detail` as in the log."""

    case: Any
    kind: str
    from_state: str
    at: datetime
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised for a stage, since when, and until when an invoice may come; not `is_live`: given to others."""

    cents: int
    since: datetime
    until: date
    is_live: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """`price(provider, stage, case_type, day)`, `first_stage(case_type, day)`, `days(day)`.

    The days are two: how long an invoice may come after the begin, and how long after an end.
    """

    price: Callable[[str, str, str, date], int]
    first_stage: Callable[[str, date], str]
    days: Callable[[date], tuple[int, int]]


def promises(events: Iterable[Happened], terms: Terms, *, billed: Collection[Key], today: date) -> dict[Key, Promise]:
    """Every stage's promise after these events, which are in the order of the log. What is `billed` stays promised."""
    log = list(events)
    starts = {(one.case, one.at) for one in log if one.kind == "stage_started"}
    made: dict[Key, Promise] = {}
    holder: dict[Any, str] = {}
    for one in log:
        day = day_of(one.at)
        mine = [key for key in made if key[0] == one.case]
        _expire(made, mine, billed, day)
        if one.kind in ("accept", "stage_started"):
            provider = one.detail["provider"]
            stages = [stage for _case, stage, whose in mine if whose == provider]
            if one.kind == "stage_started":
                stages = [one.detail["stage"]]
            else:
                holder[one.case] = provider
                if not stages and (one.case, one.at) not in starts:
                    stages = [terms.first_stage(one.detail["case_type"], day)]
            for stage in stages:
                _promise(made, (one.case, stage, provider), one, terms)
        elif one.from_state in WITH_PROVIDER:
            theirs = [key for key in mine if key[2] == holder.get(one.case) and made[key].since < one.at]
            _end(made, theirs, one, last_day=day + timedelta(days=terms.days(day)[1]), billed=billed)
    _expire(made, list(made), billed, today)
    return made


def _promise(made: dict[Key, Promise], key: Key, one: Happened, terms: Terms) -> None:
    day = day_of(one.at)
    until = day + timedelta(days=terms.days(day)[0])
    before = made.get(key)
    if before is not None and before.is_live:
        made[key] = replace(before, until=until)
    else:
        made[key] = Promise(terms.price(key[2], key[1], one.detail["case_type"], day), one.at, until)


def _end(
    made: dict[Key, Promise], keys: Iterable[Key], one: Happened, *, last_day: date, billed: Collection[Key]
) -> None:
    """Before an appearance there is nothing to pay but what was billed; after it, a bill may still come."""
    for key in keys:
        if one.kind not in TAKEN_AWAY or one.from_state != BEFORE_APPEARANCE:
            made[key] = replace(made[key], until=min(made[key].until, last_day))
        elif key not in billed:
            made[key] = replace(made[key], is_live=False)


def _expire(made: dict[Key, Promise], keys: Iterable[Key], billed: Collection[Key], day: date) -> None:
    for key in keys:
        if made[key].until < day and key not in billed:
            made[key] = replace(made[key], is_live=False)
