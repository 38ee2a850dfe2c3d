"""A hand-over note: sealed for the hotline and whoever is next, and in no column, log or answer."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.roles import Role
from intake.actions import submit_draft
from privacy import vault
from privacy.models import DocumentKind, SealedDocument, WrappedKey
from referrals.actions import transfer
from referrals.actions.sharing import share_contact
from referrals.models import Case, CaseEvent, OfferState
from referrals.policies import documents_open_to, holder_of
from tests import factories
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
NOTE = "Hearing prepared.\nObvious test note."


@pytest.fixture
def case(django_capture_on_commit_callbacks: Callable[..., Any]) -> Case:
    """Held by AHR; Binger is next."""
    factories.room("AHR", "detained_full", ceiling=60)
    factories.room("BINGER", ceiling=60)
    made = submit_draft(draft=a_draft())
    with django_capture_on_commit_callbacks(execute=True):
        offer = factories.accept(factories.live_offer(made))
    share_contact(offer_id=offer.pk, keys=keys_for(vault.WORKER), now=offer.offered_at)
    return Case.objects.get(pk=made.pk)


def notes(case: Case) -> list[SealedDocument]:
    return vault.latest(case.pk, DocumentKind.NOTES)


def read_by(reader: str, case: Case) -> list[str]:
    return [payload["note"] for payload in vault.open_all(notes(case), keys=keys_for(reader)).values()]


def test_the_next_provider_reads_the_note_once_it_has_accepted(
    case: Case, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        by = factories.actor(Role.PROVIDER_LEAD)
        transfer(case=case, reason="capacity", by=by, note=NOTE, keys=keys_for("ahr"))
    offer = factories.live_offer(case)
    assert offer.program.provider.code == "BINGER"
    assert DocumentKind.NOTES not in documents_open_to(factories.staff_of(offer), case)
    assert read_by("hotline", case) == [NOTE]
    assert read_by("ahr", case) == []

    with django_capture_on_commit_callbacks(execute=True):
        by = factories.checked(offer)
        factories.accept(offer, by=by)

    assert DocumentKind.NOTES in documents_open_to(by, case)
    assert read_by("binger", case) == [NOTE]
    wraps = WrappedKey.objects.filter(document_id__in=[one.id for one in notes(case)])
    assert set(wraps.values_list("reader", flat=True)) == {"hotline", "binger"}


def test_the_log_says_that_a_note_was_written_and_not_what(case: Case) -> None:
    transfer(case=case, reason="capacity", by=factories.actor(Role.COORDINATOR), note=NOTE)

    assert CaseEvent.objects.filter(case=case, kind="note_added").count() == 1
    assert "Obvious" not in repr(list(CaseEvent.objects.filter(case=case).values()))
    assert read_by("binger", case) == [NOTE]


def test_without_a_note_nothing_is_sealed(case: Case) -> None:
    transfer(case=case, reason="capacity", by=factories.actor(Role.COORDINATOR))

    assert notes(case) == []


@pytest.mark.parametrize(
    ("text", "word"), [("A000 123 456", "an A-number"), ("call 612-555-0142", "a phone number"), ("n" * 2001, "2000")]
)
def test_the_form_warns_of_numbers_once_and_of_too_much(case: Case, text: str, word: str) -> None:
    client = factories.client_of(factories.member(Role.PROVIDER_LEAD))
    address = f"/staff/cases/{case.reference}/do/transfer/"
    answer = client.post(address, {"reason": "capacity", "note": text, "note-seen": ""})
    assert (answer.status_code, word in answer.content.decode()) == (400, True)
    holder = holder_of(case)
    assert holder is not None
    assert holder.state == OfferState.ACCEPTED


def test_the_same_text_a_second_time_is_taken(case: Case) -> None:
    client = factories.client_of(factories.member(Role.PROVIDER_LEAD))
    address, text = f"/staff/cases/{case.reference}/do/transfer/", "Court room 612-555-0142"
    shown = client.post(address, {"reason": "capacity", "note": text, "note-seen": ""}).content.decode()
    seen = shown.split('name="note-seen" value="')[1].split('"')[0]

    assert client.post(address, {"reason": "capacity", "note": text, "note-seen": seen}).status_code == 302
    assert read_by("hotline", case) == [text]
