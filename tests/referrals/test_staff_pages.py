"""Queue, case page and offers: who opens what, and what each button does."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import MEMBER_ROLES, Role
from providers.models import Provider
from referrals.actions import (
    decline_offer,
    enter_trigger,
    record_conflict,
    refer_out,
    request_info,
    withdraw,
    withdraw_offer,
)
from referrals.by_hand import DEEDS
from referrals.forms.deeds import FORMS
from referrals.machine import STEPS
from referrals.models import Case, CaseEvent, Offer, OfferState, Screening, State, TaskKind
from referrals.timeline import SENTENCES, sentence
from tests import factories

pytestmark = pytest.mark.django_db

HOTLINE = {Role.COORDINATOR, Role.HOTLINE_LEAD}
READERS = HOTLINE | {Role.AUDITOR}
PROVIDER = {Role.PROVIDER_STAFF, Role.PROVIDER_LEAD}


@pytest.fixture
def coordinator() -> Client:
    return factories.client_of(factories.member(Role.COORDINATOR))


@pytest.fixture
def provider() -> Client:
    return factories.client_of(factories.member(Role.PROVIDER_STAFF))


@pytest.fixture
def stranger() -> Client:
    """Staff of a provider the case is not with."""
    return factories.client_of(factories.member(Role.PROVIDER_LEAD, "vln"))


def url(case: Case, rest: str = "") -> str:
    return f"/staff/cases/{case.reference}/{rest}"


def state_of(case: Case) -> str:
    return str(Case.objects.values_list("state", flat=True).get(pk=case.pk))


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_role_opens_its_pages_and_no_other(role: Role) -> None:
    factories.room()
    case = factories.case()
    offer = factories.live_offer(case)
    client = factories.client_of(factories.member(role))

    answers = {
        "queue": client.get("/staff/cases/").status_code,
        "case": client.get(url(case)).status_code,
        "offers": client.get("/staff/offers/").status_code,
        "offer": client.get(f"/staff/offers/{offer.pk}/").status_code,
        "do": client.get(url(case, "do/withdraw/")).status_code,
    }

    assert answers == {
        "queue": 200 if role in READERS else 403,
        "case": 200 if role in READERS | PROVIDER else 403,
        "offers": 200 if role in PROVIDER else 403,
        "offer": 200 if role in PROVIDER else 403,
        "do": 200 if role in HOTLINE else 403,
    }


@pytest.mark.parametrize("path", ["", "do/close/", "do/transfer/"])
def test_another_providers_case_is_not_found(stranger: Client, path: str) -> None:
    factories.room()
    case = factories.accepted_case()

    assert stranger.post(url(case, path)).status_code in ({405} if not path else {404})
    assert stranger.get(url(case, path)).status_code == 404
    assert state_of(case) == State.ACCEPTED


@pytest.mark.parametrize("path", ["", "accept/", "decline/"])
def test_another_providers_offer_is_not_found(stranger: Client, path: str) -> None:
    factories.room()
    offer = factories.live_offer(factories.case())
    ask: Callable[..., Any] = stranger.post if path else stranger.get

    assert ask(f"/staff/offers/{offer.pk}/{path}", {"reason": "conflict"}).status_code == 404


def test_strangers_are_sent_to_the_sign_in_page() -> None:
    answer = Client().get("/staff/cases/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/staff/sign-in/")


def test_the_auditor_reads_a_case_and_has_nothing_to_press() -> None:
    factories.room()
    case = factories.case()
    client = factories.client_of(factories.member(Role.AUDITOR))

    page = client.get(url(case)).content.decode()

    assert "Take action" not in page
    assert "Sealed parts" not in page
    assert client.post(url(case, "do/withdraw/")).status_code == 403


def test_a_provider_does_not_read_what_other_providers_did(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    factories.room()
    factories.room("BINGER", ceiling=12)
    case = factories.case()
    with django_capture_on_commit_callbacks(execute=True):
        first = factories.live_offer(case)
        decline_offer(offer=first, reason="conflict", by=factories.staff_of(first))
    client = factories.client_of(factories.member(Role.PROVIDER_STAFF, "binger"))

    page = client.get(url(case)).content.decode()

    assert "AHR" not in page
    assert "onflict" not in page
    assert "Offered to BINGER" in page


def test_the_case_page_explains_the_routing_in_sentences(coordinator: Client) -> None:
    factories.room()
    case = factories.case()

    page = coordinator.get(url(case)).content.decode()

    assert "AHR (detained full) was asked: first in the offer order that can take it, 60 points free." in page
    assert "Offered to AHR." in page
    assert "Release by federal court" in page


def given_for(deed: str, case: Case) -> dict[str, Any]:
    """What a form of this deed asks, filled in."""
    other = factories.case(factories.free_facts())
    live = case.offers.filter(state=OfferState.LIVE).first()
    forms: dict[str, dict[str, Any]] = {
        "pass_screening": {"reason": "statement"},
        "offer": {"program": factories.room("ILCM", ceiling=30).pk, "reason": "asked_for"},
        "engage": {"appearance": "habeas"},
        "withdraw_offer": {"offer": str(live.pk) if live else "", "reason": "mistake"},
        "transfer": {"reason": "venue"},
        "close": {"outcome": "habeas_release"},
        "screen_out": {"reason": "outside_city", "referred_to": factories.partner().pk},
        "mark_duplicate": {"duplicate_of": other.reference.lower().replace("-", " ")},
        "reopen": {"reason": "new_event"},
    }
    return forms.get(deed, {})


def received() -> Case:
    """A case that waits for a coordinator's decision on eligibility."""
    return factories.case(factories.held_facts(zip_code="", taken="earlier", place="sherburne"))


def offered() -> Case:
    factories.room()
    return factories.case()


def waiting() -> Case:
    return factories.case()


def accepted() -> Case:
    factories.room()
    return factories.accepted_case()


def for_a_clinic() -> Case:
    """Not held, and wants to prepare the family."""
    return factories.case(factories.clinic_facts())


def closed() -> Case:
    return withdraw(case=waiting(), by=factories.actor(Role.COORDINATOR))


@pytest.mark.parametrize(
    ("deed", "made", "after"),
    [
        ("pass_screening", received, State.SCREENED),
        ("offer", waiting, State.OFFERED),
        ("request_info", received, State.NEEDS_INFO),
        ("withdraw_offer", offered, State.SCREENED),
        ("transfer", accepted, State.SCREENED),
        ("close", accepted, State.CLOSED),
        ("screen_out", received, State.NOT_ELIGIBLE),
        ("mark_duplicate", waiting, State.DUPLICATE),
        ("lose_contact", lambda: factories.tried(waiting()), State.LOST_CONTACT),
        ("withdraw", waiting, State.WITHDRAWN),
        ("reopen", closed, State.SCREENED),
    ],
)
def test_a_coordinator_does_each_deed_from_the_case_page(
    coordinator: Client, deed: str, made: Callable[[], Case], after: State
) -> None:
    case = made()
    assert url(case, f"do/{deed}/") in coordinator.get(url(case)).content.decode()

    answer = coordinator.post(url(case, f"do/{deed}/"), given_for(deed, case), follow=True)

    assert answer.status_code == 200
    assert DEEDS[deed].done in answer.content.decode()
    assert state_of(case) == after


def with_clock() -> Case:
    case = received()
    enter_trigger(case=case, code="REOPEN", trigger=date(2026, 1, 5), by=factories.actor(Role.COORDINATOR))
    return case


def kept_from_one() -> Case:
    """A case that one provider must not be asked for."""
    made = received()
    ahr = Provider.objects.get(code="AHR")
    record_conflict(case=made, provider=ahr, by=factories.actor(Role.COORDINATOR))
    return made


def referred() -> Case:
    """Sent outside the fund, too."""
    made = received()
    refer_out(case=made, partner=factories.partner(), by=factories.actor(Role.COORDINATOR))
    return made


@pytest.mark.parametrize(
    "deed", [name for name, form in FORMS.items() if form.base_fields and name not in ("engage", "start_stage")]
)
def test_a_deed_without_its_reason_shows_the_page_again_with_the_error(coordinator: Client, deed: str) -> None:
    made = {
        "offer": waiting,
        "withdraw_offer": offered,
        "transfer": accepted,
        "close": accepted,
        "reopen": closed,
        "record_referral_outcome": referred,
        "meet_deadline": with_clock,
        "drop_deadline": with_clock,
        "book_clinic_seat": for_a_clinic,
        "lift_conflict": kept_from_one,
    }
    case = made.get(deed, received)()
    before = state_of(case)

    answer = coordinator.post(url(case, f"do/{deed}/"), {})

    assert answer.status_code == 400
    assert b"There is a problem on this page" in answer.content
    assert state_of(case) == before


def test_what_was_chosen_stays_when_something_is_missing(coordinator: Client) -> None:
    case = received()

    page = coordinator.post(url(case, "do/screen_out/"), {"reason": "income"}).content.decode()

    assert '<option value="income" selected>' in page


def test_an_offer_by_hand_above_the_ceiling_is_refused_with_the_free_points(coordinator: Client) -> None:
    case = waiting()
    full = factories.room("ILCM", ceiling=5)

    answer = coordinator.post(url(case, "do/offer/"), {"program": full.pk, "reason": "asked_for"})

    assert answer.status_code == 409
    assert "has 5 of 5 points free" in answer.content.decode()
    assert state_of(case) == State.WAITLISTED


def test_who_comes_second_reads_what_happened_and_changes_nothing(coordinator: Client) -> None:
    case = offered()
    seen = factories.live_offer(case)
    factories.accept(seen)

    answer = coordinator.post(url(case, "do/withdraw_offer/"), {"offer": str(seen.pk), "reason": "mistake"})

    assert answer.status_code == 409
    assert b"Somebody was quicker" in answer.content
    assert b"AHR accepted." in answer.content
    assert state_of(case) == State.ACCEPTED


def test_an_offer_made_meanwhile_to_somebody_else_is_not_taken_back(
    coordinator: Client, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    factories.room("BINGER", ceiling=12)
    case = offered()
    seen = factories.live_offer(case)
    with django_capture_on_commit_callbacks(execute=True):
        decline_offer(offer=seen, reason="scope", by=factories.staff_of(seen))

    answer = coordinator.post(url(case, "do/withdraw_offer/"), {"offer": str(seen.pk), "reason": "mistake"})

    assert answer.status_code == 409
    assert factories.live_offer(case).program.provider.code == "BINGER"


def test_provider_staff_may_not_screen_out_the_case_they_hold(provider: Client) -> None:
    case = accepted()

    assert provider.post(url(case, "do/screen_out/"), {}).status_code == 403


def test_only_a_lead_of_the_provider_hands_a_case_on(provider: Client) -> None:
    case = accepted()
    lead = factories.client_of(factories.member(Role.PROVIDER_LEAD))

    assert provider.post(url(case, "do/transfer/"), {"reason": "venue"}).status_code == 403
    answer = lead.post(url(case, "do/transfer/"), {"reason": "venue"})

    assert (answer.status_code, answer["Location"]) == (302, "/staff/offers/")
    assert state_of(case) == State.SCREENED


def test_a_provider_appears_and_closes(provider: Client) -> None:
    case = accepted()

    provider.post(url(case, "do/engage/"), {"appearance": "habeas"})
    assert state_of(case) == State.REPRESENTED
    provider.post(url(case, "do/close/"), {"outcome": "habeas_release"})

    assert state_of(case) == State.CLOSED


def test_the_check_comes_first_and_then_accepting_takes_the_case(provider: Client) -> None:
    case = offered()
    offer = factories.live_offer(case)
    assert case.reference in provider.get("/staff/offers/").content.decode()

    unchecked = provider.post(f"/staff/offers/{offer.pk}/accept/")
    assert unchecked.status_code == 409
    assert "Check for a conflict first" in unchecked.content.decode()
    assert f"Accept {case.reference}" not in unchecked.content.decode()
    checked = provider.post(f"/staff/offers/{offer.pk}/no-conflict/", follow=True)
    assert f"Accept {case.reference}" in checked.content.decode()
    answer = provider.post(f"/staff/offers/{offer.pk}/accept/", follow=True)

    assert answer.redirect_chain == [(url(case), 302)]
    assert state_of(case) == State.ACCEPTED


def test_a_decline_needs_a_reason(provider: Client) -> None:
    case = offered()
    offer = factories.live_offer(case)

    missing = provider.post(f"/staff/offers/{offer.pk}/decline/", {})
    assert missing.status_code == 400
    assert state_of(case) == State.OFFERED

    provider.post(f"/staff/offers/{offer.pk}/decline/", {"reason": "conflict"})
    assert Offer.objects.get(pk=offer.pk).decline_reason == "conflict"


def test_an_offer_answered_by_a_colleague_is_a_conflict_and_not_an_error(provider: Client) -> None:
    case = offered()
    offer = factories.live_offer(case)
    factories.accept(offer)

    assert provider.post(f"/staff/offers/{offer.pk}/accept/").status_code == 409
    assert provider.post(f"/staff/offers/{offer.pk}/decline/", {"reason": "scope"}).status_code == 409


def test_who_lost_an_offer_reads_nothing_more_of_the_case(provider: Client) -> None:
    case = offered()
    offer = factories.live_offer(case)
    withdraw_offer(offer=offer, reason="mistake", by=factories.actor(Role.COORDINATOR))

    answer = provider.post(f"/staff/offers/{offer.pk}/accept/")

    assert answer.status_code == 409
    assert b"Back to the offers" in answer.content
    assert b"Last:" not in answer.content


def test_an_ended_offer_shows_its_end_and_nothing_of_the_case(provider: Client) -> None:
    case = offered()
    offer = factories.live_offer(case)
    decline_offer(offer=offer, reason="scope", by=factories.staff_of(offer))

    page = provider.get(f"/staff/offers/{offer.pk}/").content.decode()

    assert "This offer has ended: declined" in page
    assert "Whipple" not in page


def test_a_task_that_stands_for_a_decision_is_not_ticked_off(coordinator: Client) -> None:
    case = received()
    task = case.tasks.get(kind=TaskKind.SCREEN)

    assert coordinator.post(url(case, f"tasks/{task.pk}/done/")).status_code == 409
    assert case.tasks.filter(kind=TaskKind.SCREEN, done_at=None).exists()


def test_a_task_is_ticked_off_once(coordinator: Client) -> None:
    case = factories.case()
    task = case.tasks.get(kind=TaskKind.NO_ROOM)

    assert coordinator.post(url(case, f"tasks/{task.pk}/done/")).status_code == 302
    assert coordinator.post(url(case, f"tasks/{task.pk}/done/")).status_code == 409
    assert CaseEvent.objects.filter(case=case, kind="task_done").count() == 1


def test_a_task_of_another_case_is_not_found(coordinator: Client) -> None:
    case = received()
    task = received().tasks.get(kind=TaskKind.SCREEN)

    assert coordinator.post(url(case, f"tasks/{task.pk}/done/")).status_code == 404


def test_a_provisional_case_is_found_eligible_while_it_is_offered(coordinator: Client) -> None:
    factories.room()
    case = factories.case(factories.held_facts(zip_code=""))
    assert b"Provisional: eligibility open" in coordinator.get(url(case)).content

    coordinator.post(url(case, "do/pass_screening/"), {"reason": "proof_seen"})

    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.screening) == (State.OFFERED, Screening.PASSED)


def test_a_case_that_needs_answers_leads_to_their_page(coordinator: Client) -> None:
    case = request_info(case=received(), by=factories.actor(Role.COORDINATOR))

    assert url(case, "answers/") in coordinator.get(url(case)).content.decode()


@pytest.mark.parametrize("typed", ["", "XXX-XXX", "nonsense", "\x00\x00", "K7M4QDK7M4QD", "💥"])
def test_a_duplicate_needs_the_reference_of_another_case(coordinator: Client, typed: str) -> None:
    case = received()

    assert coordinator.post(url(case, "do/mark_duplicate/"), {"duplicate_of": typed}).status_code == 400
    assert coordinator.post(url(case, "do/mark_duplicate/"), {"duplicate_of": case.reference}).status_code == 400


@pytest.mark.parametrize("path", ["K7M-4QD/", "nonsense/", "%00/", "K7M-4QD/do/explode/"])
def test_a_reference_or_deed_that_does_not_exist_is_not_found(coordinator: Client, path: str) -> None:
    assert coordinator.get(f"/staff/cases/{path}").status_code == 404


def test_every_transition_has_a_sentence() -> None:
    assert not set(STEPS) - set(SENTENCES)


def test_every_event_of_a_long_story_is_a_whole_sentence(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    factories.room()
    with django_capture_on_commit_callbacks(execute=True):
        factories.represented_case()
        received()

    for event in CaseEvent.objects.all():
        words = sentence(event)
        assert words.endswith("."), words
        assert "{" not in words
        assert "  " not in words


def test_an_offer_whose_time_is_up_says_so(provider: Client) -> None:
    case = offered()
    Offer.objects.filter(case=case).update(expires_at=timezone.now() - timedelta(minutes=1))

    assert b"time is up" in provider.get("/staff/offers/").content
