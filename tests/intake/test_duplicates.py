"""Two relatives, one person: found by the worker, and compared by a coordinator."""

import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import MEMBER_ROLES, Actor, Role
from intake.duplicates import name_by_hand, to_compare
from intake.lookup import index_case, lookup_of
from intake.models import LikelyDuplicate, MatchedBy, PairState
from intake.tasks import find_duplicates, index_lookups
from notifications.models import Contact
from privacy import indexes, vault, worker_key
from privacy.models import BlindIndex, DocumentKind, SealedDocument, WrappedKey
from referrals.actions import reopen, withdraw
from referrals.actions.endings import ReopenReason
from referrals.models import Case, CaseEvent, TaskKind
from tests import factories
from tests.intake.family import text
from tests.intake.two_requests import A_NUMBER, at_once, open_tasks, sent, two, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return factories.member(Role.COORDINATOR)


@pytest.fixture
def by(ana: User) -> Actor:
    return ana.membership.actor()


@pytest.fixture
def hotline(ana: User) -> Client:
    return factories.client_of(ana)


# What the worker finds.


def test_two_cases_with_one_a_number_become_a_task_on_the_newer() -> None:
    older, newer, *_ = two()

    pair = LikelyDuplicate.objects.get()
    assert {pair.one_id, pair.other_id} == {older.pk, newer.pk}
    assert (pair.matched_by, pair.state) == (MatchedBy.A_NUMBER, PairState.OPEN)
    assert (open_tasks(older), open_tasks(newer)) == ([], [TaskKind.LIKELY_DUPLICATE])
    assert newer.tasks.get(kind=TaskKind.LIKELY_DUPLICATE).due_at > timezone.now()
    event = CaseEvent.objects.get(kind="likely_duplicate")
    assert (event.case, event.detail) == (newer, {"other": older.reference, "matched": "a_number"})


def test_whichever_is_indexed_first_the_newer_has_the_task() -> None:
    older, newer = sent(A_NUMBER)[0], sent(A_NUMBER)[0]
    key = worker_key.load()

    index_case(newer.pk, key)
    index_case(older.pk, key)

    assert (open_tasks(older), open_tasks(newer)) == ([], [TaskKind.LIKELY_DUPLICATE])


def a_person(names: str, birth_day: str | None, country: str = "") -> Case:
    """A case whose look-up has this person, indexed."""
    case = factories.case()
    told = lookup_of({}, {"names": names, "birth_day": birth_day}, {"country": country})
    vault.seal(case_id=case.pk, kind=DocumentKind.LOOKUP, payload=told, readers=[vault.WORKER], now=timezone.now())
    index_lookups()
    return case


@pytest.mark.parametrize(
    ("one", "other", "is_likely"),
    [
        (("José Hernández Peña", "1990-05-02"), ("Pena, Jose Ernandes", "1990-05-02"), True),
        (("Maxamed Cabdi Faarax", "1985-01-01", "Soomaaliya"), ("Mohamed Abdi", "1985-01-01", "Somalia"), True),
        # One of the two did not know the country.
        (("Nhia Vang", "1985-01-01", "Laos"), ("Nhia Vaj", "1985-01-01"), True),
        (("Nhia Vang", "1985-01-01"), ("Nhia Vaj", "1985-01-01", "Laos"), True),
        (("Ana Luz Vega", "1990-05-02", "México"), ("Ana Luz Vega", "1990-05-02", "Perú"), False),
        (("José Hernández", "1990-05-02"), ("José Hernández", "1990-05-03"), False),
        (("José Hernández", "1990-05-02"), ("José Martínez", "1990-05-02"), False),
        (("José Hernández", None), ("José Hernández", None), False),
        (("José Hernández", "1990"), ("José Hernández", "1990"), False),
        (("Hernández", "1990-05-02"), ("Hernández", "1990-05-02"), False),
    ],
)
def test_a_person_is_matched_by_two_names_and_the_birth_day(one: Any, other: Any, is_likely: bool) -> None:
    a_person(*one)
    a_person(*other)

    pairs = LikelyDuplicate.objects.values_list("matched_by", flat=True)
    assert list(pairs) == ([MatchedBy.PERSON] if is_likely else [])


def test_a_person_has_few_rows_and_none_of_them_is_readable() -> None:
    case = a_person("Uno Dos Tres Cuatro Cinco Seis Siete", "1990-05-02", "Mexico")

    rows = BlindIndex.objects.filter(case_id=case.pk)
    assert rows.count() <= 10
    assert {row.purpose for row in rows} == {indexes.PERSON, indexes.BORN_IN}
    assert not SealedDocument.objects.filter(case_id=case.pk, kind=DocumentKind.LOOKUP).exists()
    assert not WrappedKey.objects.filter(case_id=case.pk, kind=DocumentKind.LOOKUP).exists()


def test_one_phone_is_no_duplicate_and_an_ended_case_neither(by: Actor) -> None:
    sent(phone="612-555-0144")
    ended, _ = sent(A_NUMBER, phone="612-555-0144")
    index_lookups()
    withdraw(case=ended, by=by)
    sent(A_NUMBER)
    index_lookups()

    assert not LikelyDuplicate.objects.exists()


def test_found_again_it_is_noted_once() -> None:
    older, newer, *_ = two()
    for case in (older, newer):
        payload = lookup_of({}, {}, {"a_number": A_NUMBER})
        vault.seal(
            case_id=case.pk, kind=DocumentKind.LOOKUP, payload=payload, readers=[vault.WORKER], now=timezone.now()
        )

    index_lookups()

    assert LikelyDuplicate.objects.count() == 1
    assert CaseEvent.objects.filter(kind="likely_duplicate").count() == 1


def test_a_worker_that_died_before_it_noted_the_pair_is_finished_by_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    sent(A_NUMBER)
    index_lookups()
    newer, _ = sent(A_NUMBER)
    with monkeypatch.context() as dying:
        dying.setattr("intake.lookup.note_likely_duplicates", lambda **_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            index_case(newer.pk, worker_key.load())
    assert not LikelyDuplicate.objects.exists()

    index_lookups()

    assert LikelyDuplicate.objects.count() == 1
    assert not SealedDocument.objects.filter(kind=DocumentKind.LOOKUP).exists()


def test_a_case_that_was_over_and_is_taken_up_again_is_found_at_night(by: Actor) -> None:
    older, _ = sent(A_NUMBER)
    index_lookups()
    withdraw(case=older, by=by)
    newer, _ = sent(A_NUMBER)
    index_lookups()
    assert not LikelyDuplicate.objects.exists()
    reopen(case=Case.objects.get(pk=older.pk), reason=ReopenReason.FOUND_AGAIN, by=by)

    find_duplicates()
    find_duplicates()

    assert LikelyDuplicate.objects.count() == 1
    assert open_tasks(newer) == [TaskKind.LIKELY_DUPLICATE]


def test_a_provider_does_not_read_of_the_other_request() -> None:
    factories.room()
    older, newer, *_ = two()
    client = factories.client_of(factories.member(Role.PROVIDER_LEAD))

    page = text(client.get(f"/staff/cases/{newer.reference}/"))  # type: ignore[arg-type]

    assert older.reference not in page


# The page.


def test_the_page_lists_what_to_compare_and_opening_needs_a_reason(hotline: Client) -> None:
    older, newer, *_ = two()

    listed = text(hotline.get(url(newer)))  # type: ignore[arg-type]
    refused = hotline.post(url(newer), {"other": older.reference})

    assert older.reference in listed
    assert "The same A-number" in listed
    assert f'href="{url(newer)}"' in text(hotline.get(f"/staff/cases/{newer.reference}/"))  # type: ignore[arg-type]
    assert "error-summary" in text(refused)  # type: ignore[arg-type]
    assert not CaseEvent.objects.filter(kind="opened_document").exists()


def test_side_by_side_both_are_opened_and_both_logs_say_so(hotline: Client, ana: User) -> None:
    older, newer, *_ = two()

    page = text(hotline.post(url(newer), {"other": older.reference, "reason": "compare"}))  # type: ignore[arg-type]

    assert "+16125550123" in page
    assert "+16125550144" in page
    assert page.count("000123456") == 2
    assert page.index(older.reference) < page.index(f"keep {newer.reference}")
    assert re.findall(r'value="(keep [A-Z0-9-]+|not_same)"', page) == [
        f"keep {older.reference}",
        f"keep {newer.reference}",
        "not_same",
    ]
    for case in (older, newer):
        openings = case.events.filter(kind="opened_document")
        assert [event.detail["document"] for event in openings] == ["names", "file", "facts", "contact"]
        assert {(event.detail["reason"], event.user_id) for event in openings} == {("compare", ana.pk)}


def test_what_is_not_a_pair_opens_nothing(hotline: Client) -> None:
    case, other = sent(A_NUMBER)[0], sent("A000-222-333")[0]

    answer = hotline.post(url(case), {"other": other.reference, "reason": "compare"})

    assert answer.status_code == 409
    assert hotline.post(url(case), {"other": "AAA-AAA", "reason": "compare"}).status_code == 404
    assert not CaseEvent.objects.filter(kind="opened_document").exists()


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_only_the_hotline_compares(role: Role) -> None:
    older, newer, *_ = two()
    client = factories.client_of(factories.member(role))
    expected = 200 if role in (Role.COORDINATOR, Role.HOTLINE_LEAD) else 403

    assert client.get(url(newer)).status_code == expected
    assert client.post(url(newer), {"other": older.reference, "reason": "compare"}).status_code == expected


def test_a_locked_vault_opens_and_joins_nothing(ana: User) -> None:
    older, newer, *_ = two()
    client = factories.client_of(ana, unlocked=False)

    assert client.get(url(newer))["Location"].startswith("/staff/vault/unlock/")
    answer = client.post(url(newer), {"other": older.reference, "decision": f"keep {older.reference}"})
    assert answer.status_code == 403
    assert Case.objects.get(pk=newer.pk).is_open


def test_not_the_same_ends_the_task_and_is_not_asked_again(hotline: Client) -> None:
    older, newer, *_ = two()

    hotline.post(url(newer), {"other": older.reference, "decision": "not_same"})

    pair = LikelyDuplicate.objects.get()
    assert (pair.state, pair.decided_at is not None) == (PairState.NOT_SAME, True)
    assert open_tasks(newer) == []
    assert CaseEvent.objects.filter(kind="not_duplicate").count() == 2
    page = text(hotline.get(url(newer)))  # type: ignore[arg-type]
    assert "None to compare now" in page
    assert "Not the same person" in page
    assert (
        hotline.post(url(newer), {"other": older.reference, "decision": f"keep {older.reference}"}).status_code == 409
    )
    assert Case.objects.get(pk=newer.pk).is_open


def test_the_page_joins_and_leads_to_the_case_that_goes_on(hotline: Client) -> None:
    older, newer, *_ = two()

    answer = hotline.post(url(newer), {"other": older.reference, "decision": f"keep {older.reference}"})

    assert answer["Location"] == f"/staff/cases/{older.reference}/"
    assert Case.objects.get(pk=newer.pk).duplicate_of == older


@pytest.mark.django_db(transaction=True)
def test_two_cases_indexed_at_once_are_one_pair() -> None:
    one, other = sent(A_NUMBER)[0], sent(A_NUMBER)[0]
    key = worker_key.load()

    at_once(lambda: index_case(one.pk, key), lambda: index_case(other.pk, key))
    index_lookups()

    assert LikelyDuplicate.objects.count() == 1
    assert CaseEvent.objects.filter(kind="likely_duplicate").count() == 1


# A pair that no index found.


def test_a_pair_named_by_hand_is_compared_and_joined_like_one_that_was_found(hotline: Client) -> None:
    older, _ = sent()
    newer, _ = sent(phone="612-555-0144")
    index_lookups()
    assert not to_compare(newer).exists()

    answer = hotline.post(url(newer), {"number": older.reference.lower().replace("-", "")})

    assert answer.status_code == 302
    (pair,) = to_compare(newer)
    assert (pair.matched_by, pair.beside(newer)) == (MatchedBy.BY_HAND, older)
    assert open_tasks(newer)
    hotline.post(url(newer), {"other": older.reference, "decision": f"keep {older.reference}"})
    newer.refresh_from_db()
    assert newer.duplicate_of == older
    assert Contact.objects.filter(case_id=older.pk).count() == 2


def test_naming_a_pair_twice_or_one_decided_before_changes_nothing(hotline: Client) -> None:
    older, newer, *_ = two()
    hotline.post(url(newer), {"other": older.reference, "decision": "not_same"})

    for _ in range(2):
        hotline.post(url(older), {"number": newer.reference})

    (pair,) = LikelyDuplicate.objects.all()
    assert (pair.state, pair.matched_by) == (PairState.NOT_SAME, MatchedBy.A_NUMBER)


def test_what_cannot_be_named_is_said_on_the_page(hotline: Client, by: Actor) -> None:
    case, _ = sent()
    over, _ = sent()
    withdraw(case=over, by=by)

    said = {
        number: text(hotline.post(url(case), {"number": number}))  # type: ignore[arg-type]
        for number in ("", "AAA-AAA", case.reference, over.reference)
    }

    assert "Write the number of the other request" in said[""]
    assert "There is no request with this number" in said["AAA-AAA"]
    assert "is this request itself" in said[case.reference]
    assert "only open requests are compared" in said[over.reference]
    assert not LikelyDuplicate.objects.exists()


@pytest.mark.parametrize("role", [Role.PROVIDER_LEAD, Role.FINANCE])
def test_only_the_hotline_names_a_pair(role: Role) -> None:
    older, _ = sent()
    newer, _ = sent()

    with pytest.raises(PermissionDenied):
        name_by_hand(case=newer, other=older, by=factories.actor(role))
