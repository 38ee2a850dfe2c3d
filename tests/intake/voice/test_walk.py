"""Every step, every key, in four languages: no dead end, no error, nothing that is not TwiML, at most one case a call.

From each place where a key can leave a caller, the silence is walked to the end, and the caller hangs up once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from accounts.roles import Role
from intake.models import Draft, NoticeShown, PhoneCall
from intake.voice import recordings
from intake.voice.prompts import BY_NAME as PROMPTS
from intake.voice.prompts import status
from intake.voice.steps import BY_NAME, TABLE, Kind
from notifications.models import Contact
from privacy.models import DocumentKind, ReturnCode, SealedDocument
from referrals.models import Case, CaseEvent, DutyPage, State, TaskKind, Urgency
from tests import factories
from tests.intake.two_requests import sent, told
from tests.intake.voice.conftest import MP3
from tests.intake.voice.phone import CALLER, LANGUAGE_KEYS, MAIN_WAY, Phone, digits_said, up_to, ways

pytestmark = pytest.mark.django_db

LANGUAGES = ["en", "es", "so", "hmn"]
# Where nobody has recorded the language, and no interpreter answers.
LEAVING = {"leave", "leave_ask", "leave_code", "leave_code_first", "leave_number", "leave_taken"}
# Tuesday, 17 November 2026, 10:00 in Minneapolis, and 23:00 that day.
DAY = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
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

    assert {place[0] for place in seen} == set(ways()) - LEAVING


@pytest.mark.parametrize("unspoken", ["so", "hmn", "other"])
@pytest.mark.parametrize("caller", [CALLER, "anonymous"])
@pytest.mark.parametrize("at", [DAY, NIGHT])
def test_every_key_leads_on_for_who_speaks_what_nobody_recorded(unspoken: str, caller: str, at: datetime) -> None:
    seen: set[tuple[object, ...]] = set()

    with time_machine.travel(at, tick=False):
        explore(Phone(language=unspoken, caller=caller, only_codes=True).dial(), unspoken, seen)

    # Who hides their number is asked for one, so that the code comes before that.
    left_out = {"leave_code"} if caller == "anonymous" else set()
    assert {place[0] for place in seen} == {"language", *LEAVING, "end", "new_code"} - left_out


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
def test_without_an_interpreter_the_citys_own_line_is_rung_while_it_is_open(
    language_key: str, city: str, settings: Any
) -> None:
    settings.INTERPRETER_LINE = "612-555-0109"
    for at, dialed in ((DAY, ["+16125550109", city]), (NIGHT, ["+16125550109"])):
        with time_machine.travel(at):
            phone = Phone(answers=lambda number: "busy").dial().press(language_key)

        assert phone.dialed == dialed
        assert phone.step == "leave"


def the_contact(case: Case) -> dict[str, Any]:
    return told(case, DocumentKind.CONTACT)[-1]


@pytest.mark.parametrize(("key", "language", "spoken"), [("3", "so", "so"), ("4", "hmn", "hmn"), ("5", "en", "other")])
@pytest.mark.parametrize("interpreter", ["", "612-555-0109"])
def test_at_night_a_call_in_a_language_nobody_speaks_leaves_a_case_that_wakes_somebody(
    key: str, language: str, spoken: str, interpreter: str, settings: Any
) -> None:
    settings.INTERPRETER_LINE = interpreter
    with time_machine.travel(NIGHT):
        phone = Phone().dial().press(key).press("1")
        phone.hang_up()

    case = Case.objects.get()
    assert (case.language, case.urgency, case.state) == (language, Urgency.T0, State.NEEDS_INFO)
    assert the_contact(case)["spoken"] == spoken
    assert the_contact(case)["phone"] == CALLER
    assert Contact.objects.get(case_id=case.pk).may_call
    assert DutyPage.objects.filter(case=case).exists()
    (task,) = case.tasks.filter(kind=TaskKind.CALL_BACK, done_at=None)
    assert task.due_at <= case.opened_at + timedelta(minutes=30)
    assert NoticeShown.objects.get().language == "en"


@pytest.mark.parametrize("key", ["3", "4", "5"])
def test_one_that_is_not_urgent_is_called_back_by_its_own_clock(key: str) -> None:
    phone = Phone().dial().press(key).press("2").press("1")

    assert phone.step == "end"
    assert Case.objects.get().urgency != Urgency.T0


def test_another_phone_is_the_one_that_is_called() -> None:
    up_to("leave_taken", "other").press("1").hang_up()

    case = Case.objects.get()
    assert (the_contact(case)["phone"], case.urgency) == ("+16125550166", Urgency.T0)


def test_who_hides_their_number_is_asked_for_one() -> None:
    phone = up_to("leave", "other", caller="anonymous").press("1").press("1")

    assert phone.step == "leave_number"
    phone.press("6125550166").hang_up()
    assert the_contact(Case.objects.get())["phone"] == "+16125550166"


def test_without_a_recording_it_is_said_in_english_and_in_another_language_in_spanish_too() -> None:
    words = {name: {code: PROMPTS[name].words(code) for code in ("en", "es")} for name in ("nobody_speaks", "notice")}
    somali, other = Phone().dial().press("3"), Phone().dial().press("5")

    for name in words:
        assert words[name]["en"] in somali.words()
        assert words[name]["es"] not in somali.words()
        assert words[name]["en"] in other.words()
        assert words[name]["es"] in other.words()


def test_the_approved_recording_of_the_language_is_played_instead() -> None:
    by = factories.member(Role.OPERATOR)
    for name in recordings.AGREED_TO:
        assert PROMPTS["nobody_speaks"].words("en") in Phone().dial().press("3").words(), "half of it is none of it"
        recordings.approve(recording=recordings.upload(name=name, language="so", audio=MP3, by=by), by=by)

    phone = Phone().dial().press("3")

    assert [one.startswith("https://") for one in phone.heard[-3:]] == [True] * 3
    phone.press("1")
    assert NoticeShown.objects.get(case_id=Case.objects.get().pk).language == "so"


@pytest.mark.parametrize("key", ["3", "4", "5"])
@pytest.mark.parametrize("pressed", ["1", "2", "3"])
def test_who_leaves_a_case_is_told_its_code_twice_right_after_the_yes(key: str, pressed: str) -> None:
    phone = Phone().dial().press(key)
    mark = len(phone.heard)
    phone.press(pressed)
    code = phone.code()

    groups = [digits_said(group) for group in phone.heard[mark:]]
    # English, and for who speaks another language Spanish too.
    assert groups.count(code[:4]) == (4 if key == "5" else 2)
    phone.press("1")
    if pressed == "3":
        assert phone.step == "leave_number"
        phone.press("6125550166")
    phone.hang_up()
    assert Case.objects.count() == 1
    assert up_to("code").press(code).step == "status"


@pytest.mark.parametrize("key", ["3", "4", "5"])
def test_a_code_is_asked_for_where_nobody_speaks_the_language_too(key: str) -> None:
    case, code = sent()
    phone = Phone().dial().press(key)
    assert "If you have a code from us, press 4." in phone.words()
    phone.press("4").press("1234567890123")
    assert phone.step == "leave_ask"
    phone.press(code)

    assert phone.step == "status"
    assert PROMPTS[status(case.state)].words("en") in phone.words()
    # A new request begins where every one in this language does.
    assert phone.press("2").step == "leave"
    phone.press("1")
    assert phone.step == "leave_code"


def test_a_code_of_a_cut_call_goes_on_there_and_is_not_read_out_again() -> None:
    phone = Phone().dial().press("3").press("3")
    code = phone.code()
    phone.hang_up()

    again = Phone().dial().press("3").press("4").press(code)
    assert again.step == "leave"
    assert again.press("1").step == "end"
    assert up_to("code").press(code).step == "status"


def test_after_three_wrong_codes_it_goes_on_where_nobody_speaks_the_language() -> None:
    phone = Phone().dial().press("5").press("4")
    for _time in range(3):
        assert phone.step == "leave_ask"
        phone.press("1234567890123")

    assert phone.step == "leave"


def test_from_a_jail_it_leads_to_the_free_lawyers_and_asks_nothing(settings: Any) -> None:
    settings.DETENTION_LINES = ["612-555-0190"]

    phone = Phone(called="+16125550190", answers=lambda number: "completed").dial().press("3")

    assert phone.dialed == ["+16123419845"]
    assert phone.is_over
    assert not Case.objects.exists()
