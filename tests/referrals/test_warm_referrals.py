"""A family sent outside the fund is asked what became of it, also when the fund's own case is over."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts.roles import Actor, Role
from referrals.actions import finish_task, record_referral_outcome, refer_out, screen_out, withdraw
from referrals.actions.endings import ScreenOutReason
from referrals.business_time import HOTLINE_HOURS
from referrals.filters import Filters
from referrals.models import Case, CaseEvent, CoordinatorTask, ReferralOutcome, State, TaskKind, WarmReferral
from referrals.policies import WrongState
from referrals.selectors import queue
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
NOW = factories.OFFICE_HOURS


@pytest.fixture
def by() -> Actor:
    return factories.actor(Role.COORDINATOR)


@pytest.fixture
def case() -> Case:
    """Waits for room, found eligible by nobody yet."""
    return factories.case(factories.free_facts(zip_code=""), now=NOW)


def screened_out(case: Case, by: Actor) -> WarmReferral:
    screen_out(case=case, reason=ScreenOutReason.INCOME, referred_to=factories.partner(), by=by, now=NOW)
    return WarmReferral.objects.get(case=case)


def task(case: Case) -> CoordinatorTask | None:
    return CoordinatorTask.objects.filter(case=case, kind=TaskKind.REFERRAL_OUTCOME, done_at=None).first()


def test_a_case_that_ends_with_a_referral_leaves_somebody_to_ask(case: Case, by: Actor) -> None:
    referral = screened_out(case, by)

    waiting = task(case)
    assert waiting is not None
    assert waiting.due_at == HOTLINE_HOURS.after_business_days(NOW, 3) > NOW + timedelta(days=2)
    assert (referral.partner.code, referral.by_user_id, referral.outcome) == ("ilcm-intake", by.user_id, "")
    assert [row.case.pk for row in queue(Filters(), reader=by, now=NOW).rows] == [case.pk]


@pytest.mark.parametrize("outcome", ReferralOutcome.values)
def test_its_outcome_ends_the_task(case: Case, by: Actor, outcome: str) -> None:
    referral = screened_out(case, by)

    record_referral_outcome(case=case, referral=referral, outcome=outcome, by=by, now=NOW)

    assert task(case) is None
    assert queue(Filters(), reader=by, now=NOW).rows == []
    event = CaseEvent.objects.get(case=case, kind="referral_outcome")
    assert event.detail == {"partner": "ilcm-intake", "outcome": outcome}
    with pytest.raises(WrongState):
        record_referral_outcome(case=case, referral=referral, outcome=outcome, by=by, now=NOW)


def test_an_open_case_is_referred_elsewhere_too_and_goes_on(case: Case, by: Actor) -> None:
    state = case.state
    refer_out(case=case, partner=factories.partner(), by=by, now=NOW)
    with pytest.raises(WrongState, match="already"):
        refer_out(case=case, partner=factories.partner(), by=by, now=NOW)

    assert Case.objects.get(pk=case.pk).state == state
    withdraw(case=case, by=by, now=NOW)
    assert task(case) is not None
    with pytest.raises(WrongState, match="over"):
        refer_out(case=case, partner=factories.partner(), by=by, now=NOW)


def test_the_task_ends_with_the_last_of_several(case: Case, by: Actor) -> None:
    partners = list({one.code: one for one in type(factories.partner()).objects.all()}.values())[:2]
    first, second = (refer_out(case=case, partner=one, by=by, now=NOW) for one in partners)

    record_referral_outcome(case=case, referral=first, outcome="no_answer", by=by, now=NOW)
    assert task(case) is not None
    record_referral_outcome(case=case, referral=second, outcome="got_help", by=by, now=NOW)
    assert task(case) is None


def test_the_task_is_not_ticked_off_without_an_outcome(case: Case, by: Actor) -> None:
    screened_out(case, by)
    waiting = task(case)
    assert waiting is not None

    with pytest.raises(WrongState, match="ends with the decision"):
        finish_task(task=waiting, by=by)


def test_a_referral_of_another_case_is_not_recorded_here(case: Case, by: Actor) -> None:
    other = screened_out(factories.case(factories.free_facts(zip_code=""), now=NOW), by)

    with pytest.raises(WrongState):
        record_referral_outcome(case=case, referral=other, outcome="got_help", by=by)


def test_only_coordinators_refer_and_ask(case: Case) -> None:
    provider = factories.actor(Role.PROVIDER_STAFF)
    with pytest.raises(PermissionDenied):
        refer_out(case=case, partner=factories.partner(), by=provider)


def test_page_and_api_do_both(case: Case) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    page, api = f"/staff/cases/{case.reference}/", f"/api/v1/cases/{case.reference}/"
    assert client.post(f"{page}do/refer_out/", {"partner": factories.partner().pk}).status_code == 302
    referral = WarmReferral.objects.get(case=case)
    assert "not known yet" in client.get(page).content.decode()
    assert client.get(api).json()["referrals"][0]["partner"] == "ilcm-intake"

    body = {"referral": referral.pk, "outcome": "got_help"}
    answer = client.post(f"{api}record_referral_outcome/", body, content_type="application/json")
    assert answer.status_code == 200
    assert "Got help there" in client.get(page).content.decode()
    again = client.post(f"{api}record_referral_outcome/", body, content_type="application/json")
    assert again.status_code == 409
    assert Case.objects.get(pk=case.pk).state == State.RECEIVED
