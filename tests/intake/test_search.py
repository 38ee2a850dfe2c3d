"""The hotline finds cases by a phone or A-number, confirmed by opening; what is typed leaves no trace."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import MEMBER_ROLES, Role
from intake import search
from intake.actions import submit_draft
from intake.forms.search import NEITHER
from intake.tasks import index_lookups
from privacy import destruction, indexes, worker_key
from privacy.models import BlindIndex, DocumentKind, IndexKeyGrant, SealedDocument
from referrals.actions import withdraw
from referrals.models import AlertKind, Assignment, Case, CaseEvent, OpeningAlert
from tests import factories
from tests.intake.test_sending import a_draft

pytestmark = pytest.mark.django_db

ADDRESS = "/staff/search/"
PHONE = "+16125550123"


@pytest.fixture
def member() -> User:
    return factories.member(Role.COORDINATOR)


@pytest.fixture
def client(member: User) -> Client:
    return factories.client_of(member)


def sent(phone: str = "612-555-0123", a_number: str = "A000-123-456", **changes: Any) -> Case:
    """A case sent as a family sends it, and indexed."""
    contact, person = {"phone": phone}, {"a_number": a_number}
    case = submit_draft(draft=a_draft(contact=contact, person=person, **changes))
    index_lookups()
    return case


def search_for(client: Client, number: str) -> str:
    return str(client.post(ADDRESS, {"number": number}).content.decode())


def found_on(page: str) -> list[str]:
    return re.findall(r'<a class="reference" href="[^"]*">([A-Z0-9]{3}-[A-Z0-9]{3})</a>', page)


@pytest.mark.parametrize("number", ["612-555-0123", "+1 (612) 555 0123", "6125550123", "A000123456", "a 000-123-456"])
def test_a_case_is_found_by_its_phone_and_a_number_however_they_are_written(client: Client, number: str) -> None:
    case = sent()
    sent(phone="612-555-0144", a_number="A000-222-333")

    assert found_on(search_for(client, number)) == [case.reference]


def test_a_match_shows_state_tier_and_who_has_it(client: Client) -> None:
    factories.room()
    sent()
    colleague = factories.member(Role.COORDINATOR)
    Assignment.objects.create(
        case=Case.objects.get(),
        organization=colleague.membership.organization,
        user_id=colleague.pk,
        since=timezone.now(),
    )

    page = search_for(client, PHONE)

    assert "1 case with this phone number" in page
    assert "T0" in page
    assert "Offered" in page
    assert "AHR (asked)" in page
    assert f"{colleague.name} works on it here" in page


def test_two_cases_of_one_phone_are_both_found_newest_first(client: Client) -> None:
    older, newer = sent(), sent(a_number="A000-222-333")

    assert found_on(search_for(client, PHONE)) == [newer.reference, older.reference]


def test_nothing_found_is_said_honestly(client: Client) -> None:
    page = search_for(client, "612-555-0177")

    assert "No case with this phone number" in page
    assert "until their records are destroyed" in page


@pytest.mark.parametrize("number", ["", "K7M-4QD", "12345", "Testigo Ficticio", "x" * 41])
def test_what_is_no_number_is_explained_and_searches_nothing(client: Client, number: str) -> None:
    sent()

    page = search_for(client, number)

    assert "error-summary" in page
    assert found_on(page) == []
    assert not CaseEvent.objects.filter(kind="opened_document").exists()


def test_the_explanation_of_a_wrong_number_shows_how_to_write_it(client: Client) -> None:
    assert NEITHER in search_for(client, "K7M-4QD")


def test_another_number_with_the_same_index_is_not_shown(client: Client) -> None:
    case, stranger = sent(), sent(phone="612-555-0144", a_number="A000-222-333")
    value = indexes.index_value(worker_key.load().index_key, indexes.PHONE, PHONE)
    BlindIndex.objects.create(case_id=stranger.pk, purpose=indexes.PHONE, value=value)

    assert found_on(search_for(client, PHONE)) == [case.reference]
    assert stranger.events.filter(kind="opened_document").count() == 1


def test_each_case_that_was_opened_to_compare_says_so_and_nobodys_it_becomes(client: Client, member: User) -> None:
    case = sent()

    search_for(client, PHONE)
    search_for(client, "A000123456")

    openings = case.events.filter(kind="opened_document").order_by("sequence")
    assert [event.detail for event in openings] == [
        {"document": "contact", "reason": "search"},
        {"document": "file", "reason": "search"},
    ]
    assert {event.user_id for event in openings} == {member.pk}
    assert not Assignment.objects.exists()


def test_searching_counts_towards_many_openings(client: Client, settings: Any) -> None:
    settings.OPENINGS_AN_HOUR = 2
    for number in range(3):
        sent(a_number=f"A000-222-33{number}")

    search_for(client, PHONE)

    alert = OpeningAlert.objects.get()
    assert (alert.kind, alert.openings) == (AlertKind.MANY, 3)


def test_what_was_typed_is_in_no_address_log_event_or_session(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    sent()
    with caplog.at_level(logging.DEBUG):
        answer = client.post(ADDRESS, {"number": "612-555-0123"})

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    traces = caplog.text + repr(dict(client.session)) + repr(list(CaseEvent.objects.values_list("detail", flat=True)))
    for written in ("6125550123", "612-555-0123", "5550123"):
        assert written not in traces


def test_an_address_alone_searches_nothing(client: Client) -> None:
    sent()

    page = client.get(f"{ADDRESS}?number=6125550123").content.decode()

    assert found_on(page) == []
    assert "6125550123" not in page


def test_an_ended_case_is_found_until_it_is_destroyed(client: Client) -> None:
    case = sent()
    withdraw(case=case, by=factories.actor(Role.COORDINATOR))
    assert found_on(search_for(client, PHONE)) == [case.reference]

    now = timezone.now()
    destruction.schedule(case_id=case.pk, reason="withdrawn", due_at=now, now=now, ends_case=True)
    destruction.carry_out_due(now + timedelta(seconds=1))

    assert found_on(search_for(client, PHONE)) == []
    assert not BlindIndex.objects.filter(case_id=case.pk).exists()


def test_a_file_that_only_its_provider_can_open_may_match_and_is_not_logged_as_opened(client: Client) -> None:
    factories.room()
    case = sent()
    now = timezone.now()
    destruction.schedule(
        case_id=case.pk, reason="handed-over-file", due_at=now, now=now, kinds=[DocumentKind.FILE], readers=["hotline"]
    )
    destruction.carry_out_due(now + timedelta(seconds=1))

    page = search_for(client, "A000123456")

    assert "No case with this A-number" in page
    assert "May have it" in page
    assert found_on(page) == [case.reference]
    assert not case.events.filter(kind="opened_document").exists()


def test_a_document_that_was_changed_is_an_alarm_and_hides_no_case(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    changed, case = sent(), sent(a_number="A000-222-333")
    document = SealedDocument.objects.get(case_id=changed.pk, kind=DocumentKind.CONTACT)
    document.sealed = bytes([document.sealed[0] ^ 1]) + bytes(document.sealed)[1:]
    document.save()

    page = search_for(client, PHONE)

    assert sorted(found_on(page)) == sorted([case.reference, changed.reference])
    assert "1 case with this phone number" in page
    assert "May have it" in page
    assert "did not open" in caplog.text


def test_at_most_a_few_possible_cases_are_opened_and_the_rest_is_said(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "AT_MOST", 2)
    cases = [sent(a_number=f"A000-222-33{number}") for number in range(3)]

    page = search_for(client, PHONE)

    assert found_on(page) == [cases[2].reference, cases[1].reference]
    assert "1 older case may have it too and was not opened" in page
    assert not cases[0].events.filter(kind="opened_document").exists()


def test_before_the_worker_gave_the_index_key_search_says_that_it_is_being_prepared(client: Client) -> None:
    case = sent()
    IndexKeyGrant.objects.all().delete()

    page = search_for(client, PHONE)

    assert "Search is being prepared" in page
    assert found_on(page) == []
    assert "Search is being prepared" in client.post(f"/staff/cases/{case.reference}/alike/").content.decode()


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_only_the_hotline_searches(role: Role) -> None:
    case = sent()
    client = factories.client_of(factories.member(role))
    expected = 200 if role in (Role.COORDINATOR, Role.HOTLINE_LEAD) else 403

    assert client.get(ADDRESS).status_code == expected
    assert client.post(ADDRESS, {"number": PHONE}).status_code == expected
    assert client.post(f"/staff/cases/{case.reference}/alike/").status_code == expected


def test_a_locked_vault_is_unlocked_first(member: User) -> None:
    case = sent()
    client = factories.client_of(member, unlocked=False)

    assert client.get(ADDRESS)["Location"].startswith("/staff/vault/unlock/")
    assert client.post(ADDRESS, {"number": PHONE}).status_code == 403
    assert client.post(f"/staff/cases/{case.reference}/alike/").status_code == 403
    assert not CaseEvent.objects.filter(kind="opened_document").exists()


def test_from_a_case_others_with_its_phone_or_a_number_are_found(client: Client) -> None:
    case = sent()
    same_phone = sent(a_number="A000-222-333")
    same_person = sent(phone="612-555-0144")
    sent(phone="612-555-0155", a_number="A000-444-555")
    address = f"/staff/cases/{case.reference}/alike/"

    page = client.post(address).content.decode()

    assert "Look for the same phone or A-number" in client.get(f"/staff/cases/{case.reference}/").content.decode()
    assert found_on(page) == [same_phone.reference, same_person.reference]
    assert case.events.filter(kind="opened_document").count() == 2
    assert client.get(address).status_code == 302


def test_a_case_without_numbers_has_nothing_to_be_compared_by(client: Client) -> None:
    case = factories.case()

    page = client.post(f"/staff/cases/{case.reference}/alike/").content.decode()

    assert "No phone or A-number was given" in page
