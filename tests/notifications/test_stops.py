"""The kill switch: what the carrier forbids, or a person stops, stays here, and nobody waits long for it in silence."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

from notifications import delivery, stops, tasks
from notifications.actions import queue_texts
from notifications.models import Message, OperatorPage, SendingStop, StopReason
from notifications.texts import OF_MESSAGES, TEMPLATES
from privacy import vault
from privacy.models import DocumentKind
from tests.fake_twilio import FakeTwilio
from tests.notifications.conftest import LATE, NOON, PHONE, MakeContact, MakeMessage
from tests.notifications.test_delivery import Calls, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

HOUR = timedelta(hours=1)
# The next morning in Minneapolis.
EIGHT = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def stop(template: str = stops.EVERYTHING) -> SendingStop:
    assert stops.place(template=template, reason=StopReason.BY_HAND, now=NOON, by_user_id=1)
    return SendingStop.objects.get(template=template, lifted_at=None)


@pytest.mark.parametrize(
    ("code", "reason"), [((401, 20003), "credentials"), ((401, None), "credentials"), ((400, 30034), "unregistered")]
)
def test_what_concerns_every_text_stops_every_text(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls, code: tuple[int, int | None], reason: str
) -> None:
    first, second = make_message(), make_message(is_urgent=True)
    twilio.answer = code

    delivery.deliver(first.id, now=NOON)
    delivery.deliver(second.id, now=NOON)

    assert state_of(first) == ("queued", reason)
    assert state_of(second) == ("queued", "stopped")
    assert len(twilio.texts) == 1, "no text is tried again, and none of the others"
    assert first.attempts == 0
    assert calls_asked_for == []
    assert [(one.template, one.reason) for one in SendingStop.objects.all()] == [("", reason)]


def test_after_a_lift_everything_that_is_fresh_leaves_once(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    message = make_message()
    twilio.answer = (401, 20003)
    delivery.deliver(message.id, now=NOON)
    twilio.answer = (201, None)
    assert delivery.due_messages(NOON + HOUR, 10) == []

    assert stops.lift(SendingStop.objects.get().pk, by_user_id=7, now=NOON + HOUR)
    assert not stops.lift(SendingStop.objects.get().pk, by_user_id=8, now=NOON + HOUR)
    assert delivery.due_messages(NOON + HOUR, 10) == [message.id]
    delivery.deliver(message.id, now=NOON + HOUR)

    assert state_of(message) == ("accepted", "")
    assert SendingStop.objects.get().lifted_by_user_id == 7


def test_who_is_left_without_word_for_two_hours_is_called(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls
) -> None:
    message = make_message()
    stop()
    delivery.deliver(message.id, now=NOON)
    assert delivery.due_messages(NOON + 2 * HOUR, 10) == []

    later = NOON + 2 * HOUR + timedelta(seconds=1)
    assert delivery.due_messages(later, 10) == [message.id]
    delivery.deliver(message.id, now=later)

    assert state_of(message) == ("expired", "stopped")
    assert [call[:2] for call in calls_asked_for] == [(message.case_id, message.id)]
    assert twilio.texts == []


def test_a_filtered_wording_stops_that_wording_alone(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls
) -> None:
    filtered, same, other = make_message(), make_message(), make_message()
    Message.objects.filter(id=other.id).update(template="opened")
    twilio.answer = (400, 30007)
    delivery.deliver(filtered.id, now=NOON)
    twilio.answer = (201, None)

    assert delivery.due_messages(NOON, 10) == [other.id]
    for message in (same, other):
        delivery.deliver(message.id, now=NOON)

    assert state_of(filtered) == ("undelivered", "filtered")
    assert state_of(same) == ("queued", "stopped")
    assert state_of(other) == ("accepted", "")
    assert len(calls_asked_for) == 1
    assert [(page.error_code, page.template) for page in OperatorPage.objects.all()] == [("30007", "accepted")]


@pytest.mark.parametrize("code", [20003, 21408, 21612, 30007, 30034])
def test_what_only_the_operator_can_mend_is_mailed_to_them_once_a_day(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls, code: int
) -> None:
    get_user_model().objects.create_superuser("runs-it@fund.example", name="Olly Operator")
    twilio.answer = (401 if code == 20003 else 400, code)

    for hours in (0, 1, 2, 25):
        SendingStop.objects.all().delete()
        now = NOON + hours * HOUR
        message = make_message(now=now)
        delivery.deliver(message.id, now=now)
        tasks.mail_waiting_pages()
        tasks.mail_waiting_pages()

    assert len(mail.outbox) == 2
    assert mail.outbox[0].to == ["runs-it@fund.example"]
    assert str(code) in mail.outbox[0].body
    assert "/staff/admin/notifications/sendingstop/" in mail.outbox[0].body
    assert "555" not in mail.outbox[0].body


def test_a_page_waits_until_there_is_an_operator(make_message: MakeMessage, twilio: FakeTwilio) -> None:
    get_user_model().objects.filter(is_superuser=True).delete()
    twilio.answer = (401, 20003)
    delivery.deliver(make_message().id, now=NOON)

    tasks.mail_waiting_pages()
    assert mail.outbox == []
    get_user_model().objects.create_superuser("runs-it@fund.example", name="Olly Operator")
    tasks.mail_waiting_pages()

    assert len(mail.outbox) == 1


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("runs-it@fund.example", name="Olly Operator"))
    return client


def test_the_operator_stops_all_texts_and_lets_them_go_again(
    operator: Client, make_message: MakeMessage, twilio: FakeTwilio
) -> None:
    message = make_message()
    base = "/staff/admin/notifications/sendingstop/"

    assert operator.post(f"{base}add/", {"template": ""}).status_code == 302
    delivery.deliver(message.id, now=NOON)
    assert state_of(message) == ("queued", "stopped")
    again = operator.post(f"{base}add/", {"template": ""})
    assert again.status_code == 200, "the same stop twice is refused in words"
    assert b"stopped already" in again.content

    standing = SendingStop.objects.get()
    assert (standing.reason, standing.placed_by_user_id) == ("by_hand", get_user_model().objects.get().pk)
    lifting = {"action": "lift", "_selected_action": [str(standing.pk)]}
    assert operator.post(base, lifting).status_code == 302
    delivery.deliver(message.id, now=NOON)
    assert state_of(message) == ("accepted", "")
    assert SendingStop.objects.get().lifted_by_user_id == get_user_model().objects.get().pk


@pytest.mark.parametrize("model", ["message", "sendingstop", "operatorpage", "sender"])
def test_the_operator_reads_the_log_and_changes_nothing_in_it(
    operator: Client, make_message: MakeMessage, twilio: FakeTwilio, model: str
) -> None:
    message = make_message()
    delivery.deliver(message.id, now=NOON)
    twilio.report("delivered")
    base = f"/staff/admin/notifications/{model}/"

    assert operator.get(base).status_code == 200
    assert operator.get(f"{base}add/").status_code == (200 if model == "sendingstop" else 403)
    if model == "message":
        shown = operator.get(f"{base}{message.id}/change/")
        assert twilio.sid() in shown.content.decode()
        assert "555" not in shown.content.decode()
        assert operator.post(f"{base}{message.id}/change/", {"state": "queued"}).status_code == 403


def test_a_stop_is_never_rewritten_or_deleted(operator: Client) -> None:
    standing = stop()
    path = f"/staff/admin/notifications/sendingstop/{standing.pk}"

    assert operator.post(f"{path}/change/", {"template": "opened"}).status_code == 403
    assert operator.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert SendingStop.objects.get().template == ""


@pytest.mark.parametrize("template", OF_MESSAGES)
def test_whatever_wording_can_be_stopped_is_stopped(
    template: str, operator: Client, make_contact: MakeContact, twilio: FakeTwilio
) -> None:
    contact = make_contact(phone=None)
    told = {"phone": PHONE, "may_remind": "yes"}
    vault.seal(
        case_id=contact.case_id,
        kind=DocumentKind.CONTACT,
        payload=told,
        readers=[vault.WORKER],
        subject=contact.pk,
        now=NOON,
    )
    operator.post("/staff/admin/notifications/sendingstop/add/", {"template": template})

    for number, days in enumerate((1, 3)):
        about = NOON + timedelta(days=days) if template.startswith("reminder") else None
        queued = queue_texts(
            case_id=contact.case_id,
            template=template,
            trigger=UUID(int=number),
            is_urgent=True,
            now=NOON,
            about_at=about,
        )
        for message in queued:
            delivery.deliver(message.id, now=NOON)

    assert [one.reason for one in Message.objects.all()] == ["stopped", "stopped"]
    assert twilio.texts == []


def test_every_wording_that_a_message_can_have_is_on_the_list_and_no_other(operator: Client) -> None:
    page = operator.get("/staff/admin/notifications/sendingstop/add/").content.decode()

    listed = set(re.findall(r'<option value="(\w+)"', page))
    # What says "tomorrow" is a message of the reminder: choosing it by itself would stop nothing.
    assert listed == set(TEMPLATES) - {"reminder_tomorrow", "reminder_tomorrow_hour"}


def test_nobody_but_an_operator_reaches_the_switch(client: Any) -> None:
    client.force_login(get_user_model().objects.create_user("coordinator@hotline.example", name="Cora Coordinator"))

    response = client.post("/staff/admin/notifications/sendingstop/add/", {"template": ""})

    assert response.status_code in (302, 403)
    assert not SendingStop.objects.exists()


def test_a_stop_at_night_costs_a_text_that_waits_for_the_morning_no_time(
    make_message: MakeMessage, twilio: FakeTwilio, calls_asked_for: Calls
) -> None:
    stop()
    message = make_message(now=LATE)
    delivery.deliver(message.id, now=LATE)

    for message_id in delivery.due_messages(LATE + 3 * HOUR, 10):
        delivery.deliver(message_id, now=LATE + 3 * HOUR)

    assert state_of(message) == ("queued", "quiet_hours")
    assert calls_asked_for == [], "nobody rings at night because of a text that would not have left"
    message.refresh_from_db()
    assert message.send_after == EIGHT

    delivery.deliver(message.id, now=EIGHT + HOUR)
    assert state_of(message) == ("queued", "stopped")
    delivery.deliver(message.id, now=EIGHT + 2 * HOUR + timedelta(seconds=1))
    assert state_of(message) == ("expired", "stopped")
    assert len(calls_asked_for) == 1
    assert twilio.texts == []
