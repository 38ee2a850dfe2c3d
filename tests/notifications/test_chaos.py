"""Workers are killed, the broker is emptied, connections are cut, the carrier loses answers: each text arrives once.

What a minute of waiting would show is asked for at once: the clock's sweeps are given a later `now`, never one that
would take a message from a worker that is alive.
"""

import faulthandler
import queue
import random
import re
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from config.drills import places
from notifications import delivery, settling
from notifications.actions import add_contact, queue_texts
from notifications.models import CarrierReport, Message, MessageState
from notifications.tasks import announce
from privacy import vault
from privacy.models import DocumentKind
from referrals.models import CoordinatorTask, TaskKind
from tests import factories, fake_twilio
from tests.conftest import BROKER
from tests.fake_twilio import FakeTwilio, Mood, Record, post_report
from tests.services.threads import close_connections
from tests.services.worker import Worker

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)

# No task takes as long here: the carrier answers at once.
SURELY_DEAD = timedelta(seconds=8)
# A seed of its own for each fault keeps a run repeatable as far as processes are.
CHANCE = random.Random(612)
UNFINISHED = [MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN, MessageState.ACCEPTED, MessageState.SENT]
# How seldom the carrier itself cannot deliver (30005, an unknown number): such a text can only become a call. Seldom
# enough that 98 of 100 texts must arrive of all that were sent, not of those that could.
NOT_DELIVERED = 200
# Every line that could hold a number or a word of a text.
# Not the digits of how many seconds a task took, of which there are thousands.
PERSONAL = re.compile(rb"555-01\d\d|(?<![\d.])1?\d{3}55501\d\d(?!\d)|Help line|[Yy]our request")


def mood_for(text: dict[str, str]) -> Mood:
    """One in twelve answers is lost, broken or a no."""
    moods = [
        Mood(hang_up=True),
        Mood(hang_up=True, takes_anyway=False),
        Mood(answer=(500, None)),
        Mood(answer=(500, None), takes_anyway=False),
        Mood(answer=(429, 20429)),
    ]
    return CHANCE.choice(moods) if CHANCE.random() < 1 / 12 else Mood()


class Reporter:
    """The carrier's reports, from two threads: shuffled, twice; of one text in `NOT_DELIVERED` that it did not arrive.

    Of one in fifty it never says a word, as when our host was away; its own record says how it ended.
    """

    def __init__(self) -> None:
        self._records: queue.Queue[Record | None] = queue.Queue()
        self.refused: list[int | str] = []
        self._threads = [threading.Thread(target=self._report, daemon=True) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def __call__(self, record: Record) -> None:
        self._records.put(record)

    def _report(self) -> None:
        while (record := self._records.get()) is not None:
            number = int(record.sid[-6:], 16)
            arrived, is_told = number % NOT_DELIVERED != 7, number % 50 != 31
            words = ["queued", "sent", "delivered" if arrived else "undelivered"] * 2
            record.status, record.error_code = words[-1], None if arrived else 30005
            random.shuffle(words)
            code = {} if arrived else {"ErrorCode": "30005"}
            for word in words if is_told else []:
                try:
                    response = post_report(record.sid, record.to, record.callback, word, **code)
                except Exception:
                    # One report that breaks us must not keep the others from being told, nor go unseen.
                    self.refused.append(traceback.format_exc())
                    continue
                if response.status_code != 204:
                    self.refused.append(response.status_code)
        close_connections()

    def end(self) -> None:
        for _ in self._threads:
            self._records.put(None)
        for thread in self._threads:
            thread.join()


@pytest.fixture
def carrier(settings: Any) -> Iterator[FakeTwilio]:
    """A carrier with moods, for this process (which keeps the clock) and for the worker."""
    with fake_twilio.running() as fake:
        settings.TEXT_BACKEND, settings.TEXTS_PER_SECOND = "twilio", 0.0
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = fake_twilio.ACCOUNT_SID, fake_twilio.AUTH_TOKEN
        settings.TWILIO_FROM, settings.TWILIO_API_BASE_URL = fake_twilio.FROM, fake.url
        settings.PUBLIC_BASE_URL = fake_twilio.PUBLIC_BASE_URL
        fake.mood_for = mood_for
        yield fake


@pytest.fixture
def worker(carrier: FakeTwilio, transactional_db: None, tmp_path: Path) -> Iterator[Worker]:
    environment = {
        "TEXT_BACKEND": "twilio",
        "TEXTS_PER_SECOND": "0",
        "TWILIO_ACCOUNT_SID": fake_twilio.ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": fake_twilio.AUTH_TOKEN,
        "TWILIO_FROM": fake_twilio.FROM,
        "TWILIO_API_BASE_URL": carrier.url,
        "PUBLIC_BASE_URL": fake_twilio.PUBLIC_BASE_URL,
        "LOG_LEVEL": "DEBUG",
    }
    worker = Worker(tmp_path, environment)
    worker.start()
    yield worker
    worker.stop()


def family(number: int) -> Message:
    """An open case with a phone of its own, and a text to it; any hour, because the worker's clock is the real one."""
    now, case = timezone.now(), factories.case()
    contact = add_contact(
        case_id=case.pk,
        contact_id=uuid4(),
        language="en",
        may_text=True,
        may_call=True,
        any_hour=True,
        phone_is_shared=False,
        now=now,
    )
    phone = f"+1{612 + number // 100}55501{number % 100:02d}"
    vault.seal(
        case_id=case.pk,
        kind=DocumentKind.CONTACT,
        payload={"phone": phone},
        readers=[vault.WORKER],
        subject=contact.id,
        now=now,
    )
    [message] = queue_texts(case_id=case.pk, template="accepted", trigger=uuid4(), is_urgent=True, now=now)
    return message


def clock() -> None:
    """What the clock's sweeps do over the next minutes; whatever they date ahead is dated now."""
    now = timezone.now()
    delivery.give_up_on_lost_workers(now + delivery.SENDING_FOR_AT_MOST - SURELY_DEAD)
    # Else a text of a worker that died would be asked about only when the real clock has come so far.
    Message.objects.filter(state=MessageState.UNKNOWN, state_since__gt=now).update(state_since=now)
    for _ in range(settling.TIMES_ASKED):
        settling.settle_unknown(now + settling.ASKED_AGAIN_AFTER)
    Message.objects.filter(state=MessageState.QUEUED, send_after__gt=now).update(send_after=now)
    announce(delivery.due_messages(now, 300))


def cut_connections() -> None:
    """The database server ends every session of the worker."""
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'worker'")


def disturb(what: str, number: int, worker: Worker) -> None:
    if what == "flush":
        BROKER.flushall()
    elif what == "cut":
        cut_connections()
    elif number % 2:
        worker.kill_one_child()
    else:
        worker.kill()
        clock()
        worker.start()


def test_every_family_gets_each_text_once_or_a_call_whatever_dies(
    worker: Worker, carrier: FakeTwilio, scale: Mapping[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    # Fifty deaths take longer than a test that hangs is given.
    faulthandler.cancel_dump_traceback_later()
    many, begun = scale["chaos_messages"], time.monotonic()
    disturbances = [
        *((what, number) for what in ("kill", "flush", "cut") for number in range(scale[f"chaos_{_PLURAL[what]}"]))
    ]
    CHANCE.shuffle(disturbances)
    reporter = carrier.before_answering = Reporter()
    messages: list[Message] = []
    in_redis = b""

    for step, (what, number) in enumerate(disturbances, start=1):
        messages += [family(number) for number in range(len(messages), many * step // len(disturbances))]
        time.sleep(CHANCE.uniform(0, 0.3))
        in_redis += b"".join(content for _, content in places.redis_keys())
        disturb(what, number, worker)
        clock()
    drained_at = drain(many / 5 + 120, worker)
    reporter.end()

    figures = count(messages, carrier)
    with capsys.disabled():
        print(
            f"\nchaos: {many} texts, {scale['chaos_kills']} kills, {scale['chaos_flushes']} empty brokers, "
            f"{scale['chaos_cuts']} cut databases: {figures['once']} arrived once, {figures['called']} "
            f"called instead ({figures['undeliverable']} of them not delivered by the carrier), "
            f"{figures['lost']} lost, {figures['double']} double; {len(carrier.texts)} requests, "
            f"{figures['not taken']} not taken; drained after {drained_at - begun:.0f} s"
        )
    assert len(messages) == many
    assert figures["lost"] == figures["double"] == figures["unfinished"] == 0, what_went_wrong(messages, carrier)
    assert figures["once"] + figures["called"] == many
    # Of all, and not only of those that the carrier could deliver.
    assert figures["once"] >= 0.98 * many
    assert reporter.refused == []
    log = worker.log.read_bytes()
    assert b"notifications.tasks.deliver" in log
    for telling in (b"{'To': '+16125550142'}", b"To=%2B16125550142&", b"call 612-555-0142", b"6125550142"):
        assert PERSONAL.search(telling), "it would be found"
    assert not PERSONAL.search(log)
    assert in_redis
    assert not PERSONAL.search(in_redis)


_PLURAL = {"kill": "kills", "flush": "flushes", "cut": "cuts"}


def drain(seconds: float, worker: Worker) -> float:
    """Until nothing waits; when that was. A worker that ended by itself is started again, as a supervisor does."""
    deadline = time.monotonic() + seconds
    while Message.objects.filter(state__in=UNFINISHED).exists():
        if not worker.is_running:
            worker.start()
        clock()
        # Four hours later the carrier is asked about what it never reports.
        settling.ask_about_unreported(timezone.now() + settling.UNREPORTED_FOR_AT_MOST)
        waiting = Message.objects.filter(state__in=UNFINISHED)
        assert time.monotonic() < deadline, list(waiting.values("state", "reason", "state_since", "times_asked"))
        time.sleep(0.5)
    return time.monotonic()


def what_went_wrong(messages: list[Message], carrier: FakeTwilio) -> list[Any]:
    """Of each text that neither arrived once nor is a call: how it ended, what was reported, what the carrier took."""
    delivered = CarrierReport.objects.filter(status="delivered", message__state="delivered").values("message")
    to_call = CoordinatorTask.objects.filter(kind=TaskKind.CALL_FAMILY).values("case_id")
    wrong = []
    for message in Message.objects.filter(pk__in=[one.pk for one in messages]):
        took = [(one.sid[-4:], one.status) for one in carrier.records.values() if str(message.pk) in one.callback]
        is_settled = delivered.filter(message=message).exists() or to_call.filter(case_id=message.case_id).exists()
        if len(took) > 1 or not is_settled:
            of_row = Message.objects.filter(pk=message.pk).values(
                "state", "reason", "attempts", "times_returned", "tried_at", "state_since", "carrier_id", "error_code"
            )
            reports = message.reports.values_list("carrier_id", "status", "at")
            wrong.append((message.pk, *of_row, *[(sid[-4:], status, at) for sid, status, at in reports], *took))
    return wrong


def count(messages: list[Message], carrier: FakeTwilio) -> dict[str, int]:
    """How the messages ended, counted by what the carrier took and by the tasks coordinators have."""
    took = Counter(record.callback.rstrip("/").rpartition("/")[2] for record in carrier.records.values())
    to_call = set(CoordinatorTask.objects.filter(kind=TaskKind.CALL_FAMILY).values_list("case_id", flat=True))
    arrived = set(
        CarrierReport.objects.filter(status="delivered", message__state="delivered").values_list(
            "message_id", flat=True
        )
    )
    once = {one.id for one in messages if one.id in arrived and took[str(one.id)] == 1}
    called = {one.id for one in messages if one.case_id in to_call and one.id not in once}
    return {
        "once": len(once),
        "called": len(called),
        "lost": len({one.id for one in messages} - once - called),
        "double": sum(took[str(one.id)] > 1 for one in messages),
        "unfinished": Message.objects.filter(state__in=UNFINISHED).count(),
        "undeliverable": Message.objects.filter(state=MessageState.UNDELIVERED).count(),
        "not taken": len(carrier.texts) - len(carrier.records),
    }
