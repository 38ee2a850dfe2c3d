"""Twilio's real SDK against a Twilio of the tests: what leaves, what an error means, which reports are believed."""

import logging
import socket
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from notifications import delivery, opt_out
from notifications.backends import twilio_sms
from notifications.models import Contact, Message
from tests.fake_twilio import AUTH_TOKEN, FROM, PUBLIC_BASE_URL, FakeTwilio
from tests.notifications.conftest import NOON, PHONE, MakeMessage
from tests.notifications.test_delivery import Calls, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def test_a_text_leaves_with_its_callback_and_without_a_trace_in_the_log(
    make_message: MakeMessage, twilio: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    message = make_message()

    with caplog.at_level(logging.DEBUG):
        delivery.deliver(message.id, now=NOON)

    [text] = twilio.texts
    assert (text["To"], text["From"]) == (PHONE, FROM)
    assert text["Body"].startswith("Help line:")
    assert text["StatusCallback"] == f"{PUBLIC_BASE_URL}/hooks/twilio/status/{message.id}/"
    assert twilio.authorizations[0].startswith("Basic ")
    assert state_of(message) == ("accepted", "")
    assert message.carrier_id == twilio.sid()
    assert PHONE[1:] not in caplog.text
    assert "Help line" not in caplog.text


@pytest.mark.parametrize(
    ("status", "code", "state", "reason"),
    [
        (429, 20429, "queued", "carrier_busy"),
        (429, None, "queued", "carrier_busy"),
        (500, None, "unknown", "answer_lost"),
        (502, None, "unknown", "answer_lost"),
        (503, 20503, "queued", "carrier_busy"),
        (401, 20003, "queued", "credentials"),
        (401, None, "queued", "credentials"),
        (400, 21211, "failed", "bad_number"),
        (400, 21614, "failed", "bad_number"),
        (400, 21635, "failed", "bad_number"),
        (400, 21610, "failed", "opted_out"),
        (400, 21408, "failed", "unroutable"),
        (400, 21612, "failed", "unroutable"),
        (400, 30003, "queued", "out_of_reach"),
        (400, 30004, "undelivered", "blocked"),
        (400, 30005, "failed", "bad_number"),
        (400, 30006, "failed", "bad_number"),
        (400, 30007, "undelivered", "filtered"),
        (400, 30008, "queued", "unexplained"),
        (400, 30034, "queued", "unregistered"),
        (400, 21606, "failed", "refused"),
        (400, None, "failed", "refused"),
        (404, None, "failed", "refused"),
        (302, None, "unknown", "answer_lost"),
    ],
)
def test_each_error_has_its_consequence(
    make_message: MakeMessage,
    twilio: FakeTwilio,
    calls_asked_for: Calls,
    caplog: pytest.LogCaptureFixture,
    status: int,
    code: int | None,
    state: str,
    reason: str,
) -> None:
    message = make_message()
    twilio.answer = (status, code)

    with caplog.at_level(logging.DEBUG):
        delivery.deliver(message.id, now=NOON)

    assert state_of(message) == (state, reason)
    tries = {"carrier_busy": (1, 0), "out_of_reach": (0, 1), "unexplained": (0, 1)}
    assert (message.attempts, message.times_returned) == tries.get(reason, (0, 0))
    assert len(calls_asked_for) == (0 if state in ("queued", "unknown") else 1)
    assert len(twilio.texts) == 1, "the SDK must not retry by itself"
    assert PHONE[1:] not in caplog.text, "Twilio's error messages repeat the number"
    opt_out.count_waiting(NOON)
    assert (Contact.objects.get().opted_out_at is not None) is (code == 21610)


@pytest.mark.parametrize("fault", ["silent", "hangs_up"])
def test_a_lost_answer_is_unknown_until_the_report_settles_it(
    make_message: MakeMessage,
    twilio: FakeTwilio,
    calls_asked_for: Calls,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    monkeypatch.setattr(twilio_sms, "TIMEOUT_SECONDS", 1.0)
    twilio.silent, twilio.hang_up = fault == "silent", fault == "hangs_up"
    message = make_message()

    delivery.deliver(message.id, now=NOON)
    delivery.deliver(message.id, now=NOON + timedelta(hours=1))

    assert state_of(message) == ("unknown", "answer_lost")
    assert len(twilio.texts) == 1
    assert calls_asked_for == []

    assert twilio.report("delivered").status_code == 204
    assert state_of(message) == ("delivered", "")
    assert message.carrier_id == twilio.sid()


def test_a_carrier_that_cannot_be_reached_is_asked_again(
    make_message: MakeMessage, twilio: FakeTwilio, settings: Any
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{closed.getsockname()[1]}"
    message = make_message()

    delivery.deliver(message.id, now=NOON)
    assert state_of(message) == ("queued", "carrier_busy")

    settings.TWILIO_API_BASE_URL = twilio.url
    delivery.deliver(message.id, now=message.send_after)
    assert state_of(message) == ("accepted", "")


def test_without_an_account_nothing_leaves(make_message: MakeMessage, twilio: FakeTwilio, settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = ""
    message = make_message()

    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("queued", "credentials")
    assert twilio.texts == []


def test_reports_move_a_text_forward_only(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)

    seen = []
    for status in ["sending", "sent", "queued", "sent", "delivered", "sent", "undelivered", "failed"]:
        assert twilio.report(status).status_code == 204
        seen.append(state_of(message)[0])

    assert seen == ["accepted", "sent", "sent", "sent", "delivered", "delivered", "delivered", "delivered"]


def test_a_report_that_comes_before_the_answer_is_kept(
    make_message: MakeMessage, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = make_message()
    send = twilio_sms.TwilioBackend.send

    def report_first(self: Any, *args: Any, **kwargs: Any) -> Any:
        outcome = send(self, *args, **kwargs)
        twilio.report("delivered")
        return outcome

    monkeypatch.setattr(twilio_sms.TwilioBackend, "send", report_first)
    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("delivered", "")


def test_a_report_on_a_text_that_waits_for_its_next_try_stops_that_try(
    make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    message = make_message()
    twilio.answer = (429, 20429)
    delivery.deliver(message.id, now=NOON)
    assert state_of(message)[0] == "queued"

    twilio.report("sent")
    delivery.deliver(message.id, now=NOON + timedelta(hours=1))

    assert state_of(message)[0] == "sent"
    assert len(twilio.texts) == 1


@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_a_text_that_did_not_arrive_makes_somebody_call_once(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls, status: str
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)

    twilio.report(status, ErrorCode="30004")
    twilio.report(status, ErrorCode="30004")

    assert state_of(message)[0] == status
    assert message.error_code == "30004"
    assert [call[:2] for call in calls_asked_for] == [(message.case_id, message.id)]


def test_a_word_of_twilio_that_we_do_not_know_changes_nothing(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)

    assert twilio.report("levitating").status_code == 204

    assert state_of(message)[0] == "accepted"


def forged(message: Message) -> dict[str, Any]:
    """Requests that Twilio did not make, by what is wrong with them."""
    path = f"/hooks/twilio/status/{message.id}/"
    parameters = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    address = PUBLIC_BASE_URL + path
    good = RequestValidator(AUTH_TOKEN).compute_signature(address, parameters)
    other_host = RequestValidator(AUTH_TOKEN).compute_signature(f"http://testserver{path}", parameters)
    other_path = RequestValidator(AUTH_TOKEN).compute_signature(
        f"{PUBLIC_BASE_URL}/hooks/twilio/status/{uuid4()}/", parameters
    )
    another = RequestValidator("another token").compute_signature(address, parameters)
    return {
        "no signature": (path, parameters, {}),
        "empty": (path, parameters, {"X-Twilio-Signature": ""}),
        "cut short": (path, parameters, {"X-Twilio-Signature": good[:-1]}),
        "another token": (path, parameters, {"X-Twilio-Signature": another}),
        "another message": (path, parameters, {"X-Twilio-Signature": other_path}),
        "not ASCII": (path, parameters, {"X-Twilio-Signature": "ñ" * len(good)}),
        "changed": (path, parameters | {"MessageStatus": "failed"}, {"X-Twilio-Signature": good}),
        "added": (path, parameters | {"ErrorCode": "30003"}, {"X-Twilio-Signature": good}),
        "query": (f"{path}?MessageStatus=delivered", parameters, {"X-Twilio-Signature": good}),
        "our host": (path, parameters, {"X-Twilio-Signature": other_host}),
        "said host": (
            path,
            parameters,
            {"X-Twilio-Signature": other_host, "X-Forwarded-Host": "testserver", "X-Forwarded-Proto": "http"},
        ),
    }


@pytest.mark.parametrize(
    "fault",
    [
        "no signature",
        "empty",
        "cut short",
        "another token",
        "another message",
        "not ASCII",
        "changed",
        "added",
        "query",
        "our host",
        "said host",
    ],
)
def test_a_forged_report_is_refused_and_nothing_is_written(
    make_message: MakeMessage, twilio: FakeTwilio, django_assert_num_queries: Any, fault: str
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    path, parameters, headers = forged(message)[fault]

    with django_assert_num_queries(0):
        response = Client(enforce_csrf_checks=True).post(
            path, urlencode(parameters), content_type="application/x-www-form-urlencoded", headers=headers
        )

    assert response.status_code == 403
    assert state_of(message)[0] == "accepted"


@pytest.mark.parametrize("missing", ["TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL"])
def test_without_a_secret_every_report_is_refused(
    make_message: MakeMessage, twilio: FakeTwilio, settings: Any, missing: str
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    setattr(settings, missing, "")

    assert twilio.report("delivered", token="" if missing == "TWILIO_AUTH_TOKEN" else AUTH_TOKEN).status_code == 403
    assert state_of(message)[0] == "accepted"


def test_a_report_on_a_message_we_do_not_have_is_refused(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    Message.objects.all().delete()

    assert twilio.report("delivered").status_code == 403


def test_a_report_is_posted(twilio: FakeTwilio) -> None:
    assert Client().get(f"/hooks/twilio/status/{uuid4()}/").status_code == 405
