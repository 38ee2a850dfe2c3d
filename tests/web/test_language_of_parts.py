"""A screen reader speaks each part of a page in the language the part is written in."""

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from tests.intake.every_page import ask_everything, every_page  # noqa: F401
from tests.web.reader import Block, blocks
from tests.web.sources import texts

pytestmark = pytest.mark.django_db

CODES = [code for code, _name in settings.LANGUAGES]


def test_the_language_of_each_block_is_read() -> None:
    html = '<html lang="es"><p>Hola <span lang="en">Hello</span> aquí</p><div lang="so"><p>Haa</p></div><p>No'

    assert blocks(html, "en") == [
        Block("es", "Hola"),
        Block("en", "Hello"),
        Block("es", "aquí"),
        Block("so", "Haa"),
        Block("es", "No"),
    ]


@pytest.mark.parametrize("code", [code for code in CODES if code != "en"])
@pytest.mark.usefixtures("ask_everything")
def test_no_text_is_said_to_be_in_another_language_than_it_is(code: str) -> None:
    with override(code):
        both = {text.msgid: gettext(text.msgid) for text in texts() if not text.plural and not text.context}
    in_english = {english for english, translated in both.items() if translated != english}
    translated = {both[english] for english in in_english} - set(both)
    wrong, met = set(), set()
    for page in every_page(code):
        for block in blocks(page.html, code):
            assert block.language in CODES, page.name
            met.add(block.words)
            if (block.words in in_english and block.language != "en") or (
                block.words in translated and block.language != code
            ):
                wrong.add(f"{page.name}: {block.language}: {block.words}")
    assert not wrong, "\n".join(sorted(wrong))
    assert met & in_english
    assert met & translated
