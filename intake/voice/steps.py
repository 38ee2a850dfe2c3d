"""The phone call as a table: each step, what it says, what each key means, and where it leads. Pure.

    step → prompts, keys or numbers to type, next step, and which question of `intake/questions.py` the answer feeds

In every step a star says it again, zero leads to a person, and the pound key (or a number left out) to what comes next.
Who presses nothing three times is led on, and a call in which nobody presses anything ends by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings

from referrals.facts import (
    PLACE_FREE,
    PLACE_LOCAL_JAIL,
    PLACE_OTHER_STATE,
    PLACE_UNKNOWN,
    DateKind,
    Taken,
    YesNo,
)

REPEAT, PERSON_KEY, POUND = "*", "0", "#"
# Of one step; then the call goes on without an answer.
MISSES = 3
# In all of a call without a single key: then nobody is there.
SILENCES = 6
# Codes tried in one call.
CODES = 3


class Kind(StrEnum):
    """What a step makes the phone do."""

    MENU = "menu"
    NUMBERS = "numbers"
    WAIT = "wait"
    DIAL = "dial"
    END = "end"


class Does(StrEnum):
    """What a key does besides leading on; `intake/voice/actions.py` carries it out."""

    NOTHING = ""
    SPEAK = "speak"
    FROM_JAIL = "from_jail"
    AGREE = "agree"
    AGREE_UNSAFE = "agree_unsafe"
    NEW_CODE = "new_code"
    THIS_PHONE = "this_phone"
    OTHER_PHONE = "other_phone"
    NO_PHONE = "no_phone"
    CHECK_CODE = "check_code"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: the next step, the answer it gives by the names of the web form's fields, and what else it does."""

    to: str
    answer: Mapping[str, Any] = field(default_factory=dict)
    does: Does = Does.NOTHING
    # Of a date: so many days from today.
    days: int | None = None
    language: str = ""

    def values(self, today: date) -> dict[str, Any]:
        """The answer; a date in it is counted from `today`."""
        given = dict(self.answer)
        if self.days is not None:
            given["hearing_day"] = today + timedelta(days=self.days)
        return given


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number to type: how many digits it may have, which field it answers ("" for none), and what it does."""

    fewest: int
    most: int
    field: str = ""
    does: Does = Does.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the table. `says` are names of prompts; "code" among them stands for the digits of the code."""

    name: str
    says: tuple[str, ...]
    then: str
    kind: Kind = Kind.MENU
    # The pages of questions that the answer belongs to.
    pages: tuple[str, ...] = ()
    keys: Mapping[str, Key] = field(default_factory=dict)
    numbers: Numbers | None = None
    # Where somebody is left who has no key to press: a pause is an answer here, not a mistake.
    may_pass: bool = False
    # Seconds to wait for the first key.
    waits: int = 8


def _menu(name: str, *says: str, then: str, keys: Mapping[str, Key], pages: str = "", may_pass: bool = False) -> Step:
    return Step(name=name, says=says, then=then, pages=tuple(pages.split()), keys=keys, may_pass=may_pass)


CODE = "code"
# Twice, right after the yes, on every way that leads to a case.
_CODE_SAID = ("code_intro", CODE, "code_again", CODE, "code_done")
_LANGUAGE_KEYS = {
    str(number): Key("code", language=code, does=Does.SPEAK)
    for number, (code, _name) in enumerate(settings.LANGUAGES, start=1)
}
_PLACES = ("whipple", "sherburne", "freeborn", "kandiyohi", "crow-wing")
_PLACES_BY_KEY = (*_PLACES, PLACE_LOCAL_JAIL, PLACE_OTHER_STATE, PLACE_FREE, PLACE_UNKNOWN)

TABLE: tuple[Step, ...] = (
    Step(
        name="language",
        says=("menu", "menu_other"),
        then="interpreter",
        keys={**_LANGUAGE_KEYS, "5": Key("interpreter")},
        waits=10,
    ),
    Step(
        name="code",
        says=("code_ask", "jail_ask"),
        then="consent",
        kind=Kind.NUMBERS,
        numbers=Numbers(13, 13, does=Does.CHECK_CODE),
        keys={"9": Key("listened", does=Does.FROM_JAIL)},
        may_pass=True,
    ),
    Step(name="checking", says=("code_wait",), then="consent", kind=Kind.WAIT),
    _menu("unsent", "unsent", then="person", keys={"2": Key("consent")}),
    Step(name="status", says=("status", "status_menu"), then="goodbye", keys={"2": Key("consent")}, may_pass=True),
    _menu("listened", "listened", then="free_line", keys={"1": Key("free_line"), "2": Key("jail_code")}),
    # After the warning: whoever listens hears the keys, too, so that the code is asked for only after it.
    Step(
        name="jail_code",
        says=("code_ask",),
        then="consent_jail",
        kind=Kind.NUMBERS,
        numbers=Numbers(13, 13, does=Does.CHECK_CODE),
        may_pass=True,
    ),
    _menu(
        "consent",
        "notice",
        "consent",
        then="person",
        keys={"1": Key("give_code", does=Does.AGREE), "2": Key("give_code", does=Does.AGREE_UNSAFE)},
    ),
    _menu(
        "consent_jail", "notice", "consent_jail", then="person", keys={"1": Key("give_code", does=Does.AGREE_UNSAFE)}
    ),
    _menu(
        "give_code",
        *_CODE_SAID,
        then="taken",
        keys={"1": Key("taken")},
        may_pass=True,
    ),
    _menu(
        "taken",
        "keys",
        "taken",
        then="place",
        pages="taken",
        keys={
            "1": Key("place", {"taken": Taken.JUST_NOW}),
            "2": Key("place", {"taken": Taken.EARLIER}),
            "3": Key("soon", {"taken": Taken.NO}),
        },
    ),
    _menu(
        "place",
        "place",
        then="soon",
        pages="place",
        keys={str(number): Key("soon", {"place": place}) for number, place in enumerate(_PLACES_BY_KEY, start=1)},
    ),
    _menu(
        "soon",
        "soon",
        then="zip",
        pages="dates",
        keys={
            "1": Key("zip", {"flight": YesNo.YES}),
            **{str(days + 2): Key("zip", {"date_kind": DateKind.COURT}, days=days) for days in range(4)},
            "6": Key("zip", {"flight": YesNo.NO}),
        },
    ),
    Step(
        name="zip",
        says=("zip",),
        then="a_number",
        kind=Kind.NUMBERS,
        pages=("home",),
        numbers=Numbers(5, 5, "zip_code"),
    ),
    Step(
        name="a_number",
        says=("a_number",),
        then="number",
        kind=Kind.NUMBERS,
        pages=("person",),
        numbers=Numbers(7, 9, "a_number"),
    ),
    _menu(
        "number",
        "number",
        then="text",
        pages="contact reach",
        keys={
            "1": Key("text", does=Does.THIS_PHONE),
            "2": Key("other_number"),
            "3": Key("end", {"may_call": "no"}, does=Does.NO_PHONE),
        },
    ),
    _menu("number_jail", "number_jail", then="end", keys={"2": Key("other_number"), "3": Key("end")}),
    Step(
        name="other_number",
        says=("other_number",),
        then="text",
        kind=Kind.NUMBERS,
        pages=("contact", "reach"),
        numbers=Numbers(10, 10, "phone", does=Does.OTHER_PHONE),
    ),
    _menu(
        "text",
        "text",
        then="hours",
        pages="reach",
        keys={"1": Key("hours", {"may_text": "yes"}), "2": Key("hours", {"may_text": "no"})},
    ),
    _menu(
        "hours",
        "hours",
        then="end",
        pages="reach",
        keys={"1": Key("end", {"hours": "any"}), "2": Key("end", {"hours": "day"})},
    ),
    _menu(
        "end",
        "end",
        "tell_person",
        "end_menu",
        then="goodbye",
        keys={"1": Key("new_code", does=Does.NEW_CODE)},
        may_pass=True,
    ),
    _menu("new_code", "code_new", "code_intro", CODE, "code_again", CODE, then="goodbye", keys={}, may_pass=True),
    Step(name="person", says=("connecting",), then="resume", kind=Kind.DIAL),
    Step(name="interpreter", says=("connecting",), then="city_line", kind=Kind.DIAL),
    # The City's own line in that language: a person who speaks it, when no interpreter answers.
    Step(name="city_line", says=(), then="leave", kind=Kind.DIAL),
    # Nobody speaks their language now: one key, and somebody calls back with an interpreter.
    _menu(
        "leave",
        "nobody_speaks",
        "notice",
        "leave",
        then="goodbye",
        pages="taken",
        keys={
            "1": Key("leave_code", {"taken": Taken.JUST_NOW}, does=Does.AGREE),
            "2": Key("leave_code", {"taken": Taken.UNKNOWN}, does=Does.AGREE),
            "3": Key("leave_code_first", does=Does.AGREE_UNSAFE),
            "4": Key("leave_ask"),
        },
    ),
    Step(
        name="leave_ask",
        says=("code_ask",),
        then="leave",
        kind=Kind.NUMBERS,
        numbers=Numbers(13, 13, does=Does.CHECK_CODE),
        may_pass=True,
    ),
    _menu("leave_code", *_CODE_SAID, then="end", keys={"1": Key("end")}, may_pass=True),
    # Before the number: a call that is cut there has left a case or a request begun, and the caller has its code.
    _menu("leave_code_first", *_CODE_SAID, then="leave_number", keys={"1": Key("leave_number")}, may_pass=True),
    Step(
        name="leave_number",
        says=("other_number",),
        then="leave_taken",
        kind=Kind.NUMBERS,
        pages=("contact", "reach"),
        numbers=Numbers(10, 10, "phone", does=Does.OTHER_PHONE),
    ),
    _menu(
        "leave_taken",
        "leave_taken",
        then="end",
        pages="taken",
        keys={"1": Key("end", {"taken": Taken.JUST_NOW}), "2": Key("end", {"taken": Taken.UNKNOWN})},
    ),
    Step(name="free_line", says=(), then="free_line_said", kind=Kind.DIAL),
    Step(name="free_line_said", says=("free_line", "goodbye"), then="", kind=Kind.END),
    Step(name="goodbye", says=("goodbye",), then="", kind=Kind.END),
    # After a person has talked with them there is nothing left to say.
    Step(name="over", says=(), then="", kind=Kind.END),
)
BY_NAME: Mapping[str, Step] = {step.name: step for step in TABLE}
FIRST, OVER = "language", "over"
# What a caller in detention is asked instead; a step that maps to "" is left out.
IN_DETENTION: Mapping[str, str] = {
    "code": "listened",
    "consent": "consent_jail",
    "a_number": "number_jail",
    "number": "number_jail",
    # A jail's phone cannot be called back; the lawyers on the free line have interpreters.
    "leave": "free_line",
}

# What a caller hears instead whose language nobody has recorded and no voice speaks.
UNSPOKEN: Mapping[str, str] = {"code": "leave_ask", "consent": "leave"}


def place_of(name: str, *, from_detention: bool) -> str:
    """The step that stands for `name` in this call."""
    return IN_DETENTION.get(name, name) if from_detention else name
