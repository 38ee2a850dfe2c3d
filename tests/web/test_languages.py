"""The first page, where no language is chosen yet."""

import pytest
from django.conf import settings
from django.test import Client

from web.languages import DRAFT_LANGUAGES, GREETINGS


def test_every_language_of_the_site_greets_on_the_first_page() -> None:
    assert [(greeting.code, greeting.name) for greeting in GREETINGS] == settings.LANGUAGES
    assert {code for code, _name in settings.LANGUAGES} > DRAFT_LANGUAGES


@pytest.mark.django_db
def test_the_first_page_offers_each_language_in_itself_and_sets_no_cookie(client: Client) -> None:
    response = client.get("/")

    page = response.content.decode()
    assert response.status_code == 200
    assert not response.cookies
    for greeting in GREETINGS:
        assert f'<li lang="{greeting.code}">' in page
        assert f'href="/{greeting.code}/"' in page
        assert greeting.offer in page
    assert page.count('href="tel:+16125550100"') >= len(GREETINGS)


@pytest.mark.django_db
@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_a_page_leads_to_itself_in_every_other_language(client: Client, code: str) -> None:
    page = client.get(f"/{code}/").content.decode()

    for other, name in settings.LANGUAGES:
        current = ' aria-current="true"' if other == code else ""
        assert f'<a href="/{other}/" lang="{other}" hreflang="{other}"{current}>{name}</a>' in page


@pytest.mark.django_db
@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_a_draft_translation_says_so_in_english(client: Client, code: str) -> None:
    page = client.get(f"/{code}/").content.decode()

    assert ("This translation is a draft, not yet checked by a person." in page) == (code in DRAFT_LANGUAGES)
