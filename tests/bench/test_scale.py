"""What the work of a day costs after a hundred times as many closed cases; docs/performance.md keeps the ratios.

Two databases of one server hold the same open cases, one with few closed ones and one with many. Each piece of work is
done in blocks in one and the other by turns, so that a noisy machine is noisy for both.
"""

import faulthandler
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import FAMILY, Actor, Role
from funding.models import Grant
from funding.tasks import follow_cases
from notifications.actions import add_contact
from notifications.tasks import sweep
from providers.models import Provider
from referrals import tasks
from referrals.actions import decline_offer, open_case
from referrals.facts import Facts
from referrals.models import Case, CaseEvent, Channel, Offer, OfferState, State
from tests import factories
from tests.bench.history import Crew, add_cases, copy_database, drop_database

# How much more the work that a day consists of may cost.
AT_MOST = 1.3
IN_A_BLOCK = 5
COPY = "few"


@dataclass(slots=True)
class Work:
    """One thing that is done in both databases. `prepare` is not timed; what it returns is given to `act`."""

    name: str
    act: Callable[[Any], object]
    prepare: Callable[[], Any] = lambda: None
    must_not_grow: bool = False
    few: list[float] = field(default_factory=list)
    many: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return median(self.many) / median(self.few)

    def __str__(self) -> str:
        few, many = (1000 * median(seconds) for seconds in (self.few, self.many))
        return f"{self.ratio:5.2f}  {few:8.1f} ms  {many:8.1f} ms  {self.name}"


@dataclass(frozen=True, slots=True)
class People:
    """Who works on the cases, with the client of one of each kind."""

    crew: Crew
    coordinator: Client
    lead: Client
    provider: Client
    finance: Client
    staff: Mapping[int, Actor]


def _people() -> People:
    coordinators = [factories.member(Role.COORDINATOR) for _ in range(8)]
    staff = {
        one.organization.slug: [factories.member(Role.PROVIDER_STAFF, one.organization.slug) for _ in range(2)]
        for one in Provider.objects.select_related("organization")
    }
    Grant.objects.create(
        funder=factories.organization("city"),
        name="Bench",
        award_cents=10**12,
        starts_on=date(2000, 1, 1),
        ends_on=date(2099, 1, 1),
    )
    of_organization = {_home(users[0]): users for users in staff.values()}
    return People(
        crew=Crew(
            hotline=Organization.objects.get(slug="fund").pk,
            coordinators=[one.pk for one in coordinators],
            staff={organization: [one.pk for one in users] for organization, users in of_organization.items()},
        ),
        coordinator=factories.client_of(coordinators[0]),
        lead=factories.client_of(factories.member(Role.HOTLINE_LEAD)),
        provider=factories.client_of(staff["ahr"][0]),
        finance=factories.client_of(factories.member(Role.FINANCE)),
        staff={organization: users[0].membership.actor() for organization, users in of_organization.items()},
    )


def _home(user: User) -> int:
    return user.membership.organization_id


def _page(name: str, client: Client, path: str, *, must_not_grow: bool = False) -> Work:
    def get(_prepared: None) -> None:
        response = client.get(path)
        assert response.status_code == 200, path

    return Work(name, get, must_not_grow=must_not_grow)


def _case_to_be() -> UUID:
    case_id = uuid4()
    add_contact(
        case_id=case_id,
        contact_id=uuid4(),
        language="es",
        may_text=True,
        may_call=True,
        any_hour=True,
        phone_is_shared=False,
        now=timezone.now(),
    )
    return case_id


def _route(facts: Facts, state: State, case_id: UUID) -> None:
    case = open_case(case_id=case_id, facts=facts, channel=Channel.WEB, language="es", by=FAMILY)
    assert case.state == state


def _offer_to_decline() -> Offer:
    waiting = Offer.objects.filter(state=OfferState.LIVE, case_type="DET-HAB", program__provider__code="AHR")
    return waiting.select_related("program__provider").earliest("offered_at", "pk")


def _work(people: People) -> list[Work]:
    def decline(offer: Offer) -> None:
        decline_offer(offer=offer, reason="capacity", by=people.staff[offer.program.provider.organization_id])
        assert Offer.objects.filter(case=offer.case_id, state=OfferState.LIVE).exists()

    def clock(task: Any) -> Work:
        return Work(f"the clock's {task.__name__}", lambda _: task())

    held = Case.objects.filter(state=State.REPRESENTED, case_type="DET-HAB").earliest("reference").reference
    waiting = Case.objects.filter(state=State.WAITLISTED, case_type="DET-BOND").earliest("reference").reference
    live = Offer.objects.filter(state=OfferState.LIVE, program__provider__code="AHR").latest("expires_at", "pk")
    coordinator, lead, provider, finance = people.coordinator, people.lead, people.provider, people.finance
    return [
        Work(
            "routing a case that is offered",
            partial(_route, factories.held_facts(), State.OFFERED),
            _case_to_be,
            must_not_grow=True,
        ),
        Work(
            "routing a case that waits",
            partial(_route, factories.free_facts(), State.WAITLISTED),
            _case_to_be,
            must_not_grow=True,
        ),
        Work("a decline and the next offer", decline, _offer_to_decline),
        _page("the queue", coordinator, "/staff/cases/", must_not_grow=True),
        _page("the queue, page 40", coordinator, "/staff/cases/?page=40"),
        *(
            _page(f"the queue, only {one}", coordinator, f"/staff/cases/?{one}")
            for one in ("overdue=1", "unread=1", "no_contact=1", "for_coordinator=1", "assignee=me", "provider=AHR")
        ),
        _page("the board", coordinator, "/staff/board/"),
        _page("first answers", coordinator, "/staff/first-answer/"),
        _page("workload of the hotline", lead, "/staff/workload/"),
        _page("a represented case", coordinator, f"/staff/cases/{held}/"),
        _page("a waiting case", coordinator, f"/staff/cases/{waiting}/"),
        _page("clinics", coordinator, "/staff/clinics/"),
        _page("certifications", coordinator, "/staff/certifications/"),
        _page("alerts", lead, "/staff/alerts/"),
        _page("a provider's desk", provider, "/staff/offers/"),
        _page("an offer", provider, f"/staff/offers/{live.pk}/"),
        _page("the API's cases", coordinator, "/api/v1/cases/"),
        _page("the API's open cases of a state", coordinator, "/api/v1/cases/?state=offered"),
        _page("the API's cases of a provider", provider, "/api/v1/cases/"),
        _page("the API's offers", coordinator, "/api/v1/offers/"),
        _page("the API's live offers of a provider", provider, "/api/v1/offers/?state=live"),
        _page("the API's offers of a provider", provider, "/api/v1/offers/"),
        _page("money", finance, "/staff/money/"),
        *map(
            clock,
            (
                tasks.match_waitlist,
                tasks.expire_offers,
                tasks.mail_providers,
                tasks.share_contacts,
                tasks.mail_alerts,
                tasks.follow_deadlines,
                tasks.tend_clinic_seats,
                tasks.note_late_certifications,
                follow_cases,
                sweep,
            ),
        ),
    ]


@contextmanager
def _in_database(name: str) -> Iterator[None]:
    settings = connection.settings_dict
    usual = settings["NAME"]
    connection.close()
    settings["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = usual


def _measure(work: Work, *, few: str, many: str, rounds: int) -> None:
    for _ in range(rounds):
        for name, seconds in ((few, work.few), (many, work.many)):
            with _in_database(name):
                # The first of a block finds other pages in the server's memory, and a connection to be made.
                work.act(work.prepare())
                for _ in range(IN_A_BLOCK):
                    prepared = work.prepare()
                    begun = time.perf_counter()
                    work.act(prepared)
                    seconds.append(time.perf_counter() - begun)


@pytest.mark.django_db(transaction=True)
@time_machine.travel(factories.OFFICE_HOURS)
def test_a_long_history_makes_neither_routing_nor_the_queue_slower(
    scale: Mapping[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    # A million closed cases take longer to make than a test that hangs is given.
    faulthandler.cancel_dump_traceback_later()
    now = timezone.now()
    people = _people()
    few, many = scale["bench_closed_few"], scale["bench_closed_many"]
    add = partial(add_cases, database="default", keys="keys", crew=people.crew, now=now)
    begun = time.perf_counter()
    add(closed=range(1, few + 1), opened=range(1, scale["bench_open"] + 1))
    usual = connection.settings_dict["NAME"]
    connection.close()
    with connections["keys"].cursor() as cursor:
        copy_database(cursor, source=usual, copy=COPY)
        try:
            add(closed=range(few + 1, many + 1))
            filled = timedelta(seconds=round(time.perf_counter() - begun))
            assert Case.objects.exclude(state=State.CLOSED).count() == scale["bench_open"]
            assert CaseEvent.objects.filter(case__state=State.CLOSED).count() == 6 * many
            with connection.cursor() as counted:
                counted.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
                size = counted.fetchone()[0]
            measured = _work(people)
            with capsys.disabled():
                print(
                    f"\n{scale['bench_open']} open cases and {few} or {many} closed ones; filled in {filled}, {size};"
                    f" medians of {scale['bench_rounds'] * IN_A_BLOCK}\nratio  few closed  many closed"
                )
                for work in measured:
                    _measure(work, few=COPY, many=usual, rounds=scale["bench_rounds"])
                    print(work)
        finally:
            drop_database(cursor, COPY)
    grew = [str(work) for work in measured if work.must_not_grow and work.ratio > AT_MOST]
    assert not grew, grew
