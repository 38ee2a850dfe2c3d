"""What staff type is sealed for the hotline and the provider that has the case, and stands nowhere else."""

import pytest
from django.core.exceptions import PermissionDenied

from accounts.roles import Role
from privacy.models import DocumentKind, WrappedKey
from referrals.actions.notes import add_note
from referrals.models import Case, CaseEvent
from tests import factories as make

pytestmark = pytest.mark.django_db
WORDS = "The sister calls at noon; ask for Pretend."


@pytest.fixture
def case() -> Case:
    make.room()
    return make.accepted_case()


def readers_of_notes(case: Case) -> set[str]:
    return set(WrappedKey.objects.filter(case_id=case.pk, kind=DocumentKind.NOTES).values_list("reader", flat=True))


def test_a_note_is_for_the_hotline_and_the_provider_that_holds_the_case(case: Case) -> None:
    add_note(case=case, text=WORDS, by=make.actor(Role.COORDINATOR))

    assert readers_of_notes(case) == {"hotline", "ahr"}


def test_before_a_provider_has_the_case_a_note_is_the_hotlines() -> None:
    make.room()
    case = make.case()

    add_note(case=case, text=WORDS, by=make.actor(Role.COORDINATOR))

    assert readers_of_notes(case) == {"hotline"}


def test_it_is_read_by_opening_with_a_reason(case: Case) -> None:
    writer = make.client_of(make.member(Role.COORDINATOR))
    written = writer.post(f"/staff/cases/{case.reference}/note/", {"note": WORDS}, follow=True)
    assert b"Note sealed." in written.content
    assert WORDS.encode() not in written.content

    reader = make.client_of(make.member(Role.PROVIDER_STAFF))
    opened = reader.post(f"/staff/cases/{case.reference}/open/notes/", {"reason": "prepare"})

    assert WORDS in opened.content.decode()


def test_the_log_says_that_a_note_was_written_and_not_what(case: Case) -> None:
    add_note(case=case, text=WORDS, by=make.actor(Role.COORDINATOR))

    event = CaseEvent.objects.get(case=case, kind="note_added")
    assert event.detail == {}


def test_an_empty_or_endless_note_comes_back_as_it_was_typed(case: Case) -> None:
    client = make.client_of(make.member(Role.COORDINATOR))

    empty = client.post(f"/staff/cases/{case.reference}/note/", {"note": " "}).content.decode()
    long = client.post(f"/staff/cases/{case.reference}/note/", {"note": "word " * 500}).content.decode()

    assert "Write the note" in empty
    assert "word word" in long
    assert not readers_of_notes(case)


@pytest.mark.parametrize(("role", "slug"), [(Role.PROVIDER_STAFF, "ilcm"), (Role.AUDITOR, ""), (Role.FINANCE, "")])
def test_nobody_else_writes_one(case: Case, role: Role, slug: str) -> None:
    with pytest.raises(PermissionDenied):
        add_note(case=case, text=WORDS, by=make.actor(role, slug))
    answer = make.client_of(make.member(role, slug)).post(f"/staff/cases/{case.reference}/note/", {"note": WORDS})
    assert answer.status_code in (403, 404)
