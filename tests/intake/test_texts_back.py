"""A family texts back: its case shows it, its words are read with a reason, and a person is asked to act."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.roles import SYSTEM, Role
from intake.actions import submit_draft
from intake.selectors import full_facts
from notifications import inbound, opt_out
from notifications.models import Contact, InboundText, Message, ReceivedText
from privacy import vault
from privacy.models import DocumentKind, SealedDocument, WrappedKey
from referrals import events
from referrals.actions import record_facts, withdraw
from referrals.actions.deadlines import follow_clocks
from referrals.actions.moves import lock_case, open_task
from referrals.actions.tiers import put_tier_back
from referrals.business_time import answer_due
from referrals.facts import Facts
from referrals.models import Case, CaseEvent, TaskKind, Urgency
from tests import factories
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

PHONE = "+16125550123"
WORDS = "Canary: my brother Testigo asks for you"


@pytest.fixture
def case() -> Case:
    """A case that nobody has indexed yet: the family answers its first text at once."""
    factories.room()
    return submit_draft(draft=a_draft())


def hear(body: str, *, number: str = PHONE) -> None:
    now = timezone.now()
    inbound.file(inbound.receive(carrier_id=f"SM{uuid4().hex}", number=number, body=body, now=now), now=now)


def open_tasks(case: Case) -> set[str]:
    return set(case.tasks.filter(done_at=None).values_list("kind", flat=True))


def read_thread(case: Case, role: Role, slug: str = "") -> tuple[int, str]:
    client: Client = factories.client_of(factories.member(role, slug))
    answer = client.post(f"/staff/cases/{case.reference}/texts/", {"reason": "read_texts"})
    return answer.status_code, answer.content.decode()


def test_a_question_is_sealed_to_its_case_and_read_with_a_reason(case: Case) -> None:
    hear(WORDS)

    note = SealedDocument.objects.get(case_id=case.pk, kind=DocumentKind.NOTES)
    assert note.subject == ReceivedText.objects.get().pk
    assert set(WrappedKey.objects.filter(document_id=note.pk).values_list("reader", flat=True)) == {"hotline"}
    status, shown = read_thread(case, Role.COORDINATOR)
    assert status == 200
    assert WORDS in shown
    assert "The family wrote" in shown
    assert "Línea de ayuda: Recibimos su solicitud" in shown
    assert "In English: Help line: We received your request" in shown
    opening = CaseEvent.objects.get(case=case, kind="opened_document")
    assert opening.detail == {"document": "notes", "reason": "read_texts"}


def test_the_provider_that_holds_the_case_reads_the_thread_and_no_other_does(case: Case) -> None:
    factories.accept(factories.live_offer(case))
    hear(WORDS)

    assert WORDS in read_thread(case, Role.PROVIDER_STAFF)[1]
    assert read_thread(case, Role.PROVIDER_STAFF, "vln")[0] == 404
    assert read_thread(case, Role.AUDITOR)[0] == 403
    assert read_thread(case, Role.FUNDER)[0] == 403


def test_without_a_reason_nothing_is_shown(case: Case) -> None:
    hear(WORDS)
    client = factories.client_of(factories.member(Role.COORDINATOR))

    for answer in (
        client.get(f"/staff/cases/{case.reference}/texts/"),
        client.post(f"/staff/cases/{case.reference}/texts/", {"reason": ""}),
    ):
        assert WORDS not in answer.content.decode()
    assert not CaseEvent.objects.filter(kind="opened_document").exists()


@pytest.mark.parametrize(
    ("body", "tasks"),
    [
        ("Is there news?", {TaskKind.ANSWER_TEXT}),
        ("HELP", {TaskKind.ANSWER_TEXT}),
        ("YES", {TaskKind.ANSWER_TEXT}),
        ("Cancel my appointment", {TaskKind.ANSWER_TEXT}),
        ("They took him to the airport", {TaskKind.ANSWER_TEXT, TaskKind.URGENT_TEXT}),
        ("please stop texting me", {TaskKind.TEXT_REFUSAL}),
        ("don't text me, I am in the hospital", {TaskKind.TEXT_REFUSAL, TaskKind.URGENT_TEXT}),
        ("STOP", set()),
    ],
)
def test_whatever_is_no_command_becomes_a_persons_task(case: Case, body: str, tasks: set[str]) -> None:
    before = open_tasks(case)

    hear(body)

    assert open_tasks(case) - before == tasks
    event = CaseEvent.objects.get(case=case, kind="text_received")
    assert event.role == Role.FAMILY
    assert set(event.detail) == {"wish", "urgent", "done"}


def test_cancel_my_appointment_stops_nothing(case: Case) -> None:
    hear("Cancel my appointment")

    assert Contact.objects.get().opted_out_at is None


def calm_case() -> Case:
    factories.room()
    case = submit_draft(draft=a_draft(taken={"taken": "no"}))
    assert case.urgency != Urgency.T0
    return case


def test_urgent_words_make_the_case_the_most_urgent_and_are_due_like_it() -> None:
    case = calm_case()
    before = case.urgency

    hear("They took him to the airport")

    case.refresh_from_db()
    assert (case.urgency, case.urgency_reason) == (Urgency.T0, "urgent_words_in_a_text")
    assert case.urgency_without_clocks == before
    raised = CaseEvent.objects.get(case=case, kind="urgency_changed")
    assert (raised.role, raised.user_id) == (Role.FAMILY, None)
    hurried = raised.detail.pop("hurried")
    assert raised.detail == {"before": before, "after": 0, "reason": "urgent_words_in_a_text"}
    assert hurried["tasks"].keys() <= {str(task.pk) for task in case.tasks.all()}
    soon = answer_due(Urgency.T0, raised.at)
    assert all(task.due_at <= soon for task in case.tasks.filter(done_at=None))
    assert events.broken_links(case.pk) == []


def test_new_answers_and_clocks_do_not_take_back_what_a_text_raised() -> None:
    case = calm_case()
    hear("They took him to the airport")

    sealed = full_facts(case)
    assert sealed is not None
    facts = Facts.from_payload(vault.open_document(sealed, keys=keys_for(vault.WORKER)))
    record_facts(case=case, facts=facts, by=SYSTEM)
    case.refresh_from_db()
    with transaction.atomic():
        follow_clocks(lock_case(case.pk), by=SYSTEM, now=timezone.now())

    case.refresh_from_db()
    assert (case.urgency, case.urgency_reason) == (Urgency.T0, "urgent_words_in_a_text")


def due_times(case: Case) -> dict[str, Any]:
    """Until when somebody must act, of the case and of each open task that was there before the text."""
    case.refresh_from_db()
    tasks = case.tasks.filter(done_at=None).exclude(kind__in=[TaskKind.URGENT_TEXT, TaskKind.ANSWER_TEXT])
    return {"case": case.state_due_at} | dict(tasks.values_list("kind", "due_at"))


def test_putting_the_tier_back_gives_the_time_back_that_the_words_took() -> None:
    case = calm_case()
    with transaction.atomic():
        open_task(
            lock_case(case.pk), TaskKind.NEW_ANSWERS, due_at=timezone.now() + timedelta(days=9), now=timezone.now()
        )
        open_task(lock_case(case.pk), TaskKind.CHECK_ANSWERS, due_at=timezone.now(), now=timezone.now())
    Case.objects.filter(pk=case.pk).update(state_due_at=timezone.now() + timedelta(days=9))
    before = due_times(case)
    coordinator = factories.member(Role.COORDINATOR).membership.actor()

    for _ in range(2):
        hear("They took him to the airport")
        hurried = due_times(case)
        assert hurried["case"] < before["case"]
        assert hurried[TaskKind.NEW_ANSWERS] < before[TaskKind.NEW_ANSWERS]
        assert hurried[TaskKind.CHECK_ANSWERS] == before[TaskKind.CHECK_ANSWERS]

        put_tier_back(case=case, by=coordinator)

        assert due_times(case) == before
    assert events.broken_links(case.pk) == []


def test_a_time_that_somebody_set_since_stays() -> None:
    case = calm_case()
    with transaction.atomic():
        open_task(
            lock_case(case.pk), TaskKind.NEW_ANSWERS, due_at=timezone.now() + timedelta(days=9), now=timezone.now()
        )
    hear("They took him to the airport")
    sooner = timezone.now() + timedelta(minutes=3)
    with transaction.atomic():
        open_task(lock_case(case.pk), TaskKind.NEW_ANSWERS, due_at=sooner, now=timezone.now())

    put_tier_back(case=case, by=factories.member(Role.COORDINATOR).membership.actor())

    assert case.tasks.get(kind=TaskKind.NEW_ANSWERS).due_at == sooner


def test_a_coordinator_who_read_it_puts_the_tier_back_and_nobody_else_does() -> None:
    case = calm_case()
    before = (case.urgency, case.urgency_reason)
    address = f"/staff/cases/{case.reference}/"
    coordinator = factories.client_of(factories.member(Role.COORDINATOR))
    assert "do/put_tier_back/" not in coordinator.get(address).content.decode()
    hear("They took him to the airport")
    for role in (Role.PROVIDER_STAFF, Role.AUDITOR, Role.FINANCE):
        other = factories.member(role)
        with pytest.raises(PermissionDenied):
            put_tier_back(case=case, by=other.membership.actor())
        assert factories.client_of(other).post(f"{address}do/put_tier_back/").status_code in (403, 404)
    page = coordinator.get(address).content.decode()
    assert "do/put_tier_back/" in page
    assert "Urgent words in a text changed the urgency from" in page

    assert coordinator.post(f"{address}do/put_tier_back/").status_code == 302

    case.refresh_from_db()
    assert (case.urgency, case.urgency_reason) == before
    assert case.said_urgent_at is None
    assert TaskKind.URGENT_TEXT not in open_tasks(case)
    done = CaseEvent.objects.get(case=case, kind="tier_put_back")
    assert done.role == Role.COORDINATOR
    assert events.broken_links(case.pk) == []
    assert coordinator.post(f"{address}do/put_tier_back/").status_code == 409
    page = coordinator.get(address).content.decode()
    assert "A person read the text" in page
    assert "A person changed the urgency from T0" in page
    # The next urgent text raises it again.
    hear("urgent! they took her too")
    case.refresh_from_db()
    assert case.urgency == Urgency.T0


def test_of_a_case_that_is_over_no_tier_changes(case: Case) -> None:
    withdraw(case=case, by=factories.member(Role.COORDINATOR).membership.actor())

    hear("They took him to the airport")

    case.refresh_from_db()
    assert case.said_urgent_at is None
    assert not CaseEvent.objects.filter(case=case, kind="urgency_changed").exists()


def test_the_coordinator_sees_a_text_as_unread_and_on_the_case_page(case: Case) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    address = f"/staff/cases/{case.reference}/"
    client.get(address)
    hear("They took him to the airport")

    page = client.get(address).content.decode()

    assert "New since you last looked" in page
    assert "The family texted, with urgent words." in page
    assert "Urgent words in a text: read it now" in page
    assert "airport" not in page
    assert f"{address}texts/" in page


def test_a_stop_just_after_the_case_opened_finds_it(case: Case) -> None:
    inbound.receive(carrier_id="SM1", number=PHONE, body="STOP", now=timezone.now())

    message = Message.objects.get(template="opened")
    assert opt_out.last_look(message, now=timezone.now()) == opt_out.WAITS
    opt_out.count_waiting(timezone.now())
    assert opt_out.last_look(message, now=timezone.now()) == "opted_out"


def test_one_number_on_two_cases_stops_both_and_is_read_on_both() -> None:
    factories.room()
    cases = [submit_draft(draft=a_draft()) for _ in range(2)]

    hear("alto")

    assert Contact.objects.filter(opted_out_at__isnull=False).count() == 2
    assert [CaseEvent.objects.filter(case=case, kind="text_received").count() for case in cases] == [1, 1]


def test_a_text_about_a_case_that_is_over_still_reaches_a_person(case: Case) -> None:
    withdraw(case=case, by=factories.actor(Role.COORDINATOR))

    hear("They came back for him")

    assert TaskKind.ANSWER_TEXT in open_tasks(case)
    assert "They came back for him" in read_thread(case, Role.COORDINATOR)[1]


def test_of_a_case_whose_file_is_destroyed_a_text_leaves_nothing(case: Case) -> None:
    WrappedKey.objects.filter(case_id=case.pk).delete()

    hear(WORDS)

    assert not ReceivedText.objects.exists()
    assert not InboundText.objects.exists()
    assert not SealedDocument.objects.filter(kind=DocumentKind.NOTES).exists()


def test_a_longer_thread_costs_no_more_queries(case: Case, django_assert_num_queries: Any) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    hear("What is the news?")
    read = lambda: client.post(f"/staff/cases/{case.reference}/texts/", {"reason": "read_texts"})  # noqa: E731
    read()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        read()
    for _ in range(4):
        hear("What is the news?")
    with CaptureQueriesContext(connection) as many:
        read()

    assert len(many) == len(few)


def test_a_replayed_text_is_filed_once(case: Case) -> None:
    for hour in range(3):
        now = timezone.now() + timedelta(hours=hour)
        with nullcontext() if hour == 0 else pytest.raises(inbound.AlreadyTaken):
            inbound.receive(carrier_id="SM1", number=PHONE, body=WORDS, now=now)
        inbound.file_waiting(now)

    assert ReceivedText.objects.count() == 1
    assert CaseEvent.objects.filter(kind="text_received").count() == 1
