"""The names first, then “no conflict”, then the file: nobody takes a case before they know whose it is."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.roles import Role
from intake.actions import submit_draft
from privacy import vault
from privacy.models import DocumentKind, WrappedKey
from referrals.actions import NotChecked, accept_offer, decline_offer, record_no_conflict, withdraw_offer
from referrals.actions.openings import OpeningReason, record_opening
from referrals.models import Case, CaseEvent, Offer, OfferState
from referrals.policies import documents_open_to
from tests import factories
from tests.intake.test_sending import a_draft

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def case() -> Case:
    factories.room("AHR", "detained_full", ceiling=60)
    return submit_draft(draft=a_draft())


def read_names(case: Case, slug: str = "ahr", kind: DocumentKind = DocumentKind.NAMES) -> None:
    reason = OpeningReason.CONFLICT_CHECK.value
    record_opening(case=case, kind=kind, reason=reason, by=factories.actor(Role.PROVIDER_STAFF, slug))


def test_nothing_but_the_names_is_open_before_the_word_and_the_file_is_after_it(case: Case) -> None:
    offer = factories.live_offer(case)
    by = factories.staff_of(offer)
    assert documents_open_to(by, case) == {DocumentKind.NAMES}

    factories.checked(offer, by=by)

    assert documents_open_to(by, case) == {DocumentKind.NAMES, DocumentKind.FACTS, DocumentKind.FILE}
    assert documents_open_to(factories.actor(Role.PROVIDER_STAFF, "ilcm"), case) == frozenset()


def test_an_acceptance_without_a_check_is_refused_and_says_what_to_do(case: Case) -> None:
    offer = factories.live_offer(case)
    read_names(case)

    with pytest.raises(NotChecked, match=f"open the names of {case.reference}"):
        accept_offer(offer=offer, by=factories.staff_of(offer))

    assert Offer.objects.get(pk=offer.pk).state == OfferState.LIVE


@pytest.mark.parametrize(("slug", "kind"), [(None, None), ("binger", "names"), ("ahr", "facts")])
def test_no_conflict_is_said_of_names_that_this_provider_has_opened(
    case: Case, slug: str | None, kind: str | None
) -> None:
    offer = factories.live_offer(case)
    if slug and kind:
        read_names(case, slug, DocumentKind(kind))

    with pytest.raises(NotChecked, match="Open the names"):
        record_no_conflict(offer=offer, by=factories.staff_of(offer))


def test_a_reading_for_an_earlier_offer_does_not_count(case: Case) -> None:
    offer = factories.live_offer(case)
    read_names(case)
    Offer.objects.filter(pk=offer.pk).update(offered_at=timezone.now() + timedelta(minutes=1))
    offer.refresh_from_db()

    with pytest.raises(NotChecked):
        record_no_conflict(offer=offer, by=factories.staff_of(offer))


def test_names_that_come_in_after_the_check_are_checked_again(case: Case) -> None:
    offer = factories.live_offer(case)
    by = factories.checked(offer)
    payload = {"held_name": "Otra Persona Inventada"}
    reader = ["hotline", "ahr"]
    later = timezone.now() + timedelta(minutes=1)
    vault.seal(case_id=case.pk, kind=DocumentKind.NAMES, payload=payload, readers=reader, now=later)

    with pytest.raises(NotChecked, match="came in after your check"):
        accept_offer(offer=offer, by=by)
    assert documents_open_to(by, case) == {DocumentKind.NAMES}

    assert factories.accept(offer, by=by, now=later + timedelta(seconds=1)).state == OfferState.ACCEPTED


def test_names_that_never_reached_the_provider_cannot_be_checked(case: Case) -> None:
    offer = factories.live_offer(case)
    WrappedKey.objects.filter(case_id=case.pk, reader="ahr").delete()
    read_names(case)

    with pytest.raises(NotChecked, match="have not reached you"):
        record_no_conflict(offer=offer, by=factories.staff_of(offer))


def test_saying_it_twice_leaves_one_event_and_the_log_names_no_person(case: Case) -> None:
    offer = factories.live_offer(case)
    by = factories.checked(offer)
    record_no_conflict(offer=offer, by=by)

    event = CaseEvent.objects.get(case=case, kind="no_conflict")
    assert event.user_id == by.user_id
    assert event.detail == {"offer": str(offer.pk), "program": offer.program_id, "provider": "AHR"}
    assert Offer.objects.get(pk=offer.pk).no_conflict_by_user_id == by.user_id


def test_another_provider_and_a_coordinator_cannot_say_it(case: Case) -> None:
    offer = factories.live_offer(case)
    read_names(case)

    for by in (factories.actor(Role.PROVIDER_STAFF, "ilcm"), factories.actor(Role.COORDINATOR)):
        with pytest.raises(PermissionDenied):
            record_no_conflict(offer=offer, by=by)


def test_a_conflict_is_declined_straight_away_and_nobody_reads_whose_it_was(case: Case) -> None:
    offer = factories.live_offer(case)
    decline_offer(offer=offer, reason="conflict", by=factories.staff_of(offer))

    event = CaseEvent.objects.get(case=case, kind="decline")
    assert event.detail["reason"] == "conflict"
    assert set(event.detail) == {"offer", "program", "provider", "reason"}


def test_a_new_offer_to_the_same_provider_is_checked_anew(case: Case) -> None:
    offer = factories.live_offer(case)
    by = factories.checked(offer)
    withdraw_offer(offer=offer, reason="mistake", by=factories.actor(Role.COORDINATOR))

    assert documents_open_to(by, case) == frozenset()


def test_the_page_leads_from_the_names_to_the_acceptance_in_four_presses(case: Case) -> None:
    offer = factories.live_offer(case)
    client = factories.client_of(factories.member(Role.PROVIDER_STAFF))
    page = f"/staff/offers/{offer.pk}/"
    assert "Open the names" in client.get(page).content.decode()
    refused = client.post(f"{page}no-conflict/")
    assert (refused.status_code, "Open the names" in refused.content.decode()) == (409, True)

    names = client.post(f"/staff/cases/{case.reference}/open/names/", {"reason": "conflict_check"}).content.decode()
    assert f"{page}no-conflict/" in names
    checked = client.post(f"{page}no-conflict/", follow=True).content.decode()
    assert "No conflict, recorded" in checked
    assert f"/staff/cases/{case.reference}/open/file/" in checked
    client.post(f"{page}accept/")

    assert Offer.objects.get(pk=offer.pk).state == OfferState.ACCEPTED
