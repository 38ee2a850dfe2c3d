"""The outbox in a real worker process, over a real broker."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from config.celery import app
from config.drills import places
from notifications import tasks
from notifications.actions import queue_texts
from notifications.models import HandsetText, Message, MessageState
from tests.notifications import telling
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


# Where results would lie, if whoever runs the server named a place for them.
RESULTS = 5


@pytest.fixture
def telling_worker(transactional_db: None, tmp_path: Path) -> Iterator[Worker]:
    """A worker with `telling`'s tasks, and with a place for results in its environment."""
    app.control.purge()
    kept_in = urlsplit(str(settings.REDIS_URL))._replace(path=f"/{RESULTS}").geturl()
    worker = Worker(tmp_path, {"CELERY_RESULT_BACKEND": kept_in}, include="tests.notifications.telling")
    worker.start()
    yield worker
    worker.stop()
    with redis.Redis.from_url(kept_in) as there:
        there.flushdb()


def told_in_redis() -> set[str]:
    """Which keys, of whatever database, hold the words."""
    return {place for place, content in places.redis_keys() if telling.WORDS.encode() in content}


def test_no_result_is_kept_whatever_a_task_returns_raises_or_is_told(telling_worker: Worker) -> None:
    tasks_named = ["tests.tell", "tests.fail", "tests.tell_and_keep"]
    for name in tasks_named:
        app.send_task(name)
    app.control.revoke(str(uuid4()))
    deadline = time.monotonic() + 30
    while not all(f"Task {name}".encode() in telling_worker.log.read_bytes() for name in tasks_named[:2]) or not (
        kept := told_in_redis()
    ):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    # Only of the task that asks for it, which none of ours does: it shows that the search would find the others.
    assert len(kept) == 1
    assert next(iter(kept)).startswith(f"Redis db{RESULTS} key celery-task-meta-")
    ours = {name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "tests."))}
    assert ours
    assert all(task.ignore_result for task in ours.values())
    assert not app.conf.result_backend
