"""Who may move a call, and what of it may be read where: signatures, and the digits that appear nowhere."""

import logging
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from intake.models import CodeCheck, PhoneCall
from privacy.models import ReturnCode
from referrals.models import Case
from tests.fake_twilio import AUTH_TOKEN, PUBLIC_BASE_URL
from tests.intake.two_requests import sent
from tests.intake.voice.phone import CALLER, ENDED, FORM, START, TYPED, Phone, up_to

pytestmark = pytest.mark.django_db

SAID = {"CallSid": "CA" + "7" * 32, "From": CALLER, "To": "+16125550100", "Digits": "1"}
HOOKS = [START, f"{START}language/0/", f"{START}zip/3/", f"{START}person/5/", ENDED]


def post(path: str, said: dict[str, str], signature: str | None, **more: Any) -> int:
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    response = Client().post(path, urlencode(said), content_type=FORM, headers=headers, **more)
    return response.status_code


def signed(path: str, said: dict[str, str], token: str = AUTH_TOKEN, base: str = PUBLIC_BASE_URL) -> str:
    return str(RequestValidator(token).compute_signature(base + path, said))


@pytest.mark.parametrize("path", HOOKS)
@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "bm8=",
        lambda path: signed(path, SAID)[:-4],
        lambda path: signed(path, SAID, token="another"),
        lambda path: signed(path, SAID | {"Digits": "2"}),
        lambda path: signed(path, SAID, base="https://elsewhere.example.org"),
        lambda path: signed(f"{START}hours/9/", SAID),
    ],
)
def test_what_the_carrier_did_not_sign_is_refused_and_writes_nothing(path: str, signature: Any) -> None:
    given = signature(path) if callable(signature) else signature

    assert post(path, SAID, given) == 403
    assert [model.objects.count() for model in (PhoneCall, Case, ReturnCode)] == [0, 0, 0]


@pytest.mark.parametrize("path", HOOKS)
def test_the_same_with_its_signature_is_taken(path: str) -> None:
    assert post(path, SAID, signed(path, SAID)) in (200, 204)


@pytest.mark.parametrize("path", HOOKS)
def test_nothing_but_post_is_taken(path: str) -> None:
    assert Client().get(path).status_code == 405
    assert not PhoneCall.objects.exists()


def test_an_unknown_step_is_no_page() -> None:
    path = f"{START}nonsense/1/"

    assert post(path, SAID, signed(path, SAID)) == 404
    assert not PhoneCall.objects.exists()


def test_what_is_typed_is_in_no_answer_address_log_or_message(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    asked: list[str] = []
    for module in ("intake.actions", "intake.corrections"):
        monkeypatch.setattr(f"{module}.ask_worker", lambda task, ids: asked.append(f"{task} {list(ids)}"))
    _case, code = sent()
    other = up_to("other_number")
    typed = ["55407", "000123456", "6125550166", code, "6125550147"]
    with caplog.at_level(logging.DEBUG), django_capture_on_commit_callbacks(execute=True):
        phone = up_to("zip").press("55407").press("000123456#")
        other.press("6125550166").press("1").press("1")
        by_code = up_to("code").press(code)
        wrong = up_to("code").press("1234567890123")

    answers = " ".join(body for one in (phone, other, by_code, wrong) for body in one.bodies)
    addresses = " ".join(address for one in (phone, other, by_code, wrong) for address, _said in one.asked)
    logs = " ".join(record.getMessage() for record in caplog.records if not record.name.startswith("django.db"))
    assert asked
    for number in [*typed, "1234567890123"]:
        assert number not in answers
        assert number not in addresses
        assert number not in logs
        assert number not in " ".join(asked)
    assert CALLER not in answers


def test_no_row_of_a_call_holds_what_was_typed_or_who_called() -> None:
    up_to("end")
    phone = up_to("code")
    phone.works = False
    phone.post(phone.asked[-1][0].replace("/language/0/", "/code/1/"), Digits="1234567890123")

    for row in PhoneCall.objects.all():
        kept = " ".join(str(value) for value in vars(row).values())
        for secret in ("55407", "000123456", CALLER, CALLER[2:], "1234567890123"):
            assert secret not in kept


def test_a_code_is_looked_up_outside_of_the_webhook() -> None:
    _case, code = sent()
    phone = up_to("code")
    phone.works = False

    answer = phone.post(phone._gather.get("action", ""), Digits=code)  # type: ignore[union-attr]
    body = answer.content.decode()

    assert "<Pause" in body
    assert "<Redirect" in body
    assert PhoneCall.objects.get().check_state == CodeCheck.WAITING
    assert len(TYPED) == 1


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_the_web_process_looks_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from intake.voice import actions, checking

    monkeypatch.setattr(actions, "look_up_later", checking.look_up_later)
    _case, code = sent()
    phone = up_to("code")
    phone.works = False
    phone.post(phone._gather.get("action", ""), Digits=code)  # type: ignore[union-attr]

    for _wait in range(200):
        if PhoneCall.objects.get().check_state == CodeCheck.CASE:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("nobody looked it up")


def test_a_code_that_nobody_looks_up_ends_in_words_and_not_in_silence() -> None:
    phone = up_to("code")
    phone.works = False
    phone.press("1234567890123")

    assert "We cannot look for codes right now." in phone.words()


def test_every_wrong_code_sounds_the_same() -> None:
    _case, code = sent()
    wrong_digit = str((int(code[-1]) + 1) % 10)
    heard = []
    for typed in (code[:-1] + wrong_digit, "0000000000000", "123#", code[:12] + "#"):
        phone = up_to("code")
        mark = len(phone.heard)
        phone.press(typed)
        heard.append(phone.heard[mark:])

    assert all(one == heard[0] for one in heard)
    assert heard[0][1].startswith("We do not find this code.")


def test_wrong_codes_of_one_phone_are_slowed_like_those_of_one_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    from privacy import throttle

    delays: list[float] = []
    monkeypatch.setattr(throttle, "_wait_until_told", lambda _began, _floor, delay: delays.append(delay))
    for _call in range(3):
        phone = up_to("code")
        for _time in range(3):
            phone.press("1234567890123")

    assert delays[: throttle.FREE_TRIES] == [0.0] * throttle.FREE_TRIES
    assert all(delay > 0 for delay in delays[throttle.FREE_TRIES :])
    assert len(delays) == 9


def test_three_wrong_codes_lead_on_to_a_new_request() -> None:
    phone = up_to("code")
    for _time in range(3):
        assert phone.step == "code"
        phone.press("1234567890123")

    assert phone.step == "consent"


def test_a_call_without_an_id_is_none() -> None:
    said = SAID | {"CallSid": ""}

    assert post(START, said, signed(START, said)) == 400
    assert not PhoneCall.objects.exists()


def test_two_calls_of_one_phone_are_two() -> None:
    Phone().dial()
    Phone().dial()

    assert PhoneCall.objects.count() == 2
