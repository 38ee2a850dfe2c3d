"""Stages of the work: begun by the provider that has the case, once each, in the words of the price list."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.roles import Role
from funding.models import StagePrice
from providers.models import CaseType
from referrals.actions import close, start_stage, transfer
from referrals.actions.stages import CannotStart, first_stage, stages_to_start
from referrals.models import Case, CaseEvent, Offer, OfferState, Stage, StageStart
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
# The price list of the handbook, as the fund proposes it: whoever renames one renames both.
PRICE_NAMES = {
    "advice",
    "locate",
    "bond",
    "habeas",
    "fear interview",
    "merits prep",
    "merits hearing",
    "appeal",
    "motion to reopen",
    "U certification",
    "preparedness",
}


@pytest.fixture
def case() -> Case:
    factories.room("AHR", ceiling=60)
    return factories.accepted_case()


def holder(case: Case) -> Offer:
    return case.offers.select_related("program__provider__organization").get(state=OfferState.ACCEPTED)


def started(case: Case) -> list[Any]:
    kind = CaseEvent.objects.filter(case=case, kind="stage_started").order_by("sequence")
    return [(one.detail["stage"], one.detail["provider"]) for one in kind]


def test_every_case_type_begins_with_the_stage_that_the_price_list_pays_first() -> None:
    stages = list(Stage.objects.all())
    prices = dict(StagePrice.objects.values_list("case_type", "stage"))
    assert {stage.code for stage in stages} == PRICE_NAMES
    for code in CaseType.objects.values_list("code", flat=True):
        first = first_stage(code, stages)
        assert first is not None
        assert first.code == prices.get(code, prices["*"]), code
        assert code in first.case_types or first.case_types == ["*"], code


def test_the_first_stage_begins_with_the_acceptance(case: Case) -> None:
    assert started(case) == [("habeas", "AHR")]
    start = StageStart.objects.get(case=case)
    assert (start.stage, start.offer, start.ended_at) == ("habeas", holder(case), None)


def test_the_holder_goes_on_to_a_stage_that_fits_and_the_one_before_ends(case: Case) -> None:
    by = factories.staff_of(holder(case))

    start_stage(case=case, stage="merits prep", by=by)

    assert started(case) == [("habeas", "AHR"), ("merits prep", "AHR")]
    assert list(StageStart.objects.filter(case=case, ended_at=None).values_list("stage", flat=True)) == ["merits prep"]


@pytest.mark.parametrize("stage", ["habeas", "preparedness", "no such stage"])
def test_a_stage_that_has_begun_or_does_not_fit_is_refused(case: Case, stage: str) -> None:
    with pytest.raises(CannotStart):
        start_stage(case=case, stage=stage, by=factories.staff_of(holder(case)))

    assert started(case) == [("habeas", "AHR")]


@pytest.mark.parametrize(("role", "slug"), [(Role.PROVIDER_LEAD, "binger"), (Role.COORDINATOR, "")])
def test_nobody_but_the_holder_starts_one(case: Case, role: Role, slug: str) -> None:
    with pytest.raises(PermissionDenied):
        start_stage(case=case, stage="merits prep", by=factories.actor(role, slug))


def test_the_same_provider_again_goes_on_without_a_second_event(case: Case) -> None:
    first = holder(case)
    transfer(case=case, reason="capacity", by=factories.actor(Role.COORDINATOR))
    assert StageStart.objects.get(case=case).ended_at is not None
    factories.room("BINGER", ceiling=0)
    from referrals.actions import offer_by_hand

    case.refresh_from_db()
    again = offer_by_hand(case=case, program=first.program, reason="asked_for", by=factories.actor(Role.COORDINATOR))
    factories.accept(factories.live_offer(case))

    assert started(case) == [("habeas", "AHR")]
    start = StageStart.objects.get(case=case)
    assert (start.offer_id, start.ended_at) == (again.pk, None)


def test_the_end_of_the_case_ends_its_stage(case: Case) -> None:
    close(case=case, outcome="full", by=factories.staff_of(holder(case)))

    assert StageStart.objects.get(case=case).ended_at is not None


def test_page_and_api_show_the_stages_and_start_the_next(case: Case) -> None:
    client = factories.client_of(factories.member(Role.PROVIDER_STAFF))
    page = f"/staff/cases/{case.reference}/"
    shown = client.get(page).content.decode()
    assert "Habeas petition" in shown
    assert "Start the next stage" in shown
    assert client.post(f"{page}do/start_stage/", {"stage": "habeas"}).status_code == 400
    assert client.post(f"{page}do/start_stage/", {"stage": "merits prep"}).status_code == 302

    api = f"/api/v1/cases/{case.reference}/start_stage/"
    assert client.post(api, {"stage": "merits prep"}, content_type="application/json").status_code == 409
    assert client.post(api, {"stage": "merits hearing"}, content_type="application/json").status_code == 200
    assert [stage for stage, _ in started(case)] == ["habeas", "merits prep", "merits hearing"]
    assert "merits hearing" not in {
        one.code for one in stages_to_start(case, holder(case).program.provider, case.opened_at)
    }
