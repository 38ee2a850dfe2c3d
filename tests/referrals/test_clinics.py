"""Seats at legal clinics: never more than there are, one per case, given by the clock; who missed one is called."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import MEMBER_ROLES, Actor, Role
from notifications.models import Message, MessageState
from referrals import events, tasks
from referrals.actions import record_facts, withdraw
from referrals.actions.clinics import (
    NoSeat,
    book_seat,
    cancel_session,
    change_session,
    free_seat,
    give_up_seat,
    note_attendance,
    remind_families,
    tend_seats,
)
from referrals.facts import Paper, Wish
from referrals.models import (
    FREED,
    Case,
    ClinicCaseType,
    ClinicSeat,
    ClinicSession,
    CoordinatorTask,
    SeatState,
    SessionStatus,
    State,
    TaskKind,
)
from referrals.policies import WrongState
from tests import factories as make
from tests.services.threads import close_connections

NOW = make.OFFICE_HOURS
DAY = timedelta(days=1)


@pytest.fixture
def after_commit(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Any]]],
) -> Callable[[], AbstractContextManager[list[Any]]]:
    """What follows a commit runs at the end of a `with after_commit():` block."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def coordinator() -> Actor:
    return make.actor(Role.COORDINATOR)


def waiting(now: datetime = NOW, language: str = "en", **changes: Any) -> Case:
    """Not held, wants to prepare the family; nobody has room."""
    case = make.case(make.clinic_facts(**changes), now=now, language=language)
    assert case.state == State.WAITLISTED
    return case


def fresh(session: ClinicSession) -> ClinicSession:
    return ClinicSession.objects.select_related("provider").get(pk=session.pk)


def open_tasks(case: Case) -> set[str]:
    return set(CoordinatorTask.objects.filter(case=case, done_at=None).values_list("kind", flat=True))


def seats_of(case: Case) -> list[str]:
    """The states of its seats, the oldest first."""
    return list(ClinicSeat.objects.filter(case=case).order_by("booked_at", "pk").values_list("state", flat=True))


def texts_of(case: Case) -> list[str]:
    return list(Message.objects.filter(case_id=case.pk).order_by("created_at").values_list("template", flat=True))


def taken_is_recount(session: ClinicSession) -> bool:
    live = ClinicSeat.objects.filter(session=session).exclude(state__in=FREED).count()
    return fresh(session).seats_taken == live


@pytest.mark.django_db
def test_whoever_waits_and_fits_gets_a_seat_by_the_clock_and_keeps_the_place_on_the_waitlist() -> None:
    session = make.clinic(seats=2)
    cases = [waiting(NOW + timedelta(minutes=minute)) for minute in range(3)]

    given = [tend_seats(NOW + timedelta(hours=1)) for _ in range(3)]

    assert given == [2, 0, 0]
    assert [seats_of(case) for case in cases] == [["booked"], ["booked"], []], "the longest waiting first"
    assert fresh(session).seats_taken == 2
    for case in cases:
        case.refresh_from_db()
        assert case.state == State.WAITLISTED
        assert events.broken_links(case.pk) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("facts", "session"),
    [
        # Held; or no need that clinics serve.
        ({"taken": "earlier", "place": "sherburne"}, {}),
        ({"papers": (Paper.HEARING_NOTICE,)}, {"case_types": ["REM-ND", "PREP"]}),
        # A clinic for something else, in other languages, too soon, cancelled, or over.
        ({}, {"case_types": ["FAM"]}),
        ({}, {"languages": ["so", "hmn"]}),
        ({}, {"held_on": date(2026, 11, 17)}),
        ({}, {"held_on": date(2026, 11, 16)}),
        ({}, {"status": SessionStatus.CANCELLED}),
        ({}, {"seats": 1, "seats_taken": 1}),
    ],
)
def test_who_does_not_fit_gets_no_seat(facts: dict[str, Any], session: dict[str, Any]) -> None:
    make.clinic(**session)
    case = make.case(make.clinic_facts(**facts), now=NOW)

    assert tend_seats(NOW) == 0
    assert seats_of(case) == []


@pytest.mark.django_db
def test_the_case_types_that_clinics_serve_are_dated_rows() -> None:
    make.clinic()
    waiting()
    ClinicCaseType.objects.filter(case_type="PREP").update(valid_to=NOW.date())

    assert tend_seats(NOW) == 0


@pytest.mark.django_db
def test_the_earliest_clinic_that_speaks_the_language_is_taken() -> None:
    make.clinic(languages=["so"])
    later = make.clinic(held_on=make.CLINIC_DAY + 2 * DAY, languages=["es", "en"])
    make.clinic(held_on=make.CLINIC_DAY + 3 * DAY)
    case = waiting(language="es")

    tend_seats(NOW)

    assert ClinicSeat.objects.get(case=case).session == later


@pytest.mark.django_db
def test_a_family_is_texted_neutrally_and_called_where_no_text_can_go() -> None:
    make.clinic()
    texted, silent = waiting(), waiting()
    make.contact(texted)

    tend_seats(NOW)

    assert texts_of(texted)[-1] == "clinic_seat"
    assert TaskKind.CLINIC_TELL not in open_tasks(texted)
    assert TaskKind.CLINIC_TELL in open_tasks(silent)
    assert {TaskKind.CLINIC_DAY} <= open_tasks(texted) & open_tasks(silent)
    task = CoordinatorTask.objects.get(case=texted, kind=TaskKind.CLINIC_DAY)
    assert task.due_at == datetime(2026, 11, 25, 2, 0, tzinfo=UTC), "20:00 in Minneapolis"


@pytest.mark.django_db
def test_reminders_go_out_three_days_and_one_day_before_at_a_decent_hour_and_once() -> None:
    make.clinic()
    case = waiting()
    make.contact(case)
    tend_seats(NOW)
    sent = []
    # Every quarter of an hour of the week to the clinic, in UTC; Minneapolis is six hours behind.
    for quarter in range(4 * 24 * 8):
        at = NOW + timedelta(minutes=15 * quarter)
        sent += [at] * remind_families(at)

    assert sent == [datetime(2026, 11, 21, 16, 0, tzinfo=UTC), datetime(2026, 11, 23, 16, 0, tzinfo=UTC)]
    assert texts_of(case).count("clinic_reminder") == 2


@pytest.mark.django_db
def test_who_got_the_seat_today_is_not_reminded_today() -> None:
    make.clinic()
    case = waiting(NOW + 4 * DAY)
    make.contact(case)

    tend_seats(NOW + 4 * DAY)

    assert remind_families(NOW + 4 * DAY + timedelta(hours=1)) == 0
    assert remind_families(NOW + 6 * DAY) == 1


@pytest.mark.django_db
def test_a_freed_seat_is_somebody_elses_and_its_waiting_texts_are_cancelled(coordinator: Actor) -> None:
    session = make.clinic(seats=1)
    case, next_case = waiting(), waiting(NOW + timedelta(minutes=1))
    make.contact(case)
    tend_seats(NOW + timedelta(minutes=2))

    give_up_seat(case=case, by=coordinator, now=NOW + timedelta(minutes=3))
    assert Message.objects.get(case_id=case.pk, template="clinic_seat").state == MessageState.CANCELLED
    assert tend_seats(NOW + timedelta(minutes=4)) == 1

    assert (seats_of(case), seats_of(next_case)) == (["cancelled"], ["booked"])
    assert fresh(session).seats_taken == 1
    assert not open_tasks(case) & {TaskKind.CLINIC_DAY, TaskKind.CLINIC_TELL}
    with pytest.raises(WrongState):
        give_up_seat(case=case, by=coordinator, now=NOW)


@pytest.mark.django_db
def test_a_case_that_no_longer_fits_gives_its_seat_back_by_the_clock(coordinator: Actor) -> None:
    session = make.clinic(seats=3)
    ended, recoded, stays = waiting(), waiting(), waiting()
    tend_seats(NOW)
    withdraw(case=ended, by=coordinator, now=NOW)
    record_facts(case=recoded, facts=make.free_facts(), by=coordinator, now=NOW)

    tend_seats(NOW + timedelta(minutes=5))

    assert [seats_of(one) for one in (ended, recoded, stays)] == [["not_needed"], ["not_needed"], ["booked"]]
    assert taken_is_recount(session)


@pytest.mark.django_db
def test_a_seat_that_a_case_did_not_need_is_not_one_that_it_missed(coordinator: Actor) -> None:
    """However often a provider took the case, and gave it up: the next clinic has a seat for it."""
    make.clinic(seats=3)
    case = waiting()
    for round_ in range(3):
        now = NOW + round_ * timedelta(hours=1)
        assert tend_seats(now) == 1
        record_facts(case=case, facts=make.free_facts(), by=coordinator, now=now)
        tend_seats(now + timedelta(minutes=5))
        record_facts(case=case, facts=make.clinic_facts(), by=coordinator, now=now + timedelta(minutes=10))

    assert tend_seats(NOW + timedelta(hours=4)) == 1
    assert seats_of(case) == ["not_needed"] * 3 + ["booked"]


@pytest.mark.django_db
def test_who_misses_a_clinic_is_called_and_gets_one_more_seat_and_after_two_a_coordinator_decides(
    coordinator: Actor,
) -> None:
    sessions = [make.clinic(held_on=make.CLINIC_DAY + week * 7 * DAY) for week in range(3)]
    case = waiting()
    tend_seats(NOW)
    for week, session in enumerate(sessions[:2]):
        evening = session.ends + timedelta(minutes=1)
        seat = ClinicSeat.objects.get(case=case, state=SeatState.BOOKED)
        assert seat.session == session
        note_attendance(seat=seat, came=False, by=coordinator, now=evening)
        assert TaskKind.CLINIC_MISSED in open_tasks(case)
        assert tend_seats(evening) == (1 if week == 0 else 0)

    assert seats_of(case) == ["no_show", "no_show"]
    assert book_seat(case=case, session=sessions[2], by=coordinator, now=sessions[1].ends).state == SeatState.BOOKED


@pytest.mark.django_db
def test_who_came_is_not_given_another_seat_and_somebody_decides_what_follows(coordinator: Actor) -> None:
    first = make.clinic()
    make.clinic(held_on=make.CLINIC_DAY + 7 * DAY)
    case = waiting()
    tend_seats(NOW)
    seat = ClinicSeat.objects.get(case=case)

    with pytest.raises(WrongState):
        note_attendance(seat=seat, came=True, by=coordinator, now=first.begins - timedelta(minutes=1))
    note_attendance(seat=seat, came=True, by=coordinator, now=first.ends)
    with pytest.raises(WrongState):
        note_attendance(seat=seat, came=False, by=coordinator, now=first.ends)

    assert tend_seats(first.ends) == 0
    assert TaskKind.CLINIC_AFTER in open_tasks(case)
    assert TaskKind.CLINIC_DAY not in open_tasks(case)


@pytest.mark.django_db
def test_a_cancelled_clinic_frees_every_seat_calls_every_family_and_seats_them_again(
    coordinator: Actor, after_commit: Any
) -> None:
    first = make.clinic(seats=3)
    again = make.clinic(held_on=make.CLINIC_DAY + 7 * DAY, seats=2)
    cases = [waiting(NOW + timedelta(minutes=minute)) for minute in range(3)]
    tend_seats(NOW + timedelta(hours=1))
    CoordinatorTask.objects.filter(kind=TaskKind.CLINIC_TELL).update(done_at=NOW)

    with after_commit():
        cancel_session(session=first, by=coordinator, now=NOW + timedelta(hours=2))

    assert [seats_of(case) for case in cases] == [["not_needed", "booked"]] * 2 + [["not_needed"]]
    assert all(TaskKind.CLINIC_TELL in open_tasks(case) for case in cases)
    assert (fresh(first).seats_taken, fresh(again).seats_taken) == (0, 2)
    # Not the family's doing: it does not count as a seat that stayed empty.
    ClinicSession.objects.filter(pk=again.pk).update(seats=3)
    assert tend_seats(NOW + timedelta(hours=3)) == 1
    with pytest.raises(WrongState):
        cancel_session(session=first, by=coordinator, now=NOW)


@pytest.mark.django_db
def test_seats_are_never_fewer_than_taken_and_an_evening_that_was_told_stays(coordinator: Actor) -> None:
    session = make.clinic(seats=2)
    cases = [waiting(), waiting()]
    tend_seats(NOW)
    columns = ("held_on", "starts_at", "ends_at", "place", "address", "seats", "languages", "case_types")
    same = {name: getattr(session, name) for name in columns}

    for change in ({"seats": 1}, {"place": "Elsewhere"}, {"held_on": make.CLINIC_DAY + DAY}, {"starts_at": 60}):
        with pytest.raises(NoSeat):
            change_session(session=session, by=coordinator, **same | change)
    assert change_session(session=session, by=coordinator, **same | {"seats": 5, "languages": ["es"]}).free == 3

    for case in cases:
        give_up_seat(case=case, by=coordinator, now=NOW)
    assert change_session(session=session, by=coordinator, **same | {"place": "Elsewhere"}).place == "Elsewhere"


@pytest.mark.django_db
def test_the_database_itself_keeps_seats_within_the_clinic_and_one_per_case(coordinator: Actor) -> None:
    session, other = make.clinic(seats=1), make.clinic(held_on=make.CLINIC_DAY + DAY)
    case = waiting()
    book_seat(case=case, session=session, by=coordinator, now=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        ClinicSession.objects.filter(pk=session.pk).update(seats_taken=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClinicSeat.objects.create(session=other, case=case, booked_at=NOW)
    with pytest.raises(WrongState):
        book_seat(case=case, session=other, by=coordinator, now=NOW)
    with pytest.raises(NoSeat):
        book_seat(case=waiting(), session=session, by=coordinator, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_get_a_seat_as_there_are() -> None:
    session = make.clinic(seats=3)
    cases = [waiting() for _ in range(8)]
    by = make.actor(Role.COORDINATOR)
    gate = Barrier(len(cases))

    def book(case: Case) -> bool:
        gate.wait()
        try:
            return bool(book_seat(case=case, session=session, by=by, now=NOW))
        except NoSeat:
            return False
        finally:
            close_connections()

    with ThreadPoolExecutor(len(cases)) as pool:
        booked = list(pool.map(book, cases))

    assert sum(booked) == 3
    assert fresh(session).seats_taken == 3
    assert taken_is_recount(session)


@pytest.mark.django_db(transaction=True)
def test_two_who_free_one_seat_at_once_give_it_back_once() -> None:
    session = make.clinic(seats=3)
    cases = [waiting(), waiting()]
    by = make.actor(Role.COORDINATOR)
    seat, _other = (book_seat(case=case, session=session, by=by, now=NOW) for case in cases)
    gate = Barrier(4)

    def free(_: int) -> bool:
        gate.wait()
        try:
            free_seat(seat=seat, by=by, now=NOW)
        except WrongState:
            return False
        finally:
            close_connections()
        return True

    with ThreadPoolExecutor(4) as pool:
        freed = list(pool.map(free, range(4)))

    assert sum(freed) == 1
    assert fresh(session).seats_taken == 1


@pytest.mark.django_db
def test_one_case_that_fails_does_not_keep_the_others_from_their_seats(monkeypatch: pytest.MonkeyPatch) -> None:
    make.clinic()
    broken, fine = waiting(), waiting(NOW + timedelta(minutes=1))
    from referrals.actions import clinics

    real = clinics.book_seat

    def book(*, case: Case, **more: Any) -> ClinicSeat:
        if case.pk == broken.pk:
            raise RuntimeError("a test")
        return real(case=case, **more)

    monkeypatch.setattr(clinics, "book_seat", book)

    assert tend_seats(NOW + timedelta(minutes=2)) == 1
    assert seats_of(fine) == ["booked"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.PROVIDER_STAFF, Role.PROVIDER_LEAD, Role.AUDITOR, Role.FAMILY])
def test_seats_are_given_by_coordinators_and_clinics_run_by_their_own(role: Role, coordinator: Actor) -> None:
    session = make.clinic()
    case = waiting()
    stranger = make.actor(role, "ilcm") if role != Role.FAMILY else Actor(Role.FAMILY)

    with pytest.raises(PermissionDenied):
        book_seat(case=case, session=session, by=stranger, now=NOW)
    seat = book_seat(case=case, session=session, by=coordinator, now=NOW)
    for act in (
        lambda: free_seat(seat=seat, by=stranger, now=NOW),
        lambda: note_attendance(seat=seat, came=True, by=stranger, now=session.ends),
        lambda: cancel_session(session=fresh(session), by=stranger, now=NOW),
        lambda: change_session(session=fresh(session), by=stranger, seats=9),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert seats_of(case) == ["booked"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_role_opens_the_clinics_or_does_not(role: Role) -> None:
    session = make.clinic()
    client = make.client_of(make.member(role))
    hotline = {Role.COORDINATOR, Role.HOTLINE_LEAD}
    providers = {Role.PROVIDER_STAFF, Role.PROVIDER_LEAD}

    paths = ("", "new/", f"{session.pk}/", f"{session.pk}/change/", f"{session.pk}/list/")
    answers = [client.get(f"/staff/clinics/{path}").status_code for path in paths]

    if role in hotline:
        assert answers == [200] * 5
    elif role in providers:
        assert answers == [200, 200, 404, 404, 404], "another provider's clinic"
    else:
        assert answers == ([200, 403, 200, 403, 403] if role == Role.AUDITOR else [403] * 5)


@pytest.mark.django_db
def test_a_provider_enters_and_runs_its_clinic_and_sees_references_alone() -> None:
    vln = make.client_of(make.member(Role.PROVIDER_STAFF, "vln"))
    entered = vln.post("/staff/clinics/new/", _entered(vln), follow=True)
    session = ClinicSession.objects.get()
    cases = [waiting(timezone.now()) for _ in range(3)]
    tasks.tend_clinic_seats()
    ClinicSession.objects.update(held_on=timezone.localdate() - DAY)
    seats = list(session.bookings.order_by("booked_at"))

    door = vln.get(f"/staff/clinics/{session.pk}/list/").content.decode()
    noted = vln.post(
        f"/staff/clinics/{session.pk}/came/", {f"seat-{seats[0].pk}": "yes", f"seat-{seats[1].pk}": "no"}, follow=True
    )

    assert "The clinic is entered." in entered.content.decode()
    assert "Noted for 2 seats." in noted.content.decode()
    states = dict(session.bookings.values_list("pk", "state"))
    assert [states[seat.pk] for seat in seats] == ["attended", "no_show", "booked"]
    for case in cases:
        assert case.reference in door
        assert f"/staff/cases/{case.reference}/" not in noted.content.decode()


def _entered(client: Client, **changes: Any) -> dict[str, Any]:
    from providers.models import Provider

    day = timezone.localdate() + 9 * DAY
    return {
        "provider": Provider.objects.get(code="VLN").pk,
        "held_on_0": day.month,
        "held_on_1": day.day,
        "held_on_2": day.year,
        "starts_at": "18:00",
        "ends_at": "20:30",
        "place": "Test Library",
        "address": "1 Test Street",
        "seats": "30",
        "case_types": ["PREP"],
    } | changes


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"ends_at": "17:00"}, "It ends before it begins."),
        ({"starts_at": "six"}, "Write a time such as 18:00."),
        ({"case_types": []}, "Tick at least one."),
        ({"seats": "0"}, "greater than or equal to 1"),
        ({"held_on_2": "2020"}, "This day is over."),
    ],
)
def test_a_clinic_that_cannot_be_is_refused_with_the_field_named(change: dict[str, Any], fault: str) -> None:
    client = make.client_of(make.member(Role.COORDINATOR))

    answer = client.post("/staff/clinics/new/", _entered(client, **change))

    assert answer.status_code == 400
    assert fault in answer.content.decode()
    assert not ClinicSession.objects.exists()


@pytest.mark.django_db
def test_another_providers_clinic_cannot_be_entered() -> None:
    client = make.client_of(make.member(Role.PROVIDER_LEAD, "ilcm"))

    assert client.post("/staff/clinics/new/", _entered(client)).status_code == 400
    assert not ClinicSession.objects.exists()


@pytest.mark.django_db
def test_a_coordinator_gives_a_seat_on_the_cases_page_and_gives_it_back_by_the_api() -> None:
    client = make.client_of(make.member(Role.COORDINATOR))
    case = waiting(timezone.now(), wish=Wish.FAMILY)
    session = make.clinic(held_on=timezone.localdate() + 9 * DAY)
    other = make.clinic(held_on=timezone.localdate() + 9 * DAY, case_types=["NATZ"])
    page = f"/staff/cases/{case.reference}/"

    offered = client.get(page).content.decode()
    booked = client.post(f"{page}do/book_clinic_seat/", {"session": session.pk}, follow=True).content.decode()
    again = client.post(f"{page}do/book_clinic_seat/", {"session": session.pk})
    back = client.post(f"/api/v1/cases/{case.reference}/give_up_clinic_seat/", {}, content_type="application/json")

    assert str(session.pk) in offered
    assert str(other.pk) not in offered
    assert "has a seat at a clinic" in booked
    assert "Test Library" in booked
    assert again.status_code == 409
    assert [one["state"] for one in back.json()["clinic_seats"]] == ["cancelled"]


@pytest.mark.django_db
def test_the_pages_of_clinics_cost_as_much_for_many_as_for_one(coordinator: Actor) -> None:
    client = make.client_of(make.member(Role.COORDINATOR))
    ahead = timezone.localdate() + 30 * DAY
    session = make.clinic(seats=30, held_on=ahead)
    book_seat(case=waiting(), session=session, by=coordinator, now=NOW)
    paths = ("/staff/clinics/", f"/staff/clinics/{session.pk}/", f"/staff/clinics/{session.pk}/list/")
    before = [_queries(client, path) for path in paths]
    for week in range(1, 5):
        make.clinic(held_on=ahead + week * 7 * DAY)
        book_seat(case=waiting(), session=session, by=coordinator, now=NOW)

    assert [_queries(client, path) for path in paths] == before


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)
