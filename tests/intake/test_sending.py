"""What sending leaves behind: one case, sealed documents for the right readers, a receipt, and nothing else."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone, translation

from intake import demo
from intake.actions import AlreadySubmitted, begin_draft, save_page, submit_draft
from intake.answers import facts_of
from intake.drafts import OpenDraft
from intake.models import Draft, NoticeShown
from intake.questions import PAGES
from intake.tasks import purge_drafts
from notifications.models import Contact
from privacy import draft_keys, vault
from privacy.models import DocumentKind, DraftKey, ReturnCode, SealedDocument, WrappedKey
from referrals.actions.sharing import active_provider_readers
from referrals.facts import PLACE_FREE, Entry, Facts, Taken
from referrals.models import Case, IncomeVerdict, Residency, Screening, TaskKind
from tests import factories
from tests.intake.family import STORY, Family, text
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db


def a_draft(**changes: dict[str, str]) -> OpenDraft:
    """The story, answered and not sent; `changes` by page."""
    draft = begin_draft(language="es").draft
    for page, answers in STORY.items():
        typed = answers | changes.get(page, {})
        save_page(draft=draft, page_name=page, typed={k: v if isinstance(v, list) else [v] for k, v in typed.items()})
    return draft


def test_every_field_of_every_page_feeds_a_sealed_document() -> None:
    for page in PAGES:
        assert set(page.feeds) == set(page.form.base_fields), page.name


def test_each_document_is_sealed_for_its_readers() -> None:
    case = submit_draft(draft=a_draft())

    providers = set(active_provider_readers())
    readers = {
        kind: set(WrappedKey.objects.filter(case_id=case.pk, kind=kind).values_list("reader", flat=True))
        for kind in DocumentKind
    }
    assert providers
    assert readers == {
        DocumentKind.CONTACT: {vault.WORKER, "hotline"},
        DocumentKind.FACTS: {vault.WORKER, "hotline", *providers},
        DocumentKind.LOOKUP: {vault.WORKER},
        DocumentKind.NAMES: {"hotline", *providers},
        DocumentKind.FILE: {"hotline", *providers},
        DocumentKind.NOTES: set(),
    }


def test_the_worker_can_read_the_phone_of_the_contact_it_texts() -> None:
    case = submit_draft(draft=a_draft())

    contact = Contact.objects.get(case_id=case.pk)
    (document,) = vault.latest(case.pk, DocumentKind.CONTACT)
    assert document.subject == contact.pk
    assert vault.open_document(document, keys=keys_for(vault.WORKER))["phone"] == "+16125550123"
    assert (contact.language, contact.any_hour, contact.may_text) == ("es", True, True)


def test_the_facts_that_decide_are_sealed_as_they_were_triaged() -> None:
    case = submit_draft(draft=a_draft())

    (document,) = vault.latest(case.pk, DocumentKind.FACTS)
    facts = Facts.from_payload(vault.open_document(document, keys=keys_for(vault.WORKER)))
    assert (facts.taken, facts.place, facts.entry) == (Taken.JUST_NOW, "whipple", Entry.UNINSPECTED)
    assert (facts.zip_code, facts.household, facts.monthly_income) == ("55407", 4, 0)
    assert case.income == IncomeVerdict.WITHIN


def test_the_income_bands_end_exactly_at_the_line() -> None:
    draft = begin_draft(language="en").draft
    save_page(draft=draft, page_name="household", typed={"household": ["4"]})
    form = draft.answers(timezone.now()).form(next(page for page in PAGES if page.name == "income"))

    tops = [int(key) for key, _label in form.fields["income"].choices if str(key).isdigit()]  # type: ignore[attr-defined]

    # 12 × 5,500 = 66,000 and 12 × 8,250 = 99,000: the two lines of 2026 for four people.
    assert tops == [0, 2750, 5500, 8250]


def test_someone_not_taken_is_free() -> None:
    assert facts_of({"taken": "no"}, today=timezone.localdate()).place == PLACE_FREE


def test_a_receipt_is_all_that_stays_of_the_draft() -> None:
    draft = a_draft()
    case = submit_draft(draft=draft)

    assert draft.content == {
        "code": draft.code,
        "reference": case.reference,
        "urgency": case.urgency,
        "residency": case.residency,
    }
    assert ReturnCode.objects.get().case_id == case.pk
    assert NoticeShown.objects.get().case_id == case.pk


def test_nothing_typed_is_in_any_column() -> None:
    submit_draft(draft=a_draft())

    typed = ["Testigo", "Ficticio", "Madre Inventada", "6125550123", "612-555-0123", "000123456", "55407"]
    for model in (Draft, Case, Contact, SealedDocument, NoticeShown, ReturnCode, WrappedKey, DraftKey):
        for row in model.objects.values():
            dumped = repr(
                {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}
            )
            for word in typed:
                assert word not in dumped
                assert base64.b64encode(word.encode()).decode().rstrip("=")[:-1] not in dumped


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_open_one_case() -> None:
    draft, together = a_draft(), Barrier(2)

    def click() -> str:
        mine = OpenDraft(Draft.objects.get(pk=draft.row.pk), draft.key, dict(draft.content))
        together.wait(timeout=10)
        try:
            submit_draft(draft=mine)
        except AlreadySubmitted:
            return "sent before"
        finally:
            connections.close_all()
        return "sent"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(future.result() for future in [pool.submit(click), pool.submit(click)])

    assert outcomes == ["sent", "sent before"]
    assert Case.objects.count() == 1


def test_a_failed_submission_leaves_the_draft_to_send_again(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = a_draft()

    def fail(**_kwargs: object) -> None:
        raise RuntimeError("routing broke")

    with monkeypatch.context() as broken:
        broken.setattr("intake.actions.open_case", fail)
        with pytest.raises(RuntimeError):
            submit_draft(draft=draft)
    assert not Case.objects.exists()
    draft.reload()

    assert submit_draft(draft=draft)


def test_saves_from_two_windows_are_both_kept() -> None:
    draft = begin_draft(language="en").draft
    other = OpenDraft(Draft.objects.get(pk=draft.row.pk), draft.key, dict(draft.content))

    save_page(draft=draft, page_name="home", typed={"zip_code": ["55404"]})
    save_page(draft=other, page_name="household", typed={"household": ["2"]})

    assert set(other.typed) == {"home", "household"}


def test_expired_drafts_lose_key_code_and_row_and_others_stay() -> None:
    old = begin_draft(language="en", now=timezone.now() - timedelta(days=8)).draft
    new = begin_draft(language="en").draft

    assert purge_drafts() == 1
    assert purge_drafts() == 0

    assert list(Draft.objects.values_list("pk", flat=True)) == [new.row.pk]
    assert not DraftKey.objects.filter(draft_id=old.row.pk).exists()
    assert ReturnCode.objects.get().draft_id == new.row.pk
    assert NoticeShown.objects.get().draft_id == new.row.pk


def test_the_key_of_a_draft_that_never_came_is_destroyed_after_the_longest_life_of_one() -> None:
    for days in (7, 9):
        draft_keys.create(draft_id=uuid4(), code_key=bytes(32), now=timezone.now() - timedelta(days=days))

    purge_drafts()

    assert DraftKey.objects.get().created_at > timezone.now() - timedelta(days=8)


def test_a_purged_receipt_leaves_the_case_its_code() -> None:
    submit_draft(draft=a_draft())
    Draft.objects.update(expires_at=timezone.now())

    purge_drafts()

    assert ReturnCode.objects.get().case_id == Case.objects.get().pk


def test_the_demo_files_its_requests_through_the_pages() -> None:
    factories.room("AHR", "detained_full", ceiling=60)

    demo.seed(timezone.now())

    assert Case.objects.count() == len(demo.REQUESTS)
    assert len(set(Case.objects.values_list("case_type", flat=True))) >= 3


def test_the_language_of_the_page_is_the_language_of_the_case() -> None:
    family = Family("es")
    family.begin()
    family.answer_all()
    with translation.override("en"):
        family.send()

    assert Case.objects.get().language == "es"


def test_a_home_outside_the_city_is_told_at_once_whom_to_call_and_goes_to_a_person() -> None:
    family = Family()
    code = family.begin()
    family.answer_all(taken={"taken": "no"}, home={"zip_code": "55101", "in_city": "no"})
    family.send()

    case = Case.objects.get()
    assert case.residency == Residency.OUTSIDE
    assert case.screening == Screening.PENDING
    assert case.tasks.filter(kind=TaskKind.SCREEN, done_at=None).exists()
    assert "651-641-1011" in text(family.get("sent/"))
    assert "651-641-1011" in text(Family().post("status/", {"code": code}))


def test_a_home_in_the_city_is_not_sent_elsewhere() -> None:
    family = Family()
    family.begin()
    family.answer_all()
    family.send()

    assert "651-641-1011" not in text(family.get("sent/"))


@pytest.mark.parametrize(
    ("answer", "born", "is_minor"),
    [
        ("", date(2008, 11, 24), False),
        ("", date(2008, 11, 25), True),
        ("", None, None),
        ("no", date(2015, 1, 1), False),
        ("yes", date(1990, 1, 1), True),
        # February 29: eighteen on the first of March.
        ("", date(2008, 2, 29), False),
    ],
)
def test_a_birth_date_tells_who_is_under_18_where_nobody_answered(
    answer: str, born: date | None, is_minor: bool | None
) -> None:
    values = {"taken": "no", "is_minor": answer, "birth_day": born}

    assert facts_of(values, today=date(2026, 11, 24)).is_minor is is_minor


def test_who_has_a_lawyer_already_is_for_a_person_to_ask() -> None:
    family = Family()
    family.begin()
    family.answer_all(helped={"has_lawyer": "yes", "lawyer_name": "Licenciada Inventada"})
    family.send()

    case = Case.objects.get()
    assert case.screening == Screening.PENDING
    assert case.tasks.filter(kind=TaskKind.SCREEN, done_at=None).exists()
