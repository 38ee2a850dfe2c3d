"""Who can open a case's documents at each turn of its story: wraps are taken away without a key, given with one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts.roles import Role
from intake.actions import submit_draft
from privacy import vault
from privacy.models import DocumentKind, WrappedKey
from referrals import tasks
from referrals.actions import decline_offer, screen_out, sharing, transfer
from referrals.actions.endings import ScreenOutReason
from referrals.actions.sharing import OnlyHolderCanShare, send_what_follows
from referrals.models import Case, Offer, OfferState
from tests import factories
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

Commits = Callable[..., AbstractContextManager[Any]]
WORKER = vault.WORKER
DOCUMENTS = (DocumentKind.CONTACT, DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE)
BEFORE_ACCEPTANCE = (DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE)


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Commits) -> Commits:
    """Runs what waits for the commit, as a request would."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def case(commits: Commits) -> Case:
    """The story's case, offered to AHR; Binger is the next in the order."""
    factories.room("AHR", "detained_full", ceiling=60)
    factories.room("BINGER", ceiling=60)
    with commits():
        return submit_draft(draft=a_draft())


def readers(case: Case, kind: DocumentKind) -> set[str]:
    return set(WrappedKey.objects.filter(case_id=case.pk, kind=kind).values_list("reader", flat=True))


def opens(case: Case, reader: str, kind: DocumentKind) -> bool:
    try:
        return bool([vault.open_document(one, keys=keys_for(reader)) for one in vault.latest(case.pk, kind)])
    except vault.Unreadable:
        return False


def accept(case: Case, commits: Commits) -> Offer:
    offer = factories.live_offer(case)
    with commits():
        factories.accept(offer)
    tasks.share_contact(str(offer.pk))
    return Offer.objects.get(pk=offer.pk)


def hand_on(case: Case, commits: Commits, reader: str = "") -> Offer:
    """The holder hands the case on, with the keys of `reader` open or without; returns the next offer."""
    with commits():
        by = factories.actor(Role.PROVIDER_LEAD)
        transfer(case=case, reason="scope", by=by, keys=keys_for(reader) if reader else None)
    return factories.live_offer(case)


def take_wraps(case: Case, reader: str, *kinds: DocumentKind) -> None:
    WrappedKey.objects.filter(case_id=case.pk, reader=reader, kind__in=kinds or DocumentKind.values).delete()


def test_acceptance_destroys_the_other_providers_wraps(case: Case, commits: Commits) -> None:
    assert {"ahr", "binger", "vln"} <= readers(case, DocumentKind.FILE)

    accept(case, commits)

    assert readers(case, DocumentKind.FILE) == readers(case, DocumentKind.NAMES) == {"hotline", "ahr"}
    assert readers(case, DocumentKind.FACTS) == {WORKER, "hotline", "ahr"}
    assert opens(case, "ahr", DocumentKind.FILE)
    assert not opens(case, "binger", DocumentKind.FILE)


def test_the_contact_is_nobodys_but_the_hotlines_and_the_workers_before_acceptance(case: Case) -> None:
    tasks.share_contact(str(factories.live_offer(case).pk))
    tasks.share_contacts()

    assert readers(case, DocumentKind.CONTACT) == {WORKER, "hotline"}


def test_the_worker_lets_the_accepting_provider_read_the_contact(case: Case, commits: Commits) -> None:
    offer = factories.live_offer(case)
    with commits():
        factories.accept(offer)
    # The web process has no key: accepting alone shares nothing.
    assert readers(case, DocumentKind.CONTACT) == {WORKER, "hotline"}

    tasks.share_contact(str(offer.pk))
    tasks.share_contact(str(offer.pk))

    assert readers(case, DocumentKind.CONTACT) == {WORKER, "hotline", "ahr"}
    assert opens(case, "ahr", DocumentKind.CONTACT)
    offer.refresh_from_db()
    assert offer.contact_shared_at is not None


def test_a_lost_request_to_share_the_contact_is_found_by_the_clock(case: Case, commits: Commits) -> None:
    offer = factories.live_offer(case)
    with commits():
        factories.accept(offer)

    tasks.share_contacts()

    assert opens(case, "ahr", DocumentKind.CONTACT)


def test_a_provider_that_handed_the_case_on_is_not_given_the_contact_late(case: Case, commits: Commits) -> None:
    first = factories.live_offer(case)
    with commits():
        factories.accept(first)
    hand_on(case, commits)

    tasks.share_contact(str(first.pk))
    tasks.share_contacts()

    assert readers(case, DocumentKind.CONTACT) == {WORKER, "hotline"}


def test_handing_on_with_keys_lets_the_next_read_at_once_and_the_last_no_more(case: Case, commits: Commits) -> None:
    accept(case, commits)

    next_offer = hand_on(case, commits, "ahr")

    assert (next_offer.program.provider.code, next_offer.file_follows) == ("BINGER", False)
    for kind in BEFORE_ACCEPTANCE:
        assert opens(case, "binger", kind), kind
    for kind in DOCUMENTS:
        assert not opens(case, "ahr", kind), kind
        assert opens(case, "hotline", kind), kind
    assert readers(case, DocumentKind.CONTACT) == {WORKER, "hotline"}


def test_handing_on_without_keys_takes_the_wraps_and_the_file_follows(case: Case, commits: Commits) -> None:
    accept(case, commits)

    next_offer = hand_on(case, commits)

    assert next_offer.file_follows
    assert readers(case, DocumentKind.FILE) == {"hotline"}

    assert send_what_follows(keys=keys_for("hotline"), now=timezone.now()) == 1

    next_offer.refresh_from_db()
    assert not next_offer.file_follows
    assert all(opens(case, "binger", kind) for kind in BEFORE_ACCEPTANCE)
    assert not opens(case, "binger", DocumentKind.CONTACT)


@pytest.mark.parametrize("keys_of", ["", "hotline", "binger"])
def test_where_the_hotlines_copy_is_gone_only_the_holder_hands_on(case: Case, commits: Commits, keys_of: str) -> None:
    accept(case, commits)
    take_wraps(case, "hotline", DocumentKind.FILE)

    with pytest.raises(OnlyHolderCanShare, match="only the provider that has it"):
        hand_on(case, commits, keys_of)

    assert opens(case, "ahr", DocumentKind.FILE)
    assert Case.objects.get(pk=case.pk).state == "accepted"


def test_the_holder_gives_the_file_back_to_the_hotline_when_it_hands_on(case: Case, commits: Commits) -> None:
    accept(case, commits)
    take_wraps(case, "hotline", DocumentKind.FILE)

    next_offer = hand_on(case, commits, "ahr")

    assert not next_offer.file_follows
    assert opens(case, "hotline", DocumentKind.FILE)
    assert opens(case, "binger", DocumentKind.FILE)
    assert not opens(case, "ahr", DocumentKind.FILE)


def test_a_case_screened_out_stays_with_the_hotline_and_the_worker(case: Case, commits: Commits) -> None:
    with commits():
        decline_offer(offer=factories.live_offer(case), reason="capacity", by=factories.actor(Role.PROVIDER_STAFF))
    with commits():
        Case.objects.filter(pk=case.pk).update(screening="pending")
        screen_out(
            case=case,
            reason=ScreenOutReason.INCOME,
            referred_to=factories.partner(),
            by=factories.actor(Role.COORDINATOR),
        )

    assert readers(case, DocumentKind.FILE) == readers(case, DocumentKind.NAMES) == {"hotline"}
    assert readers(case, DocumentKind.FACTS) == readers(case, DocumentKind.CONTACT) == {WORKER, "hotline"}


def without_its_file(case: Case) -> Offer:
    """The live offer of a provider whose key was made after the case was sealed."""
    offer = factories.live_offer(case)
    take_wraps(case, "ahr")
    Offer.objects.filter(pk=offer.pk).update(file_follows=True)
    return offer


def test_a_provider_without_its_file_gets_it_by_the_next_unlocked_request_of_the_hotline(case: Case) -> None:
    offer = without_its_file(case)
    provider = factories.client_of(factories.member(Role.PROVIDER_STAFF))
    assert "File follows" in provider.get("/staff/offers/").content.decode()
    assert "names have not reached you yet" in provider.get(f"/staff/offers/{offer.pk}/").content.decode()

    assert factories.client_of(factories.member(Role.COORDINATOR)).get("/staff/cases/").status_code == 200

    assert all(opens(case, "ahr", kind) for kind in BEFORE_ACCEPTANCE)
    assert "ollows" not in provider.get("/staff/offers/").content.decode()
    assert "not reached you" not in provider.get(f"/staff/offers/{offer.pk}/").content.decode()


@pytest.mark.parametrize(("role", "unlocked"), [(Role.COORDINATOR, False), (Role.AUDITOR, True)])
def test_a_request_without_the_hotlines_keys_sends_nothing(case: Case, role: Role, unlocked: bool) -> None:
    offer = without_its_file(case)

    answer = factories.client_of(factories.member(role), unlocked=unlocked).get("/staff/cases/")

    offer.refresh_from_db()
    assert (answer.status_code, offer.file_follows) == (200, True)


def test_one_session_looks_once_a_minute(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    monkeypatch.setattr("referrals.views.queue.send_what_follows", lambda **given: looked.append(given["now"]))

    with time_machine.travel(timezone.now()) as clock:
        client = factories.client_of(factories.member(Role.COORDINATOR))
        client.get("/staff/cases/")
        client.get("/staff/cases/")
        clock.shift(59)
        client.get("/staff/cases/")
        assert len(looked) == 1
        clock.shift(2)
        client.get("/staff/cases/")

    assert len(looked) == 2


def test_the_queue_opens_although_sending_failed(
    case: Case, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_given: object) -> None:
        raise RuntimeError("keys database away")

    monkeypatch.setattr("referrals.views.queue.send_what_follows", fail)

    assert factories.client_of(factories.member(Role.COORDINATOR)).get("/staff/cases/").status_code == 200
    assert "were not sent" in caplog.text


def test_who_accepted_before_the_file_came_gets_contact_and_all(case: Case, commits: Commits) -> None:
    # The names alone have come: enough for the check, without which nobody accepts.
    take_wraps(case, "ahr", DocumentKind.FACTS, DocumentKind.FILE)
    offer = accept(case, commits)
    assert (offer.state, offer.file_follows) == (OfferState.ACCEPTED, True)
    take_wraps(case, "ahr")

    send_what_follows(keys=keys_for("hotline"), now=timezone.now())

    assert all(opens(case, "ahr", kind) for kind in DOCUMENTS)


def test_files_that_cannot_be_sent_do_not_keep_the_others_waiting(
    case: Case, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "IN_ONE_REQUEST", 1)
    lost = without_its_file(case)
    take_wraps(case, "hotline")
    with commits():
        other = submit_draft(draft=a_draft())
    offer = without_its_file(other)

    assert send_what_follows(keys=keys_for("hotline"), now=timezone.now()) == 1

    assert Offer.objects.get(pk=lost.pk).file_follows
    assert not Offer.objects.get(pk=offer.pk).file_follows


def test_notes_reach_whoever_holds_the_case_and_no_provider_before(case: Case, commits: Commits) -> None:
    note = {"text": "obvious test note"}
    vault.seal(
        case_id=case.pk,
        kind=DocumentKind.NOTES,
        payload=note,
        readers=["hotline"],
        subject=uuid4(),
        now=timezone.now(),
    )
    offer = without_its_file(case)
    send_what_follows(keys=keys_for("hotline"), now=timezone.now())
    assert not opens(case, "ahr", DocumentKind.NOTES)

    accept(case, commits)
    Offer.objects.filter(pk=offer.pk).update(file_follows=True)
    send_what_follows(keys=keys_for("hotline"), now=timezone.now())

    assert opens(case, "ahr", DocumentKind.NOTES)
