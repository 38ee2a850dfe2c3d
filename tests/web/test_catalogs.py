"""The translations: Spanish is whole, the drafts are called drafts, and no text lost its placeholder."""

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

from web.languages import DRAFT_LANGUAGES

ROOT = Path(settings.BASE_DIR)
TRANSLATED = [code for code, _name in settings.LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def catalog(code: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / code / "LC_MESSAGES" / "django.po"))


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_spanish_has_every_text_and_no_guess() -> None:
    entries = [entry for entry in catalog("es") if not entry.obsolete]

    assert entries
    assert not [entry.msgid for entry in entries if entry.fuzzy or not all(texts(entry))]


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_keeps_its_placeholders(code: str) -> None:
    broken = [
        entry.msgid
        for entry in catalog(code)
        if not entry.obsolete
        for text in texts(entry)
        if text and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    ]

    assert not broken


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_catalog_counts_in_its_languages_way(code: str) -> None:
    plural = catalog(code).metadata["Plural-Forms"]

    assert plural.startswith("nplurals=1;" if code == "hmn" else "nplurals=2;")


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_begun_catalogs_reach_the_page(code: str) -> None:
    with translation.override(code):
        assert translation.gettext("Leave this page") != "Leave this page"


def test_the_translations_page_names_the_status_of_every_language() -> None:
    page = (ROOT / "docs" / "translations.md").read_text()

    for code, name in settings.LANGUAGES:
        row = next(line for line in page.splitlines() if line.startswith(f"| {name} (`{code}`)"))
        assert code in ("en", "es") or "draft" in row.lower()
    assert all(f"(`{code}`) | draft" in page for code in DRAFT_LANGUAGES)
