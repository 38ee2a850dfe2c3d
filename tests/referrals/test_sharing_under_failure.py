"""Handing on and sharing where a process dies, a clock is behind, or somebody changed a row."""

# ruff: noqa: F811 (fixtures of the tests beside these)

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from intake.actions import correct_facts
from intake.codes import has_code_word
from privacy import destruction, holders, readers, vault
from privacy.hpke import PrivateKey
from privacy.models import DocumentKind, KeyDestruction, ReaderKey, SealedDocument, WrappedKey
from referrals.actions import confirm_handed_over, transfer
from referrals.actions.notes import add_note
from referrals.actions.sharing import send_what_follows
from referrals.models import Case, Offer
from tests import factories
from tests.referrals.test_sharing import Commits, accept, case, commits, opens  # noqa: F401
from tests.referrals.test_sharing import readers as readers_of
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db


def change(case: Case, kind: DocumentKind) -> None:
    document = SealedDocument.objects.get(case_id=case.pk, kind=kind)
    sealed = bytes(document.sealed)
    SealedDocument.objects.filter(pk=document.pk).update(sealed=sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_a_note_from_before_the_acceptance_follows_and_does_not_stop_the_hand_over(
    case: Case,
    commits: Commits,
) -> None:
    add_note(case=case, text="Ask for Pretend.", by=factories.actor(Role.COORDINATOR))
    offer = accept(case, commits)
    assert offer.file_follows

    assert send_what_follows(keys=keys_for("hotline"), now=timezone.now()) == 1

    assert opens(case, "ahr", DocumentKind.NOTES)
    confirm_handed_over(case=case, by=factories.actor(Role.PROVIDER_STAFF))
    assert Offer.objects.get(pk=offer.pk).handed_over_at is not None


def test_a_process_that_dies_right_after_handing_on_has_lost_nothing(
    case: Case,
    commits: Commits,
) -> None:
    accept(case, commits)
    WrappedKey.objects.filter(case_id=case.pk, kind=DocumentKind.FILE, reader="hotline").delete()

    # Nothing that waits for the commit is run.
    transfer(case=case, reason="capacity", by=factories.actor(Role.PROVIDER_LEAD), keys=keys_for("ahr"))

    assert opens(case, "hotline", DocumentKind.FILE)
    assert KeyDestruction.objects.filter(case_id=case.pk, readers=["ahr"], carried_out_at=None).exists()
    destruction.carry_out_due(timezone.now() + timedelta(minutes=1))
    assert "ahr" not in readers_of(case, DocumentKind.FILE)


def test_a_changed_document_stays_behind_with_an_alarm_and_the_rest_goes_on(
    case: Case,
    commits: Commits,
    caplog: pytest.LogCaptureFixture,
) -> None:
    accept(case, commits)
    wrap = WrappedKey.objects.get(case_id=case.pk, kind=DocumentKind.NAMES, reader="ahr")
    WrappedKey.objects.filter(pk=wrap.pk).update(wrapped=bytes(wrap.wrapped)[:-1] + b"\0\0")

    with commits(), caplog.at_level(logging.ERROR):
        transfer(case=case, reason="capacity", by=factories.actor(Role.PROVIDER_LEAD), keys=keys_for("ahr"))

    assert "was changed and cannot be shared" in caplog.text
    assert opens(case, "binger", DocumentKind.FILE)


def test_an_old_clock_takes_away_what_was_wrapped_while_it_waited(
    case: Case,
    commits: Commits,
) -> None:
    waiting_since = timezone.now()
    facts = factories.held_facts(household=4)
    correct_facts(case=case, facts=facts, seen_version=1, by=factories.actor(Role.COORDINATOR), now=waiting_since)
    WrappedKey.objects.filter(case_id=case.pk).update(created_at=waiting_since + timedelta(seconds=3))
    offer = factories.live_offer(Case.objects.get(pk=case.pk))

    with commits():
        factories.accept(offer, now=waiting_since)

    assert readers_of(case, DocumentKind.FACTS) == {"worker", "hotline", "ahr"}


def test_a_changed_contact_does_not_do_away_with_the_code_word(
    case: Case,
    caplog: pytest.LogCaptureFixture,
) -> None:
    change(case, DocumentKind.CONTACT)

    with caplog.at_level(logging.ERROR):
        assert has_code_word(case, keys_for("hotline"))
    assert "was changed" in caplog.text


def test_a_changed_document_is_said_on_the_page_and_in_the_log(
    case: Case,
    caplog: pytest.LogCaptureFixture,
) -> None:
    change(case, DocumentKind.FILE)
    client = factories.client_of(factories.member(Role.COORDINATOR))

    with caplog.at_level(logging.ERROR):
        page = client.post(f"/staff/cases/{case.reference}/open/file/", {"reason": "prepare"}).content.decode()

    assert "Somebody changed what is stored here" in page
    assert "The file follows" not in page
    assert "was changed" in caplog.text


def test_answers_lost_with_an_older_copy_of_the_keys_are_asked_for_again(case: Case) -> None:
    WrappedKey.objects.filter(case_id=case.pk, kind=DocumentKind.FACTS, reader="hotline").delete()
    client = factories.client_of(factories.member(Role.COORDINATOR))

    page = client.post(f"/staff/cases/{case.reference}/answers/", {"reason": "correct"})

    assert page.status_code == 200
    assert 'name="version" value="1"' in page.content.decode()


def test_a_new_key_that_nobody_was_let_in_to_is_an_alarm_and_costs_no_member_their_way_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    member = factories.member(Role.COORDINATOR)
    client = factories.client_of(member)
    grants = holders.holders_of(keys_for("hotline"))
    readers.publish("hotline", PrivateKey.generate(), now=timezone.now())

    with caplog.at_level(logging.ERROR):
        unlocking = client.get("/staff/vault/unlock/")
        typed = {"passphrase": "some other words for it", "again": "some other words for it"}
        changing = client.post("/staff/vault/passphrase/", typed)

    assert unlocking.status_code == 500
    assert "keys were changed in the database" in caplog.text
    assert changing.status_code != 302
    assert holders.holders_of(keys_for("hotline")) == grants


def test_without_a_key_of_the_hotline_a_family_is_told_to_call_and_nothing_is_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    factories.room()
    case = factories.case()
    client = factories.client_of(factories.member(Role.COORDINATOR))
    ReaderKey.objects.filter(reader="hotline").delete()

    with caplog.at_level(logging.ERROR):
        answer = client.post(f"/staff/cases/{case.reference}/note/", {"note": "words"})

    assert answer.status_code == 503
    assert "nothing can be sealed" in caplog.text
    assert not vault.latest(case.pk, DocumentKind.NOTES)
