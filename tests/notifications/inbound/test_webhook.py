"""The webhook: signed requests only, committed sealed, once; neither log nor broker hears of it."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from twilio.request_validator import RequestValidator

from notifications import Arrived, broker, inbound, opt_out
from notifications.models import Contact, InboundText, Message, NumberFault, ReceivedText, TakenText
from tests.fake_twilio import AUTH_TOKEN, FROM, PUBLIC_BASE_URL, FakeTwilio
from tests.notifications.conftest import NOON, PHONE, MakeContact
from tests.notifications.inbound.family import CANARY, STRANGER, answers, text_us

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

ADDRESS = "/hooks/twilio/sms/"


def post(parameters: dict[str, str], *, token: str = AUTH_TOKEN, **headers: str) -> Any:
    """A signed request, as the carrier makes it."""
    signature = RequestValidator(token).compute_signature(PUBLIC_BASE_URL + ADDRESS, parameters)
    return Client(enforce_csrf_checks=True).post(
        ADDRESS,
        urlencode(parameters),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature} | headers,
    )


def parameters_of(body: str, **changes: str) -> dict[str, str]:
    return {"MessageSid": "SM" + "7" * 32, "From": PHONE, "To": FROM, "Body": body, "NumMedia": "0"} | changes


def test_a_signed_text_is_committed_sealed_and_answered_with_silence(twilio: FakeTwilio, findable: MakeContact) -> None:
    findable()

    response = post(parameters_of(CANARY))

    assert response.status_code == 200
    assert response["Content-Type"] == "text/xml"
    assert response.content.decode().endswith("<Response></Response>")
    text = InboundText.objects.get()
    assert text.wish == "other"
    for row in (text, Contact.objects.get()):
        kept = repr([bytes(value) if isinstance(value, memoryview) else value for value in vars(row).values()])
        assert CANARY not in kept
        assert PHONE[2:] not in kept


@pytest.mark.parametrize(
    "forge",
    [
        lambda: post(parameters_of("STOP"), token="another token"),
        lambda: post(parameters_of("STOP"), **{"X-Twilio-Signature": ""}),
        lambda: post(parameters_of("STOP"), **{"X-Twilio-Signature": "cut"}),
        lambda: Client(enforce_csrf_checks=True).post(
            ADDRESS, urlencode(parameters_of("STOP")), content_type="application/x-www-form-urlencoded"
        ),
        lambda: Client(enforce_csrf_checks=True).post(ADDRESS, parameters_of("STOP")),
        lambda: post(
            parameters_of("STOP"),
            **{"X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_BASE_URL + "/other/", {})},
        ),
    ],
    ids=["another token", "no signature", "cut short", "without a header", "an upload", "another address"],
)
def test_a_forged_text_is_refused_and_nothing_is_written(
    twilio: FakeTwilio, findable: MakeContact, django_assert_num_queries: Any, forge: Callable[[], Any]
) -> None:
    findable()

    with django_assert_num_queries(0):
        response = forge()

    assert response.status_code == 403
    assert not InboundText.objects.exists()


def test_a_signed_text_that_is_changed_on_its_way_is_refused(twilio: FakeTwilio) -> None:
    good = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_BASE_URL + ADDRESS, parameters_of("START"))

    for changed in (parameters_of("STOP"), parameters_of("START", From=STRANGER), parameters_of("START", Extra="1")):
        assert post(changed, **{"X-Twilio-Signature": good}).status_code == 403
    assert not InboundText.objects.exists()


def written() -> list[int]:
    """How many rows there are of everything that a text can write."""
    return [model.objects.count() for model in (InboundText, ReceivedText, TakenText, Message, NumberFault)]


@pytest.mark.parametrize("is_filed", [False, True], ids=["not filed yet", "filed"])
@pytest.mark.parametrize("number", [PHONE, STRANGER], ids=["of a case", "of a stranger"])
@pytest.mark.parametrize("days", [0, 1, 399])
def test_a_signed_text_that_is_sent_once_more_is_refused_and_nothing_is_written(
    twilio: FakeTwilio, findable: MakeContact, days: int, number: str, is_filed: bool
) -> None:
    contact = findable()
    caught = parameters_of("START", From=number)
    assert post(caught).status_code == 200
    if is_filed:
        inbound.file_waiting(NOON)
    text_us("STOP", now=NOON + timedelta(seconds=1))
    opt_out.count_waiting(NOON)
    before = written()

    with time_machine.travel(NOON + timedelta(days=days, seconds=2)):
        inbound.forget_taken(NOON + timedelta(days=days))
        for again in (caught, caught | {"Body": "STOP", "From": "+16125550199"}):
            response = post(again)
            assert (response.status_code, response.content) == (403, b"")

    assert written() == before
    contact.refresh_from_db()
    assert contact.opted_out_at is not None


def test_a_text_without_an_id_is_known_again_by_its_signature(twilio: FakeTwilio, findable: MakeContact) -> None:
    findable()
    caught = {"From": PHONE, "To": FROM, "Body": "START"}

    assert [post(caught).status_code for _ in range(2)] == [200, 403]
    assert post(caught | {"Body": "HELP"}).status_code == 200
    assert InboundText.objects.count() == 2


def test_the_marks_of_taken_texts_name_nobody_and_end(twilio: FakeTwilio, findable: MakeContact) -> None:
    findable()
    post(parameters_of(CANARY))
    mark = TakenText.objects.get()

    assert "7" * 8 not in repr(vars(mark))
    assert inbound.forget_taken(NOON + inbound.REFUSED_FOR) == 0
    assert inbound.forget_taken(NOON + inbound.REFUSED_FOR + timedelta(days=1)) == 1


def test_what_the_account_confirmed_itself_is_not_confirmed_again(twilio: FakeTwilio, findable: MakeContact) -> None:
    findable()
    post(parameters_of("jooji", OptOutType="STOP"))

    inbound.file_waiting(NOON)

    assert answers() == []
    assert Contact.objects.get().opted_out_at is not None


@pytest.mark.parametrize(("told", "answered"), [({"OptOutType": "HELP"}, []), ({}, [("help", "en")])])
def test_help_that_the_account_answered_is_not_answered_again(
    twilio: FakeTwilio, findable: MakeContact, told: dict[str, str], answered: list[tuple[str, str]]
) -> None:
    findable()
    post(parameters_of("HELP", **told))

    inbound.file_waiting(NOON)

    assert answers() == answered


@pytest.mark.parametrize(("word", "answered"), [("Info", []), ("help!", []), ("ayuda", [("help", "en")])])
def test_where_twilio_answers_help_its_own_two_words_are_left_to_it(
    twilio: FakeTwilio, findable: MakeContact, settings: Any, word: str, answered: list[tuple[str, str]]
) -> None:
    settings.TWILIO_ANSWERS_HELP = True
    findable()
    post(parameters_of(word))

    inbound.file_waiting(NOON)

    assert answers() == answered


@pytest.mark.parametrize("told", [{"OptOutType": "START"}, {}])
def test_a_start_that_the_carrier_has_answered_is_not_answered_again(
    twilio: FakeTwilio, findable: MakeContact, told: dict[str, str]
) -> None:
    contact = findable()
    Contact.objects.filter(pk=contact.pk).update(opted_out_at=NOON - timedelta(days=9))
    post(parameters_of("START", **told))

    inbound.file_waiting(NOON)

    assert answers() == []
    assert Contact.objects.get().opted_out_at is None


def test_a_text_without_words_or_with_very_many_is_taken(
    twilio: FakeTwilio, findable: MakeContact, filed: list[Arrived]
) -> None:
    findable()
    post(parameters_of("", NumMedia="1", MessageSid="SM1"))
    post(parameters_of("ñ" * 5000, MessageSid="SM2"))

    assert inbound.file_waiting(NOON) == 2
    assert sorted(len(one.body) for one in filed) == [0, inbound.MOST_CHARACTERS]


def test_neither_log_nor_broker_hears_what_was_texted_or_by_whom(
    twilio: FakeTwilio,
    findable: MakeContact,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    findable()
    handed_out: list[Any] = []
    monkeypatch.setattr(broker.current_app, "send_task", lambda *args, **options: handed_out.append((args, options)))

    with caplog.at_level(logging.DEBUG), django_capture_on_commit_callbacks(execute=True):
        post(parameters_of(CANARY))
        post(parameters_of(CANARY, From=STRANGER, MessageSid="SM1"))
        inbound.file_waiting(NOON)

    assert handed_out
    for trace in (caplog.text, repr(handed_out), repr(vars(Message.objects.get()))):
        for canary in (CANARY, "Quetzal", PHONE, PHONE[2:], STRANGER[2:]):
            assert canary not in trace
