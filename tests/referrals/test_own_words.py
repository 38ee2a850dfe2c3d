"""A coordinator changes the words before a text leaves: both versions are sealed, and only neutral ones go out."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts.roles import MEMBER_ROLES, Role
from notifications import delivery, edited
from notifications.backends import Ending, Outcome
from notifications.edited import NotNeutral
from notifications.models import Message
from notifications.texts import render
from privacy import vault
from privacy.models import DocumentKind, SealedDocument, WrappedKey
from referrals.actions.words import edit_texts, write_to_family
from referrals.models import Case, CaseEvent, TaskKind
from referrals.policies import WrongState
from tests import factories
from tests.referrals.test_deed_pages import DAY
from tests.referrals.test_staff_pages import received, url
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

MINE = "Línea de ayuda: Llámenos antes de las 5, por favor: 612-555-0100."
PHONE = "+16125550142"


@pytest.fixture
def client() -> Client:
    return factories.client_of(factories.member(Role.COORDINATOR))


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of what left."""
    sent: list[str] = []

    class Carrier:
        sender, texts_per_second = "", 1000

        def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
            sent.append(body)
            return Outcome(Ending.DELIVERED)

    monkeypatch.setattr(delivery, "text_backend", Carrier)
    return sent


def a_case(language: str = "es", **terms: Any) -> Case:
    """A received case with one contact that may be texted."""
    case = received()
    contact = factories.contact(case, language=language, **terms)
    readers = [vault.WORKER, "hotline"]
    payload = {"phone": PHONE}
    vault.seal(
        case_id=case.pk, kind=DocumentKind.CONTACT, payload=payload, readers=readers, subject=contact.pk, now=DAY
    )
    return case


def written(case: Case) -> Message:
    return Message.objects.get(case_id=case.pk, template="call_us")


def send(message: Message) -> None:
    delivery.deliver(message.pk, now=max(message.send_after, message.created_at))


def of_worker(case: Case) -> int:
    return WrappedKey.objects.filter(case_id=case.pk, kind=DocumentKind.NOTES, reader=vault.WORKER).count()


def test_what_a_coordinator_changed_goes_out_and_both_versions_are_sealed(client: Client, carrier: list[str]) -> None:
    case = a_case()
    with time_machine.travel(DAY, tick=True):
        answer = client.post(url(case, "write/"), {"words-es": MINE})
        send(written(case))

    assert answer.status_code == 302
    assert carrier == [MINE]
    note = SealedDocument.objects.get(case_id=case.pk, kind=DocumentKind.NOTES)
    opened = vault.open_document(note, keys=keys_for("hotline"))
    assert (opened["note"], opened["base"]) == (MINE, render("call_us", "es"))
    assert MINE.encode() not in bytes(note.sealed)
    assert "Llámenos" not in repr(vars(written(case)))


def test_with_a_deed_the_changed_words_go_out_instead_of_the_wording(client: Client, carrier: list[str]) -> None:
    case = a_case()
    with time_machine.travel(DAY, tick=True):
        client.post(url(case, "do/request_info/"), {"words-es": MINE})
        send(Message.objects.get(case_id=case.pk, template="request_info"))

    assert carrier == [MINE]


@pytest.mark.parametrize(
    "typed", [{}, {"words-es": render("request_info", "es")}, {"words-es": " "}, {"words-es": "\u200b\n"}]
)
def test_words_left_as_they_are_are_the_wordings(client: Client, carrier: list[str], typed: dict[str, str]) -> None:
    case = a_case()
    with time_machine.travel(DAY, tick=True):
        client.post(url(case, "do/request_info/"), typed)
        send(Message.objects.get(case_id=case.pk, template="request_info"))

    assert carrier == [render("request_info", "es")]
    assert not SealedDocument.objects.filter(case_id=case.pk, kind=DocumentKind.NOTES).exists()


def test_invisible_signs_of_a_copied_text_stay_here(client: Client, carrier: list[str]) -> None:
    case = a_case()
    with time_machine.travel(DAY, tick=True):
        client.post(url(case, "write/"), {"words-es": "Por fa\u00advor\u202e lla\u200bme:\n612-555-0100\ufeff"})
        send(written(case))

    assert carrier == ["Por favor llame: 612-555-0100"]


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("Su audiencia es el martes", "audiencia"),
        ("Mire https://example.org", "link"),
        ("á" * 135, "3 texts long"),
        ("á" * 321, "at most 320"),
    ],
)
@pytest.mark.parametrize("page", ["write/", "do/request_info/"])
def test_words_that_tell_a_stranger_come_back_and_nothing_is_done(
    client: Client, page: str, typed: str, fault: str
) -> None:
    case = a_case()
    before = CaseEvent.objects.filter(case=case).count()

    answer = client.post(url(case, page), {"words-es": typed})

    shown = unescape(re.sub(r"\s+", " ", answer.content.decode()))
    assert answer.status_code == 400
    assert fault in shown
    assert typed in shown
    assert CaseEvent.objects.filter(case=case).count() == before
    assert not Message.objects.filter(case_id=case.pk, template__in=["call_us", "request_info"]).exists()


def test_the_action_itself_refuses_what_the_form_would() -> None:
    case = a_case()

    with pytest.raises(NotNeutral):
        write_to_family(case=case, words={"es": "Su abogado le llama"}, by=factories.actor(Role.COORDINATOR))
    assert not Message.objects.filter(case_id=case.pk, template="call_us").exists()


def test_the_worker_keeps_its_copy_until_the_text_has_ended(carrier: list[str]) -> None:
    case = a_case()
    write_to_family(case=case, words={"es": MINE}, by=factories.actor(Role.COORDINATOR), now=DAY)
    assert edited.forget_ended(DAY) == 0
    assert of_worker(case) == 1

    send(written(case))

    assert edited.forget_ended(DAY + timedelta(minutes=59)) == 0, "its transaction may not be committed yet"
    assert edited.forget_ended(DAY + timedelta(minutes=61)) == 1
    assert of_worker(case) == 0
    assert vault.open_document(SealedDocument.objects.get(kind=DocumentKind.NOTES), keys=keys_for("hotline"))


def test_a_text_that_never_ended_is_forgotten_after_three_days() -> None:
    case = a_case()
    write_to_family(case=case, words={"es": MINE}, by=factories.actor(Role.COORDINATOR), now=DAY)

    assert edited.forget_ended(DAY + timedelta(days=2)) == 0
    assert edited.forget_ended(DAY + timedelta(days=3)) == 1


def test_an_answer_ends_the_task_to_answer(client: Client) -> None:
    from referrals.actions.moves import open_task

    case = a_case()
    open_task(case, TaskKind.ANSWER_TEXT, due_at=DAY, now=DAY)

    write_to_family(case=case, words={}, by=factories.actor(Role.COORDINATOR), now=DAY)

    assert not case.tasks.filter(kind=TaskKind.ANSWER_TEXT, done_at=None).exists()


@pytest.mark.parametrize("terms", [{"may_text": False}, {"phone_is_shared": True}])
def test_where_nobody_may_be_texted_the_page_says_so_and_the_action_does_nothing(
    client: Client, terms: dict[str, Any]
) -> None:
    case = a_case(**terms)

    page = client.get(url(case, "write/")).content.decode()
    with pytest.raises(WrongState):
        write_to_family(case=case, words={}, by=factories.actor(Role.COORDINATOR))

    assert "Nobody is texted." in page
    assert not CaseEvent.objects.filter(case=case, kind="family_texted").exists()


@pytest.mark.parametrize("role", [role for role in MEMBER_ROLES if role not in (Role.COORDINATOR, Role.HOTLINE_LEAD)])
def test_only_coordinators_write(role: Role) -> None:
    case = a_case()

    answer = factories.client_of(factories.member(role)).post(url(case, "write/"), {"words-es": MINE})
    with pytest.raises(PermissionDenied):
        write_to_family(case=case, words={}, by=factories.actor(role))
    with pytest.raises(PermissionDenied):
        edit_texts(case=case, template="opened", words={}, by=factories.actor(role), now=DAY)

    assert answer.status_code in (403, 404)


def test_texts_of_other_wordings_and_other_cases_keep_their_words() -> None:
    case, other = a_case(), a_case()
    by = factories.actor(Role.COORDINATOR)
    write_to_family(case=other, words={}, by=by, now=DAY)

    write_to_family(case=case, words={"es": MINE, "so": "Khadka caawimada: Na soo wac."}, by=by, now=DAY)

    assert written(other).words_id is None
    assert Message.objects.exclude(words_id=None).count() == 1


def test_words_that_do_not_open_are_not_replaced_by_others(carrier: list[str]) -> None:
    case = a_case()
    write_to_family(case=case, words={"es": MINE}, by=factories.actor(Role.COORDINATOR), now=DAY)
    WrappedKey.objects.filter(case_id=case.pk, kind=DocumentKind.NOTES, reader=vault.WORKER).delete()

    send(written(case))

    assert carrier == []
    assert written(case).state == "failed"
