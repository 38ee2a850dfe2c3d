"""The sealed file for staff: who opens what, always with a reason, and a coordinator's corrections."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from intake.actions import ChangedMeanwhile, correct_facts, submit_draft
from intake.forms.staff import AnswersForm
from privacy import vault
from privacy.models import DocumentKind
from referrals.actions import withdraw
from referrals.actions.sharing import share_contact
from referrals.facts import Facts, Paper, Taken
from referrals.models import Case, CaseEvent
from referrals.policies import WrongState, documents_open_to, holder_of, live_offer_of
from tests import factories
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

ALL = set(DocumentKind) - {DocumentKind.LOOKUP}


@pytest.fixture
def case() -> Case:
    """The story's case, offered to AHR."""
    factories.room("AHR", "detained_full", ceiling=60)
    return submit_draft(draft=a_draft())


def path(case: Case, kind: str) -> str:
    return f"/staff/cases/{case.reference}/open/{kind}/"


def open_as(role: Role, case: Case, kind: str, slug: str = "", **fields: str) -> tuple[int, str]:
    client: Client = factories.client_of(factories.member(role, slug))
    response = client.post(path(case, kind), {"reason": "conflict_check"} | fields)
    return response.status_code, response.content.decode()


def accept(case: Case) -> None:
    offer = live_offer_of(case)
    assert offer
    factories.accept(offer, by=factories.actor(Role.PROVIDER_STAFF))


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.HOTLINE_LEAD])
@pytest.mark.parametrize(
    ("kind", "word"),
    [("contact", "612"), ("facts", "Whipple"), ("names", "Testigo Ficticio"), ("file", "000123456")],
)
def test_the_hotline_opens_everything(role: Role, kind: str, word: str, case: Case) -> None:
    status, shown = open_as(role, case, kind)

    assert status == 200
    assert word in shown


def test_a_provider_with_a_live_offer_opens_the_names_first_and_the_file_after_its_check(case: Case) -> None:
    assert [open_as(Role.PROVIDER_LEAD, case, kind)[0] for kind in ("facts", "file", "contact", "notes")] == [403] * 4
    assert "Testigo Ficticio" in open_as(Role.PROVIDER_STAFF, case, "names")[1]

    factories.checked(factories.live_offer(case))

    assert open_as(Role.PROVIDER_LEAD, case, "facts")[0] == 200
    assert "000123456" in open_as(Role.PROVIDER_STAFF, case, "file")[1]
    assert [open_as(Role.PROVIDER_STAFF, case, kind)[0] for kind in ("contact", "notes")] == [403] * 2


def test_the_provider_that_accepted_opens_everything(case: Case) -> None:
    accept(case)

    # The contact comes from the worker, which alone can open it without anybody's passphrase.
    assert "+16125550123" not in open_as(Role.PROVIDER_STAFF, case, "contact")[1]
    holder = holder_of(case)
    assert holder is not None
    share_contact(offer_id=holder.pk, keys=keys_for(vault.WORKER), now=timezone.now())
    assert "+16125550123" in open_as(Role.PROVIDER_STAFF, case, "contact")[1]
    assert "000123456" in open_as(Role.PROVIDER_STAFF, case, "file")[1]


def test_another_provider_does_not_even_learn_that_the_case_exists(case: Case) -> None:
    assert open_as(Role.PROVIDER_STAFF, case, "names", "ilcm")[0] == 404


@pytest.mark.parametrize("role", [Role.FINANCE, Role.APPROVER, Role.FUNDER, Role.AUDITOR, Role.OPERATOR])
def test_no_other_role_opens_anything(role: Role, case: Case) -> None:
    assert documents_open_to(factories.actor(role), case) == frozenset()
    assert open_as(role, case, "names")[0] == 403


def test_policy_names_every_document_but_the_one_for_the_worker(case: Case) -> None:
    assert documents_open_to(factories.actor(Role.COORDINATOR), case) == ALL
    assert open_as(Role.COORDINATOR, case, "lookup")[0] == 403
    assert open_as(Role.COORDINATOR, case, "nothing")[0] == 404


def test_nothing_is_shown_without_a_reason_or_by_an_address_alone(case: Case) -> None:
    status, shown = open_as(Role.COORDINATOR, case, "names", reason="curious")
    assert status == 200
    assert "Testigo" not in shown

    client = factories.client_of(factories.member(Role.COORDINATOR))
    assert "Testigo" not in client.get(path(case, "names")).content.decode()
    assert not CaseEvent.objects.filter(kind="opened_document").exists()


def test_every_opening_is_logged_by_codes_and_not_stored_by_the_browser(case: Case) -> None:
    member = factories.member(Role.COORDINATOR)

    response = factories.client_of(member).post(path(case, "names"), {"reason": "call_family"})

    event = CaseEvent.objects.get(kind="opened_document")
    assert event.detail == {"document": "names", "reason": "call_family"}
    assert event.user_id == member.pk
    assert response["Cache-Control"] == "no-store"


def test_strangers_are_sent_to_sign_in(case: Case) -> None:
    for address in (path(case, "names"), f"/staff/cases/{case.reference}/answers/"):
        assert "/staff/sign-in/" in Client().get(address)["Location"]


def corrected(client: Client, case: Case, **changes: object) -> "tuple[int, str]":
    address = f"/staff/cases/{case.reference}/answers/"
    shown = client.post(address, {"reason": "correct"}).content.decode()
    version = re.search(r'name="version" value="(\d+)"', shown)
    assert version
    typed = {
        "taken": "just_now", "place": "sherburne", "entry": "admitted", "papers": ["nta"], "zip_code": "55404",
        "household": "3", "monthly_income": "2000", "is_minor": "no", "version": version[1],
    }  # fmt: skip
    response = client.post(address, typed | changes)
    return response.status_code, response.content.decode()


def test_a_coordinators_answers_seal_a_new_version_and_triage_again(case: Case) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    opening = client.post(f"/staff/cases/{case.reference}/answers/", {"reason": "correct"})
    assert 'value="55407"' in opening.content.decode()

    assert corrected(client, case)[0] == 302

    (document,) = vault.latest(case.pk, DocumentKind.FACTS)
    facts = Facts.from_payload(vault.open_document(document, keys=keys_for("hotline")))
    assert document.version == 2
    assert (facts.place, facts.zip_code, facts.income_is_over) == ("sherburne", "55404", False)
    case = Case.objects.get()
    assert (case.case_type, case.custody) == ("DET-BOND", "ice_mn")


def test_an_income_above_the_line_is_noticed(case: Case) -> None:
    corrected(factories.client_of(factories.member(Role.COORDINATOR)), case, monthly_income="9000")

    (document,) = vault.latest(case.pk, DocumentKind.FACTS)
    assert vault.open_document(document, keys=keys_for("hotline"))["income_is_over"] is True


def facts_of(case: Case) -> Facts:
    (document,) = vault.latest(case.pk, DocumentKind.FACTS)
    return Facts.from_payload(vault.open_document(document, keys=keys_for("hotline")))


def test_a_colleagues_newer_answers_are_not_overwritten_unseen(case: Case) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    corrected(client, case)

    status, shown = corrected(client, case, version="1", zip_code="55411")

    assert status == 409
    assert "Somebody corrected these answers meanwhile" in shown
    assert "<dd>55404</dd>" in shown
    assert 'value="55411"' in shown
    assert 'name="version" value="2"' in shown
    assert facts_of(case).zip_code == "55404"
    assert corrected(client, case, version="2", zip_code="55411")[0] == 302
    assert facts_of(case).zip_code == "55411"


@pytest.mark.django_db(transaction=True)
def test_of_two_corrections_at_once_one_is_told_of_the_other(case: Case) -> None:
    both, by = Barrier(2), factories.actor(Role.COORDINATOR)

    def correct(zip_code: str) -> bool:
        try:
            both.wait(timeout=10)
            correct_facts(case=case, facts=factories.held_facts(zip_code=zip_code), seen_version=1, by=by)
        except ChangedMeanwhile:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        saved = list(pool.map(correct, ["55404", "55411"]))

    assert sorted(saved) == [False, True]
    assert facts_of(case).zip_code == ["55404", "55411"][saved.index(True)]


def test_a_case_that_is_over_is_not_corrected(case: Case) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    withdraw(case=case, by=factories.actor(Role.COORDINATOR))
    before = CaseEvent.objects.count()

    answer = client.post(f"/staff/cases/{case.reference}/answers/", {"reason": "correct"})
    assert answer.status_code == 409
    assert "Nothing was changed by you" in answer.content.decode()
    with pytest.raises(WrongState):
        correct_facts(case=case, facts=factories.held_facts(), seen_version=1, by=factories.actor(Role.COORDINATOR))

    assert CaseEvent.objects.count() == before
    assert facts_of(case).zip_code == "55407"


def test_the_answers_are_opened_with_a_reason_and_never_by_an_address(case: Case) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    address = f"/staff/cases/{case.reference}/answers/"

    asked = client.get(address).content.decode()
    refused = client.post(address, {"reason": "curious"}).content.decode()

    assert re.search(r'value="correct"[^>]*checked', asked)
    assert "55407" not in asked + refused
    assert not CaseEvent.objects.filter(kind="opened_document").exists()
    assert "55407" in client.post(address, {"reason": "call_family"}).content.decode()
    (event,) = CaseEvent.objects.filter(kind="opened_document")
    assert event.detail == {"document": "facts", "reason": "call_family"}


NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "facts",
    [
        factories.held_facts(),
        factories.held_facts(taken_at=NOW - timedelta(days=1, minutes=7), is_minor=True),
        factories.held_facts(taken_at=datetime(2026, 11, 18, 18, tzinfo=UTC), taken_hour_known=False),
        factories.held_facts(monthly_income=None),
        factories.held_facts(household=None),
        factories.held_facts(household=None, monthly_income=None),
        factories.held_facts(monthly_income=None, income_is_over=True),
        factories.held_facts(household=None, monthly_income=None, income_is_over=True),
        factories.held_facts(monthly_income=9000, income_is_over=True),
        factories.held_facts(monthly_income=0, is_minor=False),
        factories.held_facts(taken=Taken.UNKNOWN, place="unknown", zip_code="", papers=(Paper.EXPEDITED,)),
        factories.free_facts(hearing_on=date(2026, 12, 1)),
        Facts(),
    ],
)
def test_facts_saved_unchanged_are_the_same_facts(facts: Facts) -> None:
    initial = AnswersForm.initial_of(facts, 1)
    shown = {name: value for name, value in initial.items() if value is not None}

    form = AnswersForm(shown, now=NOW)

    assert form.is_valid(), form.errors
    assert form.facts() == facts


def test_staff_write_hours_ago_too() -> None:
    shown = {name: value for name, value in AnswersForm.initial_of(Facts(), 0).items() if value is not None}

    form = AnswersForm(shown | {"taken": "just_now", "taken_day": "today", "taken_time": "2 hours ago"}, now=NOW)

    assert form.is_valid(), form.errors
    assert (form.facts().taken_at, form.facts().taken_hour_known) == (NOW - timedelta(hours=2), True)


def test_two_numbers_within_the_line_outweigh_the_word_that_it_is_above() -> None:
    initial = AnswersForm.initial_of(factories.held_facts(monthly_income=None, income_is_over=True), 1)

    form = AnswersForm(initial | {"monthly_income": "2000"}, now=NOW)

    assert form.is_valid()
    assert form.facts().income_is_over is False


def test_only_the_hotline_corrects_answers(case: Case) -> None:
    client = factories.client_of(factories.member(Role.PROVIDER_STAFF))

    assert client.get(f"/staff/cases/{case.reference}/answers/").status_code == 403


def test_new_answers_of_an_accepted_case_are_for_its_provider_alone(case: Case) -> None:
    accept(case)

    corrected(factories.client_of(factories.member(Role.COORDINATOR)), case)

    (document,) = vault.latest(case.pk, DocumentKind.FACTS)
    assert vault.open_document(document, keys=keys_for("ahr"))
    with pytest.raises(vault.Unreadable):
        vault.open_document(document, keys=keys_for("ilcm"))
