"""What a transaction around the test would hide: commits, concurrent workers, a broker that does not answer."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.db import connections, transaction

from notifications import broker, delivery
from notifications.actions import queue_texts
from notifications.backends import Ending, Outcome
from notifications.backends.handset import HandsetBackend
from notifications.models import Message
from privacy import vault
from privacy.models import DocumentKind, SealedDocument, WrappedKey
from tests.notifications.conftest import NOON, MakeContact, MakeMessage
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)

WORKERS = 8


def at_once(work: Any) -> list[Any]:
    """What `work` returns in each of eight threads that begin together, each with connections of its own."""
    barrier = threading.Barrier(WORKERS)

    def begin(number: int) -> Any:
        barrier.wait()
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(begin, range(WORKERS)))


def test_many_workers_with_one_message_send_one_text(make_message: MakeMessage, monkeypatch: Any) -> None:
    sent: list[str] = []

    class CountingBackend(HandsetBackend):
        def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
            sent.append(phone)
            time.sleep(0.05)
            return Outcome(Ending.ACCEPTED, carrier_id="SM1")

    monkeypatch.setattr(delivery, "text_backend", CountingBackend)
    for _ in range(5):
        message, before = make_message(), len(sent)

        at_once(lambda number, message=message: delivery.deliver(message.id, now=NOON))

        assert len(sent) == before + 1


def test_the_same_event_reported_by_many_texts_once(make_contact: MakeContact, monkeypatch: Any) -> None:
    monkeypatch.setattr(broker.current_app, "send_task", lambda *args, **options: None)
    contact, trigger = make_contact(), uuid4()

    at_once(
        lambda number: queue_texts(
            case_id=contact.case_id, template="opened", trigger=trigger, is_urgent=False, now=NOON
        )
    )

    assert Message.objects.count() == 1


def test_all_who_seal_at_once_keep_their_words() -> None:
    case_id = uuid4()

    def seal(number: int) -> SealedDocument:
        with transaction.atomic():
            return vault.seal(
                case_id=case_id, kind=DocumentKind.NOTES, payload={"by": number}, readers=["hotline"], now=NOON
            )

    at_once(seal)

    documents = SealedDocument.objects.filter(case_id=case_id).order_by("version")
    assert [document.version for document in documents] == list(range(1, WORKERS + 1))
    opened = {vault.open_document(document, keys=keys_for("hotline"))["by"] for document in documents}
    assert opened == set(range(WORKERS))


def test_wraps_are_there_before_the_document_and_stay_if_it_never_comes() -> None:
    with transaction.atomic():
        document = vault.seal(case_id=uuid4(), kind=DocumentKind.FILE, payload={"a": 1}, readers=["hotline"], now=NOON)
        transaction.set_rollback(True)

    assert not SealedDocument.objects.filter(pk=document.pk).exists()
    assert WrappedKey.objects.filter(document_id=document.pk).count() == 1


@pytest.fixture(params=["refuses", "is silent"])
def dead_broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if request.param == "is silent":
            server.listen()
        monkeypatch.setattr(broker, "_paused_until", 0.0)
        monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        yield


@pytest.mark.usefixtures("dead_broker")
def test_a_dead_broker_holds_a_request_for_two_seconds_at_most(
    make_contact: MakeContact, caplog: pytest.LogCaptureFixture
) -> None:
    case_id = uuid4()
    make_contact(case_id=case_id), make_contact(case_id=case_id)
    begun = time.monotonic()

    queue_texts(case_id=case_id, template="opened", trigger=uuid4(), is_urgent=False, now=NOON)

    # A second of grace for a machine that does something else, too.
    assert time.monotonic() - begun < 3
    assert "waits for the sweep" in caplog.text
    assert Message.objects.count() == 2

    begun = time.monotonic()
    queue_texts(case_id=case_id, template="represented", trigger=uuid4(), is_urgent=False, now=NOON)
    # A time-out would be two seconds more; a busy machine is not.
    assert time.monotonic() - begun < 1.5, "what is asked next must not wait for a second time-out"
