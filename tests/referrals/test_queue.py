"""The coordinators' queue: its order, its figures, its filters, and a cost that does not grow with the cases."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.roles import Role
from referrals.actions import withdraw
from referrals.models import Case, Channel, CoordinatorTask, Offer, OfferState, State, TaskKind, Urgency
from referrals.selectors import Filters, queue
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


def references(filters: Filters, now: datetime | None = None) -> list[str]:
    return [row.case.reference for row in queue(filters, now=now or timezone.now()).rows]


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

    assert len(many) == len(few) <= 12


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


def test_mine_are_the_cases_that_wait_for_a_coordinator() -> None:
    factories.room()
    factories.case()
    undecided = factories.case(factories.free_facts(zip_code=""))

    assert references(Filters(mine=True)) == [undecided.reference]


def test_filters_narrow_the_rows_and_not_the_figures() -> None:
    factories.room()
    held = factories.case()
    free = factories.case(factories.free_facts())
    now = timezone.now()

    shown = queue(Filters(tier=0), now=now)

    assert [row.case.reference for row in shown.rows] == [held.reference]
    assert shown.figures.open == 2
    assert references(Filters(state=State.WAITLISTED)) == [free.reference]


def test_overdue_means_that_the_owners_clock_has_run_out() -> None:
    now = timezone.now()
    late = factories.case(factories.free_facts(zip_code=""), now=now - timedelta(days=10))
    factories.case(factories.free_facts(zip_code=""), now=now)

    assert references(Filters(overdue=True)) == [late.reference]
    assert queue(Filters(), now=now).figures.overdue == 1


def test_a_case_with_a_task_due_is_overdue_though_its_owner_has_time() -> None:
    factories.room()
    now = timezone.now()
    due, later, over = factories.case(), factories.case(), factories.case()
    withdraw(case=over, by=factories.actor(Role.COORDINATOR))
    for case, at in ((due, now), (later, now + timedelta(hours=1)), (over, now)):
        for kind in (TaskKind.CALL_BACK, TaskKind.LOCATE):
            CoordinatorTask.objects.create(case=case, kind=kind, opened_at=now - timedelta(hours=1), due_at=at)
    Case.objects.update(state_due_at=now + timedelta(hours=1))

    shown = queue(Filters(overdue=True), now=now)

    assert [row.case.reference for row in shown.rows] == references(Filters(tasks_due=True), now) == [due.reference]
    assert (shown.figures.overdue, shown.figures.tasks_due, shown.figures.tasks) == (1, 2, 4)


@pytest.mark.parametrize("word", ["overdue", "tasks? due"])
def test_a_figure_links_to_the_filter_of_its_cases(word: str) -> None:
    case = factories.case(factories.free_facts(zip_code=""), now=timezone.now() - timedelta(days=10))
    client = factories.client_of(factories.member(Role.COORDINATOR))

    card = re.search(
        rf'<li><a href="([^"]+)"><strong[^>]*>(\d+)</strong>[^<]* ?{word}<',
        client.get("/staff/cases/").content.decode(),
    )

    assert card
    assert int(card[2]) == 1
    answer = client.get(f"/staff/cases/{card[1]}")
    assert [row.case for row in answer.context["queue"].rows] == [case]
    assert 'aria-current="true"' in answer.content.decode()


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

    row = queue(Filters(), now=timezone.now()).rows[0]

    assert (row.owner, row.type_name) == ("AHR", "Release by federal court")


@pytest.mark.parametrize(
    "address", ["?tier=9", "?tier=x", "?state=closed", "?page=0", "?page=99999999999", "?page=%00", "?tier=%00&mine"]
)
def test_an_address_that_makes_no_sense_shows_the_queue(address: str) -> None:
    factories.case()
    client = factories.client_of(factories.member(Role.COORDINATOR))

    assert client.get(f"/staff/cases/{address}").status_code == 200


def test_filter_links_keep_the_other_filters() -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))

    page = client.get("/staff/cases/?tier=0&state=offered").content.decode()

    assert "?tier=1&amp;state=offered" in page
    assert "?tier=0&amp;state=received" in page
