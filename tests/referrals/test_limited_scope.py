"""A provider that takes a part of a case: the rest is a case of its own, and the family hears one message."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import FAMILY, Role
from intake.actions import submit_draft
from intake.status import rests_of, status_of
from notifications.models import Message
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from providers.models import OfferPlace
from referrals import events, tasks
from referrals.actions import NotChecked, accept_offer, close, expire_offer, mark_duplicate, withdraw
from referrals.actions.rights import ask_about_data, may_delete_data
from referrals.actions.sharing import send_what_follows
from referrals.models import Case, CaseEvent, Offer, OfferState, State, TaskKind
from referrals.policies import documents_open_to
from tests import factories
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
Commits = Callable[[], AbstractContextManager[Any]]
TOLD = (DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE, DocumentKind.CONTACT)


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Callable[..., Any]) -> Commits:
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def case(commits: Commits) -> Case:
    """Offered to AHR; Binger is next."""
    factories.room("AHR", "detained_full", ceiling=60)
    factories.room("BINGER", ceiling=60)
    with commits():
        return submit_draft(draft=a_draft())


def accept_a_part(case: Case, commits: Commits, *, reader: str = "ahr", **more: Any) -> Case:
    """The rest of the case, once routed."""
    with commits():
        factories.accept(factories.live_offer(case), keys=keys_for(reader) if reader else None, **more)
    return Case.objects.get(continues=case)


def opens(case: Case, reader: str, kind: DocumentKind) -> bool:
    documents = vault.latest(case.pk, kind)
    return bool(documents) and len(vault.open_all(documents, keys=keys_for(reader))) == len(documents)


def test_the_rest_goes_at_once_to_the_next_provider_and_never_to_the_one_that_took_a_part(
    case: Case, commits: Commits
) -> None:
    rest = accept_a_part(case, commits, scope="limited")

    case.refresh_from_db()
    assert (case.state, rest.state) == (State.ACCEPTED, State.OFFERED)
    assert factories.live_offer(rest).program.provider.code == "BINGER"
    assert rest.state_due_at is not None
    assert {offer.program.provider.code for offer in rest.offers.all()} == {"AHR", "BINGER"}
    with commits():
        expire_offer(offer_id=factories.live_offer(rest).pk, now=factories.live_offer(rest).expires_at)
    assert not rest.offers.filter(state=OfferState.LIVE, program__provider__code="AHR").exists()
    assert events.broken_links(case.pk) == events.broken_links(rest.pk) == []
    accepted = CaseEvent.objects.get(case=case, kind="accept")
    assert (accepted.detail["scope"], accepted.detail["linked"]) == ("limited", rest.reference)


def test_a_full_acceptance_opens_nothing(case: Case, commits: Commits) -> None:
    with commits():
        factories.accept(factories.live_offer(case))

    assert not Case.objects.filter(continues__isnull=False).exists()


def test_a_limited_step_of_the_offer_order_opens_the_rest_by_itself(commits: Commits) -> None:
    OfferPlace.objects.filter(case_type="DET-HAB", program__provider__code="AHR").update(limited_scope=True)
    factories.room("AHR", "detained_full", ceiling=60)
    with commits():
        made = factories.case()
    assert factories.live_offer(made).limited_scope

    assert accept_a_part(made, commits, reader="").state == State.WAITLISTED


def test_room_is_taken_once_for_each_part_and_given_back_once(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    ahr, binger = (offer.program for offer in (case.offers.get(), factories.live_offer(rest)))
    ahr.refresh_from_db()
    assert (ahr.in_use, binger.in_use) == (6, 6)

    with commits():
        close(case=case, outcome="limited", by=factories.actor(Role.PROVIDER_STAFF))

    ahr.refresh_from_db()
    binger.refresh_from_db()
    rest.refresh_from_db()
    assert (ahr.in_use, binger.in_use, rest.state) == (0, 6, State.OFFERED)


def test_a_refused_acceptance_leaves_no_rest(case: Case) -> None:
    offer = factories.live_offer(case)
    with pytest.raises(NotChecked):
        accept_offer(offer=offer, scope="limited", by=factories.staff_of(offer))

    assert not Case.objects.filter(continues=case).exists()


def test_who_is_asked_for_the_rest_checks_and_reads_its_own_copies(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    offer = factories.live_offer(rest)
    assert not offer.file_follows
    assert not opens(case, "binger", DocumentKind.FILE)

    with commits():
        by = factories.checked(offer)
        assert documents_open_to(by, rest) == {DocumentKind.NAMES, DocumentKind.FACTS, DocumentKind.FILE}
        factories.accept(offer, by=by)
    tasks.share_contacts()

    assert all(opens(rest, "binger", kind) for kind in TOLD)
    assert all(opens(rest, "hotline", kind) for kind in TOLD)
    assert not any(opens(rest, "ahr", kind) for kind in TOLD)
    assert opens(rest, vault.WORKER, DocumentKind.FACTS)


def test_without_the_providers_keys_the_file_follows_and_the_hotline_sends_it(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, reader="", scope="limited")
    offer = factories.live_offer(rest)
    assert offer.file_follows
    assert not vault.latest(rest.pk, *TOLD[:3])

    assert send_what_follows(keys=keys_for("hotline"), now=timezone.now()) == 1

    assert all(opens(rest, "binger", kind) for kind in TOLD[:3])
    assert not Offer.objects.get(pk=offer.pk).file_follows


def test_the_contact_is_copied_by_the_clock_where_the_message_was_lost(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    with commits():
        close(case=case, outcome="limited", by=factories.actor(Role.PROVIDER_STAFF))

    tasks.share_contacts()
    tasks.share_contacts()

    assert opens(rest, "hotline", DocumentKind.CONTACT)
    assert len(vault.latest(rest.pk, DocumentKind.CONTACT)) == 1


def test_the_family_hears_one_message_and_reads_of_both(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    with commits():
        factories.accept(factories.live_offer(rest))

    assert not Message.objects.filter(case_id=rest.pk).exists()
    assert Message.objects.filter(case_id=case.pk, template="accepted").count() == 1
    assert [one.heading for one in rests_of(case, timezone.now())] == ["A lawyer's office will help"]


def test_a_family_that_takes_its_request_back_ends_both(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")

    with commits():
        withdraw(case=case, by=FAMILY)

    rest.refresh_from_db()
    assert rest.state == State.WITHDRAWN


def test_the_clock_ends_what_a_process_that_died_left_behind(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    withdraw(case=case, by=FAMILY)

    tasks.match_waitlist()

    rest.refresh_from_db()
    assert rest.state == State.WITHDRAWN


def test_data_are_deleted_with_their_copies_and_not_before_both_are_over(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    ask_about_data(case=case, kind=TaskKind.DELETE_DATA, by=FAMILY)
    with commits():
        close(case=case, outcome="limited", by=factories.actor(Role.PROVIDER_STAFF))
    case.refresh_from_db()
    assert not may_delete_data(case)

    with commits():
        withdraw(case=rest, by=factories.actor(Role.COORDINATOR))
    assert may_delete_data(case)


def test_both_pages_lead_to_each_other_and_the_provider_reads_of_its_own_only(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    coordinator = factories.client_of(factories.member(Role.COORDINATOR))

    def shows(client: Client, of: Case) -> str:
        return client.get(f"/staff/cases/{of.reference}/").content.decode()

    assert f"/staff/cases/{rest.reference}/" in shows(coordinator, case)
    assert f"/staff/cases/{case.reference}/" in shows(coordinator, rest)
    binger = factories.client_of(factories.member(Role.PROVIDER_STAFF, "binger"))
    assert case.reference not in shows(binger, rest).replace(f"It is the rest of {case.reference}.", "")
    assert binger.get(f"/staff/cases/{case.reference}/").status_code == 404


def test_the_page_and_the_api_take_a_part(case: Case) -> None:
    offer = factories.live_offer(case)
    client = factories.client_of(factories.member(Role.PROVIDER_STAFF))
    factories.checked(offer)
    assert client.post(f"/api/v1/offers/{offer.pk}/accept/", {"scope": "half"}, "application/json").status_code == 400
    assert client.post(f"/staff/offers/{offer.pk}/accept/", {"scope": "half"}).status_code == 400

    assert client.post(f"/staff/offers/{offer.pk}/accept/", {"scope": "limited"}).status_code == 302

    rest = Case.objects.get(continues=case)
    assert opens(rest, "binger", DocumentKind.FILE)


def test_one_damaged_document_keeps_no_other_case_waiting(case: Case, commits: Commits) -> None:
    with commits():
        other = submit_draft(draft=a_draft())
    rests = [accept_a_part(one, commits, reader="", scope="limited") for one in (case, other)]
    damaged = vault.latest(case.pk, DocumentKind.FILE)[0]
    SealedDocument.objects.filter(pk=damaged.pk).update(sealed=bytes(damaged.sealed)[::-1])

    assert send_what_follows(keys=keys_for("hotline"), now=timezone.now()) == 1

    assert all(opens(rests[1], "binger", kind) for kind in TOLD[:3])
    assert opens(rests[0], "binger", DocumentKind.NAMES)
    assert factories.live_offer(rests[0]).file_follows


def test_a_damaged_contact_is_not_taken_for_shared(case: Case, commits: Commits) -> None:
    damaged = vault.latest(case.pk, DocumentKind.CONTACT)[0]
    SealedDocument.objects.filter(pk=damaged.pk).update(sealed=bytes(damaged.sealed)[::-1])
    rest = accept_a_part(case, commits, scope="limited")
    with commits():
        taken = factories.accept(factories.live_offer(rest))

    tasks.share_contacts()

    assert Offer.objects.get(pk=taken.pk).contact_shared_at is None


def joined(case: Case, commits: Commits) -> Case:
    """The case that another relative began, and that the first is joined into."""
    with commits():
        goes_on = submit_draft(draft=a_draft())
        mark_duplicate(case=case, duplicate_of=goes_on, by=factories.actor(Role.COORDINATOR))
    return Case.objects.get(pk=goes_on.pk)


def test_the_rest_of_what_was_joined_is_read_and_taken_back_with_the_case_that_goes_on(
    case: Case, commits: Commits
) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    goes_on = joined(case, commits)
    case.refresh_from_db()

    for asked in (goes_on, case):
        assert [one.heading for one in rests_of(asked, timezone.now())] == [status_of(rest, timezone.now()).heading]
    with commits():
        withdraw(case=goes_on, by=FAMILY)

    rest.refresh_from_db()
    assert rest.state == State.WITHDRAWN


def test_the_clock_ends_the_rest_of_what_was_joined(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    withdraw(case=joined(case, commits), by=FAMILY)

    tasks.match_waitlist()

    rest.refresh_from_db()
    assert rest.state == State.WITHDRAWN


def test_a_case_that_is_joined_into_its_own_rest_is_met_once(case: Case, commits: Commits) -> None:
    rest = accept_a_part(case, commits, scope="limited")
    with commits():
        mark_duplicate(case=case, duplicate_of=rest, by=factories.actor(Role.COORDINATOR))

    assert rests_of(rest, timezone.now()) == []
    assert not may_delete_data(rest)
