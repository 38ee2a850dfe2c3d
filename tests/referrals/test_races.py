"""Many at once for little room, on PostgreSQL: no point is given twice, no case is left without owner and clock."""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import F
from django.utils import timezone

from accounts.roles import FAMILY, Actor, Role
from providers.models import Program
from referrals import events
from referrals.actions import (
    accept_offer,
    decline_offer,
    expire_offer,
    mark_duplicate,
    open_case,
    record_no_conflict,
    route_waiting,
)
from referrals.actions import routing as routing_module
from referrals.facts import Entry, Facts, Taken
from referrals.models import Case, Offer, OfferState, State
from referrals.policies import WrongState
from tests import factories

ROOM = 5
# Not held, no court date, in the city, income within the line: PREP, one point, VLN alone takes it.
PREPARING = Facts(taken=Taken.NO, place="free", entry=Entry.UNKNOWN, zip_code="55407", household=2, monthly_income=1000)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def _on_postgresql() -> None:
    assert connection.vendor == "postgresql", "SQLite hides races: run this suite on PostgreSQL"


@pytest.fixture
def program() -> Program:
    Program.objects.filter(provider__code="VLN").update(ceiling=ROOM, in_use=0)
    return Program.objects.select_related("provider").get(provider__code="VLN")


def at_once(jobs: list[Callable[[], Any]]) -> list[BaseException]:
    """Runs the jobs in threads that start together; returns what they raised."""
    barrier = threading.Barrier(len(jobs))
    raised: list[BaseException] = []

    def run(job: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            job()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def ask_for_help() -> None:
    open_case(case_id=uuid.uuid4(), facts=PREPARING, channel="web", language="en", by=FAMILY)


def rounds(scale: Mapping[str, int], program: Program) -> Iterator[list[BaseException]]:
    """Each round frees the program and lets the threads of tests/scale.toml ask for its room at once."""
    for _ in range(scale["race_rounds"]):
        Offer.objects.update(state=OfferState.EXPIRED, room_released_at=timezone.now())
        Case.objects.update(state=State.WITHDRAWN)
        Program.objects.filter(pk=program.pk).update(in_use=0)
        yield at_once([ask_for_help] * scale["race_threads"])


def test_exactly_as_many_offers_as_room(scale: Mapping[str, int], program: Program) -> None:
    for raised in rounds(scale, program):
        assert raised == []
        program.refresh_from_db()
        assert Offer.objects.filter(state=OfferState.LIVE).count() == ROOM
        assert program.in_use == ROOM
        assert Case.objects.filter(state=State.OFFERED).count() == ROOM
        assert Case.objects.filter(state=State.WAITLISTED).count() == scale["race_threads"] - ROOM


def test_without_the_guard_the_room_is_given_twice(
    scale: Mapping[str, int], program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: if this does not over-book, the test above proves nothing."""

    def take_unguarded(*, program_id: int, points: int, now: datetime) -> bool:
        return bool(Program.objects.filter(pk=program_id).update(in_use=F("in_use") + points))

    monkeypatch.setattr(routing_module, "take_room", take_unguarded)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE providers_program DROP CONSTRAINT program_room_within_ceiling")
    try:
        overbooked = any(Offer.objects.filter(state=OfferState.LIVE).count() > ROOM for _ in rounds(scale, program))
    finally:
        Program.objects.update(in_use=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE providers_program ADD CONSTRAINT program_room_within_ceiling "
                "CHECK (in_use >= 0 AND in_use <= ceiling)"
            )
    assert overbooked, "no over-booking without the guard: the race test proves nothing on this machine"


def test_an_offer_is_answered_once(scale: Mapping[str, int], program: Program) -> None:
    by = Actor(Role.PROVIDER_STAFF, organization_id=program.provider.organization_id)
    for _ in range(scale["race_rounds"]):
        case = open_case(case_id=uuid.uuid4(), facts=PREPARING, channel="web", language="en", by=FAMILY)
        offer = Offer.objects.get(case=case)
        record_no_conflict(offer=offer, by=by)
        late = offer.expires_at
        jobs: list[Callable[[], Any]] = [
            *[partial(accept_offer, offer=offer, by=by)] * 4,
            *[partial(decline_offer, offer=offer, reason="capacity", by=by)] * 4,
            *[partial(expire_offer, offer_id=offer.pk, now=late)] * 4,
        ]
        raised = at_once(jobs)
        assert all(isinstance(error, WrongState) for error in raised), raised
        case.refresh_from_db()
        program.refresh_from_db()
        assert case.state in (State.ACCEPTED, State.WAITLISTED)
        assert program.in_use == (1 if case.state == State.ACCEPTED else 0)
        assert events.broken_links(case.pk) == []
        Case.objects.update(state=State.WITHDRAWN)
        Offer.objects.filter(room_released_at=None).update(room_released_at=timezone.now())
        Program.objects.filter(pk=program.pk).update(in_use=0)


def test_room_that_appears_goes_to_the_waiting_without_deadlock(scale: Mapping[str, int], program: Program) -> None:
    Program.objects.filter(pk=program.pk).update(ceiling=1)
    for _ in range(12):
        ask_for_help()
    Program.objects.filter(pk=program.pk).update(ceiling=ROOM)
    now = timezone.now()
    assert at_once([lambda: route_waiting(now)] * 8 + [ask_for_help] * 8) == []
    program.refresh_from_db()
    assert program.in_use == Offer.objects.filter(state=OfferState.LIVE).count() == ROOM


def test_joining_chains_of_duplicates_at_once_locks_nobody_out(scale: Mapping[str, int], program: Program) -> None:
    """Who joins A to B leads A's duplicates on to B, while others still take these for cases of their own."""
    by = factories.actor(Role.COORDINATOR)
    for _ in range(scale["race_rounds"] // 4):
        cases = [factories.case(PREPARING) for _ in range(5)]
        pairs = [(one, other) for one in cases for other in cases if one != other]
        raised = at_once([partial(mark_duplicate, case=one, duplicate_of=other, by=by) for one, other in pairs])
        assert all(isinstance(error, WrongState) for error in raised), raised
        here = Case.objects.filter(pk__in=[one.pk for one in cases])
        assert here.exclude(duplicate_of=None).exists()
        assert not here.filter(duplicate_of__state=State.DUPLICATE).exists(), "somebody is led along a chain"


def test_threads_that_read_their_cases_anew_do_not_disturb_each_other(
    scale: Mapping[str, int], program: Program
) -> None:
    cases = [factories.case(PREPARING) for _ in range(8)]

    def read_anew(case: Case) -> None:
        for _ in range(scale["race_rounds"]):
            case.refresh_from_db()

    assert at_once([partial(read_anew, case) for case in cases]) == []
    with pytest.raises(AttributeError):
        cases[0].state = State.CLOSED
