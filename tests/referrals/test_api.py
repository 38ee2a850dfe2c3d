"""The API: the pages' permissions and actions, and one shape of answer for each kind of mistake."""

import json
from base64 import b64encode
from collections.abc import Callable
from io import StringIO
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from accounts.roles import MEMBER_ROLES, Role
from referrals.actions import decline_offer, withdraw
from referrals.api import OldestFirst
from referrals.by_hand import DEEDS
from referrals.models import Case, Offer, OfferState, State
from tests import factories

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/"
HOTLINE = {Role.COORDINATOR, Role.HOTLINE_LEAD}
PROVIDER = {Role.PROVIDER_STAFF, Role.PROVIDER_LEAD}


@pytest.fixture
def coordinator() -> Client:
    return factories.client_of(factories.member(Role.COORDINATOR))


@pytest.fixture
def provider() -> Client:
    return factories.client_of(factories.member(Role.PROVIDER_STAFF))


def post(client: Client, path: str, body: object | None = None) -> Any:
    return client.post(ROOT + path, json.dumps({} if body is None else body), content_type="application/json")


def offered() -> Case:
    factories.room()
    return factories.case()


def accepted() -> Case:
    factories.room()
    return factories.accepted_case()


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_role_reads_what_its_pages_show(role: Role) -> None:
    offer = factories.live_offer(offered())
    client = factories.client_of(factories.member(role))
    expected = 200 if role in HOTLINE | PROVIDER | {Role.AUDITOR} else 403

    answers = {
        path: client.get(ROOT + path).status_code
        for path in ("cases/", f"cases/{offer.case.reference}/", "offers/", f"offers/{offer.pk}/")
    }

    assert set(answers.values()) == {expected}, answers


@pytest.mark.parametrize("role", [role for role in MEMBER_ROLES if role not in HOTLINE])
def test_only_the_hotline_withdraws_a_case(role: Role) -> None:
    case = offered()

    answer = post(factories.client_of(factories.member(role)), f"cases/{case.reference}/withdraw/")

    assert answer.status_code == 403
    assert set(answer.json()) == {"detail"}
    assert Case.objects.get(pk=case.pk).state == State.OFFERED


def test_nobody_reads_without_signing_in() -> None:
    assert Client().get(ROOT + "cases/").status_code == 403


def test_another_providers_cases_and_offers_are_not_found() -> None:
    offer = factories.live_offer(offered())
    client = factories.client_of(factories.member(Role.PROVIDER_LEAD, "vln"))

    assert client.get(ROOT + "cases/").json()["results"] == []
    assert client.get(ROOT + "offers/").json()["results"] == []
    for path in (f"cases/{offer.case.reference}/", f"offers/{offer.pk}/"):
        assert client.get(ROOT + path).status_code == 404
    for path in (f"cases/{offer.case.reference}/close/", f"offers/{offer.pk}/accept/", f"offers/{offer.pk}/decline/"):
        assert post(client, path).status_code == 404


def test_a_case_comes_with_its_offers_decisions_and_log(coordinator: Client) -> None:
    case = offered()

    told = coordinator.get(f"{ROOT}cases/{case.reference}/").json()

    assert (told["state"], told["urgency"], told["owner"], told["facility"]) == ("offered", 0, "provider", "whipple")
    assert [offer["provider"] for offer in told["offers"]] == ["AHR"]
    assert told["decisions"][0]["summary"] == "DET-HAB, T0: offered to The Advocates for Human Rights."
    assert [event["kind"] for event in told["events"]] == ["offer", "screen_in", "open"]


def test_a_provider_reads_nothing_of_other_providers_through_the_api(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    factories.room("BINGER", ceiling=12)
    case = offered()
    with django_capture_on_commit_callbacks(execute=True):
        first = factories.live_offer(case)
        decline_offer(offer=first, reason="conflict", by=factories.staff_of(first))
    client = factories.client_of(factories.member(Role.PROVIDER_STAFF, "binger"))

    told = client.get(f"{ROOT}cases/{case.reference}/")

    assert b"AHR" not in told.content
    assert b'"conflict"' not in told.content
    assert told.json()["decisions"] == []


def test_no_answer_names_a_member_or_a_zip(coordinator: Client) -> None:
    case = accepted()

    told = coordinator.get(f"{ROOT}cases/{case.reference}/").content.decode()

    assert factories.MINNEAPOLIS_ZIP not in told
    assert "user_id" not in told
    assert "@" not in told


@pytest.mark.parametrize(
    ("query", "found"), [("state=offered", 1), ("state=closed", 0), ("urgency=0", 1), ("urgency=3", 0)]
)
def test_cases_are_filtered(coordinator: Client, query: str, found: int) -> None:
    offered()

    assert len(coordinator.get(f"{ROOT}cases/?{query}").json()["results"]) == found


@pytest.mark.parametrize("query", ["state=lost", "urgency=7", "urgency=%00"])
def test_an_unknown_filter_value_is_bad_data(coordinator: Client, query: str) -> None:
    answer = coordinator.get(f"{ROOT}cases/?{query}")

    assert answer.status_code == 400
    assert set(answer.json()) == {"detail", "fields"}


def test_the_pages_of_the_list_hold_every_case_once(coordinator: Client) -> None:
    made = {factories.case(factories.free_facts()).reference for _ in range(3)}
    page_size, OldestFirst.page_size = OldestFirst.page_size, 2
    try:
        first = coordinator.get(ROOT + "cases/").json()
        second = coordinator.get(first["next"]).json()
    finally:
        OldestFirst.page_size = page_size

    assert [len(first["results"]), len(second["results"])] == [2, 1]
    assert {case["reference"] for case in first["results"] + second["results"]} == made


@pytest.mark.parametrize("path", ["cases/", "offers/"])
@pytest.mark.parametrize(
    "position", ["notadate", "\0", "2026-11-20", "2026-11-20 04:10", "2026-13-45 04:10+00:00", "0001-01-01 00:00+23:59"]
)
def test_a_broken_cursor_is_not_found(coordinator: Client, path: str, position: str) -> None:
    cursor = b64encode(urlencode({"p": position}).encode()).decode()

    answer = coordinator.get(ROOT + path, {"cursor": cursor})

    assert answer.status_code == 404
    assert answer.json() == {"detail": "Invalid cursor"}


def test_the_provider_accepts_once_and_the_second_time_is_a_conflict(provider: Client) -> None:
    offer = factories.live_offer(offered())

    unchecked = post(provider, f"offers/{offer.pk}/accept/")
    assert (unchecked.status_code, "Check for a conflict first" in unchecked.json()["detail"]) == (409, True)
    assert post(provider, f"offers/{offer.pk}/no_conflict/").json()["no_conflict_at"]
    assert post(provider, f"offers/{offer.pk}/accept/").json()["state"] == OfferState.ACCEPTED
    again = post(provider, f"offers/{offer.pk}/accept/")

    assert again.status_code == 409
    assert again.json() == {"detail": f"The offer of {offer.case.reference} is accepted."}


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "bored"}, {"reason": None}, {"reason": ["scope"]}])
def test_a_decline_without_a_reason_code_is_bad_data(provider: Client, body: object) -> None:
    offer = factories.live_offer(offered())

    answer = post(provider, f"offers/{offer.pk}/decline/", body)

    assert answer.status_code == 400
    assert "reason" in answer.json()["fields"]
    assert Offer.objects.get(pk=offer.pk).state == OfferState.LIVE


def test_the_provider_declines_with_a_reason_code(provider: Client) -> None:
    offer = factories.live_offer(offered())

    assert post(provider, f"offers/{offer.pk}/decline/", {"reason": "scope"}).json()["decline_reason"] == "scope"


def test_a_coordinator_does_not_answer_for_a_provider(coordinator: Client) -> None:
    offer = factories.live_offer(offered())

    assert post(coordinator, f"offers/{offer.pk}/accept/").status_code == 403


@pytest.mark.parametrize("body", ["[]", '"text"', "{", "\x00", "12"])
def test_a_body_that_is_no_object_is_bad_data(provider: Client, body: str) -> None:
    offer = factories.live_offer(offered())

    answer = provider.post(f"{ROOT}offers/{offer.pk}/decline/", body, content_type="application/json")

    assert answer.status_code == 400
    assert "detail" in answer.json()


@pytest.mark.parametrize("token", [True, False])
def test_a_body_nested_without_end_is_bad_data_even_before_the_csrf_check(token: bool) -> None:
    offer = factories.live_offer(offered())
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(factories.member(Role.PROVIDER_STAFF))
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32} if token else {}

    answer = client.post(
        f"{ROOT}offers/{offer.pk}/decline/", "[" * 100_000, content_type="application/json", headers=headers
    )

    assert answer.status_code == 400
    assert answer.json() == {"detail": "JSON parse error: nested too deeply"}


def test_nobody_takes_an_offer_back_for_changed_answers_by_hand(coordinator: Client) -> None:
    offer = factories.live_offer(offered())

    answer = post(
        coordinator,
        f"cases/{offer.case.reference}/withdraw_offer/",
        {"offer": str(offer.pk), "reason": "facts_changed"},
    )

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["reason"]


def test_an_offer_by_hand_above_the_ceiling_is_a_conflict(coordinator: Client) -> None:
    case = factories.case()
    full = factories.room("ILCM", ceiling=5)

    answer = post(coordinator, f"cases/{case.reference}/offer/", {"program": full.pk, "reason": "asked_for"})

    assert answer.status_code == 409
    assert "5 of 5 points free" in answer.json()["detail"]


@pytest.mark.parametrize("program", [0, -1, 10**30, "x", None, True, 1.5])
def test_a_program_that_does_not_exist_is_bad_data(coordinator: Client, program: object) -> None:
    case = factories.case()

    answer = post(coordinator, f"cases/{case.reference}/offer/", {"program": program, "reason": "asked_for"})

    assert answer.status_code == 400
    assert "program" in answer.json()["fields"]


def received() -> Case:
    return factories.case(factories.held_facts(zip_code="", taken="earlier", place="sherburne"))


def closed() -> Case:
    return withdraw(case=factories.case(), by=factories.actor(Role.COORDINATOR))


def given_for(deed: str, case: Case) -> dict[str, Any]:
    live = case.offers.filter(state=OfferState.LIVE).first()
    forms: dict[str, dict[str, Any]] = {
        "pass_screening": {"reason": "statement"},
        "offer": {"program": factories.room("ILCM", ceiling=30).pk, "reason": "asked_for"},
        "engage": {"appearance": "habeas"},
        "withdraw_offer": {"offer": str(live.pk if live else uuid4()), "reason": "mistake"},
        "transfer": {"reason": "venue"},
        "close": {"outcome": "habeas_release"},
        "screen_out": {"reason": "outside_city", "referred_to": "ilcm-intake"},
        "mark_duplicate": {"duplicate_of": factories.case(factories.free_facts()).reference},
        "reopen": {"reason": "new_event"},
    }
    return forms.get(deed, {})


@pytest.mark.parametrize(
    ("deed", "made", "after"),
    [
        ("pass_screening", received, State.SCREENED),
        ("offer", factories.case, State.OFFERED),
        ("request_info", received, State.NEEDS_INFO),
        ("withdraw_offer", offered, State.SCREENED),
        ("transfer", accepted, State.SCREENED),
        ("close", accepted, State.CLOSED),
        ("screen_out", received, State.NOT_ELIGIBLE),
        ("mark_duplicate", factories.case, State.DUPLICATE),
        ("lose_contact", lambda: factories.tried(factories.case()), State.LOST_CONTACT),
        ("withdraw", factories.case, State.WITHDRAWN),
        ("reopen", closed, State.SCREENED),
    ],
)
def test_a_coordinator_does_each_deed(coordinator: Client, deed: str, made: Callable[[], Case], after: State) -> None:
    case = made()

    answer = post(coordinator, f"cases/{case.reference}/{deed}/", given_for(deed, case))

    assert answer.status_code == 200, answer.json()
    assert answer.json()["state"] == after


def test_a_deed_in_the_wrong_state_is_a_conflict_whatever_the_body(coordinator: Client) -> None:
    wrong = {
        "pass_screening": accepted,
        "offer": accepted,
        "request_info": accepted,
        "withdraw_offer": accepted,
        "transfer": factories.case,
        "enter_trigger": closed,
        "meet_deadline": closed,
        "drop_deadline": closed,
        "close": factories.case,
        "screen_out": accepted,
        "mark_duplicate": closed,
        "lose_contact": closed,
        "withdraw": closed,
        "reopen": factories.case,
        "delete_data": factories.case,
        "record_locator_check": closed,
        "may_have_moved": closed,
        "put_tier_back": factories.case,
        "set_time_zone": closed,
        "request_certification": closed,
        "book_clinic_seat": factories.case,
        "give_up_clinic_seat": factories.case,
        "refer_out": closed,
        "record_referral_outcome": factories.case,
        "hold_conflict": closed,
        "lift_conflict": factories.case,
    }
    # A provider's, and the hotline lead's.
    others = {"engage", "start_stage", "confirm_handed_over", "place_hold", "lift_hold", "must_not_take"}
    assert set(wrong) == set(DEEDS) - others

    for deed, made in wrong.items():
        case = made()
        answer = post(coordinator, f"cases/{case.reference}/{deed}/")
        assert answer.status_code == 409, deed
        assert case.reference in answer.json()["detail"]


def test_a_lead_who_hands_a_case_on_no_longer_sees_it() -> None:
    case = accepted()
    lead = factories.client_of(factories.member(Role.PROVIDER_LEAD))

    assert post(lead, f"cases/{case.reference}/transfer/", {"reason": "venue"}).status_code == 204
    assert lead.get(f"{ROOT}cases/{case.reference}/").status_code == 404


def test_a_referral_partner_that_does_not_exist_is_bad_data(coordinator: Client) -> None:
    case = received()

    answer = post(coordinator, f"cases/{case.reference}/screen_out/", {"reason": "income", "referred_to": "nobody"})

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["referred_to"]


def test_a_post_without_the_csrf_token_is_refused() -> None:
    offer = factories.live_offer(offered())
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.member(Role.PROVIDER_STAFF))

    assert post(client, f"offers/{offer.pk}/accept/").status_code == 403


@pytest.mark.parametrize("path", ["cases/nonsense/", "cases/K7M-4QD/", "offers/nonsense/", f"offers/{'-' * 36}/"])
def test_what_does_not_exist_is_not_found(coordinator: Client, path: str) -> None:
    assert coordinator.get(ROOT + path).status_code == 404


def test_the_list_takes_as_many_queries_for_many_cases_as_for_one(
    coordinator: Client, django_assert_num_queries: Any
) -> None:
    factories.room(ceiling=600)
    for _ in range(5):
        factories.accept(factories.live_offer(factories.case()))

    # Session, account, membership, cases.
    with django_assert_num_queries(4):
        coordinator.get(ROOT + "cases/")


def test_the_schema_is_valid_and_complete(coordinator: Client) -> None:
    out = StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out)

    for deed in DEEDS:
        assert f"/api/v1/cases/{{reference}}/{deed}/:" in out.getvalue()
    assert coordinator.get(ROOT + "schema/").status_code == 200
