"""Who works on a case: taken over, given by a lead, or by accepting; each organization for itself."""

import pytest
from django.core.exceptions import PermissionDenied

from accounts.roles import MEMBER_ROLES, Role
from referrals.actions.assignments import give_to, take_over, works_on
from referrals.models import Assignment, Case, CaseEvent, OfferState
from tests import factories

pytestmark = pytest.mark.django_db

WORKS_ON_IT = {Role.COORDINATOR, Role.HOTLINE_LEAD, Role.PROVIDER_STAFF, Role.PROVIDER_LEAD}
LEADS = {Role.HOTLINE_LEAD, Role.PROVIDER_LEAD}


@pytest.fixture
def case() -> Case:
    factories.room()
    return factories.case()


def url(case: Case, rest: str = "") -> str:
    return f"/staff/cases/{case.reference}/{rest}"


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_whoever_may_work_on_a_case_takes_it_over_and_nobody_else(role: Role, case: Case) -> None:
    member = factories.member(role)

    status = factories.client_of(member).post(url(case, "take-over/")).status_code

    assert status == (302 if role in WORKS_ON_IT else 403)
    assert Assignment.objects.filter(user_id=member.pk).exists() == (role in WORKS_ON_IT)


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_only_leads_give_a_case_to_a_colleague(role: Role, case: Case) -> None:
    member = factories.member(role)
    colleague = factories.member(role, member.membership.organization.slug)

    status = factories.client_of(member).post(url(case, "give/"), {"member": colleague.pk}).status_code

    assert status == (302 if role in LEADS else 403)
    assert Assignment.objects.filter(user_id=colleague.pk).exists() == (role in LEADS)


def test_the_action_refuses_what_the_page_refuses(case: Case) -> None:
    lead, stranger = factories.actor(Role.HOTLINE_LEAD), factories.member(Role.PROVIDER_STAFF)

    with pytest.raises(PermissionDenied):
        give_to(case=case, member=stranger, by=lead)
    with pytest.raises(PermissionDenied):
        give_to(case=case, member=factories.member(Role.COORDINATOR), by=factories.actor(Role.COORDINATOR))
    with pytest.raises(PermissionDenied):
        take_over(case=case, by=factories.actor(Role.AUDITOR))
    with pytest.raises(PermissionDenied):
        take_over(case=case, by=factories.actor(Role.PROVIDER_STAFF, "ilcm"))

    assert not Assignment.objects.exists()


@pytest.mark.parametrize("is_active", [True, False])
def test_a_case_is_given_to_people_of_the_organization_who_are_still_there(case: Case, is_active: bool) -> None:
    lead = factories.client_of(factories.member(Role.HOTLINE_LEAD))
    colleague = factories.member(Role.COORDINATOR, is_active=is_active)
    stranger = factories.member(Role.PROVIDER_STAFF)

    page = lead.get(url(case)).content.decode()

    assert (f'value="{colleague.pk}"' in page) == is_active
    assert f'value="{stranger.pk}"' not in page


def test_giving_to_nobody_or_to_a_stranger_is_an_error_on_the_page(case: Case) -> None:
    lead = factories.client_of(factories.member(Role.HOTLINE_LEAD))

    for member in ("", str(factories.member(Role.PROVIDER_STAFF).pk), "x"):
        answer = lead.post(url(case, "give/"), {"member": member})
        assert answer.status_code == 400
        assert "Choose one from the list." in answer.content.decode()
    assert lead.get(url(case, "give/")).status_code == 302


def test_who_accepts_an_offer_works_on_the_case_even_if_a_colleague_looked_first(case: Case) -> None:
    looked, accepts = factories.member(Role.PROVIDER_STAFF), factories.member(Role.PROVIDER_STAFF)
    take_over(case=case, by=looked.membership.actor())
    offer = factories.live_offer(case)

    factories.checked(offer)
    factories.client_of(accepts).post(f"/staff/offers/{offer.pk}/accept/")

    offer.refresh_from_db()
    assert offer.state == OfferState.ACCEPTED
    assert works_on(case, accepts.membership.organization_id) == accepts.pk


def test_the_event_holds_an_account_and_no_name(case: Case) -> None:
    lead, colleague = factories.actor(Role.HOTLINE_LEAD), factories.member(Role.COORDINATOR)

    give_to(case=case, member=colleague, by=lead)
    give_to(case=case, member=colleague, by=lead)

    event = CaseEvent.objects.get(kind="assigned")
    assert event.detail == {"user": colleague.pk}
    assert event.user_id == lead.user_id


def test_each_organization_sees_its_own_person(case: Case) -> None:
    coordinator, advocate = factories.member(Role.COORDINATOR), factories.member(Role.PROVIDER_STAFF)
    take_over(case=case, by=coordinator.membership.actor())
    take_over(case=case, by=advocate.membership.actor())

    hotlines = factories.client_of(factories.member(Role.COORDINATOR)).get(url(case)).content.decode()
    providers = factories.client_of(factories.member(Role.PROVIDER_STAFF)).get(url(case)).content.decode()

    assert f"<p>{coordinator.name}</p>" in hotlines
    assert "Take it over" in hotlines
    assert f"<p>{advocate.name}</p>" in providers
    assert coordinator.name not in providers


def test_who_has_a_case_is_not_asked_to_take_it_over(case: Case) -> None:
    member = factories.member(Role.COORDINATOR)
    take_over(case=case, by=member.membership.actor())

    assert "Take it over" not in factories.client_of(member).get(url(case)).content.decode()


def test_another_providers_case_cannot_be_taken_or_given(case: Case) -> None:
    stranger = factories.client_of(factories.member(Role.PROVIDER_LEAD, "ilcm"))

    assert stranger.post(url(case, "take-over/")).status_code == 404
    assert stranger.post(url(case, "give/")).status_code == 404
