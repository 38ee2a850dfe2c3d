"""The demo's handset page and the log of texts in the admin."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.test import Client, RequestFactory

from accounts.models import User
from notifications import delivery, tasks
from notifications.actions import purge_handset
from notifications.models import HandsetReply, HandsetText, InboundText, Message
from notifications.texts import render
from privacy import indexes, worker_key
from tests.notifications.conftest import NOON, PHONE, MakeContact, MakeMessage

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def test_texts_are_shown_by_number_in_their_language(make_contact: MakeContact, make_message: MakeMessage) -> None:
    for contact in (make_contact(language="es"), make_contact(phone="+16125550143")):
        delivery.deliver(make_message(contact).id, now=NOON)

    page = Client().get("/handset/").content.decode()

    assert page.count("<section") == 2
    assert PHONE in page
    assert "+16125550143" in page
    assert '<p class="handset__body" lang="es">Línea de ayuda:' in page


def test_an_empty_handset_says_so(client: Client) -> None:
    assert "No texts yet." in client.get("/handset/").content.decode()


def test_the_newest_fifty_are_shown_in_as_many_queries_as_one(
    client: Client, make_contact: MakeContact, make_message: MakeMessage, django_assert_num_queries: Any
) -> None:
    contact = make_contact()
    for minute in range(51):
        delivery.deliver(make_message(contact).id, now=NOON + timedelta(minutes=minute))

    with django_assert_num_queries(2):
        page = client.get("/handset/").content.decode()

    assert page.count('class="handset__text"') == 50


def test_a_text_that_cannot_be_read_is_counted_and_not_guessed(client: Client, make_message: MakeMessage) -> None:
    delivery.deliver(make_message().id, now=NOON)
    HandsetText.objects.update(sealed=b"planted")

    page = client.get("/handset/").content.decode()

    assert "1 of them can no longer be read" in page
    assert "planted" not in page


@pytest.mark.parametrize("change", [{"DEMO": False, "SECURE_SSL_REDIRECT": False}, {"TEXT_BACKEND": "twilio"}])
def test_an_installation_has_no_handset(client: Client, settings: Any, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(settings, name, value)

    assert client.get("/handset/").status_code == 404


def shown_on(page: str) -> list[str]:
    """The bubbles of the page, top to bottom; what was typed on the phone begins with ">"."""
    found = re.findall(r'<p class="handset__body"[^>]*>(<span[^>]*>Typed here: </span>)?([^<]*)</p>', page)
    return [("> " if typed else "") + body for typed, body in found]


@pytest.fixture
def shown(make_contact: MakeContact, make_message: MakeMessage) -> MakeContact:
    """A contact whose phone shows a text, and who can be found by number."""

    def make(*, phone: str | None = PHONE, **terms: Any) -> Any:
        contact = make_contact(phone=phone, **terms)
        indexes.write_indexes(contact.case_id, worker_key.load().index_key, [(indexes.PHONE, phone or "")])
        delivery.deliver(make_message(contact).id, now=NOON)
        return contact

    return make


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("HELP", render("help", "es")),
        ("alto", render("stopped", "es")),
        ("¿Hay novedades?", render("received", "es")),
    ],
)
def test_what_is_typed_is_answered_in_the_thread_as_on_a_phone(
    client: Client, shown: MakeContact, typed: str, answer: str
) -> None:
    shown(language="es")
    shown(phone="+16125550143")

    with time_machine.travel(NOON + timedelta(minutes=1), tick=True):
        sent = client.post("/handset/", {"number": PHONE, "body": typed})
        tasks.file_all_inbound()
        for message in Message.objects.filter(state="queued"):
            tasks.deliver(str(message.id))
        page = client.get("/handset/").content.decode()

    assert sent.status_code == 302
    assert shown_on(page)[:3] == [render("accepted", "es"), f"> {typed}", answer]
    assert shown_on(page)[3:] == [render("accepted", "en")]


def test_after_a_stop_the_phone_shows_nothing_more(
    client: Client, shown: MakeContact, make_message: MakeMessage
) -> None:
    contact = shown()
    waiting = make_message(contact)

    with time_machine.travel(NOON + timedelta(minutes=1), tick=True):
        client.post("/handset/", {"number": PHONE, "body": "STOP"})
        tasks.deliver(str(waiting.id))

    assert shown_on(client.get("/handset/").content.decode()) == [render("accepted", "en"), "> STOP"]


def test_only_phones_of_the_page_answer_and_only_with_words(client: Client, shown: MakeContact) -> None:
    shown()

    for number, body in ((PHONE, " "), ("+16125550177", "STOP"), ("612", "STOP"), (PHONE, "a" * 1601)):
        assert client.post("/handset/", {"number": number, "body": body}).status_code == 400
    assert not HandsetReply.objects.exists()
    assert not InboundText.objects.exists()


def test_what_was_typed_is_sealed_and_goes_with_the_case(client: Client, shown: MakeContact) -> None:
    contact = shown()
    client.post("/handset/", {"number": PHONE, "body": "my brother Testigo"})

    assert b"Testigo" not in bytes(HandsetReply.objects.get().sealed)
    purge_handset(case_ids=[contact.case_id], now=NOON)
    assert not HandsetReply.objects.exists()


def test_an_installation_takes_no_answer_from_the_page(client: Client, settings: Any) -> None:
    settings.DEMO, settings.SECURE_SSL_REDIRECT = False, False

    assert client.post("/handset/", {"number": PHONE, "body": "STOP"}).status_code == 404


def test_the_log_of_texts_is_read_only_and_holds_no_content(make_message: MakeMessage, client: Client) -> None:
    delivery.deliver(make_message().id, now=NOON)
    operator = User.objects.create_superuser("operator@example.org", "an obviously fake passphrase", name="Op Erator")
    client.force_login(operator)

    for path in (
        "/staff/admin/notifications/message/",
        f"/staff/admin/notifications/message/{Message.objects.get().pk}/change/",
    ):
        page = client.get(path)
        assert page.status_code == 200
        assert PHONE not in page.content.decode()
        assert "Help line:" not in page.content.decode()

    log = admin.site._registry[Message]
    request = RequestFactory().get("/")
    request.user = operator
    assert not (log.has_add_permission(request))
    assert not (log.has_change_permission(request))
    assert not (log.has_delete_permission(request))
