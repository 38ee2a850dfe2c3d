"""What families text us: taken in from signed requests only, counted from its commit, answered once, lost never."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from twilio.request_validator import RequestValidator

from notifications import Arrived, broker, delivery, inbound, inbound_handlers, opt_out, tasks
from notifications.backends import Ending, Outcome
from notifications.keywords import CARRIERS_STOP
from notifications.models import Contact, InboundText, Message, NumberFault, ReceivedText, TakenText
from notifications.texts import render
from privacy import indexes, worker_key
from tests.conftest import BROKER
from tests.fake_twilio import AUTH_TOKEN, FROM, PUBLIC_BASE_URL, FakeTwilio
from tests.notifications.conftest import LATE, NOON, PHONE, MakeContact, MakeMessage
from tests.notifications.test_delivery import StubbornBackend, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

ADDRESS = "/hooks/twilio/sms/"
STRANGER = "+16125550177"
CANARY = "Quetzal-canary my brother Testigo"


@pytest.fixture
def findable(make_contact: MakeContact) -> MakeContact:
    """A contact whose case can be found by its number, as the worker makes it when the case opens."""

    def make(*, phone: str | None = PHONE, **changes: Any) -> Contact:
        contact = make_contact(phone=phone, **changes)
        indexes.write_indexes(contact.case_id, worker_key.load().index_key, [(indexes.PHONE, phone or "")])
        return contact

    return make


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> StubbornBackend:
    """Takes every text."""
    stub = StubbornBackend(Outcome(Ending.ACCEPTED, carrier_id="SM1"))
    monkeypatch.setattr(delivery, "text_backend", lambda: stub)
    return stub


@pytest.fixture
def filed() -> Any:
    """What the packages above were handed; theirs do not hear of it meanwhile."""
    told: list[Arrived] = []
    registered = inbound_handlers[:]
    inbound_handlers[:] = [lambda arrived, now: told.append(arrived)]
    yield told
    inbound_handlers[:] = registered


def text_us(body: str, *, number: str = PHONE, now: datetime = NOON, sid: str = "") -> Any:
    """A text comes in and is committed; no worker has looked at it."""
    return inbound.receive(carrier_id=sid or f"SM{uuid4().hex}", number=number, body=body, now=now)


def hear_us(body: str, *, number: str = PHONE, now: datetime = NOON, sid: str = "") -> None:
    """The same, and the worker files it."""
    inbound.file(text_us(body, number=number, now=now, sid=sid), now=now)


def answers() -> list[tuple[str, str]]:
    """What we answered, as (template, language), oldest first."""
    return list(Message.objects.exclude(template="accepted").values_list("template", "language"))


# What STOP does.


@pytest.mark.parametrize("word", ["STOP", "alto", "JOOJI", "tsum", "please stop texting me", "no me escriban más"])
def test_a_stop_stops_the_texts_of_all_cases_of_the_number_at_once(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
    word: str,
) -> None:
    mine, same_number, other = findable(), findable(), findable(phone="+16125550143")
    waiting = [make_message(one) for one in (mine, same_number, other)]

    hear_us(word)

    for message in waiting:
        delivery.deliver(message.id, now=NOON)
    assert [state_of(message) for message in waiting] == [
        ("cancelled", "opted_out"),
        ("cancelled", "opted_out"),
        ("accepted", ""),
    ]
    assert [phone for phone, _ in carrier.sent] == ["+16125550143"]
    assert Contact.objects.filter(opted_out_at=NOON).count() == 2


def test_nothing_leaves_after_a_stop_was_committed_although_no_worker_has_looked_at_it(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
) -> None:
    message = make_message(findable())

    text_us("STOP")
    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == ("cancelled", "opted_out")
    assert carrier.sent == []


@pytest.mark.parametrize("is_looked_at", [True, False])
def test_a_stop_that_comes_while_the_text_is_made_ready_still_counts(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
    monkeypatch: pytest.MonkeyPatch,
    is_looked_at: bool,
) -> None:
    message = make_message(findable())
    phone_of = delivery.phone_of

    def stop_meanwhile(contact: Contact) -> str:
        text_us("STOP")
        return phone_of(contact)

    monkeypatch.setattr(delivery, "phone_of", stop_meanwhile)
    if not is_looked_at:
        # The negative control: without the last look it leaves.
        monkeypatch.setattr(opt_out, "last_look", lambda message, *, now: "")
    delivery.deliver(message.id, now=NOON)

    assert state_of(message) == (("cancelled", "opted_out") if is_looked_at else ("accepted", ""))
    assert len(carrier.sent) == (0 if is_looked_at else 1)


def test_a_text_that_waits_for_its_next_try_is_stopped_too(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
) -> None:
    message = make_message(findable())
    carrier.outcome = Outcome(Ending.BUSY)
    delivery.deliver(message.id, now=NOON)

    text_us("STOP")
    delivery.deliver(message.id, now=NOON + timedelta(hours=1))

    assert state_of(message)[0] == "cancelled"
    assert len(carrier.sent) == 1


def test_stop_and_start_count_in_the_order_in_which_they_came(findable: MakeContact) -> None:
    contact = findable()
    for second, word in enumerate(["STOP", "START", "STOP"]):
        text_us(word, now=NOON + timedelta(seconds=second))

    opt_out.count_waiting(NOON + timedelta(minutes=1))

    contact.refresh_from_db()
    assert contact.opted_out_at == NOON + timedelta(seconds=2)


def test_a_start_from_before_a_stop_does_not_lift_it_although_it_is_counted_later(findable: MakeContact) -> None:
    contact = findable()
    text_us("STOP", now=NOON + timedelta(seconds=2))
    opt_out.count_waiting(NOON + timedelta(seconds=3))
    text_us("START", now=NOON + timedelta(seconds=1))
    opt_out.count_waiting(NOON + timedelta(seconds=4))
    contact.refresh_from_db()
    assert contact.opted_out_at == NOON + timedelta(seconds=2)

    text_us("START", now=NOON + timedelta(seconds=5))
    opt_out.count_waiting(NOON + timedelta(seconds=6))
    contact.refresh_from_db()
    assert contact.opted_out_at is None


def test_the_last_look_is_one_query(
    findable: MakeContact, make_message: MakeMessage, django_assert_num_queries: Any
) -> None:
    message = make_message(findable())

    with django_assert_num_queries(1):
        assert opt_out.last_look(message, now=NOON) == ""


# What we answer.


@pytest.mark.parametrize(("language", "body"), [("en", "HELP"), ("es", "ayuda"), ("so", "INFO"), ("hmn", "pab")])
def test_help_is_answered_in_the_familys_language(
    findable: MakeContact,
    carrier: StubbornBackend,
    language: str,
    body: str,
) -> None:
    findable(language=language)

    hear_us(body)
    delivery.deliver(Message.objects.get().id, now=NOON)

    assert [words for _, words in carrier.sent] == [render("help", language)]


def test_a_stop_is_confirmed_once_and_never_again(
    findable: MakeContact,
    carrier: StubbornBackend,
) -> None:
    findable(language="so")
    findable(language="so")

    for second, word in enumerate(["jooji", "STOP", "jooji", "please stop texting me"]):
        hear_us(word, now=NOON + timedelta(seconds=second))
    for message in Message.objects.all():
        delivery.deliver(message.id, now=NOON + timedelta(minutes=1))

    assert answers() == [("stopped", "so")]
    assert [words for _, words in carrier.sent] == [render("stopped", "so")]


def test_a_confirmation_that_comes_too_late_is_not_sent(
    findable: MakeContact,
    carrier: StubbornBackend,
) -> None:
    findable()
    hear_us("alto")

    delivery.deliver(Message.objects.get().id, now=NOON + timedelta(minutes=5, seconds=1))

    assert state_of(Message.objects.get()) == ("cancelled", "opted_out")
    assert carrier.sent == []


@pytest.mark.parametrize("word", sorted(CARRIERS_STOP))
def test_what_the_carrier_confirms_by_itself_we_do_not_confirm_again(
    findable: MakeContact, twilio: FakeTwilio, word: str
) -> None:
    findable()

    hear_us(word)

    assert answers() == []


def test_start_begins_them_again_and_says_so_once(findable: MakeContact) -> None:
    contact = findable()
    hear_us("STOP")

    hear_us("START", now=NOON + timedelta(minutes=1))
    hear_us("START", now=NOON + timedelta(hours=1))

    contact.refresh_from_db()
    assert contact.opted_out_at is None
    assert answers() == [("stopped", "en"), ("started", "en"), ("received", "en")]


@pytest.mark.parametrize("word", ["Sí", "haa", "yog", "haye", "yog lawm", "inicio", "bilow", "pib"])
def test_no_word_but_the_carriers_lifts_a_stop_a_person_reads_it(
    findable: MakeContact, filed: list[Arrived], word: str
) -> None:
    contact = findable()
    hear_us("STOP")

    hear_us(word, now=NOON + timedelta(minutes=1))

    contact.refresh_from_db()
    assert contact.opted_out_at == NOON
    # Neither news nor a command: referrals opens a task to answer it.
    assert (filed[-1].wish, filed[-1].is_news) == ("other", False)
    assert answers() == [("stopped", "en")]


def test_yes_begins_texts_only_for_who_had_stopped_them(findable: MakeContact, filed: list[Arrived]) -> None:
    contact = findable()
    Contact.objects.filter(pk=contact.pk).update(may_text=False)

    hear_us("YES")

    contact.refresh_from_db()
    assert contact.may_text is False
    assert [(one.wish, one.is_news) for one in filed] == [("yes", False)]
    assert answers() == []


def test_anything_else_is_answered_once_a_day(findable: MakeContact, filed: list[Arrived]) -> None:
    findable(language="es")

    for hours in (0, 1, 5, 25):
        hear_us("¿Hay novedades?", now=NOON + timedelta(hours=hours))

    assert answers() == [("received", "es"), ("received", "es")]
    assert len(filed) == 4


def test_two_machines_that_answer_each_other_are_slowed(findable: MakeContact) -> None:
    findable()

    for second in range(300):
        hear_us("HELP", now=NOON + timedelta(seconds=second))

    assert len(answers()) <= 2


@pytest.mark.parametrize("terms", [{"may_text": False}, {"phone_is_shared": True}])
def test_a_phone_that_must_not_be_texted_gets_no_answer(
    findable: MakeContact, filed: list[Arrived], terms: dict[str, Any]
) -> None:
    findable(**terms)

    hear_us("What is the news?")
    hear_us("alto")

    assert answers() == []
    assert len(filed) == 2


def test_who_stopped_the_texts_and_writes_gets_no_answer_and_is_heard(
    findable: MakeContact, filed: list[Arrived]
) -> None:
    findable()
    hear_us("STOP")

    hear_us("They are moving him, call me")

    assert answers() == [("stopped", "en")]
    assert filed[-1].body == "They are moving him, call me"


def test_answers_wait_for_the_morning_like_every_text_and_a_stop_is_not_confirmed_then(
    findable: MakeContact,
    carrier: StubbornBackend,
) -> None:
    findable()
    findable(phone="+16125550143")
    hear_us("HELP", now=LATE)
    hear_us("tsum", now=LATE, number="+16125550143")

    morning = datetime.fromisoformat("2026-11-21T14:00:00+00:00")
    for now in (LATE, LATE + timedelta(hours=3), morning):
        for message in Message.objects.all():
            delivery.deliver(message.id, now=now)

    assert [words for _, words in carrier.sent] == [render("help", "en")]


# Who is handed what.


def test_each_case_of_the_number_gets_the_text_once(findable: MakeContact, filed: list[Arrived]) -> None:
    mine = findable()
    sister = findable(case_id=mine.case_id, now=NOON + timedelta(seconds=1))
    other = findable(now=NOON + timedelta(seconds=2))

    hear_us("What is the news?", now=NOON + timedelta(seconds=3))

    # In the order in which several cases are locked, of each whoever asked first.
    assert [one.case_id for one in filed] == sorted([mine.case_id, other.case_id])
    assert {one.contact_id for one in filed} == {mine.pk, other.pk}
    assert sister.pk not in {one.contact_id for one in filed}
    assert {one.body for one in filed} == {"What is the news?"}
    assert not InboundText.objects.exists()


def test_a_request_that_the_carrier_repeats_changes_nothing(findable: MakeContact, filed: list[Arrived]) -> None:
    contact = findable()
    hear_us("alto", sid="SM1")
    hear_us("START", sid="SM2", now=NOON + timedelta(minutes=1))

    for number in (PHONE, STRANGER):
        with pytest.raises(inbound.AlreadyTaken):
            text_us("alto", sid="SM1", number=number)

    contact.refresh_from_db()
    assert contact.opted_out_at is None
    assert len(filed) == 2
    assert not InboundText.objects.exists()


def test_filing_twice_is_filing_once(findable: MakeContact, filed: list[Arrived]) -> None:
    findable()
    text_id = text_us("What is the news?")

    assert inbound.file(text_id, now=NOON)
    assert not inbound.file(text_id, now=NOON)

    assert len(filed) == 1


@pytest.mark.parametrize("body", ["STOP", "HELP", CANARY])
def test_of_an_unknown_sender_nothing_stays_but_a_count_under_a_hash(
    findable: MakeContact, filed: list[Arrived], body: str, django_capture_on_commit_callbacks: Any
) -> None:
    findable()

    with django_capture_on_commit_callbacks(execute=True):
        hear_us(body, number=STRANGER)

    assert not InboundText.objects.exists()
    assert not ReceivedText.objects.exists()
    assert not Message.objects.exists()
    assert filed == []
    counted = [key.decode() for key in BROKER.scan_iter("tests:*throttle*")]
    assert len(counted) == 2
    assert not any("555" in key for key in counted)


def test_a_number_of_the_same_index_value_is_not_taken_for_the_familys(
    findable: MakeContact, make_contact: MakeContact
) -> None:
    contact = make_contact(phone="+16125550143")
    # Twenty bits are shared by many numbers: only opening the contact tells.
    indexes.write_indexes(contact.case_id, worker_key.load().index_key, [(indexes.PHONE, PHONE)])

    hear_us("STOP")

    contact.refresh_from_db()
    assert contact.opted_out_at is None


# What must not be lost.


def test_a_thread_that_cannot_be_written_keeps_no_stop_from_counting_and_is_tried_again(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
    filed: list[Arrived],
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = make_message(findable())

    def broken(arrived: Arrived, now: datetime) -> None:
        raise RuntimeError(arrived.body)

    inbound_handlers.append(broken)
    text_us("stop texting me, " + CANARY)
    assert inbound.file_waiting(NOON) == 0
    delivery.deliver(message.id, now=NOON)
    assert state_of(message) == ("cancelled", "opted_out")
    assert InboundText.objects.get().tries == 1
    assert CANARY not in caplog.text

    inbound_handlers.remove(broken)
    assert inbound.file_waiting(NOON) == 1
    assert len([one for one in filed if CANARY in one.body]) >= 1
    assert not InboundText.objects.exists()


def test_a_row_that_somebody_changed_is_said_in_the_log_and_holds_nothing_up(
    findable: MakeContact,
    make_message: MakeMessage,
    carrier: StubbornBackend,
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = make_message(findable())
    text_us("STOP")
    InboundText.objects.update(sealed=b"planted")

    delivery.deliver(message.id, now=NOON)

    assert len(carrier.sent) == 1
    assert "does not open" in caplog.text


def test_what_the_broker_lost_the_sweep_files(findable: MakeContact, filed: list[Arrived]) -> None:
    findable()
    text_us("What is the news?")

    with time_machine.travel(NOON, tick=False):
        tasks.file_all_inbound()

    assert len(filed) == 1


# The webhook.


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
