"""The carrier keeps no record of a call for a day: neither the family's number nor who called whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.roles import Role
from notifications.backends import twilio_sms
from notifications.call_records import sweep_calls
from notifications.tasks import mail_waiting_pages
from tests import factories
from tests.fake_carrier import IN_PROGRESS, FakeCarrier

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 9, 27, tzinfo=UTC)
FAMILY = "+16125550147"


@pytest.fixture(autouse=True)
def _own_connection() -> Any:
    twilio_sms.close()
    yield
    twilio_sms.close()


def took(carrier: FakeCarrier, hours: float, status: str = "completed", resource: str = "Calls") -> str:
    return carrier.take(resource, to=FAMILY, created=NOW - timedelta(hours=hours), status=status)


def test_old_calls_are_deleted_and_new_ones_are_left(carrier: FakeCarrier) -> None:
    old, older, new = took(carrier, 18), took(carrier, 40), took(carrier, 2)

    assert sweep_calls(NOW) == 2

    assert set(carrier.records) == {new}
    assert {old, older} == {asked["sid"] for asked in carrier.asked("deleted")}


def test_nothing_stays_for_a_day_though_the_sweep_runs_every_six_hours(carrier: FakeCarrier) -> None:
    for hours in range(30):
        took(carrier, hours)

    sweep_calls(NOW)

    assert len(carrier.records) == 17
    sweep_calls(NOW + timedelta(hours=6))
    assert len(carrier.records) == 11


def test_texts_are_not_this_sweeps(carrier: FakeCarrier) -> None:
    text = took(carrier, 40, resource="Messages")

    assert sweep_calls(NOW) == 0
    assert set(carrier.records) == {text}


def test_a_call_that_goes_on_is_deleted_by_a_later_sweep(carrier: FakeCarrier) -> None:
    long, old = took(carrier, 18, status=IN_PROGRESS), took(carrier, 19)
    assert sweep_calls(NOW) == 1
    assert old not in carrier.records

    carrier.records[long]["status"] = "completed"

    assert sweep_calls(NOW) == 1
    assert carrier.records == {}


def test_a_carrier_that_is_away_is_asked_again_and_no_number_is_logged(
    carrier: FakeCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    took(carrier, 18)
    carrier.status = 503
    assert sweep_calls(NOW) == 0
    assert "were not swept" in caplog.text
    assert FAMILY[2:] not in caplog.text

    carrier.status = 201
    assert sweep_calls(NOW) == 1


@pytest.mark.parametrize("status", [400, 403, 500, 502])
def test_one_record_that_cannot_be_deleted_keeps_no_other_there(
    carrier: FakeCarrier, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    oldest, _, _ = took(carrier, 40), took(carrier, 30), took(carrier, 18)
    carrier.delete_statuses = {oldest: status}

    assert sweep_calls(NOW) == 2

    assert set(carrier.records) == {oldest}
    assert oldest in caplog.text
    assert FAMILY[2:] not in caplog.text


@pytest.mark.parametrize("status", [401, 429, 503])
def test_who_is_refused_altogether_does_not_go_on_asking(carrier: FakeCarrier, status: int) -> None:
    carrier.delete_statuses = {took(carrier, hours): status for hours in (18, 20, 40)}

    assert sweep_calls(NOW) == 0

    assert len(carrier.asked("deleted")) == 1


def test_the_operator_hears_once_a_day_of_a_call_that_the_carrier_keeps(carrier: FakeCarrier) -> None:
    factories.member(Role.OPERATOR)
    kept = took(carrier, 18)
    carrier.delete_statuses = {kept: 403}

    for sweeps in range(5):
        sweep_calls(NOW + timedelta(hours=6 * sweeps))
        mail_waiting_pages()

    (told,) = mail.outbox
    assert "calls" in told.body
    assert FAMILY[2:] not in told.body


def test_the_demo_has_no_carrier(settings: Any, carrier: FakeCarrier) -> None:
    settings.TEXT_BACKEND = "handset"

    assert sweep_calls(NOW) == 0
    assert carrier.requests == []


def test_the_clock_runs_it_four_times_a_day(settings: Any) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["sweep-calls"]

    assert entry["task"] == "intake.tasks.sweep_calls"
    assert entry["schedule"].hour == {3, 9, 15, 21}
