"""Staff and translators read every text in every language on one page."""

from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from accounts.roles import MEMBER_ROLES, Role
from notifications.texts import TEMPLATES, example
from notifications.wordings_view import WHEN, lines
from tests import factories

pytestmark = pytest.mark.django_db

READERS = {Role.COORDINATOR, Role.HOTLINE_LEAD, Role.PROVIDER_STAFF, Role.PROVIDER_LEAD, Role.AUDITOR}


def test_every_text_is_on_it_in_every_language() -> None:
    page = unescape(factories.client_of(factories.member(Role.AUDITOR)).get("/staff/wordings/").content.decode())

    for name in TEMPLATES:
        for language, _ in settings.LANGUAGES:
            assert f'<span lang="{language}">{example(name, language)}</span>' in page


def test_no_text_has_a_fault_and_each_says_when_it_goes_out() -> None:
    assert set(WHEN) == set(TEMPLATES)
    assert not [line for line in lines() if line.faults]
    assert {line.language for line in lines() if line.is_draft} == {"es", "so", "hmn"}


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_who_reads_it(role: Role) -> None:
    answer = factories.client_of(factories.member(role)).get("/staff/wordings/")

    assert answer.status_code == (200 if role in READERS else 403)


def test_a_stranger_does_not(client: Client) -> None:
    assert client.get("/staff/wordings/").status_code == 302
