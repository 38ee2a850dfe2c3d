"""A report that ends a text and an action that moves its case, at once: one waits for the other, none is thrown out."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from notifications import case_locks, reports
from notifications.actions import add_contact, cancel_texts, queue_texts
from notifications.models import Message, MessageState
from referrals.actions.moves import lock_case
from referrals.models import Case, TaskKind
from tests import factories
from tests.notifications.test_stop_races import apart

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)


def sent_to(case: Case, now: datetime) -> Message:
    add_contact(
        case_id=case.pk,
        contact_id=uuid4(),
        language="en",
        may_text=True,
        may_call=True,
        any_hour=True,
        phone_is_shared=False,
        now=now,
    )
    [message] = queue_texts(case_id=case.pk, template="accepted", trigger=uuid4(), is_urgent=True, now=now)
    Message.objects.filter(pk=message.pk).update(state=MessageState.ACCEPTED, carrier_id="SM1", tried_at=now)
    return message


def until_somebody_waits() -> None:
    """Until the report has come as far as it can: to a row that somebody else holds."""
    for _look in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.05)
    raise AssertionError("nobody came to wait for the row")


def both_at_once(case: Case, message: Message, now: datetime) -> list[BaseException | None]:
    """Somebody holds the case and cancels its texts while the carrier reports that one did not arrive."""
    holds = threading.Event()

    def move() -> None:
        with transaction.atomic():
            lock_case(case.pk)
            holds.set()
            until_somebody_waits()
            cancel_texts(case_id=case.pk, reason="superseded", now=now)

    def report() -> None:
        assert holds.wait(10)
        reports.record_report(message.pk, carrier_id="SM1", status="undelivered", error_code="30005", now=now)

    with ThreadPoolExecutor(2) as pool:
        jobs: list[Callable[[], None]] = [move, report]
        return [one.exception(timeout=20) for one in [pool.submit(apart(job)) for job in jobs]]


def test_whoever_ends_a_text_holds_its_case_first() -> None:
    now, case = timezone.now(), factories.case()
    message = sent_to(case, now)

    assert both_at_once(case, message, now) == [None, None]

    message.refresh_from_db()
    assert message.state == MessageState.UNDELIVERED
    assert case.tasks.filter(kind=TaskKind.CALL_FAMILY).exists()


def test_without_that_order_one_of_them_is_thrown_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now, case = timezone.now(), factories.case()
    message = sent_to(case, now)
    nothing: list[Callable[[UUID], None]] = []
    monkeypatch.setattr("notifications.locks.case_locks", nothing)
    assert case_locks

    ends = both_at_once(case, message, now)

    assert [type(one) for one in ends if one is not None] == [OperationalError]
