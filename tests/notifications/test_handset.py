"""The demo's handset page and the log of texts in the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory

from accounts.models import User
from notifications import delivery
from notifications.models import HandsetText, Message
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

    with django_assert_num_queries(1):
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
