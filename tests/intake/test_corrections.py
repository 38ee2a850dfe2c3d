"""New answers after sending: sealed unread beside the earlier ones, put together by the worker, one effect each."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.roles import FAMILY, Role
from intake.corrections import facts_decided_by, with_correction
from intake.hand_over import as_json, opened_file
from intake.models import Correction
from intake.questions import PAGES
from intake.tasks import index_lookups, merge_all_corrections, merge_corrections
from intake.visits import COOKIE
from notifications.inbound import receive
from notifications.models import Contact
from notifications.opt_out import count_waiting
from notifications.reaching import phone_of
from privacy import indexes, vault, worker_key
from privacy.models import DocumentKind, SealedDocument, WrappedKey
from referrals.actions import record_locator_check, request_info, withdraw
from referrals.actions.sharing import active_provider_readers
from referrals.facts import PLACE_FREE, PLACE_UNKNOWN, Entry, Facts, Taken, TimeHere, YesNo
from referrals.models import (
    Case,
    CaseEvent,
    CoordinatorTask,
    Facility,
    LookedAt,
    LookResult,
    State,
    TaskKind,
    Urgency,
)
from tests import factories
from tests.intake.family import Family, text
from tests.intake.test_rights import with_code
from tests.services.threads import close_connections
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

# What nobody who holds the phone now may read on any page.
TOLD = ["Testigo", "000123456", "6125550123", "Madre Inventada", "Jacaranda"]


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """A request leaves its language behind in the thread."""
    with translation.override("en"):
        yield


def correct(family: Family, page: str, *, once: str = "", **answers: Any) -> Any:
    once = once or once_on(family, page)
    return family.post(f"status/yours/change/{page}/", answers | {"once": once})


def once_on(family: Family, page: str) -> str:
    found = re.search(r'name="once" value="([0-9a-f-]+)"', text(family.get(f"status/yours/change/{page}/")))
    return found[1] if found else str(uuid4())


def facts_of_case(case: Case) -> Facts:
    newest = max(
        SealedDocument.objects.filter(case_id=case.pk, kind=DocumentKind.FACTS, subject=case.pk),
        key=lambda one: one.version,
    )
    return Facts.from_payload(vault.open_document(newest, keys=keys_for(vault.WORKER)))


def contact_of_case(case: Case) -> dict[str, Any]:
    contact = Contact.objects.get(case_id=case.pk)
    (document,) = [one for one in vault.latest(case.pk, DocumentKind.CONTACT) if one.subject == contact.pk]
    return vault.open_document(document, keys=keys_for(vault.WORKER))


def test_every_deciding_answer_decides_facts_and_every_fact_can_be_corrected() -> None:
    decided = {
        fact
        for page in PAGES
        for name, kind in page.feeds.items()
        if kind == DocumentKind.FACTS
        for fact in facts_decided_by(name)
    }

    assert decided == {one.name for one in fields(Facts)}


def test_no_page_shows_what_was_told_before() -> None:
    family, _ = with_code()

    pages = ["status/yours/", "status/yours/change/", *(f"status/yours/change/{page.name}/" for page in PAGES)]
    shown = [text(family.get(page)) for page in pages]
    shown += [text(family.post(page, {"phone": "12", "a_number": "letters"})) for page in pages[2:]]
    merge_all_corrections()
    shown += [text(family.get(page)) for page in pages]

    for page in shown:
        assert not [told for told in TOLD if told in page]
        # Nothing is offered as already chosen: it would count as a new answer.
        assert not re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', page)


def test_the_worker_triages_again_on_the_new_answers() -> None:
    family, case = with_code()
    before = facts_of_case(case)

    answer = correct(family, "taken", taken="no")

    assert answer["Location"] == "/en/status/yours/?done"
    assert "You sent us new answers." in text(family.get("status/yours/?done"))
    assert Case.objects.get(pk=case.pk).urgency == case.urgency
    merge_corrections(str(case.pk))
    case.refresh_from_db()
    facts = facts_of_case(case)
    assert (facts.taken, facts.place, facts.taken_at) == (Taken.NO, PLACE_FREE, None)
    assert (facts.zip_code, facts.household) == (before.zip_code, before.household)
    assert case.urgency == Urgency.T3
    sent = CaseEvent.objects.get(case=case, kind="answers_sent")
    assert (sent.role, sent.detail) == (Role.FAMILY, {"page": "taken"})
    assert CaseEvent.objects.get(case=case, kind="facts_changed").role == Role.SYSTEM
    assert CoordinatorTask.objects.get(case=case, kind=TaskKind.NEW_ANSWERS, done_at=None).due_at


def test_what_is_left_empty_stays_as_it_was() -> None:
    family, case = with_code()

    correct(family, "person", a_number="A000-765-432", names="", other_names="", is_minor="")
    correct(family, "contact", caller_name="Otra", phone="612-555-0144", shared="nobody", code_word="")
    merge_all_corrections()

    assert facts_of_case(case).is_minor is False
    contact = contact_of_case(case)
    assert (contact["phone"], contact["code_word"]) == ("+16125550144", "Jacaranda")


def test_an_optional_answer_can_be_taken_back_by_leaving_it_empty() -> None:
    family, case = with_code()
    before = facts_of_case(case)
    assert (before.claim, before.time_here) != (YesNo.UNKNOWN, TimeHere.UNKNOWN)

    correct(family, "entry", entry="admitted", erase="1")
    merge_all_corrections()

    after = facts_of_case(case)
    assert (after.entry, after.claim, after.time_here) == (Entry.ADMITTED, YesNo.UNKNOWN, TimeHere.UNKNOWN)
    assert after.household == before.household


def test_an_email_address_that_is_erased_gets_nothing_any_more() -> None:
    family, case = with_code()
    answers = {"may_text": "yes", "may_call": "yes", "hours": "day", "text_language": "en"}
    correct(family, "reach", **answers, email="one@example.org")
    merge_all_corrections()
    assert Contact.objects.get(case_id=case.pk).may_email

    correct(family, "reach", **answers, erase="1")
    assert not Contact.objects.get(case_id=case.pk).may_email
    merge_all_corrections()

    assert not contact_of_case(case)["email"]


def test_a_whole_page_can_be_erased_and_required_answers_cannot() -> None:
    family, case = with_code()
    assert facts_of_case(case).household

    correct(family, "household", erase="1")
    merge_all_corrections()

    assert facts_of_case(case).household is None
    page = correct(family, "contact", erase="1")
    assert page.status_code == 200
    assert contact_of_case(case)["phone"]


def test_while_the_worker_is_down_nothing_is_lost_and_the_order_is_kept() -> None:
    family, case = with_code()
    correct(family, "home", zip_code="55102")
    correct(family, "place", place="unknown")
    correct(family, "home", zip_code="55408")
    hotline = keys_for("hotline")
    waiting = vault.latest(case.pk, DocumentKind.FACTS)
    assert len(waiting) == 4
    assert len(vault.open_all(waiting, keys=hotline)) == 4

    for _ in range(2):
        merge_all_corrections()

    facts = facts_of_case(case)
    assert (facts.zip_code, facts.place) == ("55408", PLACE_UNKNOWN)
    (whole,) = vault.latest(case.pk, DocumentKind.FACTS)
    assert whole.version == 2
    assert CaseEvent.objects.filter(case=case, kind="facts_changed").count() == 1
    assert not Correction.objects.filter(settled_at=None).exists()


def test_each_correction_is_sealed_for_whoever_may_read_the_earlier_answers() -> None:
    family, case = with_code()
    correct(family, "person", names="Otro Nombre", a_number="A000-765-432")
    correct(family, "care", is_minor="yes")
    correct(family, "reach", may_text="yes", may_call="no", hours="day", text_language="en")

    providers = set(active_provider_readers())
    corrections = SealedDocument.objects.filter(subject__in=Correction.objects.values("pk"))
    readers = {
        one.kind: set(WrappedKey.objects.filter(document_id=one.pk).values_list("reader", flat=True))
        for one in corrections
    }

    assert readers == {
        DocumentKind.FACTS: {vault.WORKER, "hotline", *providers},
        DocumentKind.NAMES: {"hotline", *providers},
        DocumentKind.FILE: {"hotline", *providers},
        DocumentKind.CONTACT: {vault.WORKER, "hotline"},
    }
    assert SealedDocument.objects.filter(case_id=case.pk, kind=DocumentKind.NAMES).count() == 2


def test_staff_read_the_older_names_beside_the_correction_and_the_hand_over_has_the_newest() -> None:
    family, case = with_code()
    correct(family, "person", names="Otro Nombre")
    coordinator = factories.client_of(factories.member(Role.COORDINATOR))

    shown = text(coordinator.post(f"/staff/cases/{case.reference}/open/names/", {"reason": "call_family"}))  # type: ignore[arg-type]

    assert "Testigo Ficticio" in shown
    assert "Otro Nombre" in shown
    assert shown.count("Told later.") == 1
    handed = json.loads(as_json(opened_file(case, keys=keys_for("hotline"), now=timezone.now())))
    assert (handed["names"]["names"], handed["names"]["other_names"]) == ("Otro Nombre", "Testigo Fictisio")


def test_a_correction_of_the_contact_counts_for_texts_at_once() -> None:
    family, case = with_code()

    correct(family, "you", caller_name="Otra")
    correct(family, "contact", phone="612-555-0144", shared="must_not_know")
    correct(family, "reach", may_text="no", may_call="yes", hours="day", text_language="en")

    contact = Contact.objects.get(case_id=case.pk)
    assert contact.phone_is_shared
    assert (contact.may_text, contact.may_call, contact.any_hour, contact.language) == (False, True, False, "en")
    merge_all_corrections()
    sealed = contact_of_case(case)
    assert (sealed["caller_name"], sealed["may_text"], sealed["shared"]) == ("Otra", "no", "must_not_know")
    assert len(vault.latest(case.pk, DocumentKind.CONTACT)) == 1


def test_the_indexes_follow_a_new_number() -> None:
    family, case = with_code()
    correct(family, "contact", caller_name="Otra", phone="612-555-0144", shared="nobody")
    correct(family, "person", a_number="A000-765-432")

    index_lookups()

    key = worker_key.load().index_key
    for purpose, number in ((indexes.PHONE, "+16125550144"), (indexes.A_NUMBER, "000765432")):
        assert case.pk in indexes.candidates(key, purpose, number)


def test_a_stop_from_a_number_that_was_just_corrected_counts() -> None:
    family, case = with_code()
    correct(family, "contact", caller_name="", phone="612-555-0177", shared="nobody", code_word="")

    # No task that puts answers together has run.
    receive(carrier_id="SM1", number="+16125550177", body="STOP", now=timezone.now())
    count_waiting(timezone.now())

    assert Contact.objects.get(case_id=case.pk).opted_out_at is not None


def test_money_is_asked_with_the_people_it_is_for() -> None:
    family, case = with_code()

    first = text(family.get("status/yours/change/income/"))
    assert 'name="household"' in first
    assert 'name="once"' not in first
    second = text(family.post("status/yours/change/income/", {"household": "2"}))
    assert 'name="income"' in second
    assert 'type="hidden" name="household" value="2"' in second
    top = re.findall(r'name="income" value="(\d+)"', second)[-1]
    correct(family, "income", household="2", income=top, once=str(uuid4()))
    merge_all_corrections()

    facts = facts_of_case(case)
    assert (facts.household, facts.monthly_income) == (2, int(top))


def test_an_empty_page_is_an_error_and_sends_nothing() -> None:
    family, case = with_code()

    assert "Please answer one question or more." in text(correct(family, "home", zip_code=""))
    assert "A ZIP code has 5 numbers" in text(correct(family, "home", zip_code="abc"))
    assert not Correction.objects.filter(case_id=case.pk).exists()


def test_the_same_page_sent_again_is_one_correction_and_another_answer_is_another() -> None:
    family, case = with_code()
    once = once_on(family, "home")

    for zip_code in ("55408", "55408", "55409"):
        correct(family, "home", zip_code=zip_code, once=once)

    assert Correction.objects.filter(case_id=case.pk).count() == 2
    assert CoordinatorTask.objects.filter(case=case, kind=TaskKind.NEW_ANSWERS).count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_are_one_correction_and_two_pages_are_two() -> None:
    family, case = with_code()
    token, together = family.client.cookies[COOKIE].value, Barrier(10)
    sent = {page: once_on(family, page) for page in ("home", "place")}

    def press(number: int) -> int:
        try:
            mine = Family()
            mine.client = Client()
            mine.client.cookies[COOKIE] = token
            together.wait(timeout=30)
            if number % 2:
                return int(correct(mine, "home", zip_code="55408", once=sent["home"]).status_code)
            return int(correct(mine, "place", place="sherburne", once=sent["place"]).status_code)
        finally:
            close_connections()

    with ThreadPoolExecutor(10) as pool:
        answers = [future.result() for future in [pool.submit(press, number) for number in range(10)]]

    assert answers == [302] * 10
    assert sorted(Correction.objects.values_list("page", flat=True)) == ["home", "place"]
    merge_all_corrections()
    assert (facts_of_case(case).zip_code, facts_of_case(case).place) == ("55408", "sherburne")


def test_an_ended_case_is_changed_by_a_call() -> None:
    family, case = with_code()
    correct(family, "home", zip_code="55408")
    withdraw(case=case, by=FAMILY)

    for answer in (family.get("status/yours/change/"), correct(family, "home", zip_code="55409")):
        assert "Please call us" in text(answer)
    merge_all_corrections()

    assert Correction.objects.filter(case_id=case.pk).count() == 1
    assert Case.objects.get(pk=case.pk).state == State.WITHDRAWN


def test_what_else_a_coordinator_was_to_ask_stays_asked() -> None:
    family, case = with_code()
    Case.objects.filter(pk=case.pk).update(state=State.RECEIVED)
    request_info(case=case, by=factories.actor(Role.COORDINATOR))

    correct(family, "home", zip_code="55408")
    merge_all_corrections()

    assert Case.objects.get(pk=case.pk).state in (State.NEEDS_INFO, State.OFFERED)
    assert CoordinatorTask.objects.filter(case=case, kind=TaskKind.CALL_BACK, done_at=None).exists()


def test_answers_that_the_worker_cannot_read_stay_side_by_side_for_people() -> None:
    family, case = with_code()
    WrappedKey.objects.filter(case_id=case.pk, kind=DocumentKind.FACTS, reader=vault.WORKER).delete()

    correct(family, "home", zip_code="55408")
    merge_all_corrections()

    assert len(vault.latest(case.pk, DocumentKind.FACTS)) == 2
    assert CoordinatorTask.objects.filter(case=case, kind=TaskKind.NEW_ANSWERS, done_at=None).exists()


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        (factories.held_facts(), {"taken": "no", "taken_at": None}, (Taken.NO, PLACE_FREE)),
        (factories.free_facts(), {"taken": "just_now"}, (Taken.JUST_NOW, PLACE_UNKNOWN)),
        (factories.free_facts(), {"place": "whipple"}, (Taken.UNKNOWN, "whipple")),
        (factories.held_facts(), {"place": PLACE_FREE}, (Taken.JUST_NOW, PLACE_FREE)),
    ],
)
def test_taken_and_place_do_not_contradict_each_other(
    before: Facts, change: dict[str, Any], after: tuple[Taken, str]
) -> None:
    facts = with_correction(before, change)

    assert (facts.taken, facts.place) == after


def test_the_day_stays_where_only_its_page_was_sent_again() -> None:
    family, case = with_code()
    correct(family, "taken", taken="just_now", taken_day="today", taken_time="12 am")
    merge_all_corrections()
    known = facts_of_case(case).taken_at
    assert known

    correct(family, "taken", taken="just_now", taken_where="home")
    merge_all_corrections()

    assert (facts_of_case(case).taken_at, facts_of_case(case).taken_where) == (known, "home")


def test_a_birth_date_told_later_makes_a_child_of_the_case_and_i_dont_know_takes_nothing_back() -> None:
    family, case = with_code()

    correct(family, "person", birth_day=f"3/2/{timezone.localdate().year - 12}")
    correct(family, "care", is_minor="unknown", has_parent="no")
    merge_all_corrections()

    case.refresh_from_db()
    assert facts_of_case(case).is_minor is True
    assert (case.case_type, case.urgency) == ("UC-SIJ", Urgency.T0)


def test_what_staff_found_out_is_laid_over_the_answers_and_the_case_triaged_again() -> None:
    _, case = with_code()
    coordinator = factories.actor(Role.COORDINATOR)
    before = facts_of_case(case)
    el_paso = Facility.objects.get(code="el-paso")

    record_locator_check(
        case=case, looked_at=LookedAt.ICE_LOCATOR, result=LookResult.MOVED, facility=el_paso, by=coordinator
    )
    merge_corrections(str(case.pk))
    merge_corrections(str(case.pk))

    after = facts_of_case(case)
    assert (after.place, before.place) == ("el-paso", "whipple")
    assert {name for name in after.to_payload() if after.to_payload()[name] != before.to_payload()[name]} == {
        "place",
        "place_source",
    }
    changed = CaseEvent.objects.get(case=case, kind="facts_changed")
    assert changed.detail["after"]["custody"] == "ice_out_of_state"
    assert not CoordinatorTask.objects.filter(case=case, kind=TaskKind.NEW_ANSWERS).exists()
    assert case.custody_periods.count() == 2


def test_staff_who_found_out_something_cannot_read_the_answers_with_it() -> None:
    _, case = with_code()
    coordinator = factories.actor(Role.COORDINATOR)

    record_locator_check(case=case, looked_at=LookedAt.FAMILY, result=LookResult.RELEASED, by=coordinator)

    (learned,) = Correction.objects.filter(case_id=case.pk)
    (document,) = SealedDocument.objects.filter(case_id=case.pk, subject=learned.pk)
    assert vault.open_document(document, keys=keys_for(vault.WORKER)) == {
        "place": PLACE_FREE,
        "place_source": "someone",
    }


def test_a_text_goes_to_the_new_number_before_the_worker_has_put_it_together() -> None:
    family, case = with_code()
    contact = Contact.objects.get(case_id=case.pk)
    correct(family, "contact", caller_name="", phone="612-555-0177", shared="nobody", code_word="")

    assert phone_of(contact) == "+16125550177"
    merge_all_corrections()
    assert phone_of(contact) == "+16125550177"
    correct(family, "contact", caller_name="", phone="612-555-0188", shared="nobody", code_word="")
    assert phone_of(contact) == "+16125550188"
