"""The coordinators' queue: its order, its figures, its filters, and a cost that does not grow with the cases."""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from hypothesis import given
from hypothesis import strategies as st

from accounts.roles import SYSTEM, Actor, Role
from referrals.actions import withdraw
from referrals.actions.assignments import take_over
from referrals.actions.desk import MOST_SAVED, delete_filter, rename_filter, save_filter
from referrals.filters import Filters, filters_of
from referrals.models import Case, Channel, CoordinatorTask, Offer, OfferState, SavedFilter, State, TaskKind, Urgency
from referrals.selectors import queue
from tests import factories

pytestmark = pytest.mark.django_db


def bulk_cases(number: int) -> None:
    """Open cases of every tier, each with a held offer and a task, without the walk through the actions."""
    now = timezone.now()
    program = factories.room()
    cases = Case.objects.bulk_create(
        Case(
            reference=f"{index:06d}"[:3] + "-" + f"{index:06d}"[3:],
            channel=Channel.WEB,
            language="es",
            state=State.ACCEPTED,
            state_since=now,
            state_due_at=now + timedelta(minutes=index - 100),
            opened_at=now,
            case_type="DET-HAB",
            urgency=index % 4,
            urgency_reason="held",
            next_deadline=now + timedelta(hours=index) if index % 3 else None,
        )
        for index in range(number)
    )
    Offer.objects.bulk_create(
        Offer(
            case=case,
            program=program,
            state=OfferState.ACCEPTED,
            case_type="DET-HAB",
            points=0,
            offered_at=now,
            expires_at=now,
        )
        for case in cases
    )
    CoordinatorTask.objects.bulk_create(
        CoordinatorTask(case=case, kind=TaskKind.LOCATE, opened_at=now, due_at=now) for case in cases
    )


def references(filters: Filters, now: datetime | None = None, reader: Actor = SYSTEM) -> list[str]:
    return [row.case.reference for row in queue(filters, reader=reader, now=now or timezone.now()).rows]


def counts(reader: Actor, now: datetime | None = None) -> dict[str, int]:
    """What the page says that each filter finds."""
    return {one.name: one.count for one in queue(Filters(), reader=reader, now=now or timezone.now()).counted}


def test_a_page_of_the_queue_takes_as_many_queries_for_thousands_of_cases_as_for_fifty(
    scale: Mapping[str, int],
) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    # The first visit of a minute also sends the files that follow.
    client.get("/staff/cases/")
    bulk_cases(50)
    with CaptureQueriesContext(connection) as few:
        assert client.get("/staff/cases/").status_code == 200
    Offer.objects.all().delete()
    CoordinatorTask.objects.all().delete()
    Case.objects.all().delete()
    bulk_cases(scale["queue_cases"])

    with CaptureQueriesContext(connection) as many:
        assert client.get("/staff/cases/?page=2").status_code == 200

    assert len(many) == len(few) <= 19


def test_the_case_page_takes_as_many_queries_after_a_long_story_as_after_a_short_one() -> None:
    factories.room(ceiling=600)
    client = factories.client_of(factories.member(Role.COORDINATOR))
    short, long = factories.accepted_case(), factories.accepted_case()
    for _ in range(30):
        Offer.objects.create(
            case=long,
            program=factories.room(ceiling=600),
            state=OfferState.EXPIRED,
            case_type="DET-HAB",
            points=6,
            offered_at=timezone.now(),
            expires_at=timezone.now(),
            room_released_at=timezone.now(),
        )
    with CaptureQueriesContext(connection) as few:
        client.get(f"/staff/cases/{short.reference}/")

    with CaptureQueriesContext(connection) as many:
        client.get(f"/staff/cases/{long.reference}/")

    assert len(many) == len(few)


def test_the_most_urgent_come_first_then_the_nearest_deadline_with_none_last_then_the_oldest() -> None:
    now = timezone.now()

    def made(urgency: Urgency, deadline: datetime | None, minutes_old: int) -> str:
        case = factories.case(factories.free_facts(), now=now - timedelta(minutes=minutes_old))
        Case.objects.filter(pk=case.pk).update(urgency=urgency, next_deadline=deadline)
        return case.reference

    last = made(Urgency.T2, now, 0)
    young = made(Urgency.T0, None, 1)
    old = made(Urgency.T0, None, 9)
    far = made(Urgency.T0, now + timedelta(days=2), 5)
    near = made(Urgency.T0, now + timedelta(days=1), 3)

    assert references(Filters()) == [near, far, old, young, last]


def test_closed_cases_are_not_in_the_queue() -> None:
    factories.room()
    case = factories.case()
    withdraw(case=case, by=factories.actor(Role.COORDINATOR))

    assert references(Filters()) == []


def test_cases_that_wait_for_a_coordinator_are_found() -> None:
    factories.room()
    # By day: at night somebody is asked to call.
    factories.case(now=factories.OFFICE_HOURS)
    undecided = factories.case(factories.free_facts(zip_code=""), now=factories.OFFICE_HOURS)

    assert references(Filters(for_coordinator=True)) == [undecided.reference]


def test_filters_narrow_the_rows_and_not_the_figures() -> None:
    factories.room()
    held = factories.case()
    free = factories.case(factories.free_facts())
    now = timezone.now()

    shown = queue(Filters(tier=0), reader=SYSTEM, now=now)

    assert [row.case.reference for row in shown.rows] == [held.reference]
    assert shown.open == 2
    assert references(Filters(state=State.WAITLISTED)) == [free.reference]


def test_overdue_means_that_the_owners_clock_has_run_out() -> None:
    now = timezone.now()
    late = factories.case(factories.free_facts(zip_code=""), now=now - timedelta(days=10))
    factories.case(factories.free_facts(zip_code=""), now=now)

    assert references(Filters(overdue=True)) == [late.reference]
    assert counts(SYSTEM, now)["Overdue"] == 1


def test_a_case_with_a_task_due_is_overdue_though_its_owner_has_time() -> None:
    factories.room()
    now = timezone.now()
    due, later, over = factories.case(), factories.case(), factories.case()
    withdraw(case=over, by=factories.actor(Role.COORDINATOR))
    for case, at in ((due, now), (later, now + timedelta(hours=1)), (over, now)):
        for kind in (TaskKind.CALL_BACK, TaskKind.LOCATE):
            CoordinatorTask.objects.create(case=case, kind=kind, opened_at=now - timedelta(hours=1), due_at=at)
    Case.objects.update(state_due_at=now + timedelta(hours=1))

    shown = queue(Filters(overdue=True), reader=SYSTEM, now=now)

    assert [row.case.reference for row in shown.rows] == references(Filters(tasks_due=True), now) == [due.reference]
    assert counts(SYSTEM, now)["Overdue"] == 1


def test_an_open_eligibility_says_until_when_it_must_be_decided() -> None:
    case = factories.case(factories.free_facts(zip_code=""))
    client = factories.client_of(factories.member(Role.COORDINATOR))
    assert case.screening_due_at
    by = date_format(localtime(case.screening_due_at), "M j, H:i")

    for path in ("", f"{case.reference}/"):
        shown = re.sub(r"<[^>]+>", "", client.get(f"/staff/cases/{path}").content.decode())
        assert re.search(rf"decide by (\w+, )?{by}", shown), path


def test_a_row_names_the_provider_that_must_act() -> None:
    factories.room()
    factories.case()

    row = queue(Filters(), reader=SYSTEM, now=timezone.now()).rows[0]

    assert (row.owner, row.type_name) == ("AHR", "Release by federal court")


@pytest.mark.parametrize(
    "address", ["?tier=9", "?tier=x", "?state=closed", "?page=0", "?page=99999999999", "?page=%00", "?tier=%00&mine"]
)
def test_an_address_that_makes_no_sense_shows_the_queue(address: str) -> None:
    factories.case()
    client = factories.client_of(factories.member(Role.COORDINATOR))

    assert client.get(f"/staff/cases/{address}").status_code == 200


def test_a_reference_typed_as_people_type_it_leads_to_its_case_and_a_name_stands_in_no_address() -> None:
    case = factories.case()
    client = factories.client_of(factories.member(Role.COORDINATOR))

    found = client.post("/staff/cases/go/", {"reference": f" {case.reference.lower().replace('-', ' ')}"})
    missed = client.post("/staff/cases/go/", {"reference": "Pretend Person"}, follow=True)

    assert found["Location"] == f"/staff/cases/{case.reference}/"
    assert missed.redirect_chain == [("/staff/cases/", 302)]
    assert "No case has this reference." in missed.content.decode()
    assert "Pretend" not in missed.content.decode()


def test_each_filter_finds_its_cases_and_its_count_says_how_many() -> None:
    factories.room()
    now = timezone.now()
    me, colleague = factories.member(Role.COORDINATOR), factories.member(Role.COORDINATOR)
    reader = me.membership.actor()
    mine, theirs, nobodys = factories.case(language="es"), factories.case(), factories.case(factories.free_facts())
    take_over(case=mine, by=reader)
    take_over(case=theirs, by=colleague.membership.actor())

    found = {
        name: set(references(filters, now, reader))
        for name, filters in {
            "mine": Filters(assignee="me"),
            "a colleague's": Filters(assignee=str(colleague.pk)),
            "nobody's": Filters(assignee="nobody"),
            "Spanish": Filters(language="es"),
            "with AHR": Filters(provider="AHR"),
            "another type": Filters(case_type="REM-ND"),
            "not held": Filters(custody=nobodys.custody),
            "two at once": Filters(provider="AHR", language="es"),
        }.items()
    }

    assert found == {
        "mine": {mine.reference},
        "a colleague's": {theirs.reference},
        "nobody's": {nobodys.reference},
        "Spanish": {mine.reference},
        "with AHR": {mine.reference, theirs.reference},
        "another type": {nobodys.reference},
        "not held": {nobodys.reference},
        "two at once": {mine.reference},
    }
    shown = counts(reader, now)
    assert shown == {
        "T0 now": 2,
        "Overdue": 0,
        "Unread": 3,
        "Mine": 1,
        "Unassigned": 1,
        "No contact yet": 3,
        "Waiting for room": 1,
    }


def test_a_case_of_somebody_who_has_left_is_nobodys() -> None:
    gone = factories.member(Role.COORDINATOR)
    case = factories.case()
    take_over(case=case, by=gone.membership.actor())
    assert references(Filters(assignee="nobody")) == []

    gone.is_active = False
    gone.save()

    assert references(Filters(assignee="nobody")) == [case.reference]
    assert queue(Filters(), reader=SYSTEM, now=timezone.now()).rows[0].person == ""


@given(
    st.builds(
        Filters,
        tier=st.sampled_from([None, *Urgency.values]),
        state=st.sampled_from(["", State.OFFERED, State.WAITLISTED]),
        case_type=st.sampled_from(["", "DET-HAB", "U-VISA"]),
        language=st.sampled_from(["", "es", "hmn"]),
        custody=st.sampled_from(["", "ice_hold_room"]),
        provider=st.sampled_from(["", "AHR"]),
        assignee=st.sampled_from(["", "me", "nobody", "7"]),
        for_coordinator=st.booleans(),
        overdue=st.booleans(),
        tasks_due=st.booleans(),
        unread=st.booleans(),
        no_contact=st.booleans(),
    )
)
def test_an_address_and_a_saved_filter_hold_the_whole_filter(filters: Filters) -> None:
    assert filters_of(QueryDict(filters.address(page=3)[1:]).dict()) == filters
    assert filters_of(filters.codes()) == filters


@given(st.dictionaries(st.sampled_from([field.name for field in fields(Filters)]), st.text()))
def test_whatever_an_address_says_only_codes_come_of_it(said: dict[str, str]) -> None:
    codes = filters_of(said).codes()

    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,20}", value) for value in codes.values())


def test_pages_keep_the_filters() -> None:
    bulk_cases(104)
    Case.objects.update(urgency=0)
    client = factories.client_of(factories.member(Role.COORDINATOR))

    page = client.get("/staff/cases/?tier=0&state=accepted&page=2").content.decode()

    assert 'href="?tier=0&amp;state=accepted"' in page
    assert 'href="?tier=0&amp;state=accepted&amp;page=3"' in page


def test_a_filter_that_no_name_fits_can_be_saved_renamed_and_deleted() -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    address = "?tier=0&custody=ice_hold_room"
    assert (
        f"/staff/filters/new/{address}".replace("&", "&amp;") in client.get(f"/staff/cases/{address}").content.decode()
    )

    client.post(f"/staff/filters/new/{address}&page=4&nonsense=Pretend", {"name": "Hold room"})
    saved = SavedFilter.objects.get()
    assert saved.filters == {"tier": "0", "custody": "ice_hold_room"}
    assert "<strong>0</strong> Hold room" in client.get("/staff/cases/").content.decode()

    client.post(f"/staff/filters/{saved.pk}/rename/", {"name": "Whipple"})
    assert SavedFilter.objects.get().name == "Whipple"
    assert client.post(f"/staff/filters/{saved.pk}/delete/").status_code == 302
    assert not SavedFilter.objects.exists()


def test_a_name_is_used_once_and_an_empty_one_is_asked_for_again() -> None:
    member = factories.member(Role.COORDINATOR)
    client = factories.client_of(member)
    one, other = (save_filter(name=name, filters=Filters(tier=0), by=member.membership.actor()) for name in ("A", "B"))

    assert client.post(f"/staff/filters/{other.pk}/rename/", {"name": "A"}).status_code == 409
    assert client.post("/staff/filters/new/?tier=1", {"name": ""}).status_code == 400
    assert client.post("/staff/filters/new/?tier=1", {"name": "x" * 41}).status_code == 400
    client.post("/staff/filters/new/?tier=1", {"name": "A"})

    one.refresh_from_db()
    assert one.filters == {"tier": "1"}
    assert SavedFilter.objects.count() == 2


def test_nobody_touches_a_colleagues_filter_or_has_more_than_fit() -> None:
    colleague, member = factories.actor(Role.COORDINATOR), factories.member(Role.COORDINATOR)
    saved = save_filter(name="Theirs", filters=Filters(tier=0), by=colleague)
    client = factories.client_of(member)

    for step in ("rename", "delete"):
        assert client.post(f"/staff/filters/{saved.pk}/{step}/", {"name": "Mine"}).status_code == 404
    for act in (
        lambda: delete_filter(saved=saved, by=member.membership.actor()),
        lambda: rename_filter(saved=saved, name="Mine", by=member.membership.actor()),
    ):
        with pytest.raises(PermissionDenied):
            act()
    for number in range(MOST_SAVED):
        save_filter(name=str(number), filters=Filters(tier=0), by=member.membership.actor())
    assert client.post("/staff/filters/new/?tier=1", {"name": "One more"}).status_code == 400
    assert SavedFilter.objects.filter(user=member).count() == MOST_SAVED
    assert SavedFilter.objects.get(pk=saved.pk).name == "Theirs"
    assert "Theirs" not in client.get("/staff/cases/").content.decode()


def test_saved_filters_are_counted_in_the_same_query() -> None:
    member = factories.member(Role.COORDINATOR)
    client = factories.client_of(member)
    client.get("/staff/cases/")
    with CaptureQueriesContext(connection) as none:
        client.get("/staff/cases/")
    for number in range(MOST_SAVED):
        save_filter(name=str(number), filters=Filters(tier=number % 4, unread=True), by=member.membership.actor())

    with CaptureQueriesContext(connection) as many:
        client.get("/staff/cases/")

    assert len(many) == len(none)
