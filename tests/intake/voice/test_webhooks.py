"""Who may move a call, and what of it may be read where: signatures, and the digits that appear nowhere."""

import logging
import threading
import time
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from twilio.request_validator import RequestValidator

from intake.models import CodeCheck, Draft, NoticeShown, PastCall, PhoneCall
from intake.voice import actions, answers, calls, checking
from privacy import return_codes, throttle
from privacy.models import ReturnCode, SealedDocument
from referrals.models import Case, CaseEvent
from tests.fake_twilio import AUTH_TOKEN, PUBLIC_BASE_URL
from tests.intake.two_requests import sent
from tests.intake.voice.phone import CALLER, ENDED, FORM, MAIN_WAY, START, TYPED, Phone, up_to

pytestmark = pytest.mark.django_db

SAID = {"CallSid": "CA" + "7" * 32, "From": CALLER, "To": "+16125550100", "Digits": "1"}
MARK = "0123456789abcdef"
HOOKS = [START, f"{START}accepted/", *(f"{START}{one}/{MARK}/" for one in ("language/0", "zip/3", "person/5")), ENDED]


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
        lambda path: signed(f"{START}hours/9/{MARK}/", SAID),
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
    path = f"{START}nonsense/1/{MARK}/"

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


def test_a_webhook_that_fails_says_nothing_of_what_was_typed(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = up_to("zip")
    phone.client = Client(raise_request_exception=False)
    monkeypatch.setattr(answers, "record", lambda *_given, **_more: 1 / 0)

    with caplog.at_level(logging.DEBUG):
        answer = phone.post(phone._gather.get("action", ""), Digits="55407")  # type: ignore[union-attr]

    assert answer.status_code == 500
    assert "ZeroDivisionError" in caplog.text
    for secret in ("55407", CALLER[2:], phone.sid):
        assert secret not in caplog.text + answer.content.decode()


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


def test_when_too_many_wait_the_call_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_pending", checking.MOST)

    phone = up_to("code").press("1234567890123")

    assert "We cannot look for codes right now." in phone.words()
    assert phone.is_over
    assert TYPED == []


def looked_up_beside(count: int, typed: list[checking.Typed], seconds: float) -> float:
    """Has `typed` looked up by the product's own threads; how long until the last of them was told."""
    began = time.monotonic()
    for one in typed:
        checking.later(partial(checking._in_thread, one))
    while PhoneCall.objects.exclude(check_state=CodeCheck.WAITING).count() < count:
        assert time.monotonic() < began + seconds, "the look-ups starve"
        time.sleep(0.02)
    return time.monotonic() - began


def waiting_calls(count: int, code: str) -> list[checking.Typed]:
    now = timezone.now()
    rows = [
        PhoneCall(sid_hash=bytes([one // 256, one % 256]), step="checking", check_state=CodeCheck.WAITING)
        for one in range(count)
    ]
    for row in rows:
        row.began_at = row.heard_at = now
    PhoneCall.objects.bulk_create(rows)
    return [checking.Typed(row.pk, 0, code, f"+1612555{number:04}") for number, row in enumerate(rows)]


@pytest.mark.django_db(transaction=True)
def test_two_hundred_codes_at_once_are_all_looked_up_while_two_are_hashed(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.RETURN_CODE_FLOOR_SECONDS = 0.4
    _case, code = sent()
    derive, at_once, most = return_codes.derive, [0], [0]
    guard = threading.Lock()

    def slow(code: str) -> return_codes.CodeKeys:
        with guard:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        with guard:
            at_once[0] -= 1
        return derive(code)

    monkeypatch.setattr(return_codes, "derive", slow)

    # Two threads that also waited for the floor would need forty seconds.
    looked_up_beside(200, waiting_calls(200, code), seconds=20)

    assert most[0] <= 2
    assert PhoneCall.objects.filter(check_state=CodeCheck.CASE).count() == 200
    while checking._pending:
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_who_guesses_keeps_nobody_from_being_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _case, code = sent()
    typed = waiting_calls(60, code)
    guesses = [checking.Typed(one.call_id, 0, "1234567890123", "+16125550999") for one in typed[:40]]
    # Nobody's delay is everybody's: see tests/privacy/test_throttle.py.
    monkeypatch.setattr(throttle, "ALARM_FROM", 10_000)

    began = time.monotonic()
    for one in [*guesses, *typed[40:]]:
        checking.later(partial(checking._in_thread, one))
    while PhoneCall.objects.filter(check_state=CodeCheck.CASE).count() < 20:
        assert time.monotonic() < began + 8, "the honest ones wait for the guesser"
        time.sleep(0.02)
    monkeypatch.setattr(checking, "_TRIES", 0)
    while checking._pending:
        time.sleep(0.05)


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


# Statements in both databases, by what a key does; each is half a millisecond of the web process's own time.
MOST_STATEMENTS = {"code": 5, "give_code": 5, "consent": 13, "taken": 66, "place": 19, "zip": 19, "hours": 20}


@pytest.mark.parametrize("step", MOST_STATEMENTS)
def test_a_webhook_asks_the_databases_little(step: str) -> None:
    phone = up_to(step)
    phone.works = False
    keys = dict(MAIN_WAY)[step]

    with CaptureQueriesContext(connections["default"]) as main, CaptureQueriesContext(connections["keys"]) as wraps:
        phone.press(keys)

    asked = [one["sql"] for one in [*main.captured_queries, *wraps.captured_queries]]
    assert len(asked) <= MOST_STATEMENTS[step], "\n".join(one[:120] for one in asked)


def test_a_call_without_an_id_is_none() -> None:
    said = SAID | {"CallSid": ""}

    assert post(START, said, signed(START, said)) == 400
    assert not PhoneCall.objects.exists()


def test_two_calls_of_one_phone_are_two() -> None:
    Phone().dial()
    Phone().dial()

    assert PhoneCall.objects.count() == 2


def everything() -> list[int]:
    return [
        model.objects.count() for model in (PhoneCall, Case, ReturnCode, CaseEvent, SealedDocument, Draft, NoticeShown)
    ]


def all_again(phone: Phone) -> list[str]:
    """Every request of a call once more, as somebody would who had caught them."""
    return [phone.post(address, **said).content.decode() for address, said in list(phone.asked)]


@pytest.mark.parametrize("after", [timedelta(days=1, minutes=1), timedelta(days=29)])
def test_a_call_said_again_when_its_row_is_gone_writes_nothing(after: timedelta) -> None:
    phone = up_to("end")
    phone.hang_up()
    with time_machine.travel(timezone.now() + after, tick=False):
        assert calls.purge(timezone.now()) == 1
        before = everything()

        answers = all_again(phone)

        assert everything() == before
    assert before[:2] == [0, 1]
    hung_up = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup /></Response>'
    assert [one for one in answers if one] == [hung_up] * (len(answers) - 1)


def test_a_call_said_again_long_after_begins_no_case() -> None:
    phone = up_to("end")
    phone.hang_up()
    calls.purge(timezone.now() + timedelta(days=1, minutes=1))
    later = timezone.now() + timedelta(days=40)
    with time_machine.travel(later, tick=False):
        calls.purge(timezone.now())
        assert not PastCall.objects.exists()

        all_again(phone)

        assert everything()[1:] == [1, *everything()[2:]]
        row = PhoneCall.objects.get()
        assert (row.step, row.turn, row.draft_id, row.case_id) == ("language", 0, None, None)


def test_what_is_kept_of_a_call_is_a_hash_and_a_day() -> None:
    phone = up_to("end")
    sid_hash = calls.sid_hash(phone.sid)
    calls.purge(timezone.now() + timedelta(days=1, minutes=1))

    past = PastCall.objects.get()
    assert bytes(past.sid_hash) == sid_hash
    assert {one.name for one in PastCall._meta.get_fields()} == {"id", "sid_hash", "on"}
    assert phone.sid not in str(vars(past))


def test_an_address_of_another_row_moves_nothing() -> None:
    one, other = up_to("taken"), up_to("taken")
    address = one._gather.get("action", "")  # type: ignore[union-attr]

    answer = other.post(address, Digits="1").content.decode()

    assert answer == other.bodies[-1]
    assert not Case.objects.exists()


def test_an_address_has_no_digits_but_the_turns() -> None:
    for _call in range(3):
        address = up_to("taken")._gather.get("action", "")  # type: ignore[union-attr]
        *_root, step, turn, mark, _end = address.split("/")

        assert (step, int(turn) < 10, len(mark)) == ("taken", True, 16)
        assert mark.isalpha()
