"""`manage.py send_test_text NUMBER` says in one line, and by its exit code, whether the installation can text."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from notifications.backends import twilio_sms
from notifications.models import Contact, Message
from tests import fake_twilio
from tests.fake_twilio import FakeTwilio, Record

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
NUMBER = "612-555-0142"


def sent(number: str = NUMBER) -> str:
    out = StringIO()
    call_command("send_test_text", number, "--wait", "0", stdout=out)
    return out.getvalue().strip()


def test_it_prints_the_carriers_id_and_status_and_leaves_no_row(twilio: FakeTwilio) -> None:
    assert sent() == f"{twilio.sid()} queued"

    [text] = twilio.texts
    assert text["To"] == "+16125550142"
    assert text["Body"] == "Help line: This is a test. You do not have to do anything."
    assert not Message.objects.exists()
    assert not Contact.objects.exists()


def test_it_waits_for_the_last_word(twilio: FakeTwilio) -> None:
    def deliver(record: Record) -> None:
        record.status = "delivered"

    twilio.before_answering = deliver

    assert sent() == f"{twilio.sid()} delivered"


def test_a_text_that_was_taken_and_did_not_arrive_is_an_error(twilio: FakeTwilio) -> None:
    def fail(record: Record) -> None:
        record.status, record.error_code = "undelivered", 30003

    twilio.before_answering = fail

    with pytest.raises(CommandError, match=r"undelivered: .* code 30003"):
        sent()


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (401, 20003, "The carrier refuses our account"),
        (400, 21211, "takes no texts"),
        (400, 21610, "has answered STOP"),
        (400, 21606, "check TWILIO_FROM"),
        (400, 30034, "not registered"),
        (429, 20429, "surely did not send it"),
        (500, None, "may have been sent"),
    ],
)
def test_an_error_is_a_sentence_without_the_number(
    twilio: FakeTwilio, status: int, code: int | None, sentence: str
) -> None:
    twilio.answer = (status, code)

    with pytest.raises(CommandError, match=sentence) as error:
        sent()

    assert "555" not in str(error.value)


def test_a_carrier_that_is_silent_is_said(twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_sms, "TIMEOUT_SECONDS", 0.5)
    twilio.silent = True

    with pytest.raises(CommandError, match="did not answer in time"):
        sent()


@pytest.mark.parametrize("number", ["12", "call me", "", "+1", "555-0142", "+15550142", "6125550142 6125550143", "911"])
def test_what_is_no_number_is_refused_before_anything_is_sent(twilio: FakeTwilio, number: str) -> None:
    with pytest.raises(CommandError, match="no phone number"):
        sent(number)

    assert twilio.texts == []


@pytest.mark.parametrize(
    "number", ["(612) 555-0142", "1 612 555 0142", "+1 612.555.0142", " 6125550142 ", "tel:+16125550142"]
)
def test_a_number_may_be_written_as_people_write_it(twilio: FakeTwilio, number: str) -> None:
    sent(number)

    assert [text["To"] for text in twilio.texts] == ["+16125550142"]


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_what_is_not_set_is_named(twilio: FakeTwilio, settings: Any, missing: str) -> None:
    setattr(settings, missing, "")

    with pytest.raises(CommandError, match=missing):
        sent()

    assert twilio.texts == []


def test_the_demos_handset_is_no_carrier(settings: Any) -> None:
    settings.TEXT_BACKEND = "handset"

    with pytest.raises(CommandError, match="TEXT_BACKEND is 'handset'"):
        sent()


@pytest.mark.parametrize(("answer", "code"), [((201, None), 0), ((401, 20003), 1)])
def test_the_exit_code_says_it_too(twilio: FakeTwilio, answer: tuple[int, int | None], code: int) -> None:
    twilio.answer = answer
    environment = dict(os.environ) | {
        "TEXT_BACKEND": "twilio",
        "TWILIO_ACCOUNT_SID": fake_twilio.ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": fake_twilio.AUTH_TOKEN,
        "TWILIO_FROM": fake_twilio.FROM,
        "TWILIO_API_BASE_URL": twilio.url,
    }
    command = [sys.executable, "manage.py", "send_test_text", NUMBER, "--wait", "0"]
    ended = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True)

    assert ended.returncode == code, ended.stderr
    assert ended.stdout.strip() == (f"{twilio.sid()} queued" if code == 0 else "")
    assert ("refuses our account" in ended.stderr) is (code == 1)
