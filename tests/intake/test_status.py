"""What a family reads about their request, in each state, in plain words and without a name."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone, translation

from accounts.roles import Role
from intake.actions import submit_draft
from intake.status import Status, seat_of, status_of
from notifications.models import Contact
from privacy import return_codes
from privacy.models import CodeVisit, ReturnCode
from providers.models import Program
from referrals.actions import screen_out
from referrals.actions.clinics import book_seat
from referrals.actions.endings import ScreenOutReason
from referrals.models import Case, ClinicSession, ReferralPartner, SessionStatus, State
from referrals.policies import live_offer_of
from tests import factories
from tests.intake.family import Family, text
from tests.intake.test_sending import a_draft

pytestmark = pytest.mark.django_db


def words(status: Status) -> str:
    return " ".join([status.heading, *status.sentences])


def a_case(*, ceiling: int = 60) -> Case:
    Program.objects.update(ceiling=0)
    factories.room("AHR", "detained_full", ceiling=ceiling)
    return submit_draft(draft=a_draft())


def accepted() -> Case:
    case = a_case()
    offer = live_offer_of(case)
    assert offer
    factories.accept(offer, by=factories.actor(Role.PROVIDER_STAFF))
    return Case.objects.get(pk=case.pk)


def test_an_offered_case_is_with_an_office_that_is_not_named() -> None:
    case = a_case()

    assert case.state == State.OFFERED
    assert "Advocates" not in words(status_of(case, timezone.now()))


def test_an_accepted_case_says_who_calls_and_by_when() -> None:
    status = status_of(accepted(), timezone.now())

    assert "Someone from The Advocates for Human Rights will call you by" in words(status)
    assert status.call
    assert status.call.phone == "612-341-9845"


def test_a_family_that_may_not_be_called_is_not_promised_a_call() -> None:
    case = accepted()
    Contact.objects.update(may_call=False)

    assert "will contact you by" in words(status_of(case, timezone.now()))


def test_a_promise_that_was_not_kept_is_not_repeated() -> None:
    assert "You should have heard" in words(status_of(accepted(), timezone.now() + timedelta(days=9)))


def test_a_waiting_case_is_told_the_truth() -> None:
    case = a_case(ceiling=0)

    status = status_of(case, timezone.now())

    assert case.state == State.WAITLISTED
    assert status.is_waiting
    assert "could take it so far" in words(status)


def test_a_refused_case_gets_a_number_that_answers() -> None:
    partner = ReferralPartner.objects.first()
    assert partner
    case = submit_draft(draft=a_draft(home={"zip_code": "55432"}))
    case = screen_out(
        case=case,
        reason=ScreenOutReason.OUTSIDE_CITY,
        referred_to=partner,
        by=factories.actor(Role.COORDINATOR),
    )

    status = status_of(case, timezone.now())

    assert status.call
    assert (status.call.name, status.call.phone) == (partner.name, partner.phone)
    assert partner.name in words(status)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("state", State.values)
def test_every_state_has_words_in_both_languages(state: str, language: str) -> None:
    case = a_case()
    case.__dict__["state"] = state
    if state == State.DUPLICATE:
        case.duplicate_of = factories.case()
    with translation.override("en"):
        english = words(status_of(case, timezone.now()))

    with translation.override(language):
        said = words(status_of(case, timezone.now()))

    assert (said == english) == (language == "en")


@pytest.mark.parametrize("language", ["en", "es", "so", "hmn"])
def test_a_seat_at_a_clinic_shows_its_day_and_place_until_it_is_over(language: str) -> None:
    case = factories.case(factories.clinic_facts())
    session = factories.clinic(held_on=timezone.localdate() + timedelta(days=9))
    assert seat_of(case, timezone.now()) == []
    book_seat(case=case, session=session, by=factories.actor(Role.COORDINATOR))

    with translation.override(language):
        when, where = seat_of(case, timezone.now())

    assert "Test Library, 1 Test Street, Minneapolis" in when
    assert (when.startswith("You can talk with a lawyer on") and where.startswith("If you")) == (language == "en")
    assert seat_of(case, session.ends) == []
    ClinicSession.objects.update(status=SessionStatus.CANCELLED)
    assert seat_of(case, timezone.now()) == []


def test_a_code_that_is_replaced_in_the_instant_it_is_typed_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = a_draft()
    case = submit_draft(draft=draft)
    found = return_codes.find

    def find(lookup_id: bytes, now: datetime) -> ReturnCode | None:
        code = found(lookup_id, now)
        return_codes.replace(case_id=case.pk, lookup_id=b"another code's id"[:16], now=now)
        return code

    monkeypatch.setattr(return_codes, "find", find)
    family = Family()

    response = family.post("status/", {"code": draft.code})

    assert response.status_code == 200
    assert "We do not find this code" in text(response)
    assert not CodeVisit.objects.exists()
    assert "visit" not in family.client.cookies
