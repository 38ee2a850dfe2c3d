"""Every text of a family's page comes from the catalog: in a made-up language all of them are in brackets."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import django.conf.locale
import pytest
from django.conf import settings as project
from django.test import Client
from django.utils import timezone, translation

from intake.questions import PAGES
from referrals.models import Case, Facility
from tests.intake.family import STORY, Family, text
from tests.intake.family_routes import paths
from tests.intake.pseudo_locale import CLOSE, CODE, OPEN, pseudo, write_catalog

pytestmark = pytest.mark.django_db
# Never translated: languages by their own names, what stands on papers, and what a family typed.
SAME_EVERYWHERE = {name for _code, name in project.LANGUAGES} | {"A", "ICE", "Minneapolis", "PDF"}
IN_BRACKETS = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
WORD = re.compile(r"[^\W\d_]{2,}")


class Words(HTMLParser):
    """The texts of a page, without those that say by `lang` that they are in another language."""

    _VOID = frozenset({"input", "meta", "link", "br", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        is_foreign = said.get("lang", CODE) != CODE or tag in ("style", "script")
        if tag not in self._VOID:
            self._open.append(is_foreign)
        if not any(self._open):
            self.texts += [said[name] or "" for name in ("aria-label", "placeholder", "alt", "title") if name in said]

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag not in self._VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self.texts.append(data)


def untranslated(page: str, also: set[str]) -> list[str]:
    """What stands outside the brackets and is made of words. `also` are words that may."""
    if page.startswith("<!DOCTYPE"):
        # A page in another language would be skipped as a whole.
        assert f'<html lang="{CODE}">' in page
    words = Words()
    words.feed(page)
    whole = "".join(words.texts)
    # The innermost first: a text may hold another one where its placeholder was.
    while IN_BRACKETS.search(whole):
        whole = IN_BRACKETS.sub(" ", whole)
    for name in sorted(SAME_EVERYWHERE | also, key=len, reverse=True):
        whole = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", whole)
    return WORD.findall(whole)


@pytest.fixture
def made_up(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    write_catalog(tmp_path)
    names = {"bidi": False, "code": CODE, "name": "Pseudo", "name_local": "Pseudo"}
    monkeypatch.setitem(django.conf.locale.LANG_INFO, CODE, names)
    settings.LANGUAGES = [*project.LANGUAGES, (CODE, "Pseudo")]
    settings.LOCALE_PATHS = [*project.LOCALE_PATHS, tmp_path]
    yield
    translation.deactivate()


@pytest.fixture
def names_of_places(db: None) -> set[str]:
    return {part for row in Facility.objects.all() for part in (row.name, row.us_state)}


def typed_words() -> set[str]:
    """What the story's family types, as the pages show it back."""
    values = [value for answers in STORY.values() for value in answers.values()]
    return {one for value in values for one in (value if isinstance(value, list) else [value]) if one}


@pytest.mark.usefixtures("made_up")
def test_no_page_without_a_draft_has_an_untranslated_text(names_of_places: set[str]) -> None:
    found = {}
    for path in [path for path in paths() if path != "leave/"]:
        answer = Client().get(f"/{CODE}/{path}")
        found[path] = untranslated(answer.content.decode(), {"Pseudo"} | names_of_places)
    for name, answer in {
        "not found": Client().get(f"/{CODE}/nowhere/"),
        "wrong code": Client().post(f"/{CODE}/status/", {"code": "12"}),
        "unknown code": Client().post(f"/{CODE}/status/", {"code": "0000 0000 00000"}),
        "gone": Client().post(f"/{CODE}/ask/taken/", {}),
        "no token": Client(enforce_csrf_checks=True).post(f"/{CODE}/before/", {"x": "1"}),
    }.items():
        found[name] = untranslated(answer.content.decode(), {"Pseudo"})

    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.usefixtures("made_up")
def test_no_page_of_a_request_has_an_untranslated_text(names_of_places: set[str]) -> None:
    also = {"Pseudo"} | names_of_places | typed_words()
    found = {}
    family = Family(CODE)
    family.begin()
    found["code"] = untranslated(text(family.get("code/")), also)
    for name in STORY:
        found[name] = untranslated(text(family.get(f"ask/{name}/")), also)
        found[f"{name} with an error"] = untranslated(text(family.post(f"ask/{name}/", {})), also)
        family.answer(name)
    found["check"] = untranslated(re.sub(r"<dd>.*?</dd>", "", text(family.get("check/"))), also)
    family.send()
    for path in ("sent/", "sent/receipt/"):
        found[path] = untranslated(_without_reference(text(family.get(path))), also)

    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.usefixtures("made_up")
def test_no_question_error_or_choice_is_untranslated(names_of_places: set[str]) -> None:
    """Those of pages, too, that one family's answers do not lead to."""
    found = []
    with translation.override(CODE):
        for page in PAGES:
            form = page.form({}, now=timezone.now(), typed={})
            texts: list[Any] = [
                page.heading,
                form.note,
                *(error for errors in form.errors.values() for error in errors),
            ]
            for field in form.fields.values():
                texts += [field.label, field.help_text, *(label for _code, label in getattr(field, "choices", ()))]
                texts += field.error_messages.values() if field.required else []
            found += [str(one) for one in texts if untranslated(str(one), names_of_places)]

    assert found == []


def _without_reference(page: str) -> str:
    return page.replace(Case.objects.get().reference, "")


def test_that_a_text_outside_the_catalog_is_found() -> None:
    assert untranslated(f"<p>{pseudo('Some text')} and more</p>", set()) == ["and", "more"]
    assert (
        untranslated(f'<p lang="en">English</p><p>{pseudo("of %(x)s").replace("%(x)s", pseudo("y"))}</p>', set()) == []
    )
    assert untranslated('<nav aria-label="Languages"></nav>', set()) == ["Languages"]
    assert pseudo("Question %(number)s of <b>all</b>").count("%(number)s") == 1
