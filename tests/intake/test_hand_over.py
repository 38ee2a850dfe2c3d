"""The opened file in a provider's own case system: who takes it, what is in it, and what the log says."""

import json
import re
import sys
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models import TextChoices
from django.test import Client
from django.utils import timezone
from django.utils.timezone import localdate

from accounts.roles import Role
from intake import hand_over
from intake.actions import correct_facts, submit_draft
from privacy import vault
from privacy.models import DocumentKind, SealedDocument, WrappedKey
from referrals import tasks
from referrals.actions.notes import add_note
from referrals.facts import CHOSEN, Facts
from referrals.models import Case, CaseEvent, Custody, Offer
from tests import factories
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

Commits = Callable[..., AbstractContextManager[Any]]
DESCRIBED = (Path(settings.BASE_DIR) / "docs" / "hand-over.md").read_text()


@pytest.fixture
def case(django_capture_on_commit_callbacks: Commits) -> Case:
    """The story's case, accepted by AHR, which can read all of it."""
    factories.room("AHR", "detained_full", ceiling=60)
    with django_capture_on_commit_callbacks(execute=True):
        made = submit_draft(draft=a_draft())
        offer = factories.live_offer(made)
        factories.accept(offer)
    tasks.share_contact(str(offer.pk))
    add_note(case=made, text="Habla mixteco. <b>Llamar</b> de noche.", by=factories.actor(Role.COORDINATOR))
    return Case.objects.select_related("facility").get(pk=made.pk)


@pytest.fixture
def provider() -> Client:
    return factories.client_of(factories.member(Role.PROVIDER_STAFF))


def path(case: Case) -> str:
    return f"/staff/cases/{case.reference}/hand-over/"


def taken(client: Client, case: Case) -> dict[str, Any]:
    answer = client.post(path(case), {"format": "json"})
    assert answer.status_code == 200
    handed: dict[str, Any] = json.loads(answer.content)
    return handed


def test_the_provider_takes_everything_as_json(provider: Client, case: Case) -> None:
    handed = taken(provider, case)

    assert handed["format"] == "case-hand-over"
    assert handed["version"] == hand_over.VERSION
    assert handed["case"]["reference"] == case.reference
    assert "Whipple" in handed["case"]["facility"]
    assert handed["names"] == {
        "names": "Testigo Ficticio Ñandú",
        "other_names": "Testigo Fictisio",
        "birth_day": "1990-05-28",
    }
    assert (handed["file"]["a_number"], handed["file"]["country"]) == ("000123456", "Ecuador")
    (contact,) = handed["contacts"]
    assert (contact["phone"], contact["caller_name"], contact["hours"]) == ("+16125550123", "Madre Inventada", "any")
    assert (handed["facts"]["place"], handed["facts"]["entry"]) == ("whipple", "uninspected")
    assert handed["notes"][0]["note"] == "Habla mixteco. <b>Llamar</b> de noche."


def test_the_code_word_stays_with_the_hotline(provider: Client, case: Case) -> None:
    pdf_page = hand_over.as_page(opened_by_ahr(case), today=localdate())

    assert "Jacaranda" not in json.dumps(taken(provider, case)) + pdf_page
    assert "code word" not in pdf_page


def test_every_contact_and_the_newest_answers_are_in_it(provider: Client, case: Case) -> None:
    vault.seal(
        case_id=case.pk,
        kind=DocumentKind.CONTACT,
        payload={"caller_name": "Tío Inventado", "phone": "+16125550124"},
        readers=["worker", "hotline", "ahr"],
        subject=uuid4(),
        now=timezone.now(),
    )
    by = factories.actor(Role.COORDINATOR)
    correct_facts(case=case, facts=factories.held_facts(zip_code="55411"), seen_version=1, by=by)

    handed = taken(provider, case)

    assert [contact["caller_name"] for contact in handed["contacts"]] == ["Madre Inventada", "Tío Inventado"]
    assert handed["facts"]["zip_code"] == "55411"


def opened_by_ahr(case: Case) -> hand_over.OpenedFile:
    return hand_over.opened_file(case, keys=keys_for("ahr"), now=timezone.now())


def test_the_page_to_print_has_the_same_in_words_and_no_word_is_taken_for_markup(case: Case) -> None:
    page = hand_over.as_page(opened_by_ahr(case), today=localdate())

    for words in ("Testigo Ficticio Ñandú", "000123456", "+16125550123", "Madre Inventada", "Whipple", case.reference):
        assert words in page
    assert "&lt;b&gt;Llamar&lt;/b&gt;" in page
    headings = re.findall("<h2>(.*?)</h2>", page)
    assert headings == ["Case", "Contact", "Facts that decide", "Names", "File", "Notes"]
    assert "<dt>Written by</dt>" in page


def test_the_pdf_names_nobody_who_made_it_and_no_place_it_was_made_at(provider: Client, case: Case) -> None:
    answer = provider.post(path(case), {"format": "pdf"})

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    pdf = answer.content
    assert pdf.startswith(b"%PDF-")
    plain = pdf + b"".join(inflated(stream) for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL))
    information = re.search(rb"<<[^<>]*/Producer[^<>]*>>", plain)
    assert information
    assert re.findall(rb"/([A-Z][A-Za-z]+)", information[0]) == [b"Producer", b"Title"] + (
        [b"WeasyPrint"] if b"/WeasyPrint" in information[0] else []
    )
    assert f"/Title ({case.reference})".encode() in information[0]
    for place in (b"file:", str(settings.BASE_DIR).encode(), b"/Author", b"/CreationDate", b"Test Provider staff"):
        assert place not in plain


def inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream.strip(b"\r\n"))
    except zlib.error:
        return b""


def test_nothing_is_fetched_for_the_pdf(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *args, **kwargs: fetched.append(str(args)))
    file = opened_by_ahr(case)
    file.parts[0][2]["caller_name"] = (
        '<img src="file:///etc/hostname"><link rel="stylesheet" href="http://127.0.0.1/x">'
    )

    assert hand_over.as_pdf(file, today=localdate()).startswith(b"%PDF-")
    assert fetched == []


def test_without_pango_the_page_says_so_and_json_still_works(
    provider: Client, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Missing:
        def find_spec(self, name: str, *_rest: object) -> None:
            if name.partition(".")[0] == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])

    answer = provider.post(path(case), {"format": "pdf"})

    assert answer.status_code == 503
    assert "This server cannot make PDF files" in answer.content.decode()
    assert taken(provider, case)


@pytest.mark.parametrize("format_", ["json", "pdf"])
def test_the_answer_is_a_neutral_attachment_that_nobody_stores(format_: str, provider: Client, case: Case) -> None:
    answer = provider.post(path(case), {"format": format_})

    assert answer["Content-Disposition"] == f'attachment; filename="{case.reference}.{format_}"'
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("query", ["", "?format=json", "?format=pdf"])
def test_no_address_leads_to_the_content(query: str, provider: Client, case: Case) -> None:
    answer = provider.get(path(case) + query)

    assert answer.status_code == 200
    for word in ("Testigo", "000123456", "6125550123", "Madre"):
        assert word not in answer.content.decode()
    assert not CaseEvent.objects.filter(kind="opened_document", detail__reason="hand_over").exists()


@pytest.mark.parametrize("posted", [{}, {"format": "xlsx"}, {"format": ""}])
def test_an_unknown_format_shows_the_page_and_opens_nothing(
    posted: dict[str, str], provider: Client, case: Case
) -> None:
    assert "Download as JSON" in provider.post(path(case), posted).content.decode()
    assert not CaseEvent.objects.filter(kind="opened_document", detail__reason="hand_over").exists()


def test_taking_it_is_logged_as_opening_each_part(case: Case) -> None:
    member = factories.member(Role.PROVIDER_STAFF)

    taken(factories.client_of(member), case)

    told = CaseEvent.objects.filter(kind="opened_document", user_id=member.pk)
    assert [event.detail for event in told.order_by("sequence")] == [
        {"document": kind, "reason": "hand_over"} for kind in ("contact", "facts", "names", "file", "notes")
    ]


def test_nothing_is_given_when_the_log_cannot_be_written(
    provider: Client, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_event: object) -> None:
        raise RuntimeError("the log is away")

    monkeypatch.setattr("intake.views.hand_over.record_opening", broken)
    monkeypatch.setattr(
        "intake.hand_over.opened_file", lambda *args, **kwargs: pytest.fail("opened before it was logged")
    )

    with pytest.raises(RuntimeError, match="the log is away"):
        provider.post(path(case), {"format": "json"})


@pytest.mark.parametrize(
    ("role", "slug", "status"),
    [
        (Role.COORDINATOR, "", 403),
        (Role.HOTLINE_LEAD, "", 403),
        (Role.AUDITOR, "", 403),
        (Role.OPERATOR, "", 403),
        (Role.PROVIDER_STAFF, "vln", 404),
        (Role.PROVIDER_LEAD, "", 200),
    ],
)
def test_only_the_provider_that_holds_the_case_takes_it(role: Role, slug: str, status: int, case: Case) -> None:
    client = factories.client_of(factories.member(role, slug))

    assert client.get(path(case)).status_code == status
    assert client.post(path(case), {"format": "json"}).status_code == status


def test_a_provider_that_is_only_asked_takes_nothing(provider: Client) -> None:
    factories.room("AHR", "detained_full", ceiling=60)
    case = submit_draft(draft=a_draft())

    assert provider.post(path(case), {"format": "json"}).status_code == 403


def test_who_is_locked_unlocks_first(case: Case) -> None:
    client = factories.client_of(factories.member(Role.PROVIDER_STAFF), unlocked=False)

    assert "/vault/unlock/" in client.get(path(case))["Location"]
    assert client.post(path(case), {"format": "json"}).status_code == 403
    assert Client().get(path(case))["Location"].startswith("/staff/sign-in/")


def test_confirming_from_the_page_starts_the_end_of_the_hotlines_copy(provider: Client, case: Case) -> None:
    page = provider.get(path(case)).content.decode()
    confirm = f"/staff/cases/{case.reference}/do/confirm_handed_over/"
    assert confirm in page

    answer = provider.post(confirm, follow=True).content.decode()

    assert f"{case.reference}: handed over." in answer
    assert "AHR has the file in its own case system." in answer
    assert "The hotline&#x27;s copy of file will be destroyed on" in answer
    assert Offer.objects.get(case=case).handed_over_at is not None
    assert confirm not in provider.get(path(case)).content.decode()
    assert provider.post(confirm).status_code == 409


def test_what_has_not_arrived_is_named_and_cannot_be_confirmed(provider: Client, case: Case) -> None:
    WrappedKey.objects.filter(case_id=case.pk, reader="ahr", kind=DocumentKind.FILE).delete()

    page = provider.get(path(case)).content.decode()
    handed = taken(provider, case)

    assert "Not here yet: file." in page
    assert "do/confirm_handed_over/" not in page
    assert handed["file"] is None
    assert handed["names"]
    assert provider.post(f"/staff/cases/{case.reference}/do/confirm_handed_over/").status_code == 409


def test_a_changed_document_is_an_error_and_never_left_out(provider: Client, case: Case) -> None:
    document = SealedDocument.objects.get(case_id=case.pk, kind=DocumentKind.FILE)
    changed = bytes(document.sealed)
    SealedDocument.objects.filter(pk=document.pk).update(sealed=changed[:-1] + bytes([changed[-1] ^ 1]))

    with pytest.raises(vault.Unreadable):
        provider.post(path(case), {"format": "json"})


def names_in(value: Any) -> set[str]:
    """Every name of a JSON object, at any depth."""
    if isinstance(value, dict):
        return set(value) | {name for inner in value.values() for name in names_in(inner)}
    return {name for inner in value for name in names_in(inner)} if isinstance(value, list) else set()


def test_every_name_and_code_of_the_json_is_described(provider: Client, case: Case) -> None:
    choices: list[type[TextChoices]] = [*CHOSEN.values(), Custody]
    codes = {str(code) for kind in choices for code in kind.values}

    described = set(re.findall(r"`([\w-]+)`", DESCRIBED))

    assert names_in(taken(provider, case)) - described == set()
    assert codes - described == set()
    assert set(Facts().to_payload()) - described == set()
    assert f"version {hand_over.VERSION}" in DESCRIBED
