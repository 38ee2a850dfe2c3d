"""How long a request by phone takes: every word that is read aloud, every answer and every press, at stated rates.

A budget, not a stop-watch: docs/phone-form.md says what it leaves out.
"""

import re
from dataclasses import dataclass
from html import unescape

import pytest
from django.forms import Field
from django.utils import timezone, translation

from intake import phone
from intake.answers import Answers
from intake.asking import in_words
from intake.forms.fields import SomeOf
from intake.phone import can_wait
from tests.intake.calling import START, Call
from tests.intake.family import STORY, text

pytestmark = pytest.mark.django_db

# An unhurried reading voice: audio books in English are usually read at 150 to 160 words a minute.
WORDS_A_MINUTE = 155
# The coordinator goes on speaking while the next page comes.
SECONDS_A_PRESS = 1
# From the end of the question to the end of the answer, typed or ticked.
SECONDS_TO_CHOOSE, SECONDS_FOR_SEVERAL, SECONDS_TO_TYPE = 3, 5, 5
# What is spelled letter by letter or digit by digit.
SLOW = {"phone": 10, "a_number": 15, "names": 15}
SECONDS_A_DIGIT = 1
# Asked only when an answer before it says so, which the story's do not, or chosen with the language of the call.
ONLY_IF_TOLD = {"other_language", "has_parent", "date_kind", "spoken"}
# Somebody who knows nearly nothing: what is left when each of these questions ends with "they don't know".
A_FRIEND_KNOWS = {"caller_name", "relation", "phone", "shared", "may_text", "may_call", "hours", "taken"}


@dataclass
class Length:
    """Seconds of a call by what they go into."""

    speech: float = 0
    answers: float = 0
    presses: float = 0

    @property
    def minutes(self) -> float:
        return (self.speech + self.answers + self.presses) / 60


def seconds_to_say(said: str) -> float:
    words = re.findall(r"[\w'’-]+", unescape(re.sub(r"<[^>]+>", " ", said)))
    return len(words) * 60 / WORDS_A_MINUTE


def seconds_to_answer(name: str, field: Field) -> int:
    if name in SLOW:
        return SLOW[name]
    if isinstance(field, SomeOf):
        return SECONDS_FOR_SEVERAL
    return SECONDS_TO_CHOOSE if hasattr(field, "choices") else SECONDS_TO_TYPE


def said_on(shown: str, language: str) -> str:
    """What a page sets apart to be read out in the language of the call, without what is folded away."""
    # Headings are for the eye, and the digits of the code have a pace of their own.
    opened = re.sub(r"<(details|h2|ol).*?</\1>", " ", shown, flags=re.DOTALL)
    tag = r"<(p|div|section) class=\"say\" lang=\"" + language + r"\"[^>]*>(.*?)</\1>"
    return " ".join(match[1] for match in re.findall(tag, opened, flags=re.DOTALL))


def length_of_call(language: str, *, knows: set[str] | None = None) -> Length:
    """A call of the story from the notice to the code, walked on the pages themselves."""
    length = Length()
    typed: dict[str, dict[str, list[str]]] = {}
    call = Call(language)
    length.speech += seconds_to_say(said_on(text(call.get(f"{START}?language={language}")), language))
    call.begin()
    length.answers += SECONDS_TO_CHOOSE
    for section in phone.SECTIONS:
        left_open = can_wait(Answers(typed, now=timezone.now()))
        for page in section.pages:
            if page.name == "wish":
                continue
            with translation.override(language):
                form = page.form(now=timezone.now(), typed={})
                for name, field in form.fields.items():
                    if name in ONLY_IF_TOLD or name in left_open:
                        continue
                    length.speech += sum(seconds_to_say(line) for line in in_words(name, field).aloud())
                    knows_it = knows is None or name in knows
                    length.answers += seconds_to_answer(name, field) if knows_it else SECONDS_TO_CHOOSE
        call.send(section)
        for page in section.pages:
            answers = STORY[page.name].items()
            typed[page.name] = {name: value if isinstance(value, list) else [value] for name, value in answers}
    length.speech += seconds_to_say(said_on(text(call.get(f"{call.path}check/")), language))
    # The number, the name and whether a text is safe are said back.
    length.answers += SLOW["phone"] + 2 * SECONDS_TO_CHOOSE
    call.submit()
    length.speech += seconds_to_say(said_on(text(call.get(f"{call.path}sent/")), language))
    # Twice, and once said back.
    length.answers += 3 * 13 * SECONDS_A_DIGIT
    length.presses = (call.presses + 1) * SECONDS_A_PRESS
    return length


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_whole_request_with_the_code_read_twice_fits_into_eight_minutes(language: str) -> None:
    length = length_of_call(language)

    print(f"{language}: {length.minutes:.1f} min, {length}")
    assert length.minutes <= phone.MINUTES
    # What is counted is the call: neither the notice nor the questions nor the code is missing from it.
    assert length.speech > 120
    assert length.answers > 120


def test_who_knows_nearly_nothing_is_through_earlier() -> None:
    assert length_of_call("en", knows=A_FRIEND_KNOWS).minutes < length_of_call("en").minutes


def test_reading_everything_that_stands_there_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with every hint and every list read out, the same call does not fit."""
    monkeypatch.setattr("intake.asking.Say.aloud", lambda self: [self.question, self.hint, *self.choices])

    assert length_of_call("en").minutes > phone.MINUTES
