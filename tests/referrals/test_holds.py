"""A legal hold stops every destruction that the clock would do, and every page of the case says that it stands."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.roles import MEMBER_ROLES, SYSTEM, Role
from intake.actions import submit_draft
from privacy import destruction, holds
from privacy.models import DocumentKind, LegalHold, SealedDocument, WrappedKey
from referrals import tasks
from referrals.actions import lift_hold, place_hold, reopen, withdraw
from referrals.models import Case, CaseEvent
from referrals.templatetags.cases import legal_hold
from referrals.timeline import sentence
from tests import factories
from tests.intake.test_sending import a_draft

pytestmark = pytest.mark.django_db

BANNER = "<strong>Legal hold</strong> since"
YEAR = timedelta(days=365)


@pytest.fixture
def lead() -> User:
    return factories.member(Role.HOTLINE_LEAD)


@pytest.fixture
def case() -> Case:
    """The story's case, offered to AHR."""
    factories.room("AHR", "detained_full", ceiling=60)
    return submit_draft(draft=a_draft())


def withdrawn(case: Case) -> Case:
    return withdraw(case=case, by=factories.actor(Role.COORDINATOR))


def test_nothing_of_a_held_case_dies_until_the_hold_is_lifted(case: Case, lead: User) -> None:
    place_hold(case=case, by=lead.membership.actor())
    withdrawn(case)
    later = timezone.now() + YEAR

    destruction.carry_out_due(later)
    wraps = WrappedKey.objects.filter(case_id=case.pk, reader="hotline").count()
    lift_hold(case=case, by=lead.membership.actor())
    destruction.carry_out_due(later)

    assert wraps == 4
    assert not SealedDocument.objects.filter(case_id=case.pk).exists()


def test_a_hold_placed_on_an_ended_case_stops_what_was_scheduled_before(case: Case, lead: User) -> None:
    withdrawn(case)
    place_hold(case=case, by=lead.membership.actor())

    assert destruction.due(timezone.now() + YEAR).exclude(reason=destruction.ACCESS).count() == 0
    assert destruction.pending().filter(case_id=case.pk, ends_case=True).count() == 1


def test_a_held_case_taken_up_again_and_ended_again_is_still_held(case: Case, lead: User) -> None:
    by = factories.actor(Role.COORDINATOR)
    place_hold(case=case, by=lead.membership.actor())
    reopen(case=withdrawn(case), reason="found_again", by=by)
    factories.lose_contact(case=case, by=by)

    destruction.carry_out_due(timezone.now() + YEAR)

    assert SealedDocument.objects.filter(case_id=case.pk, kind=DocumentKind.FILE).exists()


def test_both_are_logged_once_by_name(case: Case, lead: User) -> None:
    for _ in range(2):
        place_hold(case=case, by=lead.membership.actor())
    for _ in range(2):
        lift_hold(case=case, by=lead.membership.actor())

    told = CaseEvent.objects.filter(case=case, kind__startswith="hold_").order_by("sequence")
    assert [(event.kind, event.user_id, event.detail) for event in told] == [
        ("hold_placed", lead.pk, {}),
        ("hold_lifted", lead.pk, {}),
    ]
    assert [sentence(event) for event in told] == [
        "A legal hold was placed: nothing of the case is destroyed.",
        "A legal hold was lifted.",
    ]


@pytest.mark.parametrize("role", [role for role in MEMBER_ROLES if role != Role.HOTLINE_LEAD])
def test_nobody_but_the_hotlines_lead_places_or_lifts(role: Role, case: Case, lead: User) -> None:
    by = factories.actor(role)
    with pytest.raises(PermissionDenied):
        place_hold(case=case, by=by)
    place_hold(case=case, by=lead.membership.actor())
    with pytest.raises(PermissionDenied):
        lift_hold(case=case, by=by)

    assert LegalHold.objects.get().lifted_at is None


def test_the_system_itself_places_none(case: Case) -> None:
    with pytest.raises(PermissionDenied):
        place_hold(case=case, by=SYSTEM)


def test_the_lead_does_both_from_the_case_page_and_a_coordinator_is_not_offered_them(case: Case, lead: User) -> None:
    client, address = factories.client_of(lead), f"/staff/cases/{case.reference}/"
    coordinator = factories.client_of(factories.member(Role.COORDINATOR))
    assert "do/place_hold/" not in coordinator.get(address).content.decode()
    assert coordinator.post(f"{address}do/place_hold/").status_code == 403

    placed = client.post(f"{address}do/place_hold/", follow=True).content.decode()
    assert "on legal hold" in placed
    assert "do/lift_hold/" in placed
    assert "do/place_hold/" not in placed
    assert client.post(f"{address}do/place_hold/").status_code == 409

    lifted = client.post(f"{address}do/lift_hold/", follow=True).content.decode()
    assert BANNER not in lifted
    assert client.post(f"{address}do/lift_hold/").status_code == 409


def test_the_api_does_the_same(case: Case, lead: User) -> None:
    client, address = factories.client_of(lead), f"/api/v1/cases/{case.reference}/"

    assert client.post(f"{address}lift_hold/", content_type="application/json").status_code == 409
    assert client.post(f"{address}place_hold/", content_type="application/json").status_code == 200
    assert LegalHold.objects.filter(case_id=case.pk, lifted_at=None).exists()
    coordinator = factories.client_of(factories.member(Role.COORDINATOR))
    assert coordinator.post(f"{address}lift_hold/", content_type="application/json").status_code == 403
    assert client.post(f"{address}lift_hold/", content_type="application/json").status_code == 200


def test_a_demands_hold_is_not_lifted_on_the_case_page(case: Case, lead: User) -> None:
    holds.place(case_id=case.pk, by_user_id=lead.pk, demand_id=uuid4(), now=timezone.now())

    page = factories.client_of(lead).get(f"/staff/cases/{case.reference}/").content.decode()

    assert BANNER in page
    assert "do/lift_hold/" not in page


def test_the_banner_costs_one_query(case: Case, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert legal_hold(case) == {"since": None}


def routes_of_cases(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every route under /staff/ that names a case, as written in the resolver."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes_of_cases(pattern, route)
        elif isinstance(pattern, URLPattern) and route.startswith("staff/") and "<reference:" in route:
            yield route


ROOT = "staff/cases/<reference:reference>/"
# Which shows a page by asking, and which only by a form: its fields.
PAGES: dict[str, dict[str, str] | None] = {
    "": None,
    "open/<slug:kind>/": {"reason": "prepare"},
    "answers/": {"reason": "correct"},
    "note/": None,
    "alike/": {},
    "duplicates/": None,
    "new-code/": None,
    "hand-over/": None,
    "new-file/": None,
    "do/<slug:deed>/": None,
}
# These redirect to the case page, or show it with an error.
NO_PAGES = {"tasks/<int:task_id>/done/", "take-over/", "give/"}
# Where one talks with the family: nothing is destroyed there, and a hold changes nothing.
TALKING = {
    "texts/",
    "write/",
    "staff/calls/<reference:reference>/",
    "staff/calls/<reference:reference>/take/",
    "staff/calls/<reference:reference>/tried/",
    "staff/calls/<reference:reference>/call/<uuid:contact_id>/",
}


def test_every_page_of_a_case_is_looked_at_here() -> None:
    assert {route.removeprefix(ROOT) for route in routes_of_cases()} == set(PAGES) | NO_PAGES | TALKING


def looked_at(case: Case, route: str) -> tuple[Client, str]:
    """Somebody who may open the page, and where it is; the case is brought into the state that it needs."""
    role = Role.PROVIDER_STAFF if route == "hand-over/" else Role.COORDINATOR
    if route == "hand-over/":
        offer = factories.live_offer(case)
        factories.accept(offer)
        tasks.share_contact(str(offer.pk))
    if route == "new-file/":
        factories.lose_contact(case=case, by=factories.actor(Role.COORDINATOR))
        destruction.carry_out_due(timezone.now() + YEAR)
        reopen(case=case, reason="found_again", by=factories.actor(Role.COORDINATOR))
    address = "/" + (ROOT + route).replace("<reference:reference>", case.reference).replace("<slug:kind>", "names")
    address = address.replace("<slug:deed>", "withdraw")
    return factories.client_of(factories.member(role)), address


@pytest.mark.parametrize("route", PAGES)
def test_every_page_of_a_held_case_says_so_and_of_another_does_not(route: str, case: Case, lead: User) -> None:
    client, address = looked_at(case, route)
    fields = PAGES[route]

    def shown() -> list[str]:
        pages = [] if route == "alike/" else [client.get(address)]
        pages += [client.post(address, fields)] if fields is not None else []
        assert [page.status_code for page in pages] == [200] * len(pages)
        return [page.content.decode() for page in pages]

    assert not any(BANNER in page for page in shown())
    place_hold(case=case, by=lead.membership.actor())
    assert all(BANNER in page for page in shown())


def test_an_offer_says_it_too_while_the_case_is_with_the_provider(case: Case, lead: User) -> None:
    offer = factories.live_offer(case)
    client = factories.client_of(factories.member(Role.PROVIDER_STAFF))
    place_hold(case=case, by=lead.membership.actor())

    before = client.get(f"/staff/offers/{offer.pk}/").content.decode()
    withdrawn(case)
    after = client.get(f"/staff/offers/{offer.pk}/").content.decode()

    assert BANNER in before
    assert BANNER not in after


def test_who_came_second_reads_it_too(case: Case, lead: User) -> None:
    withdrawn(case)
    place_hold(case=case, by=lead.membership.actor())

    page = factories.client_of(lead).post(f"/staff/cases/{case.reference}/do/withdraw/")

    assert page.status_code == 409
    assert BANNER in page.content.decode()


def test_what_is_due_is_said_under_condition(case: Case, lead: User) -> None:
    withdrawn(case)
    place_hold(case=case, by=lead.membership.actor())

    page = factories.client_of(lead).get(f"/staff/cases/{case.reference}/").content.decode()

    assert "Everything the family told us would be destroyed on" in page
    assert ", but for the legal hold." in page
