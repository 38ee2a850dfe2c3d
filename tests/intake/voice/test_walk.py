"""Every step, every key, in four languages: no dead end, no error, nothing that is not TwiML, at most one case a call.

From each place where a key can leave a caller, the silence is walked to the end, and the caller hangs up once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from intake.models import Draft, PhoneCall
from intake.voice.steps import BY_NAME, TABLE, Kind
from privacy.models import ReturnCode, SealedDocument
from referrals.models import Case, CaseEvent
from tests.intake.voice.phone import LANGUAGE_KEYS, MAIN_WAY, Phone, up_to, ways

pytestmark = pytest.mark.django_db

LANGUAGES = list(LANGUAGE_KEYS)
ALWAYS = ("", "*", "0", "#")
# What means nothing at the step, by whether it takes one key or a number.
WRONG = {Kind.MENU: ("9",), Kind.NUMBERS: ("12#", "1*2#", "99999999999999")}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, record: Callable[[str], None]) -> str:
    """A language in which a whole call can be held: two of them only once they are recorded."""
    language: str = request.param
    if language in ("so", "hmn"):
        record(language)
    return language


def keys_at(step: str) -> list[str]:
    right = dict(MAIN_WAY).get(step, "")
    row = BY_NAME[step]
    typed = [right] if row.kind == Kind.NUMBERS and right else []
    # A code's place takes any number; it is looked up, and leads nowhere.
    return list(dict.fromkeys([*ALWAYS, *row.keys, *typed, *WRONG[row.kind]]))


def rows() -> tuple[int, ...]:
    """How much there is of everything that a call may write."""
    return tuple(model.objects.count() for model in (Case, CaseEvent, SealedDocument, ReturnCode, Draft, PhoneCall))


def to_the_end(phone: Phone) -> None:
    """Says nothing any more."""
    for _silence in range(40):
        if not phone.waits:
            break
        phone.press()
    assert phone.is_over, f"{phone.step} never ends"


@contextmanager
def undone() -> Iterator[None]:
    """What is written meanwhile was not."""
    mark = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(mark)


def explore(phone: Phone, language: str, seen: set[tuple[object, ...]]) -> None:
    """Every key, from here on, of every place that nobody has been at; the silence and the hanging up, too."""
    call = PhoneCall.objects.get()
    place = (call.step, call.from_detention, call.has_agreed, call.has_phone, bool(call.case_id), bool(call.draft_id))
    if place in seen:
        return
    seen.add(place)
    with undone():
        to_the_end(phone.copy())
        assert Case.objects.count() <= 1
    with undone():
        phone.copy().hang_up()
        assert Case.objects.count() == bool(call.case_id)
    for key in [LANGUAGE_KEYS[language], "*"] if call.step == "language" else keys_at(call.step):
        with undone():
            tried = phone.copy().press(key)
            assert Case.objects.count() <= 1, place
            if tried.waits:
                explore(tried, language, seen)
            else:
                assert tried.is_over, place


def test_every_key_everywhere_leads_on(language: str) -> None:
    seen: set[tuple[object, ...]] = set()

    explore(Phone(language=language, only_codes=True).dial(), language, seen)

    assert {place[0] for place in seen} == set(ways())


def test_every_webhook_may_come_twice(language: str) -> None:
    phone = Phone(language=language).dial()
    for step, key in MAIN_WAY:
        assert phone.again() == phone.bodies[-1]
        assert phone.step == step
        phone.press(LANGUAGE_KEYS[language] if step == "language" else key)
        before = rows()
        assert phone.again() == phone.bodies[-1], f"{step} answers the same webhook differently"
        assert rows() == before, f"{step} writes twice"


def test_an_old_webhook_changes_nothing_later() -> None:
    phone = up_to("end")
    before = rows()

    for address, said in list(phone.asked):
        assert phone.post(address, **said).content.decode() == phone.bodies[-1]

    assert rows() == before


def test_every_step_can_be_reached_or_is_made_by_the_phone_itself() -> None:
    asked = {step.name for step in TABLE if step.kind in (Kind.MENU, Kind.NUMBERS)}

    # With a code that leads somewhere: tests/intake/voice/test_call.py.
    assert asked - set(ways()) == {"status", "unsent"}


def test_every_way_on_is_a_step() -> None:
    for step in TABLE:
        leads = {key.to for key in step.keys.values()} | ({step.then} if step.kind != Kind.END else set())
        assert leads - {"resume"} <= set(BY_NAME), step.name


def test_the_menu_of_languages_is_short() -> None:
    words = Phone().dial().words()

    # Twenty seconds at 155 words a minute.
    assert len(words.split()) <= 20 * 155 / 60


def test_every_call_offers_the_code_first() -> None:
    for language in ("en", "es"):
        phone = up_to("code", language)
        assert "13" in phone.heard_since(0)


@pytest.mark.parametrize("language_key", ["3", "4", "5"])
def test_who_speaks_what_nobody_recorded_is_led_to_an_interpreter(language_key: str, settings: object) -> None:
    settings.INTERPRETER_LINE = "612-555-0109"  # type: ignore[attr-defined]

    phone = Phone(answers=lambda number: "completed").dial().press(language_key)

    assert phone.dialed == ["+16125550109"]
    assert phone.is_over


@pytest.mark.parametrize(("language_key", "city"), [("3", "+16126733500"), ("4", "+16126732800")])
def test_without_an_interpreter_the_citys_own_line_is_rung(language_key: str, city: str, settings: object) -> None:
    settings.INTERPRETER_LINE = "612-555-0109"  # type: ignore[attr-defined]

    phone = Phone(answers=lambda number: "busy").dial().press(language_key)

    assert phone.dialed == ["+16125550109", city]
    assert phone.is_over
