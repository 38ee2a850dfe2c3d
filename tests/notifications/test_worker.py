"""The outbox in a real worker process, over a real broker."""

import time
from uuid import uuid4

import pytest
from django.utils import timezone

from config.celery import app
from notifications import tasks
from notifications.actions import queue_texts
from notifications.models import HandsetText, Message, MessageState
from tests.notifications.conftest import MakeContact
from tests.services.worker import Worker

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)


def wait_for(message: Message, *states: MessageState, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while message.state not in states:
        assert time.monotonic() < deadline, f"still {message.state} ({message.reason})"
        time.sleep(0.1)
        message.refresh_from_db()


def queue(make_contact: MakeContact) -> Message:
    # The worker's clock is the real one, and it may be night.
    contact = make_contact(any_hour=True)
    [message] = queue_texts(
        case_id=contact.case_id, template="accepted", trigger=uuid4(), is_urgent=True, now=timezone.now()
    )
    return message


@pytest.mark.usefixtures("celery_worker_process")
def test_a_committed_text_is_delivered_by_the_worker(make_contact: MakeContact) -> None:
    message = queue(make_contact)

    wait_for(message, MessageState.DELIVERED)

    assert HandsetText.objects.filter(message=message).exists()


def test_a_text_whose_task_the_broker_lost_is_found_by_the_sweep(
    make_contact: MakeContact, celery_worker_process: Worker
) -> None:
    celery_worker_process.kill()
    message = queue(make_contact)
    app.control.purge()
    celery_worker_process.start()

    tasks.sweep.delay()

    wait_for(message, MessageState.DELIVERED)
