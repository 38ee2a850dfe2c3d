"""The translations: complete where they must be, without what the site no longer says, each of its text's kind."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

from tests.web.sources import Text, in_code, in_template, texts
from web.languages import DRAFT_LANGUAGES

ROOT = Path(settings.BASE_DIR)
TRANSLATED = [code for code, _name in settings.LANGUAGES if code != "en"]
# Which languages must have every text; the others show English where they have none.
LANGUAGES_DEMANDED = ["es", "so", "hmn"]
# Texts that are written alike in English and in the language, with the reason.
SAME_AS_ENGLISH: dict[str, dict[str, str]] = {
    "es": {"No": "the same word", "Error": "the same word", "Guatemala, Honduras, El Salvador": "names"}
    | dict.fromkeys(["Alaska", "Arizona", "Puerto Rico", "Venezuela"], "a name"),
    "so": {"TPS": "a name", "DACA": "a name", "l, F j": "the order of a date's parts"}
    | dict.fromkeys(["Alaska", "Arizona"], "a name"),
    "hmn": {"TPS": "a name", "DACA": "a name", "l, F j": "the order of a date's parts"}
    | dict.fromkeys(["Alaska", "Arizona", "Hawaii", "Puerto Rico", "Mexico City", "Venezuela"], "a name")
    | dict.fromkeys(
        ["Guatemala, Honduras, El Salvador", "Ecuador, Colombia, Peru", "Somalia, Kenya, Ethiopia"], "names"
    ),
}
PLURAL_FORMS = {
    "es": "nplurals=2; plural=(n != 1);",
    "so": "nplurals=2; plural=(n != 1);",
    "hmn": "nplurals=1; plural=0;",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
TAG = re.compile(r"</?[a-zA-Z][^>]*>|&\w+;")
NUMBER = re.compile(r"\d[\d/:.-]*\d|\d")


def catalog(code: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / code / "LC_MESSAGES" / "django.po"))


def text_of(entry: polib.POEntry) -> Text:
    return Text(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "")


def pairs(entry: polib.POEntry) -> Iterator[tuple[str, str]]:
    """Each translation with the English it stands for; the last plural form stands for the English plural."""
    forms = [entry.msgstr_plural[number] for number in sorted(entry.msgstr_plural)] or [entry.msgstr]
    for number, translated in enumerate(forms):
        many = entry.msgid_plural and number == len(forms) - 1
        if translated:
            yield (entry.msgid_plural if many else entry.msgid), translated


def other_placeholders(english: str, translated: str) -> bool:
    return set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(translated))


def other_tags(english: str, translated: str) -> bool:
    return Counter(TAG.findall(english)) != Counter(TAG.findall(translated))


def other_numbers(english: str, translated: str) -> bool:
    return set(NUMBER.findall(PLACEHOLDER.sub("", english))) != set(NUMBER.findall(PLACEHOLDER.sub("", translated)))


def other_ends(english: str, translated: str) -> bool:
    """Blanks at an end keep the text apart from what follows it on the page."""
    return [english[:1].isspace(), english[-1:].isspace()] != [translated[:1].isspace(), translated[-1:].isspace()]


@pytest.mark.parametrize("code", LANGUAGES_DEMANDED)
def test_nothing_is_missing_and_nothing_is_a_guess(code: str) -> None:
    whole = {text_of(entry) for entry in catalog(code) if entry.translated() and not entry.fuzzy}

    missing = {text: where for text, where in texts().items() if text not in whole}

    assert not missing, "\n".join(f"{where}: {text.msgid}" for text, where in missing.items())


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_text_of_the_site_has_its_line_and_no_other_has(code: str) -> None:
    lines = [text_of(entry) for entry in catalog(code)]
    used = texts()

    assert not [text.msgid for text in lines if text not in used], "unused"
    assert not [text.msgid for text, times in Counter(lines).items() if times > 1], "twice"
    assert not [entry.msgid for entry in catalog(code).obsolete_entries()], "obsolete"


@pytest.mark.parametrize("code", TRANSLATED)
@pytest.mark.parametrize("differs", [other_placeholders, other_tags, other_numbers, other_ends])
def test_a_translation_is_of_the_same_kind(code: str, differs: Callable[[str, str], bool]) -> None:
    broken = [
        f"{english}\n    {translated}"
        for entry in catalog(code)
        for english, translated in pairs(entry)
        if differs(english, translated)
    ]

    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    ("english", "translated", "differs"),
    [
        ("Call %(office)s.", "Llame a %(oficina)s.", other_placeholders),
        ("Page {{ number }} of %(count)s", "Página", other_placeholders),
        ("Read <strong>this</strong>", "Lea <em>esto</em>", other_tags),
        ("Read this", 'Lea <a href="https://example.org/">esto</a>', other_tags),
        ("Kept for 7 days.", "Se guarda 17 días.", other_numbers),
        ("Error: ", "Error:", other_ends),
    ],
)
def test_a_changed_kind_is_found(english: str, translated: str, differs: Callable[[str, str], bool]) -> None:
    assert differs(english, translated)
    assert not differs(english, english)


@pytest.mark.parametrize("code", TRANSLATED)
def test_nothing_is_left_in_english_without_a_reason(code: str) -> None:
    same = {entry.msgid for entry in catalog(code) for english, translated in pairs(entry) if english == translated}
    allowed = SAME_AS_ENGLISH[code]

    assert same - set(allowed) == set()
    assert set(allowed) <= {text.msgid for text in texts()}, "allowed for nothing"
    assert all(allowed.values())


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_catalog_counts_in_its_languages_way(code: str) -> None:
    own = catalog(code)
    forms = int(PLURAL_FORMS[code].split("=")[1].split(";")[0])

    assert own.metadata["Plural-Forms"] == PLURAL_FORMS[code]
    for entry in own:
        if entry.msgid_plural:
            assert sorted(entry.msgstr_plural) == list(range(forms)), entry.msgid
            assert len({bool(text) for text in entry.msgstr_plural.values()}) == 1, f"half of: {entry.msgid}"


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_begun_catalogs_reach_the_page(code: str) -> None:
    with translation.override(code):
        assert translation.gettext("Leave this page") != "Leave this page"


def test_the_texts_of_a_template_are_found() -> None:
    source = (
        '{% load i18n %}{% if a %}{% translate "One" %}{% endif %}{% translate "Two" context "of a day" %}'
        "{% blocktranslate count n=n %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}{% translate three %}"
    )

    assert set(in_template(source)) == {Text("One"), Text("Two", context="of a day"), Text("%(n)s day", "%(n)s days")}


def test_the_texts_of_code_are_found() -> None:
    source = (
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
        '_("One " "and more"), ngettext("%(n)d day", "%(n)d days", n), pgettext("of a day", "Two")\n'
        'other("No"), _(name)'
    )

    assert set(in_code(source)) == {
        Text("One and more"),
        Text("%(n)d day", "%(n)d days"),
        Text("Two", context="of a day"),
    }


def test_the_translations_page_names_the_status_of_every_language() -> None:
    page = (ROOT / "docs" / "translations.md").read_text()

    for code, name in settings.LANGUAGES:
        row = next(line for line in page.splitlines() if line.startswith(f"| {name} (`{code}`)"))
        assert code in ("en", "es") or "draft" in row.lower()
    assert all(f"(`{code}`) | draft" in page for code in DRAFT_LANGUAGES)
