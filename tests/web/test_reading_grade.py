"""Everyone can read the family pages: English at sixth grade or below, Spanish at 70 or easier (Fernández-Huerta)."""

import re
import warnings
from collections.abc import Iterator

import pytest

from notifications.texts import TEMPLATES, example
from providers.models import Provider
from referrals.models import Facility, ReferralPartner
from tests.intake.every_page import Shown, ask_everything, every_page  # noqa: F401
from tests.intake.family import Family, text
from tests.web.reader import blocks

with warnings.catch_warnings():
    # It reads its word lists by a module that setuptools is about to drop; the lock holds setuptools back.
    warnings.simplefilter("ignore")
    from textstat import textstat

pytestmark = pytest.mark.django_db

GRADE, EASE = 6.0, 70.0
# Fewer words than this are a name or a button, and no formula says anything about them.
FEWEST_WORDS = 20
PHONE = re.compile(r"(\+1 ?)?(\(\d{3}\) ?|\b\d{3}[-. ])\d{3}[-. ]\d{4}\b|\b\d{4} \d{4} \d{5}\b")


def main_part(html: str) -> str:
    """The page without header and footer, which are the same on each and are measured once."""
    found = re.search(r"<main\b.*?(</main>|\Z)", html, re.DOTALL)
    assert found
    return found[0]


def sentences(html: str, language: str, names: re.Pattern[str]) -> list[str]:
    """What there is to read in the language: no labels of one or two words, no phone numbers, a short word for a name.

    Every block that has no full stop gets one.
    """
    found = []
    for block in blocks(html, language):
        words = names.sub("Ana", " ".join(PHONE.sub("", block.words).split()))
        if block.language != language:
            continue
        if len(re.findall(r"\w+", words)) > 2:
            found.append(words if words.endswith((".", "?", "!")) else f"{words.rstrip(' :,;—')}.")
    return found


def measured(text: str, language: str) -> float:
    """The school grade of an English text, the ease of a Spanish one."""
    if language == "en":
        textstat.set_lang("en_US")
        return float(textstat.flesch_kincaid_grade(text))
    textstat.set_lang("es")
    return float(textstat.fernandez_huerta(text))


def is_hard(score: float, language: str) -> bool:
    return score > GRADE if language == "en" else score < EASE


@pytest.fixture
def names() -> re.Pattern[str]:
    """Names of offices and jails: nobody can write them shorter."""
    known = [
        str(name)
        for model in (Provider, ReferralPartner, Facility)
        for name in model.objects.values_list("name", flat=True)
    ]
    return re.compile("|".join(re.escape(name) for name in sorted(known, key=len, reverse=True)))


def test_a_hard_text_is_found(names: re.Pattern[str]) -> None:
    hard = {
        "en": "<p>Notwithstanding considerations regarding jurisdictional eligibility, representation is "
        "contingent upon administrative determination and organizational availability.</p>",
        "es": "<p>Independientemente de consideraciones jurisdiccionales, la representación depende de determinaciones "
        "administrativas y de disponibilidades organizacionales.</p>",
    }
    for language, html in hard.items():
        assert is_hard(measured(" ".join(sentences(html, language, names)), language), language)


def test_what_cannot_be_written_shorter_is_left_out(names: re.Pattern[str]) -> None:
    office = Provider.objects.values_list("name", flat=True)[0]
    html = (
        f"<ul><li>Yes</li><li>Call {office}</li><li>Call <a>612-555-0100</a> now</li><li lang='so'>Haa wac hadda</li>"
    )

    assert sentences(html, "en", names) == []
    assert sentences(f"<p>Please call {office} today</p><p>It is free", "en", names) == [
        "Please call Ana today.",
        "It is free.",
    ]


def graded(shown: Iterator[Shown], names: re.Pattern[str]) -> list[tuple[float, str, list[str]]]:
    """Score, name and sentences of every page with something to read, each reading once."""
    seen: set[str] = set()
    found = []
    for page in shown:
        lines = sentences(main_part(page.html), page.language, names)
        whole = " ".join(lines)
        if whole not in seen and len(whole.split()) >= FEWEST_WORDS:
            seen.add(whole)
            found.append((measured(whole, page.language), page.name, lines))
    return found


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.usefixtures("ask_everything")
def test_every_page_is_easy_to_read(language: str, names: re.Pattern[str]) -> None:
    pages = sorted(graded(every_page(language), names), reverse=language == "en")

    print(f"hardest pages ({language}):", *(f"{score:6.2f}  {name}" for score, name, _lines in pages[:12]), sep="\n")
    hard = [
        f"{score:.2f} {name}\n" + "\n".join(f"    {measured(line, language):6.2f}  {line}" for line in lines)
        for score, name, lines in pages
        if is_hard(score, language)
    ]
    assert len(pages) > 20
    assert not hard, "\n".join(hard)


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_stands_around_every_page_is_easy_to_read(language: str, names: re.Pattern[str]) -> None:
    html = text(Family(language).get(""))

    around = " ".join(sentences(html.replace(main_part(html), ""), language, names))

    assert len(around.split()) >= FEWEST_WORDS
    assert not is_hard(measured(around, language), language), around


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_text_message_is_easy_to_read(language: str, names: re.Pattern[str]) -> None:
    hard = {}
    for template in TEMPLATES:
        words = " ".join(sentences(f"<p>{example(template, language)}</p>", language, names))
        if is_hard(score := measured(words, language), language):
            hard[words] = score
    assert not hard
