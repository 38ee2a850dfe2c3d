"""Before a deed: what it means, what the family is texted in its language and who gets it, and a sealed note."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from notifications.models import Message
from notifications.texts import render
from privacy.models import SealedDocument, WrappedKey
from referrals.actions.notes import MOST_CHARACTERS
from referrals.by_hand import DEEDS, PARTS, deeds_open_to, text_of
from referrals.models import Case, CaseEvent, State
from tests import factories
from tests.referrals.test_staff_pages import accepted, received, url, waiting

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
WORDS = "The sister calls at noon; ask for Pretend."


@pytest.fixture
def member() -> User:
    return factories.member(Role.COORDINATOR)


@pytest.fixture
def client(member: User) -> Client:
    return factories.client_of(member)


def shown(client: Client, case: Case, deed: str = "request_info") -> str:
    answer = client.get(url(case, f"do/{deed}/"))
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


def test_the_words_are_those_that_go_out_in_the_familys_language_and_in_english(client: Client) -> None:
    case = received()
    factories.contact(case, language="es")

    page = shown(client, case)
    client.post(url(case, "do/request_info/"))

    sent = Message.objects.get(case_id=case.pk, template="request_info")
    words = render(sent.template, sent.language)
    assert words != render("request_info", "en")
    assert f'lang="es">{words}<' in page
    assert render("request_info", "en") in page
    assert "Spanish, to 1 person who asked for help." in page


def test_a_deed_is_not_done_by_looking_at_its_words(client: Client) -> None:
    case = received()
    before = CaseEvent.objects.filter(case=case).count()

    shown(client, case)

    assert CaseEvent.objects.filter(case=case).count() == before
    assert not Message.objects.filter(case_id=case.pk, template="request_info").exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"may_text": False}, "One person: has not agreed to texts."),
        ({"phone_is_shared": True}, "One person: shares the phone with somebody who should not read them."),
        ({"opted_out_at": DAY}, "One person: has answered STOP."),
        (None, "Nobody is known."),
    ],
)
def test_when_nobody_is_texted_it_says_why(client: Client, changes: dict[str, Any] | None, why: str) -> None:
    case = received()
    if changes is not None:
        made = factories.contact(case)
        type(made).objects.filter(pk=made.pk).update(**changes)

    page = shown(client, case)
    client.post(url(case, "do/request_info/"))

    assert "Nobody is texted." in page
    assert why in page
    assert render("request_info", "en") not in page
    assert not Message.objects.filter(case_id=case.pk, template="request_info").exists()


def test_each_language_is_shown_once_with_how_many_it_reaches(client: Client) -> None:
    case = received()
    for language in ("es", "es", "so"):
        factories.contact(case, language=language)
    factories.contact(case, may_text=False)

    page = shown(client, case)

    assert "Spanish, to 2 people who asked for help." in page
    assert page.count(f'<p class="preview__words" lang="es">{render("request_info", "es")}</p>') == 1
    assert render("request_info", "so") in page
    assert "Not texted: One person: has not agreed to texts." in page


@pytest.mark.parametrize(
    ("now", "any_hour", "waits"), [(DAY, False, False), (NIGHT, False, True), (NIGHT, True, False)]
)
def test_at_night_it_says_until_when_the_text_waits(now: datetime, any_hour: bool, waits: bool) -> None:
    with time_machine.travel(now, tick=False):
        client = factories.client_of(factories.member(Role.COORDINATOR), unlocked=False)
        factories.room()
        case = factories.accepted_case()
        assert case.urgency == 0
        factories.contact(case, any_hour=any_hour)
        page = shown(client, case, "close")

    assert ("It is night: the text waits until Wednesday, 08:00." in page) == waits


@pytest.mark.parametrize("made", [received, waiting, accepted])
def test_every_deed_has_a_page_and_what_texts_nobody_is_done_from_the_case(
    client: Client, member: User, made: Any
) -> None:
    case = made()
    page = unescape(client.get(url(case)).content.decode())
    deeds = deeds_open_to(member.membership.actor(), case)
    assert deeds

    for deed in deeds:
        there = shown(client, case, deed)
        assert DEEDS[deed].title in there
        assert ("The family is texted nothing by this." in there) == (not text_of(deed))
        form = f'method="post" action="{url(case, f"do/{deed}/")}"'
        assert (form in page) == (not text_of(deed))
        assert url(case, f"do/{deed}/") in page


def test_every_deed_has_its_part_of_the_list_and_stands_there_once() -> None:
    assert sorted(name for part in PARTS.values() for name in part) == sorted(DEEDS)


def test_many_deeds_stand_under_headings_with_the_lawyer_first(client: Client) -> None:
    page = unescape(client.get(url(waiting())).content.decode())

    headings = re.findall(r'<h3 class="deeds__part">([^<]+)</h3>', page)
    assert headings[0] == "Find a lawyer"
    assert headings == [part for part in PARTS if part in headings]


def test_a_note_is_sealed_in_the_same_submit_and_stands_nowhere_else(client: Client) -> None:
    case = received()

    answer = client.post(url(case, "do/request_info/"), {"sealed_note": WORDS}, follow=True)

    assert Case.objects.get(pk=case.pk).state == State.NEEDS_INFO
    assert WrappedKey.objects.filter(case_id=case.pk, kind="notes").count() == 1
    assert WORDS not in answer.content.decode()
    assert list(CaseEvent.objects.filter(case=case, kind="note_added").values_list("detail", flat=True)) == [{}]
    assert WORDS in client.post(url(case, "open/notes/"), {"reason": "prepare"}).content.decode()


def test_writing_it_needs_no_unlocked_vault() -> None:
    case = received()
    client = factories.client_of(factories.member(Role.COORDINATOR), unlocked=False)

    client.post(url(case, "do/request_info/"), {"sealed_note": WORDS})

    assert SealedDocument.objects.filter(case_id=case.pk, kind="notes").count() == 1


def test_a_deed_that_is_refused_leaves_no_note(client: Client) -> None:
    case = waiting()
    full = factories.room("ILCM", ceiling=5)

    refused = client.post(url(case, "do/offer/"), {"program": full.pk, "reason": "asked_for", "sealed_note": WORDS})
    late = client.post(url(case, "do/close/"), {"outcome": "habeas_release", "sealed_note": WORDS})

    assert (refused.status_code, late.status_code) == (409, 409)
    assert WORDS in refused.content.decode()
    assert not SealedDocument.objects.filter(case_id=case.pk, kind="notes").exists()
    assert not CaseEvent.objects.filter(case=case, kind="note_added").exists()


def test_a_provider_notes_what_it_closes(member: User) -> None:
    case = accepted()
    provider = factories.client_of(factories.member(Role.PROVIDER_STAFF))

    provider.post(url(case, "do/close/"), {"outcome": "habeas_release", "sealed_note": WORDS})

    assert Case.objects.get(pk=case.pk).state == State.CLOSED
    assert set(WrappedKey.objects.filter(case_id=case.pk, kind="notes").values_list("reader", flat=True)) == {
        "hotline",
        "ahr",
    }


def test_an_endless_note_comes_back_and_nothing_is_done(client: Client) -> None:
    case = received()

    answer = client.post(url(case, "do/request_info/"), {"sealed_note": "x" * (MOST_CHARACTERS + 1)})

    assert answer.status_code == 400
    assert Case.objects.get(pk=case.pk).state == State.RECEIVED


def test_who_comes_too_late_for_the_page_reads_what_happened(client: Client) -> None:
    assert client.get(url(waiting(), "do/close/")).status_code == 409
    assert client.get(url(waiting(), "do/nonsense/")).status_code == 404
