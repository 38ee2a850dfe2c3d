"""A family told us everything once and it was destroyed: a coordinator asks again, and the case goes on from there."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.roles import Role
from intake.actions import NOTICE_VERSION, submit_draft
from intake.forms.new_file import NewFileForm
from intake.lookup import index_case
from intake.models import NoticeShown
from intake.new_file import begin_new_file
from intake.questions import PAGES
from notifications.models import Contact, Message
from privacy import destruction, vault, worker_key
from privacy.models import BlindIndex, DocumentKind, SealedDocument, WrappedKey
from referrals import tasks
from referrals.actions import reopen
from referrals.actions.retention import lost_kinds
from referrals.facts import CHOSEN, SEVERAL
from referrals.models import Case, CaseEvent, State
from referrals.policies import WrongState
from tests import factories
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

Commits = Callable[..., AbstractContextManager[Any]]
TOLD_AGAIN: dict[str, Any] = {
    "notice_read": "on",
    "caller_name": "Tía Inventada",
    "phone": "612-555-0177",
    "shared": "nobody",
    "code_word": "Colibrí",
    "may_text": "yes",
    "may_call": "yes",
    "hours": "day",
    "text_language": "es",
    "names": "Testigo Ficticio Ñandú",
    "other_names": "",
    "a_number": "A000-123-457",
    "taken": "just_now",
    "place": "sherburne",
    "entry": "uninspected",
    "papers": ["nta"],
    "zip_code": "55407",
    "household": "3",
    "monthly_income": "2000",
    "is_minor": "no",
}


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Commits) -> Commits:
    """Runs what waits for the commit, as a request would."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def case(commits: Commits) -> Case:
    """The story's case: contact lost, everything destroyed, found again."""
    factories.room("AHR", "detained_full", ceiling=60)
    now = timezone.now()
    with commits():
        made = submit_draft(draft=a_draft())
    with commits():
        factories.lose_contact(case=made, by=factories.actor(Role.COORDINATOR), now=now - timedelta(days=91))
    destruction.carry_out_due(now)
    with commits():
        reopen(case=made, reason="found_again", by=factories.actor(Role.COORDINATOR))
    return Case.objects.get(pk=made.pk)


def path(case: Case) -> str:
    return f"/staff/cases/{case.reference}/new-file/"


def tell_again(case: Case, commits: Commits, **changes: Any) -> Any:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    with commits():
        return client.post(path(case), TOLD_AGAIN | changes)


def opened(case: Case, kind: DocumentKind, reader: str = "hotline") -> dict[str, Any]:
    (document,) = vault.latest(case.pk, kind)
    return vault.open_document(document, keys=keys_for(reader))


def test_an_address_and_a_clock_that_are_told_again_count(case: Case, commits: Commits) -> None:
    tell_again(case, commits, email="madre@example.org", clock="America/New_York")

    contact = Contact.objects.get(case_id=case.pk, may_text=True)
    assert contact.may_email
    assert contact.time_zone == "America/New_York"


def test_what_is_told_again_is_sealed_for_the_readers_of_a_new_case(case: Case, commits: Commits) -> None:
    answer = tell_again(case, commits)

    assert answer.status_code == 302
    assert lost_kinds(case) == []
    assert opened(case, DocumentKind.CONTACT)["phone"] == "+16125550177"
    assert opened(case, DocumentKind.CONTACT, "worker")["code_word"] == "Colibrí"
    assert opened(case, DocumentKind.NAMES, "ahr")["names"] == "Testigo Ficticio Ñandú"
    assert opened(case, DocumentKind.FILE, "ahr")["a_number"] == "000123457"
    assert opened(case, DocumentKind.FACTS, "worker")["place"] == "sherburne"
    with pytest.raises(vault.Unreadable):
        opened(case, DocumentKind.CONTACT, "ahr")
    with pytest.raises(vault.Unreadable):
        opened(case, DocumentKind.FILE, "worker")


def test_the_case_is_triaged_and_routed_on_the_new_answers(case: Case, commits: Commits) -> None:
    tell_again(case, commits)

    case.refresh_from_db()
    assert case.state == State.OFFERED
    assert case.facility is not None
    assert case.facility.code == "sherburne"
    kinds = list(CaseEvent.objects.filter(case=case).order_by("sequence").values_list("kind", flat=True))
    assert kinds.index("new_file") < kinds.index("facts_changed") < kinds.index("offer", kinds.index("new_file"))


def test_the_new_contact_is_texted_and_the_old_one_never_again(case: Case, commits: Commits) -> None:
    old = Contact.objects.get(case_id=case.pk)
    tell_again(case, commits)
    new = Contact.objects.exclude(pk=old.pk).get(case_id=case.pk)
    offer = factories.live_offer(case)
    with commits():
        factories.accept(offer)

    assert (new.language, new.any_hour, new.may_text) == ("es", False, True)
    assert Message.objects.get(case_id=case.pk, template="accepted").contact == new
    tasks.share_contact(str(offer.pk))
    assert opened(case, DocumentKind.CONTACT, "ahr")["caller_name"] == "Tía Inventada"


def test_the_case_is_found_by_the_new_numbers_alone(case: Case, commits: Commits) -> None:
    assert not BlindIndex.objects.filter(case_id=case.pk).exists()
    tell_again(case, commits)

    index_case(case.pk, worker_key.load())

    assert set(BlindIndex.objects.filter(case_id=case.pk).values_list("purpose", flat=True)) == {"phone", "a_number"}
    assert not SealedDocument.objects.filter(case_id=case.pk, kind=DocumentKind.LOOKUP).exists()


def test_afterwards_the_coordinator_is_led_to_a_new_code(case: Case, commits: Commits) -> None:
    assert tell_again(case, commits)["Location"] == f"/staff/cases/{case.reference}/new-code/"


def test_the_notice_is_read_first_and_kept_as_read(case: Case, commits: Commits) -> None:
    refused = tell_again(case, commits, notice_read="")
    assert "Read the notice to them first" in refused.content.decode()
    assert not SealedDocument.objects.filter(case_id=case.pk).exists()

    tell_again(case, commits)

    shown = NoticeShown.objects.filter(case_id=case.pk, channel="staff").get()
    assert (shown.version, shown.language) == (NOTICE_VERSION, "es")


def test_a_phone_that_someone_sees_who_must_not_know_gets_no_texts(case: Case, commits: Commits) -> None:
    tell_again(case, commits, shared="must_not_know", may_text="yes")

    contact = Contact.objects.latest("created_at")
    assert (contact.may_text, contact.phone_is_shared) == (False, True)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"phone": ""}, "Write a phone number"),
        ({"phone": "12"}, "We cannot call this number"),
        ({"caller_name": ""}, "Write the name to use"),
        ({"may_text": "no", "may_call": "no"}, "one way to reach them"),
        ({"shared": "must_not_know", "may_call": "no"}, "one way to reach them"),
        ({"a_number": "letters"}, "An A-number is"),
        ({"zip_code": "abc"}, "A ZIP code has 5 numbers"),
        ({"taken": ""}, "There is a problem on this page"),
    ],
)
def test_a_mistake_keeps_what_was_typed_and_seals_nothing(
    changes: dict[str, str], says: str, case: Case, commits: Commits
) -> None:
    page = tell_again(case, commits, **changes).content.decode()

    assert says in page
    assert "Testigo Ficticio Ñandú" in page
    assert not WrappedKey.objects.filter(case_id=case.pk).exists()


def test_the_page_is_empty_before(case: Case) -> None:
    page = factories.client_of(factories.member(Role.COORDINATOR)).get(path(case)).content.decode()

    assert f"New file of {case.reference}" in page
    assert f'href="/{case.language}/before/"' in page
    assert re.search(r'name="text_language" value="es"[^>]*checked', page)
    assert not re.search(r'name="shared"[^>]*checked', page)
    # What nobody said is not known, and not the first of the list.
    choices = [name for name in CHOSEN if name not in SEVERAL]
    assert len(re.findall(r'<option value="unknown" selected>', page)) == len(choices) + 1


def test_the_family_is_asked_again_once(case: Case, commits: Commits) -> None:
    tell_again(case, commits)

    second = tell_again(case, commits, names="Otra Persona")

    assert second.status_code == 409
    assert "can be read" in second.content.decode()
    assert opened(case, DocumentKind.NAMES)["names"] == "Testigo Ficticio Ñandú"


def test_a_file_that_can_be_read_is_not_begun_anew(commits: Commits) -> None:
    case = submit_draft(draft=a_draft())

    assert tell_again(case, commits).status_code == 409
    assert SealedDocument.objects.filter(case_id=case.pk, kind=DocumentKind.NAMES).count() == 1


def test_an_ended_case_is_taken_up_again_first(case: Case, commits: Commits) -> None:
    factories.lose_contact(case=case, by=factories.actor(Role.COORDINATOR))

    assert "take it up again" in tell_again(case, commits).content.decode()


@pytest.mark.parametrize("role", [Role.PROVIDER_LEAD, Role.AUDITOR, Role.OPERATOR, Role.FINANCE])
def test_only_the_hotline_asks_again(role: Role, case: Case) -> None:
    assert factories.client_of(factories.member(role)).get(path(case)).status_code == 403
    with pytest.raises(PermissionDenied):
        begin_new_file(case=case, values={}, facts=factories.held_facts(), by=factories.actor(role))


def test_what_was_destroyed_stays_destroyed(case: Case, commits: Commits) -> None:
    tell_again(case, commits)

    assert SealedDocument.objects.filter(case_id=case.pk).exclude(kind=DocumentKind.LOOKUP).count() == 4


def test_a_new_file_ends_like_the_first(case: Case, commits: Commits) -> None:
    tell_again(case, commits)
    now = timezone.now()
    factories.lose_contact(case=case, by=factories.actor(Role.COORDINATOR), now=now)

    destruction.carry_out_due(now + timedelta(days=90))

    assert not WrappedKey.objects.filter(case_id=case.pk).exists()
    with pytest.raises(WrongState):
        begin_new_file(case=case, values={}, facts=factories.held_facts(), by=factories.actor(Role.COORDINATOR))


def test_every_question_of_the_family_is_asked_again() -> None:
    asked = {name for page in PAGES for name, kind in page.feeds.items() if kind != DocumentKind.FACTS}

    assert asked - set(NewFileForm(now=timezone.now()).fields) == set()
