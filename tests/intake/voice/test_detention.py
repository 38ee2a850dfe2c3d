"""Calls from detention: warned before any question, never asked for the A-number, and one key from free lawyers."""

from typing import Any

import pytest

from intake.models import PhoneCall
from intake.voice.prompts import BY_NAME
from privacy.models import DocumentKind
from referrals.models import Case
from tests.intake.two_requests import told
from tests.intake.voice.phone import MAIN_WAY, START, Phone, checked, up_to

pytestmark = pytest.mark.django_db

JAIL = "+16125550190"
WARNING = BY_NAME["listened"].words("en")


@pytest.fixture(autouse=True)
def _line(settings: Any) -> None:
    settings.DETENTION_LINES = ["612-555-0190"]


def held(**given: Any) -> Phone:
    """A call on the line that people who are held call, after the language."""
    return Phone(called=JAIL, **given).dial().press("1")


def test_the_warning_comes_before_any_question() -> None:
    phone = held()

    assert phone.step == "listened"
    assert WARNING in phone.words()
    for question in ("code_ask", "taken", "place", "notice"):
        assert BY_NAME[question].words("en") not in phone.words()


def test_a_call_from_a_jails_own_number_is_known_by_it() -> None:
    assert Phone(caller=JAIL).dial().press("1").step == "listened"


def test_whoever_says_that_they_call_from_a_jail_is_warned_too() -> None:
    assert up_to("code").press("9#").step == "listened"


def test_one_key_leads_to_the_free_lawyers() -> None:
    phone = held(answers=lambda number: "completed").press("1")

    assert phone.dialed == ["+16123419845"]
    assert phone.is_over


def test_when_their_line_is_busy_the_number_is_said() -> None:
    phone = held(answers=lambda number: "busy").press("1")

    assert BY_NAME["free_line"].words("en") in phone.words()
    assert phone.is_over


def test_no_key_leads_there_too() -> None:
    phone = held(answers=lambda number: "completed")
    while phone.waits:
        phone.press()

    assert phone.dialed == ["+16123419845"]


def test_the_whole_way_never_asks_for_the_a_number_and_keeps_no_number_of_the_jail() -> None:
    phone = held(caller=JAIL).press("2").press("#").press("1").press("1")
    seen = []
    keys = dict(MAIN_WAY)
    while phone.waits and phone.step != "end":
        seen.append(phone.step)
        phone.press({"number_jail": "2", "other_number": "6125550166"}.get(phone.step) or keys[phone.step])

    assert "a_number" not in seen
    assert BY_NAME["a_number"].words("en") not in phone.words()
    contact = told(Case.objects.get(), DocumentKind.CONTACT)[-1]
    assert contact["phone"] == "+16125550166"
    assert JAIL[2:] not in str(told(Case.objects.get(), DocumentKind.CONTACT))


def test_a_collect_call_is_accepted_by_its_keys_however_often_the_carrier_asks(settings: Any) -> None:
    settings.COLLECT_CALL_KEYS = "wwww5"
    phone = Phone(called=JAIL)

    first, second = (phone.post(START).content.decode() for _time in range(2))

    assert first == second
    assert [(verb.tag, verb.get("digits")) for verb in checked(first)] == [("Play", "wwww5"), ("Redirect", None)]
    assert PhoneCall.objects.count() == 1
    # Connected, it goes on like every call.
    phone.dial()
    assert phone.step == "language"
    assert phone.again() == phone.bodies[-1]
    assert phone.press("1").step == "listened"


def test_a_late_repeat_of_the_first_webhook_of_a_collect_call_changes_nothing(settings: Any) -> None:
    settings.COLLECT_CALL_KEYS = "wwww5"
    phone = Phone(called=JAIL).dial().press("1").press("2")

    for path in (START, f"{START}accepted/"):
        assert phone.post(path).content.decode() == phone.bodies[-1]
    assert PhoneCall.objects.get().step == "jail_code"


def test_after_three_wrong_codes_nobody_promises_to_call_the_jail_back() -> None:
    phone = held().press("2")
    for _time in range(3):
        phone.press("1234567890123")

    assert phone.step == "consent_jail"
    assert "call this phone back" not in phone.words()


def test_a_family_elsewhere_is_not_warned() -> None:
    assert WARNING not in up_to("end").words()
