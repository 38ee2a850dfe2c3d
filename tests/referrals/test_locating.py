"""Looking for somebody who was taken: the clock of the search, what a found place changes, and who may look."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.roles import Actor, Role
from notifications.models import Message
from referrals import events
from referrals.actions import may_have_moved, record_facts, record_locator_check, withdraw
from referrals.actions.screening import finish_task
from referrals.business_time import CHICAGO
from referrals.facts import PLACE_UNKNOWN, YesNo
from referrals.locator import LOOKS, next_check
from referrals.models import (
    Case,
    CoordinatorTask,
    Custody,
    CustodyPeriod,
    Facility,
    LocatorCheck,
    LookedAt,
    LookResult,
    TaskKind,
)
from referrals.policies import WrongState
from tests import factories as make

NOW = make.OFFICE_HOURS
# Two years, with both changes of the clocks in each.
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=730)).map(lambda after: datetime(2026, 1, 1, tzinfo=UTC) + after)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def open_tasks(case: Case) -> set[str]:
    return set(CoordinatorTask.objects.filter(case=case, done_at=None).values_list("kind", flat=True))


def search_due(case: Case) -> datetime:
    return CoordinatorTask.objects.get(case=case, kind=TaskKind.LOCATE, done_at=None).due_at


def lost(now: datetime = NOW) -> Case:
    """Taken, and nobody knows where."""
    return make.case(make.held_facts(place=PLACE_UNKNOWN), now=now)


def facility(code: str) -> Facility:
    return Facility.objects.get(code=code)


@pytest.fixture
def coordinator() -> Actor:
    return make.actor(Role.COORDINATOR)


def look(
    case: Case, by: Actor, result: str, *, now: datetime = NOW, code: str = "", us_state: str = ""
) -> LocatorCheck:
    return record_locator_check(
        case=case,
        looked_at=LookedAt.ICE_LOCATOR,
        result=result,
        facility=facility(code) if code else None,
        us_state=us_state,
        by=by,
        now=now,
    )


@given(began=MOMENTS, after=st.timedeltas(timedelta(0), timedelta(days=30)))
def test_the_next_look_is_within_two_hours_of_a_young_search_and_on_a_printed_hour_of_an_older_one(
    began: datetime, after: timedelta
) -> None:
    due = next_check(began, began + after)

    assert due > began + after
    if after < timedelta(hours=24):
        assert due == began + after + timedelta(hours=2)
    else:
        assert due.astimezone(CHICAGO).time() in LOOKS
        # From 18 to 8 o'clock, and an hour more where the clocks go back.
        assert due - (began + after) <= timedelta(hours=15)


@given(began=MOMENTS)
def test_an_old_search_is_looked_at_three_times_a_day(began: datetime) -> None:
    at, looks = began + timedelta(hours=24), []
    for _ in range(9):
        at = next_check(began, at)
        looks.append(at.astimezone(CHICAGO))

    assert len({one.date() for one in looks}) in (3, 4)
    assert all(later.date() == one.date() or later.time() == LOOKS[0] for one, later in pairwise(looks))


@pytest.mark.django_db
def test_each_look_that_finds_nothing_moves_the_clock_on_and_no_look_leaves_it_overdue(coordinator: Actor) -> None:
    case = lost()
    assert search_due(case) == NOW + timedelta(hours=2)

    look(case, coordinator, LookResult.NOT_FOUND, now=NOW + timedelta(hours=5))
    assert search_due(case) == NOW + timedelta(hours=7)
    look(case, coordinator, LookResult.UNCLEAR, now=NOW + timedelta(hours=26))

    # NOW is 10:00 in Minneapolis: 26 hours later the next look is at 13:00.
    assert search_due(case) == datetime(2026, 11, 18, 19, 0, tzinfo=UTC)
    assert fresh(case).custody == Custody.UNKNOWN
    assert CustodyPeriod.objects.filter(case=case).count() == 1


@pytest.mark.django_db
def test_new_answers_do_not_move_the_clock_of_a_search(coordinator: Actor) -> None:
    case = lost()
    look(case, coordinator, LookResult.NOT_FOUND, now=NOW + timedelta(hours=25))
    due = search_due(case)

    facts = make.held_facts(place=PLACE_UNKNOWN, criminal=YesNo.NO)
    record_facts(case=case, facts=facts, by=coordinator, now=NOW + timedelta(hours=25, minutes=1))

    assert search_due(case) == due


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("result", "code", "us_state", "custody", "task"),
    [
        (LookResult.FOUND, "whipple", "", Custody.ICE_HOLD_ROOM, set()),
        (LookResult.FOUND, "sherburne", "", Custody.ICE_MN, set()),
        (LookResult.MOVED, "el-paso", "", Custody.ICE_OUT_OF_STATE, set()),
        (LookResult.FOUND, "", "LA", Custody.ICE_OUT_OF_STATE, {TaskKind.ADD_FACILITY}),
        (LookResult.FOUND, "", "MN", Custody.HELD_LOCAL, {TaskKind.ADD_FACILITY}),
        (LookResult.RELEASED, "", "", Custody.RELEASED, set()),
    ],
)
def test_a_place_found_is_the_cases_at_once_and_ends_the_search(
    coordinator: Actor, result: str, code: str, us_state: str, custody: str, task: set[str]
) -> None:
    case = lost()
    texts = Message.objects.count()

    look(case, coordinator, result, code=code, us_state=us_state, now=NOW + timedelta(hours=1))

    case = fresh(case)
    assert case.custody == custody
    assert (case.facility.code if case.facility else "") == code
    newest = CustodyPeriod.objects.filter(case=case).last()
    assert newest is not None
    assert (newest.custody, newest.since) == (custody, NOW + timedelta(hours=1))
    assert open_tasks(case) & {TaskKind.LOCATE, TaskKind.ADD_FACILITY} == task
    assert Message.objects.count() == texts, "a family is never texted about places"
    assert events.broken_links(case.pk) == []


@pytest.mark.django_db
def test_the_search_begins_again_and_a_place_that_stays_does_not_end_it(coordinator: Actor) -> None:
    case = make.case(make.held_facts(place="sherburne"), now=NOW)

    may_have_moved(case=case, by=coordinator, now=NOW + timedelta(days=3))
    record_facts(
        case=fresh(case), facts=make.held_facts(place="sherburne"), by=coordinator, now=NOW + timedelta(days=3)
    )

    assert search_due(case) == NOW + timedelta(days=3, hours=2)
    assert fresh(case).custody == Custody.ICE_MN
    with pytest.raises(WrongState):
        may_have_moved(case=fresh(case), by=coordinator, now=NOW + timedelta(days=3))
    record_facts(case=fresh(case), facts=make.held_facts(place="el-paso"), by=coordinator, now=NOW + timedelta(days=4))
    assert TaskKind.LOCATE not in open_tasks(case)


@pytest.mark.django_db
def test_the_search_is_not_ticked_off_while_the_place_is_unknown(coordinator: Actor) -> None:
    case = lost()
    task = CoordinatorTask.objects.get(case=case, kind=TaskKind.LOCATE)

    with pytest.raises(WrongState):
        finish_task(task=task, by=coordinator, now=NOW)

    assert TaskKind.LOCATE in open_tasks(case)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.PROVIDER_STAFF, Role.AUDITOR, Role.FAMILY, Role.SYSTEM, Role.OPERATOR])
def test_nobody_but_a_coordinator_notes_a_look_up(role: Role) -> None:
    case = lost()

    with pytest.raises(PermissionDenied):
        look(case, Actor(role, 1, 1), LookResult.NOT_FOUND)

    assert not LocatorCheck.objects.exists()


@pytest.mark.django_db
def test_nobody_is_looked_for_once_the_case_is_over(coordinator: Actor) -> None:
    case = withdraw(case=lost(), by=coordinator, now=NOW)

    with pytest.raises(WrongState):
        look(case, coordinator, LookResult.NOT_FOUND)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("result", "code", "us_state"),
    [("found", "", ""), ("found", "whipple", "MN"), ("not_found", "whipple", ""), ("released", "", "TX")],
)
def test_a_place_goes_with_found_and_moved_alone(coordinator: Actor, result: str, code: str, us_state: str) -> None:
    case = lost()

    with pytest.raises(ValueError, match="place"):
        look(case, coordinator, result, code=code, us_state=us_state)
    with pytest.raises(IntegrityError), transaction.atomic():
        LocatorCheck.objects.create(
            case=case,
            checked_at=NOW,
            checked_by_user_id=1,
            looked_at=LookedAt.CBP,
            result=result,
            facility=facility(code) if code else None,
            us_state=us_state,
        )


@pytest.mark.django_db
def test_a_look_up_is_noted_on_the_page_and_by_the_api() -> None:
    client = make.client_of(make.member(Role.COORDINATOR))
    case = lost()
    page = f"/staff/cases/{case.reference}/"

    wrong = client.post(f"{page}do/record_locator_check/", {"looked_at": "cbp", "result": "found"})
    right = client.post(f"{page}do/record_locator_check/", {"looked_at": "cbp", "result": "not_found"}, follow=True)
    found = client.post(
        f"/api/v1/cases/{case.reference}/record_locator_check/",
        {"looked_at": "ice_locator", "result": "found", "facility": "whipple"},
        content_type="application/json",
    )

    assert wrong.status_code == 400
    assert b"Choose the place, or else its state, and not both." in wrong.content
    assert b"Border patrol (CBP): <strong>not found</strong>" in right.content
    assert [(one["result"], one["facility"]) for one in found.json()["locator_checks"]] == [
        ("found", "whipple"),
        ("not_found", None),
    ]
    assert "Looked for the person. ICE&#x27;s online locator. Found." in client.get(page).content.decode()


@pytest.mark.django_db
def test_the_look_ups_cost_the_page_as_much_for_many_as_for_one() -> None:
    client, by = make.client_of(make.member(Role.COORDINATOR)), make.actor(Role.COORDINATOR)
    one, many = lost(), lost()
    look(one, by, LookResult.NOT_FOUND)
    for hour in range(40):
        look(many, by, LookResult.NOT_FOUND, now=NOW + timedelta(hours=hour))

    assert queries_of(client, one) == queries_of(client, many)
    assert len(client.get(f"/api/v1/cases/{many.reference}/").json()["locator_checks"]) == 30


def queries_of(client: Client, case: Case) -> int:

    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/staff/cases/{case.reference}/").status_code == 200
    return len(queries)
