"""What stays behind in a browser of a visit: titles, addresses, a small picture, cookies. None of it tells anything."""

import re
from collections.abc import Iterator
from http.cookies import Morsel
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from intake.drafts import COOKIE
from tests.intake.family import STORY, Family, text
from tests.intake.family_routes import paths

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# What nobody should read over somebody's shoulder, in English and Spanish.
TELLING = re.compile(
    r"\b(ice|immigra\w*|inmigra\w*|migra\w*|deport\w*|detain\w*|deten\w*|arrest\w*|lawyer\w*|abogad\w*|asylum|asilo|"
    r"legal defense|visa|alien|removal|qareen|kws lij choj)\b",
    re.IGNORECASE,
)


def answers_of(language: str) -> Iterator[tuple[str, str]]:
    """Every page of a family on its whole way, with and without a draft: (what it is, its HTML)."""
    for path in paths():
        if path != "leave/" and not path.endswith(".pdf"):
            yield f"{path} without a draft", Client().get(f"/{language}/{path}").content.decode()
    yield "nowhere", Client().get(f"/{language}/nowhere/").content.decode()
    family = Family(language)
    family.begin()
    for name in STORY:
        yield f"ask/{name}/", text(family.get(f"ask/{name}/"))
        # Where every answer may stay empty this is no error, and leads on.
        if mistake := text(family.post(f"ask/{name}/", {})):
            yield f"ask/{name}/ with an error", mistake
        family.answer(name)
    yield "check/", text(family.get("check/"))
    family.send()
    for path in ("sent/", "sent/receipt/"):
        yield path, text(family.get(path))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_neutral_at_a_glance_and_has_the_two_ways_out(language: str) -> None:
    faults = []
    for name, page in answers_of(language):
        if not page:
            # Led to another page, which has a turn of its own.
            continue
        title = re.search(r"<title>(.*?)</title>", page)
        icon = re.search(r'<link rel="icon" type="image/svg\+xml" href="(.*?)">', page)
        is_neutral = title is not None and not TELLING.search(title[1])
        leads_out = f'action="/{language}/leave/"' in page and 'class="leave"' in page
        leads_to_advice = f'href="/{language}/right-now/"' in page
        if not (is_neutral and icon and "web/icon" in icon[1] and leads_out and leads_to_advice):
            faults.append((name, title and title[1], leads_out, leads_to_advice))

    assert faults == []


def test_the_choice_of_a_language_has_both_ways_out_for_each_language() -> None:
    page = Client().get("/").content.decode()

    assert 'class="leave"' in page
    for language in LANGUAGES:
        assert f'href="/{language}/right-now/"' in page


def test_a_fault_of_ours_still_leads_to_both(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("intake.views.family.render", fail)
    client = Client(raise_request_exception=False)

    page = client.get("/es/").content.decode()

    assert 'href="/es/right-now/"' in page
    assert 'action="/es/leave/"' in page
    # And even where that page cannot be drawn.
    monkeypatch.setattr("web.views.render", fail)
    last = client.get("/es/").content.decode()
    assert "/es/right-now/" in last
    assert "/en/leave/" in last


def test_a_staff_page_that_fails_does_not_sign_out_whoever_tries_to_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("django.contrib.auth.forms.AuthenticationForm.__init__", fail)
    monkeypatch.setattr("allauth.account.forms.LoginForm.__init__", fail)

    page = Client(raise_request_exception=False).get("/staff/sign-in/").content.decode()

    assert "Something went wrong" in page
    assert "/leave/" not in page


@pytest.mark.parametrize("path", sorted(set(paths())))
def test_no_address_tells_what_it_is_about(path: str) -> None:
    words = re.sub(r"[/.-]", " ", path)
    # "legal-demands" is for whoever sends us an order, and says so.
    assert not TELLING.search(words), path


def test_the_small_picture_says_nothing() -> None:
    found = finders.find("web/icon.svg")
    assert isinstance(found, str)
    drawn = Path(found).read_text()

    assert "<text" not in drawn
    assert not TELLING.search(drawn)


def test_every_cookie_of_a_family_ends_with_the_browser() -> None:
    family = Family()
    family.client = Client(enforce_csrf_checks=False)
    given: dict[str, Morsel[str]] = {}
    family.begin()
    for name in STORY:
        family.answer(name)
        given |= dict(family.client.cookies.items())
    family.send()
    given |= dict(family.client.cookies.items())

    assert COOKIE in given
    for cookie in given.values():
        assert not cookie["max-age"]
        assert not cookie["expires"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert not cookie["domain"]


@pytest.mark.parametrize("path", sorted(set(paths()) - {"leave/"}))
def test_no_page_is_kept_by_the_browser(path: str) -> None:
    assert Client().get(f"/en/{path}")["Cache-Control"] == "no-store"
