"""No text leaves between nine in the evening and eight in the morning where the person lives, all year round."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from notifications import delivery
from notifications.actions import add_contact
from notifications.backends import Ending, Outcome
from notifications.backends.handset import HandsetBackend
from notifications.models import Contact, Message
from notifications.quiet_hours import next_closing
from notifications.selectors import recipients_of
from tests.fake_twilio import FakeTwilio
from tests.notifications.conftest import NOON, MakeContact, MakeMessage
from tests.notifications.test_delivery import state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

ZONES = [
    "America/Chicago",
    "America/New_York",
    "America/Los_Angeles",
    # No clock change.
    "America/Phoenix",
    "America/Anchorage",
    # Half an hour off; the other side of the year.
    "America/St_Johns",
    "America/Guayaquil",
]
# Clocks change on 8 March and 1 November 2026; without a zone, as hypothesis wants its bounds.
YEAR = datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-01-01")
CHANGES = [
    (datetime.fromisoformat("2026-03-07"), datetime.fromisoformat("2026-03-10")),
    (datetime.fromisoformat("2026-10-31"), datetime.fromisoformat("2026-11-03")),
]
MOMENTS = st.one_of(*(st.datetimes(*between, timezones=st.just(UTC)) for between in [YEAR, *CHANGES]))


def is_day(moment: datetime, zone: str) -> bool:
    """By the clock on the wall, computed apart from the program."""
    return time(8) <= moment.astimezone(ZoneInfo(zone)).time() < time(21)


class Noting(HandsetBackend):
    """Notes that a text left."""

    def __init__(self) -> None:
        self.left = 0

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
        self.left += 1
        return Outcome(Ending.ACCEPTED, carrier_id=f"SM{self.left}")


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Noting:
    backend = Noting()
    monkeypatch.setattr(delivery, "text_backend", lambda: backend)
    return backend


def message_at(moment: datetime, contact: Contact, **changes: Any) -> Message:
    return Message.objects.create(
        contact=contact,
        case_id=contact.case_id,
        template="accepted",
        trigger=uuid4(),
        language="en",
        send_after=moment,
        created_at=moment,
        state_since=moment,
        **changes,
    )


def around(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago")).astimezone(UTC)


@given(moment=MOMENTS, zone=st.sampled_from(ZONES), any_hour=st.booleans(), urgent=st.booleans())
@example(moment=around("2026-11-20T20:59:50"), zone="America/Chicago", any_hour=False, urgent=True)
@example(moment=around("2026-11-20T07:59:50"), zone="America/Chicago", any_hour=True, urgent=False)
@example(moment=around("2026-11-01T01:30:00"), zone="America/Chicago", any_hour=False, urgent=False)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_text_leaves_by_day_or_waits_for_the_morning_and_leaves_then(
    make_contact: MakeContact, backend: Noting, moment: datetime, zone: str, any_hour: bool, urgent: bool
) -> None:
    contact = Contact.objects.first() or make_contact()
    Contact.objects.update(time_zone=zone, any_hour=any_hour)
    message, before = message_at(moment, contact, is_urgent=urgent), backend.left
    takes = timedelta(seconds=15)
    by_day = is_day(moment, zone) and is_day(moment + takes, zone)

    delivery.deliver(message.id, now=moment)

    if by_day or (any_hour and urgent):
        assert state_of(message) == ("accepted", "")
        return
    assert backend.left == before
    assert state_of(message) == ("queued", "quiet_hours")
    opening = message.send_after
    assert opening.astimezone(ZoneInfo(zone)).time() == time(8)
    assert moment < opening <= moment + timedelta(hours=12, minutes=1)
    assert is_day(opening, zone)
    delivery.deliver(message.id, now=opening - timedelta(microseconds=1))
    assert backend.left == before
    delivery.deliver(message.id, now=opening)
    assert state_of(message) == ("accepted", "")


@given(moment=MOMENTS, zone=st.sampled_from(ZONES))
def test_the_next_closing_is_the_first_nine_in_the_evening_ahead(moment: datetime, zone: str) -> None:
    closing = next_closing(moment, ZoneInfo(zone))

    assert closing.astimezone(ZoneInfo(zone)).time() == time(21)
    assert timedelta(0) < closing - moment <= timedelta(hours=25)


@given(moment=MOMENTS, zone=st.sampled_from(ZONES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_the_carrier_is_told_not_to_keep_it_into_the_night(
    make_contact: MakeContact, twilio: FakeTwilio, moment: datetime, zone: str
) -> None:
    contact = Contact.objects.first() or make_contact()
    Contact.objects.update(time_zone=zone)
    sent_before = len(twilio.texts)

    delivery.deliver(message_at(moment, contact).id, now=moment)

    for text in twilio.texts[sent_before:]:
        may_wait = timedelta(seconds=int(text["ValidityPeriod"]))
        assert timedelta(0) < may_wait <= timedelta(hours=4)
        assert is_day(moment + may_wait - timedelta(seconds=1), zone)


def test_the_stated_zone_counts_and_not_ours(make_contact: MakeContact, make_message: MakeMessage) -> None:
    # Ten in the morning in Minneapolis, eight in Los Angeles; an hour earlier it is seven there.
    contact = make_contact(time_zone="America/Los_Angeles")
    early, [expected] = NOON - timedelta(hours=1), recipients_of(contact.case_id, is_urgent=False, now=NOON)

    delivery.deliver((message := make_message(contact, now=early)).id, now=early)

    assert state_of(message) == ("queued", "quiet_hours")
    assert message.send_after == NOON
    assert expected.arrives_at == NOON
    [waits] = recipients_of(contact.case_id, is_urgent=False, now=early)
    assert waits.arrives_at == NOON


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_zone_that_does_not_exist_is_refused_where_it_is_written(make_contact: MakeContact, zone: str) -> None:
    with pytest.raises((ZoneInfoNotFoundError, ValueError)):
        make_contact(time_zone=zone)
    assert not Contact.objects.exists()
    assert add_contact.__doc__
