"""Texts a second through one worker, over a task that does one SELECT and one UPDATE; docs/performance.md keeps it.

Both with the same worker, pool, broker and databases, one after the other and again. The text goes by the real SDK to a
carrier that speaks HTTP in the tests' own process; its processor time is counted in.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Max, Min
from django.utils import timezone

from config.celery import app
from notifications.actions import add_contact
from notifications.models import Message, MessageState
from notifications.tasks import announce
from privacy import vault
from privacy.models import DocumentKind
from tests import fake_twilio
from tests.fake_twilio import FakeTwilio
from tests.services.worker import Worker

AIM = 0.25
ROUNDS = 3
LONG_AGO = timedelta(hours=1)


@pytest.fixture
def carrier() -> Iterator[FakeTwilio]:
    with fake_twilio.running() as fake:
        yield fake


@pytest.fixture
def worker(carrier: FakeTwilio, transactional_db: None, tmp_path: Path) -> Iterator[Worker]:
    environment = {
        # An installation's own: the tests' settings open a connection for every task.
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TEXT_BACKEND": "twilio",
        "TEXTS_PER_SECOND": "1000000",
        "TWILIO_ACCOUNT_SID": fake_twilio.ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": fake_twilio.AUTH_TOKEN,
        "TWILIO_FROM": fake_twilio.FROM,
        "TWILIO_API_BASE_URL": carrier.url,
        "PUBLIC_BASE_URL": fake_twilio.PUBLIC_BASE_URL,
        "LOG_LEVEL": "WARNING",
    }
    worker = Worker(tmp_path, environment, include="tests.bench.noop")
    yield worker
    worker.stop()


def text_to_somebody(now: Any) -> Message:
    """A message whose number is sealed, of a case of its own; any hour, because the worker's clock is the real one."""
    case_id = uuid4()
    terms: dict[str, Any] = {"may_text": True, "may_call": True, "any_hour": True, "phone_is_shared": False}
    contact = add_contact(case_id=case_id, contact_id=uuid4(), language="es", **terms, now=now)
    vault.seal(
        case_id=case_id,
        kind=DocumentKind.CONTACT,
        payload={"phone": "+16125550142"},
        readers=[vault.WORKER],
        subject=contact.id,
        now=now,
    )
    return Message.objects.create(
        contact=contact,
        case_id=case_id,
        template="accepted",
        trigger=uuid4(),
        language="es",
        is_urgent=True,
        send_after=now,
        created_at=now,
        state_since=now - LONG_AGO,
    )


def a_second(worker: Worker, done: Any, many: int, since: Any) -> float:
    """How many a second the worker begins, from its first to its last; all were in the broker before it started."""
    worker.start()
    deadline = time.monotonic() + 300
    while done().count() < many:
        assert time.monotonic() < deadline, f"only {done().count()} of {many}"
        time.sleep(0.2)
    worker.stop()
    span = done().aggregate(first=Min("state_since"), last=Max("state_since"))
    return (many - 1) / (span["last"] - span["first"]).total_seconds()


@pytest.mark.django_db(transaction=True)
def test_texts_a_second_over_tasks_a_second(
    worker: Worker, carrier: FakeTwilio, scale: Mapping[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    many, texts, tasks = scale["bench_texts"], [], []
    for _ in range(ROUNDS):
        app.control.purge()
        now = timezone.now()
        messages = [text_to_somebody(now) for _ in range(many)]
        ids = [message.id for message in messages]

        def touched(ids: Any = ids, now: Any = now) -> Any:
            return Message.objects.filter(id__in=ids, state_since__gt=now)

        for one in ids:
            app.send_task("tests.bench.noop", (str(one),))
        tasks.append(a_second(worker, touched, many, now))

        sent_before = len(carrier.texts)
        announce(ids)
        texts.append(
            a_second(worker, lambda ids=ids: Message.objects.filter(id__in=ids, state=MessageState.ACCEPTED), many, now)
        )
        assert len(carrier.texts) - sent_before == many

    ratio = median(text / task for text, task in zip(texts, tasks, strict=True))
    with capsys.disabled():
        print(
            f"\nratio {ratio:.2f}: {median(texts):.0f} texts a second over {median(tasks):.0f} no-op tasks a second "
            f"(medians of {ROUNDS} rounds of {many}, one worker of two processes)"
        )
    assert ratio >= AIM
