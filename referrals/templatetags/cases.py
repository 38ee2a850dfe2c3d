"""Clocks and codes as staff pages show them; `now` is the page's own moment, so that one page never shows two."""

from datetime import datetime, timedelta

from django import template

from notifications.keywords import Wish
from privacy.selectors import held_since
from referrals import clock_words
from referrals.languages import language_name
from referrals.models import Case

register = template.Library()

WISHES: dict[Wish, str] = {
    Wish.STOP: "Wants no more texts.",
    Wish.REFUSAL: "Seems to want no more texts.",
    Wish.START: "Wants texts again.",
    Wish.YES: "“Yes”.",
    Wish.HELP: "Asked for help.",
    Wish.OTHER: "A text; its words are sealed.",
}


@register.filter
def due(at: datetime | None, now: datetime) -> str:
    """`{{ case.state_due_at|due:now }}`: "in 25 min" or "2 h overdue"."""
    return clock_words.due(at, now)


@register.filter
def left(at: datetime, now: datetime) -> str:
    """`{{ offer.expires_at|left:now }}`: "25 min left" or "time is up"."""
    return clock_words.left(at, now)


@register.filter
def minutes_since(at: datetime, now: datetime) -> int:
    """`{{ case.opened_at|minutes_since:now }}`: whole minutes."""
    return int((now - at).total_seconds()) // 60


@register.filter
def length_of_time(length: timedelta | None) -> str:
    """A wait as "12 min"; "" for none."""
    return "" if length is None else clock_words.span(length)


@register.filter
def is_past(at: datetime | None, now: datetime) -> bool:
    """Whether the moment has come."""
    return at is not None and at <= now


@register.filter
def language(code: str) -> str:
    """The English name of a language; the code itself for one that Django does not know."""
    return language_name(code)


@register.filter
def in_words(code: str) -> str:
    """A code such as "hold_room" as words."""
    return code.replace("_", " ")


@register.filter
def wish(code: str) -> str:
    """What a machine read in a text from a family."""
    return WISHES[Wish(code)]


@register.inclusion_tag("referrals/held.html")
def legal_hold(case: Case) -> dict[str, datetime | None]:
    """`{% legal_hold case %}`: on every page of a case, that a legal hold keeps it and since when; one query."""
    return {"since": held_since(case.pk)}
