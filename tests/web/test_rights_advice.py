"""Advice on rights that nobody has checked: English first, the draft below it marked as one, and a number to call."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import gettext, override

from tests.intake.every_page import every_page
from web.languages import DRAFT_LANGUAGES

pytestmark = pytest.mark.django_db

DRAFTS = sorted(DRAFT_LANGUAGES)
TEMPLATES = Path(settings.BASE_DIR) / "intake" / "templates" / "intake"
BETWEEN = re.compile(r"{% rights_advice %}(.*?){% endrights_advice %}", re.DOTALL)
TEXT = re.compile(r'{% translate "(.+?)" %}')
# Where a family reads its rights; a page with such advice that is added belongs here.
WITH_ADVICE = {"before.html", "right_now.html", "tell_your_person.html", "advice_situation.html"}


def advice() -> dict[str, list[str]]:
    """Of each template, what stands between the two tags."""
    return {
        path.name: found for path in TEMPLATES.glob("*.html") if (found := BETWEEN.findall(path.read_text("utf-8")))
    }


def drawn(language: str, inside: str = '{% translate "Do not sign anything." %}') -> str:
    template = Template(f"{{% load i18n advice %}}{{% rights_advice %}}{inside}{{% endrights_advice %}}")
    with override(language):
        return template.render(Context({"helpline": settings.HELPLINE}))


def test_the_pages_with_advice_say_what_is_advice() -> None:
    assert set(advice()) >= WITH_ADVICE


def test_nothing_in_advice_has_an_id_or_leads_to_a_page_that_would_change_the_language() -> None:
    for name, parts in advice().items():
        assert not re.search(r'\bid="|{% url|aria-labelledby', "".join(parts)), name


@pytest.mark.parametrize("language", DRAFTS)
def test_a_draft_stands_below_the_english_with_its_mark_and_a_number(language: str) -> None:
    page = drawn(language)

    with override(language):
        draft = gettext("Do not sign anything.")
    order = [
        '<div class="advice__english" lang="en">Do not sign anything.</div>',
        '<p lang="en"><strong>This translation is a draft',
        'href="tel:',
        f'<div lang="{language}">{draft}</div>',
    ]
    places = [page.index(words) for words in order]
    assert places == sorted(places)


def test_advice_within_advice_is_not_doubled_again() -> None:
    inner = "{% rights_advice %}Sign nothing{% endrights_advice %}"

    assert drawn("es", inner).count("Sign nothing") == 2


@pytest.mark.parametrize("language", sorted({code for code, _name in settings.LANGUAGES} - DRAFT_LANGUAGES))
def test_a_checked_language_stands_alone(language: str) -> None:
    assert drawn(language) == "Do not sign anything."


@pytest.mark.parametrize("language", DRAFTS)
def test_no_page_gives_drafted_advice_without_the_english_before_it(language: str) -> None:
    texts = {text for parts in advice().values() for part in parts for text in TEXT.findall(part)}
    with override(language):
        drafts = {text: translated for text in texts if (translated := gettext(text)) != text and len(text) > 15}
    met = set()
    for page in every_page(language):
        html = unescape(page.html)
        for english, draft in drafts.items():
            if f">{draft}<" in html or f" {draft}<" in html:
                met.add(english)
                assert -1 < html.find(english) < html.find(draft), (page.name, english)
    assert met
