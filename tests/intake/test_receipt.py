"""What a family takes along: in two languages, to its own browser only, written nowhere."""

import re
import sys
import zlib
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override

from intake.receipt import Receipt, as_pdf
from intake.status import NEXT_BY_URGENCY
from privacy.return_codes import show
from referrals.models import Case, Urgency
from tests.intake.family import Family, code_on, text
from tests.intake.test_family_pages import sent_family
from web.languages import DRAFT_LANGUAGES

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]
BOTH = ["sent/receipt/", "sent/receipt.pdf"]


def a_receipt(language: str) -> Receipt:
    return Receipt(language, show("1234567890123"), "REF-TEST", NEXT_BY_URGENCY[Urgency.T0])


def plain(pdf: bytes) -> bytes:
    """The file with its packed streams unpacked."""
    return pdf + b"".join(_inflated(one) for one in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL))


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""


def letters_of(pdf: bytes) -> set[str]:
    """Every character that the file can give back as text, from its fonts' ToUnicode tables."""
    found: set[str] = set()
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", plain(pdf), re.DOTALL):
        for code in re.findall(rb"<[0-9a-fA-F]+>\s*<([0-9a-fA-F]+)>", block):
            found |= set(bytes.fromhex(code.decode()).decode("utf-16-be"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_code_number_and_whom_to_call_in_both_languages(language: str) -> None:
    family, code = sent_family(language)

    page = family.get("sent/receipt/")

    shown = text(page)
    assert code_on(page) == code
    assert Case.objects.get().reference in shown
    for phone in ("612-341-9845", "651-641-1011", settings.HELPLINE):
        assert phone in shown
    assert '<div lang="en">' in shown
    assert shown.count('<div lang="') == (1 if language == "en" else 2)
    assert "Do not sign anything." in shown
    if language == "es":
        assert "No firme nada." in shown
    assert f'href="/{language}/sent/receipt/"' in text(family.get("sent/"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_is_tagged_neutral_and_says_its_language(language: str) -> None:
    family, _code = sent_family(language)

    answer = family.get("sent/receipt.pdf")

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="receipt.pdf"'
    assert answer["Cache-Control"] == "no-store"
    file = plain(answer.content)
    assert file.startswith(b"%PDF-")
    assert re.search(rb"/Lang \(" + language.encode(), file)
    assert b"/Marked true" in file
    assert b"pdfuaid" in file
    for telling in (b"/Author", b"file:", str(settings.BASE_DIR).encode(), b"Testigo", b"ICE"):
        assert telling not in file
    if language == "en":
        assert b"Help request" in file


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_of_the_language_is_drawn(language: str) -> None:
    receipt = a_receipt(language)
    page = render_to_string("intake/receipt_print.html", receipt.context())
    body = unescape(re.sub(r"<[^>]+>", "", page.split("<body>")[1]))

    wanted = {char for char in body if not char.isspace()}

    assert wanted - letters_of(as_pdf(receipt)) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_is_one_sheet_and_says_what_nobody_has_checked(language: str) -> None:
    receipt = a_receipt(language)

    assert len(re.findall(rb"/Type /Page\b", plain(as_pdf(receipt)))) == 1
    with override(language):
        page = render_to_string("intake/receipt_print.html", receipt.context())
        note = gettext(
            "This translation is a draft, not yet checked by a person. "
            "If something is unclear, call us and ask for an interpreter."
        )
    assert (note in page) == (language in DRAFT_LANGUAGES)


@pytest.mark.parametrize("path", BOTH)
def test_only_the_browser_that_sent_the_request_gets_it(path: str) -> None:
    family, code = sent_family()

    stranger = Client().get(f"/en/{path}")

    assert stranger.status_code == 200
    assert show(code) not in stranger.content.decode()
    assert "Start here" in stranger.content.decode()
    assert family.get(path).status_code == 200
    assert family.post(path).status_code == 405


@pytest.mark.parametrize("path", BOTH)
def test_an_unsent_draft_leads_to_its_next_question(path: str) -> None:
    family = Family()
    family.begin()

    assert "/en/ask/" in family.get(path)["Location"]


@pytest.mark.parametrize("path", BOTH)
def test_it_is_gone_after_a_day_and_after_leaving(path: str) -> None:
    family, _code = sent_family()
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        assert family.get(path).status_code == 410

    family.post("leave/")

    assert "Start here" in text(family.get(path))


@pytest.fixture
def written() -> Iterator[list[str]]:
    """The files that Python opens for writing while the list is in use."""
    opened: list[str] = []
    listening = [True]

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and listening[0]:
            path, mode, flags = arguments
            if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & 3):
                opened.append(str(path))

    # A hook cannot be taken out again: it is told to stop listening.
    sys.addaudithook(listen)
    yield opened
    listening[0] = False


def test_the_file_is_made_in_memory(written: list[str]) -> None:
    as_pdf(a_receipt("es"))
    written.clear()

    assert as_pdf(a_receipt("es")).startswith(b"%PDF-")

    assert [path for path in written if path != "/dev/null"] == []


def test_that_listening_for_written_files_hears_one(written: list[str], tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")

    assert f"{tmp_path}/x" in written


def test_nothing_is_fetched_for_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *args, **kwargs: fetched.append(str(args)))
    receipt = Receipt("en", "1", '<img src="file:///etc/hostname">', NEXT_BY_URGENCY[Urgency.T3])

    assert as_pdf(receipt).startswith(b"%PDF-")
    assert fetched == []


def test_without_pango_the_page_says_print(monkeypatch: pytest.MonkeyPatch) -> None:
    family, code = sent_family()

    class Missing:
        def find_spec(self, name: str, *_rest: object) -> None:
            if name.partition(".")[0] == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])

    answer = family.get("sent/receipt.pdf")

    assert answer.status_code == 503
    assert "Please print this page" in text(answer)
    assert code_on(answer) == code
    assert "Get it as a file" not in text(answer)


def test_a_receipt_shows_no_code_in_a_log() -> None:
    assert "1234" not in repr(a_receipt("en"))
