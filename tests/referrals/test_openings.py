"""Every opening of a sealed part leaves a trace, makes the case somebody's, and is counted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.utils import timezone

from accounts.roles import SYSTEM, Actor, Role
from privacy.models import DocumentKind
from referrals import events
from referrals.actions.assignments import works_on
from referrals.actions.openings import OpeningReason, openings_since, record_opening
from referrals.models import AlertKind, Assignment, Case, CaseEvent, OpeningAlert
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.OFFICE_HOURS
WINDOWS = 6


@pytest.fixture
def case() -> Case:
    factories.room()
    return factories.case()


def open_(
    case: Case, by: Actor, *, kind: DocumentKind = DocumentKind.CONTACT, reason: str = "call_family", minutes: float = 0
) -> None:
    record_opening(case=case, kind=kind, reason=reason, by=by, now=NOW + timedelta(minutes=minutes))


def person_of(case: Case, by: Actor) -> int | None:
    return works_on(case, by.organization_id)


def test_an_opening_is_an_event_with_document_and_reason(case: Case) -> None:
    by = factories.actor(Role.COORDINATOR)

    open_(case, by, kind=DocumentKind.FILE, reason="prepare")

    event = case.events.get(kind="opened_document")
    assert event.detail == {"document": "file", "reason": "prepare"}
    assert (event.user_id, event.organization_id, event.role) == (by.user_id, by.organization_id, Role.COORDINATOR)
    assert events.broken_links(case.pk) == []


def test_nobody_opens_without_a_reason_of_the_list_or_without_being_a_member(case: Case) -> None:
    with pytest.raises(ValueError, match="curious"):
        open_(case, factories.actor(Role.COORDINATOR), reason="curious")
    with pytest.raises(PermissionDenied):
        open_(case, SYSTEM)

    assert not case.events.filter(kind="opened_document").exists()


def test_who_opens_a_case_that_nobody_has_makes_it_theirs(case: Case) -> None:
    by = factories.actor(Role.COORDINATOR)

    open_(case, by)
    open_(case, by, kind=DocumentKind.FILE)

    assert person_of(case, by) == by.user_id
    assert case.events.get(kind="assigned").detail == {"user": by.user_id}
    assert not OpeningAlert.objects.exists()


def test_each_organization_has_a_person_of_its_own(case: Case) -> None:
    hotline, provider = factories.actor(Role.COORDINATOR), factories.actor(Role.PROVIDER_STAFF)

    open_(case, hotline)
    open_(case, provider, kind=DocumentKind.NAMES, reason="conflict_check")

    assert (person_of(case, hotline), person_of(case, provider)) == (hotline.user_id, provider.user_id)
    assert not OpeningAlert.objects.exists()


def test_opening_a_colleagues_case_raises_an_alert_and_leaves_the_case_with_the_colleague(case: Case) -> None:
    colleague, curious = factories.actor(Role.COORDINATOR), factories.actor(Role.COORDINATOR)
    open_(case, colleague)

    open_(case, curious)

    alert = OpeningAlert.objects.get()
    assert (alert.kind, alert.case, alert.openings) == (AlertKind.NOT_THEIRS, case, 1)
    assert (alert.user_id, alert.organization_id) == (curious.user_id, curious.organization_id)
    assert person_of(case, curious) == colleague.user_id


def test_a_lead_is_no_exception(case: Case) -> None:
    open_(case, factories.actor(Role.COORDINATOR))

    open_(case, factories.actor(Role.HOTLINE_LEAD), reason="supervise")

    assert OpeningAlert.objects.get().kind == AlertKind.NOT_THEIRS


def test_one_alert_stands_for_an_hour_and_counts_further_openings(case: Case) -> None:
    open_(case, factories.actor(Role.COORDINATOR))
    curious = factories.actor(Role.COORDINATOR)

    for minutes in (0, 1, 59):
        open_(case, curious, minutes=minutes)
    assert [alert.openings for alert in OpeningAlert.objects.all()] == [3]
    open_(case, curious, minutes=61)

    assert sorted(alert.openings for alert in OpeningAlert.objects.all()) == [1, 3]


def test_the_case_of_somebody_who_left_is_the_next_openers(case: Case) -> None:
    left = factories.member(Role.COORDINATOR)
    open_(case, left.membership.actor())
    left.is_active = False
    left.save()
    follower = factories.actor(Role.COORDINATOR)

    open_(case, follower)

    assert person_of(case, follower) == follower.user_id
    assert not OpeningAlert.objects.exists()


def test_more_than_the_limit_within_an_hour_raises_one_alert_that_counts_up(case: Case, settings: Any) -> None:
    settings.OPENINGS_AN_HOUR = 3
    by = factories.actor(Role.COORDINATOR)

    for minutes in range(3):
        open_(case, by, minutes=minutes)
    assert not OpeningAlert.objects.exists()
    for minutes in range(3, 6):
        open_(case, by, minutes=minutes)

    alert = OpeningAlert.objects.get()
    assert (alert.kind, alert.case, alert.openings) == (AlertKind.MANY, None, 6)


def test_openings_of_more_than_an_hour_ago_and_of_others_do_not_count(case: Case, settings: Any) -> None:
    settings.OPENINGS_AN_HOUR = 2
    by, other = factories.actor(Role.COORDINATOR), factories.actor(Role.COORDINATOR)

    open_(case, by, minutes=0)
    open_(case, by, minutes=1)
    open_(case, by, minutes=61)
    open_(case, other, minutes=61)

    assert not OpeningAlert.objects.filter(kind=AlertKind.MANY).exists()
    open_(case, by, minutes=61.5)
    open_(case, by, minutes=62)
    assert OpeningAlert.objects.get(kind=AlertKind.MANY).user_id == by.user_id


def test_a_search_counts_but_never_assigns_and_never_tells_of_a_colleagues_case(case: Case, settings: Any) -> None:
    settings.OPENINGS_AN_HOUR = 1
    by = factories.actor(Role.COORDINATOR)

    open_(case, by, reason=OpeningReason.SEARCH)
    assert person_of(case, by) is None
    open_(case, factories.actor(Role.COORDINATOR))
    open_(case, by, reason=OpeningReason.SEARCH)

    assert [alert.kind for alert in OpeningAlert.objects.all()] == [AlertKind.MANY]


@pytest.mark.django_db(transaction=True)
def test_openings_from_many_windows_at_once_are_all_counted_in_one_alert(settings: Any) -> None:
    settings.OPENINGS_AN_HOUR = 1
    factories.room()
    cases, together = [factories.case() for _ in range(WINDOWS)], Barrier(WINDOWS)
    by = factories.actor(Role.COORDINATOR)

    def open_at_once(case: Case) -> None:
        try:
            together.wait(timeout=10)
            open_(case, by)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WINDOWS) as pool:
        list(pool.map(open_at_once, cases))

    assert OpeningAlert.objects.get().openings == WINDOWS


def test_the_count_uses_the_index_of_openings(case: Case) -> None:
    by = factories.actor(Role.COORDINATOR)
    open_(case, by)
    openings = CaseEvent.objects.filter(user_id=by.user_id, kind="opened_document", at__gt=NOW)

    assert openings_since(by.user_id or 0, NOW - timedelta(hours=1)) == 1
    with connections["default"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "event_opened_by" in openings.explain()


def test_the_timeline_says_who_opened_what_and_why(case: Case) -> None:
    member = factories.member(Role.COORDINATOR)
    client = factories.client_of(member)
    open_(case, member.membership.actor(), reason="locate")

    page = client.get(f"/staff/cases/{case.reference}/").content.decode()

    assert "The sealed part “contact” was opened: Find where the person is held." in page
    assert f"{member.name} works on it now." in page
    assert f"{member.name}, coordinator" in page


def test_a_provider_reads_of_its_own_openings_only() -> None:
    factories.room()
    case = factories.accepted_case()
    hotline, provider = factories.member(Role.COORDINATOR), factories.member(Role.PROVIDER_STAFF)
    open_(case, hotline.membership.actor(), reason="locate")
    open_(case, provider.membership.actor(), reason="prepare")

    page = factories.client_of(provider).get(f"/staff/cases/{case.reference}/").content.decode()
    told = factories.client_of(provider).get(f"/api/v1/cases/{case.reference}/").json()

    assert "was opened: Prepare the case." in page
    assert "Find where the person is held" not in page
    assert hotline.name not in page
    own = [event["detail"] for event in told["events"] if event["kind"] == "opened_document"]
    assert own == [{"document": "contact", "reason": "prepare"}]


def test_the_page_that_opens_a_document_records_it(
    case: Case, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    member = factories.member(Role.COORDINATOR)
    began = timezone.now()

    answer = factories.client_of(member).post(f"/staff/cases/{case.reference}/open/contact/", {"reason": "call_family"})

    assert answer.status_code == 200
    assert openings_since(member.pk, began - timedelta(seconds=1)) == 1
    assert Assignment.objects.get(case=case).user_id == member.pk


def test_a_search_or_hand_over_is_no_reason_a_person_can_choose(case: Case) -> None:
    page = factories.client_of(factories.member(Role.COORDINATOR)).get(f"/staff/cases/{case.reference}/open/file/")

    shown = page.content.decode()
    assert 'value="call_family"' in shown
    for reason in (OpeningReason.SEARCH, OpeningReason.HAND_OVER, OpeningReason.NEW_CODE):
        assert f'value="{reason.value}"' not in shown
