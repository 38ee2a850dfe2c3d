from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from config import health
from intake.actions import begin_draft
from intake.drafts import DRAFT_LIFE
from intake.tasks import purge_drafts
from notifications.models import Contact, Heartbeat, Message, MessageState
from notifications.tasks import HEARTBEAT
from privacy import destruction, holds
from privacy.models import LegalHold, ReaderKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _worker_beats() -> None:
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"at": timezone.now()})


def _ready(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/health/ready")
    return response.status_code, response.json()


def _message(*, overdue: timedelta, state: str = MessageState.QUEUED) -> None:
    now = timezone.now()
    case_id = uuid4()
    contact = Contact.objects.create(case_id=case_id, language="es", may_text=True, may_call=True, created_at=now)
    Message.objects.create(
        contact=contact,
        case_id=case_id,
        template="opened",
        trigger=uuid4(),
        language="es",
        state=state,
        send_after=now - overdue,
        created_at=now,
        state_since=now,
    )


def _unreachable(*args: object, **kwargs: object) -> bool:
    raise ConnectionError("password of intake@postgres-main refused")


def test_live_asks_no_server(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/health/live").json() == {"ok": True}


def test_ready_when_every_check_passes(client: Client) -> None:
    _message(overdue=timedelta(minutes=9))
    status, answer = _ready(client)
    assert status == 200
    assert answer == {
        "ok": True,
        "checks": {
            "database": True,
            "keys": True,
            "broker": True,
            "worker": True,
            "vault": True,
            "retention": True,
            "messages": True,
        },
    }


@pytest.mark.parametrize(
    ("function", "checks"),
    [("_database_answers", ["database", "keys"]), ("_broker_answers", ["broker"])],
)
def test_not_ready_and_no_detail_when_a_server_is_gone(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, function: str, checks: list[str]
) -> None:
    monkeypatch.setattr(health, function, _unreachable)
    status, answer = _ready(client)
    assert status == 503
    assert [name for name, passes in answer["checks"].items() if not passes] == checks
    assert "ConnectionError" in caplog.text
    assert "intake@" not in caplog.text + str(answer)


def test_the_broker_check_notices_a_dead_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.app, "connection_for_write", lambda **kwargs: _connection_to_nobody(**kwargs))
    with pytest.raises(Exception, match="refused"):
        health._broker_answers()


def _connection_to_nobody(**kwargs: Any) -> Any:
    return health.app.amqp.Connection("redis://127.0.0.1:1/0", **kwargs)


def test_the_database_check_asks_the_named_database(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = connections["keys"].cursor
    monkeypatch.setattr(connections["keys"], "cursor", lambda: asked.append("keys") or real())  # type: ignore[func-returns-value]
    assert health._database_answers("keys")
    assert asked == ["keys"]


def test_not_ready_without_a_heartbeat(client: Client) -> None:
    Heartbeat.objects.all().delete()
    assert _ready(client)[1]["checks"]["worker"] is False


@pytest.mark.parametrize(("age", "passes"), [(80, True), (100, False)])
def test_a_heartbeat_counts_for_ninety_seconds(client: Client, age: int, passes: bool) -> None:
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=age))
    assert _ready(client)[1]["checks"]["worker"] is passes


@pytest.mark.parametrize("state", [MessageState.QUEUED, MessageState.SENDING])
def test_not_ready_when_a_text_is_overdue(client: Client, state: str) -> None:
    _message(overdue=timedelta(minutes=11), state=state)
    status, answer = _ready(client)
    assert (status, answer["checks"]["messages"]) == (503, False)


def test_a_text_that_arrived_or_waits_for_morning_is_not_overdue(client: Client) -> None:
    _message(overdue=timedelta(days=1), state=MessageState.DELIVERED)
    _message(overdue=timedelta(hours=-8))
    assert _ready(client)[1]["checks"]["messages"] is True


@pytest.mark.parametrize("reader", ["worker", "hotline"])
def test_not_ready_while_nobody_can_seal_for_the_worker_or_the_hotline(client: Client, reader: str) -> None:
    ReaderKey.objects.filter(reader=reader).update(retired_at=timezone.now())
    status, answer = _ready(client)
    assert (status, answer["checks"]["vault"]) == (503, False)


def test_a_provider_without_a_key_does_not_stop_families(client: Client) -> None:
    ReaderKey.objects.exclude(reader__in=["worker", "hotline"]).delete()
    assert _ready(client)[1]["checks"]["vault"] is True


def _due(ago: timedelta) -> UUID:
    """A case that should have been destroyed that long ago."""
    case_id, now = uuid4(), timezone.now()
    destruction.schedule(case_id=case_id, reason="closed", due_at=now - ago, now=now - ago, ends_case=True)
    return case_id


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("late", "passes"), [(23 * HOUR, True), (25 * HOUR, False), (-HOUR, True)])
def test_not_ready_when_something_is_past_due_by_a_day(client: Client, late: timedelta, passes: bool) -> None:
    _due(late)
    status, answer = _ready(client)
    assert (status == 200, answer["checks"]["retention"]) == (passes, passes)


def test_ready_again_once_it_is_destroyed(client: Client) -> None:
    _due(25 * HOUR)
    destruction.carry_out_due(timezone.now())
    assert _ready(client)[1]["checks"]["retention"] is True


def test_what_a_legal_hold_keeps_is_not_past_due(client: Client) -> None:
    case_id = _due(100 * HOUR)
    holds.place(case_id=case_id, by_user_id=1, now=timezone.now() - 101 * HOUR)
    assert _ready(client)[1]["checks"]["retention"] is True

    holds.lift(case_id=case_id, by_user_id=1, now=timezone.now() - HOUR)
    assert _ready(client)[1]["checks"]["retention"] is True

    LegalHold.objects.update(lifted_at=timezone.now() - 25 * HOUR)
    assert _ready(client)[1]["checks"]["retention"] is False


@pytest.mark.parametrize(("late", "passes"), [(23 * HOUR, True), (25 * HOUR, False)])
def test_not_ready_when_a_draft_outlives_its_days_by_a_day(client: Client, late: timedelta, passes: bool) -> None:
    begin_draft(language="en", now=timezone.now() - DRAFT_LIFE - late)
    assert _ready(client)[1]["checks"]["retention"] is passes

    purge_drafts()
    assert _ready(client)[1]["checks"]["retention"] is True


def test_asking_stays_cheap_however_much_is_scheduled(client: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(20):
        _due(HOUR)
    with django_assert_max_num_queries(9):
        _ready(client)
