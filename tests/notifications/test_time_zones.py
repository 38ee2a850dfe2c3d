"""Somebody of the hotline was told where the phone is: from then on its texts keep to the day there."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts.roles import Role
from notifications import delivery
from notifications.actions import queue_texts
from notifications.models import Contact, Message
from notifications.quiet_hours import ZONES, zone_named
from referrals.actions import withdraw
from referrals.actions.time_zones import set_time_zone
from referrals.models import Case, CaseEvent
from referrals.policies import WrongState
from tests import factories
from tests.notifications.conftest import NOON, MakeContact
from tests.notifications.test_delivery import state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

HOUR = timedelta(hours=1)


@pytest.fixture
def case(make_contact: MakeContact) -> Case:
    case = factories.case()
    make_contact(case_id=case.pk)
    return case


def queued(case: Case, *, hours: int) -> Message:
    now = NOON + hours * HOUR
    queue_texts(case_id=case.pk, template="accepted", trigger=case.pk, is_urgent=False, now=now)
    return Message.objects.get(case_id=case.pk, trigger=case.pk)


def test_every_zone_to_choose_exists() -> None:
    for name, _ in ZONES:
        assert zone_named(name)


def test_texts_keep_to_the_day_where_the_phone_is(case: Case) -> None:
    # 11:30 in the morning in Minneapolis is half past eight at night in Nairobi, and two hours later it is night there.
    set_time_zone(case=case, time_zone="Africa/Nairobi", by=factories.actor(Role.COORDINATOR), now=NOON)
    message = queued(case, hours=2)

    delivery.deliver(message.id, now=NOON + 2 * HOUR)

    assert state_of(message) == ("queued", "quiet_hours")
    assert message.send_after.astimezone(zone_named("Africa/Nairobi")).hour == 8
    event = CaseEvent.objects.get(case=case, kind="time_zone_set")
    assert event.detail == {"zone": "Africa/Nairobi"}


def test_what_waits_for_the_morning_of_another_place_is_looked_at_again(case: Case) -> None:
    # 22:00 in Minneapolis, 20:00 in Los Angeles.
    message = queued(case, hours=12)
    delivery.deliver(message.id, now=NOON + 12 * HOUR)
    assert state_of(message) == ("queued", "quiet_hours")

    set_time_zone(
        case=case, time_zone="America/Los_Angeles", by=factories.actor(Role.COORDINATOR), now=NOON + 12 * HOUR
    )
    delivery.deliver(message.id, now=NOON + 12 * HOUR)

    assert state_of(message)[0] == "delivered"


def test_the_same_zone_again_is_no_event_and_another_case_keeps_its_own(case: Case, make_contact: MakeContact) -> None:
    other = make_contact()
    for _ in range(2):
        set_time_zone(case=case, time_zone="America/Denver", by=factories.actor(Role.COORDINATOR), now=NOON)

    assert CaseEvent.objects.filter(case=case, kind="time_zone_set").count() == 1
    assert Contact.objects.get(pk=other.pk).time_zone == "America/Chicago"


@pytest.mark.parametrize("role", [Role.PROVIDER_STAFF, Role.FINANCE, Role.AUDITOR])
def test_only_the_hotline_says_where_a_phone_is(case: Case, role: Role) -> None:
    with pytest.raises(PermissionDenied):
        set_time_zone(case=case, time_zone="America/Denver", by=factories.actor(role), now=NOON)


def test_of_a_case_that_is_over_and_of_a_zone_that_is_none_nothing_changes(case: Case) -> None:
    by = factories.actor(Role.COORDINATOR)
    with pytest.raises(KeyError):
        set_time_zone(case=case, time_zone="America/Nowhere", by=by, now=NOON)
    withdraw(case=case, by=by)
    with pytest.raises(WrongState):
        set_time_zone(case=case, time_zone="America/Denver", by=by, now=NOON)

    assert set(Contact.objects.values_list("time_zone", flat=True)) == {"America/Chicago"}


def test_a_coordinator_chooses_it_on_the_cases_page(case: Case) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    address = f"/staff/cases/{case.reference}/"

    answer = client.post(f"{address}do/set_time_zone/", {"time_zone": "America/Denver"}, follow=True)

    assert "Texts go by the clock of America/Denver now." in answer.content.decode()
    assert client.post(f"{address}do/set_time_zone/", {"time_zone": "Mars/Olympus"}).status_code == 400
