"""The outbox: one text per person and event, only to whom may be texted, announced after the commit."""

import logging
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from notifications import broker
from notifications.actions import cancel_texts, queue_texts
from notifications.models import Message, MessageState
from tests.notifications.conftest import NOON, MakeContact, MakeMessage

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(broker.current_app, "send_task", lambda name, args, **options: calls.append(args))
    return calls


def queue(case_id: UUID, trigger: UUID | None = None) -> list[Message]:
    return queue_texts(case_id=case_id, template="opened", trigger=trigger or uuid4(), is_urgent=False, now=NOON)


def test_a_text_is_announced_by_its_id_alone_after_the_commit(
    make_contact: MakeContact,
    announced: list[tuple[str, ...]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    contact = make_contact(language="es")

    with django_capture_on_commit_callbacks(execute=True):
        [message] = queue(contact.case_id)
        assert announced == []

    assert announced == [(str(message.id),)]
    message.refresh_from_db()
    assert (message.state, message.language, message.send_after) == (MessageState.QUEUED, "es", NOON)


def test_a_change_that_is_undone_announces_nothing(make_contact: MakeContact, announced: list[tuple[str, ...]]) -> None:
    contact = make_contact()

    with transaction.atomic():
        queue(contact.case_id)
        transaction.set_rollback(True)

    assert announced == []
    assert not Message.objects.exists()


@pytest.mark.parametrize("terms", [{"may_text": False}, {"phone_is_shared": True}])
def test_nobody_is_texted_who_may_not_be(make_contact: MakeContact, terms: dict[str, Any]) -> None:
    assert queue(make_contact(**terms).case_id) == []


def test_nobody_is_texted_who_opted_out(make_contact: MakeContact) -> None:
    contact = make_contact()
    contact.opted_out_at = NOON
    contact.save()

    assert queue(contact.case_id) == []


def test_everyone_who_asked_is_told_once_per_event(make_contact: MakeContact) -> None:
    case_id, trigger = uuid4(), uuid4()
    mother, brother = make_contact(case_id=case_id), make_contact(case_id=case_id)
    make_contact()

    first, again = queue(case_id, trigger), queue(case_id, trigger)

    assert {message.contact_id for message in first} == {mother.id, brother.id}
    assert again == []
    assert Message.objects.count() == 2
    assert len(queue(case_id)) == 2


def test_an_unknown_template_is_refused_where_it_is_written(make_contact: MakeContact) -> None:
    with pytest.raises(KeyError):
        queue_texts(case_id=uuid4(), template="surprise", trigger=uuid4(), is_urgent=False, now=NOON)


def test_only_waiting_texts_are_cancelled(make_message: MakeMessage) -> None:
    waiting, sent = make_message(), make_message()
    Message.objects.filter(id=sent.id).update(case_id=waiting.case_id, state=MessageState.SENT)

    assert cancel_texts(case_id=waiting.case_id, reason="stale", now=NOON) == 1

    waiting.refresh_from_db()
    sent.refresh_from_db()
    assert (waiting.state, waiting.reason, sent.state) == (MessageState.CANCELLED, "stale", MessageState.SENT)


def test_a_broker_that_is_away_is_logged_once_and_harms_nobody(
    make_contact: MakeContact,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    case_id, tries = uuid4(), []
    contacts = [make_contact(case_id=case_id), make_contact(case_id=case_id)]

    def away(*args: Any, **options: Any) -> None:
        tries.append(args)
        raise OperationalError("redis://secret@10.0.0.1")

    monkeypatch.setattr(broker, "_paused_until", 0.0)
    monkeypatch.setattr(broker.current_app, "send_task", away)
    with caplog.at_level(logging.ERROR), django_capture_on_commit_callbacks(execute=True):
        messages = queue(case_id)

    assert len(messages) == len(contacts)
    assert len(tries) == 1, "the second message must not wait for a second time-out"
    assert all(str(message.id) in caplog.text for message in messages)
    assert "secret" not in caplog.text


@pytest.mark.parametrize("people", [1, 3])
def test_enqueueing_costs_the_causing_request_two_queries(
    make_contact: MakeContact, django_assert_num_queries: Any, people: int
) -> None:
    case_id = make_contact().case_id
    for _ in range(people - 1):
        make_contact(case_id=case_id)

    with django_assert_num_queries(2):
        queued = queue_texts(case_id=case_id, template="accepted", trigger=uuid4(), is_urgent=False, now=NOON)

    assert len(queued) == people
