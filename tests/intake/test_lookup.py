"""A number is found however it was written; the worker's indexes hold it in no readable form and die with the case."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from intake.actions import submit_draft
from intake.forms.fields import ANumber, Phone
from intake.lookup import (
    cases_to_index,
    index_case,
    lookup_of,
    normalized_a_number,
    number_meant,
)
from intake.tasks import give_index_key_to_hotline, index_lookup, index_lookups
from privacy import destruction, holders, indexes, vault, worker_key
from privacy.models import BlindIndex, DocumentKind, IndexKeyGrant, ReaderKey, SealedDocument, WrappedKey
from tests import factories
from tests.intake.family import STORY
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for
from web.phone_numbers import e164

NOW = factories.OFFICE_HOURS
PHONE, A_NUMBER = "+16125550123", "000123456"
GAPS = st.sampled_from(["", " ", "-", ".", "  ", "–", "\u00a0"])


@given(st.integers(0, 99), GAPS, GAPS, st.sampled_from(["", "1", "+1", "1-", "+1 ", "+1 (0"]), st.booleans())
def test_a_phone_is_one_number_however_it_is_written(
    last: int, gap: str, other: str, country: str, parens: bool
) -> None:
    area = "(612)" if parens or country.endswith("(0") else "612"
    typed = f"{country.removesuffix('(0')}{gap}{area}{other}555{gap}01{last:02d}"

    assert e164(typed) == f"+1612555{100 + last:04d}"[:12]
    assert number_meant(typed) == (indexes.PHONE, e164(typed))


@given(st.integers(1, 999_999), GAPS, GAPS, st.sampled_from(["A", "a", "A#", "a# ", "A-", "", "#", "A "]))
def test_an_a_number_is_one_number_however_it_is_written(number: int, gap: str, other: str, prefix: str) -> None:
    digits = f"{number:09d}"
    typed = f"{prefix}{digits[:3]}{gap}{digits[3:6]}{other}{digits[6:]}"

    assert normalized_a_number(typed) == digits
    assert number_meant(f"  {typed} ") == (indexes.A_NUMBER, digits)


@given(st.text(max_size=40))
def test_whatever_is_typed_normalizes_to_nothing_or_to_one_form_that_stays(typed: str) -> None:
    phone, a_number = e164(typed), normalized_a_number(typed)

    assert phone == "" or re.fullmatch(r"\+[0-9]{7,15}", phone)
    assert e164(phone) == phone
    assert a_number == "" or re.fullmatch(r"[0-9]{9}", a_number)
    assert normalized_a_number(a_number) == a_number


@pytest.mark.parametrize("typed", ["612-555-0123 x45", "612-555-0123 ext 45", "612-555-0123#45", "6125550123;ext=45"])
def test_an_extension_is_no_number_that_can_be_called_nor_another_one(typed: str) -> None:
    assert e164(typed) == ""


@given(
    st.one_of(st.from_regex(r"\+?1?[ (]{0,2}612[) .-]{0,2}555[ .-]?01[0-9]{2}", fullmatch=True), st.text(max_size=20))
)
def test_what_a_family_may_write_as_its_phone_is_found_as_the_form_kept_it(typed: str) -> None:
    try:
        kept = Phone(required=False).clean(typed)
    except ValidationError:
        return

    assert e164(kept) == kept
    assert kept == "" or e164(typed.strip()) == kept


@given(st.one_of(st.from_regex(r"[aA]?[ #-]?000[ .-]?[0-9]{3}[ .-]?[0-9]{3}", fullmatch=True), st.text(max_size=20)))
def test_what_a_family_may_write_as_its_a_number_is_found_as_the_form_kept_it(typed: str) -> None:
    try:
        kept = ANumber(required=False).clean(typed)
    except ValidationError:
        return

    assert normalized_a_number(kept) == kept
    assert kept == "" or normalized_a_number(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "A", "K7M-4QD", "612", "612-555", "000000000", "A1234", "1234567890123456", "Testigo", "612-LAW-HELP"]
)
def test_what_is_neither_a_phone_nor_an_a_number_is_nothing(typed: str) -> None:
    assert number_meant(typed) is None


def test_seven_to_nine_digits_are_filled_to_one_a_number() -> None:
    assert {normalized_a_number(typed) for typed in ("A0123456", "A00123456", "000123456", "00-123-456")} == {A_NUMBER}


def test_the_look_up_of_a_case_without_numbers_is_empty() -> None:
    assert lookup_of({}, {}, {}) == {"phone": [""], "a_number": [""], "person": [], "born_in": []}


@pytest.fixture
def sent(db: None) -> UUID:
    """The story's case, sent and not indexed yet."""
    return submit_draft(draft=a_draft()).pk


def indexed(case_id: UUID) -> set[tuple[str, int]]:
    return set(BlindIndex.objects.filter(case_id=case_id).values_list("purpose", "value"))


def expected() -> set[tuple[str, int]]:
    """What the story is found by: the two numbers, and each part of the names with the birth day and the country."""
    key, person = worker_key.load().index_key, STORY["person"]
    told = lookup_of(STORY["contact"], person | {"birth_day": "1990-05-28"}, person)
    assert (told[indexes.PHONE], told[indexes.A_NUMBER]) == ([PHONE], [A_NUMBER])
    return {(purpose, indexes.index_value(key, purpose, value)) for purpose in told for value in told[purpose]}


def lookups(case_id: UUID) -> int:
    return (
        SealedDocument.objects.filter(case_id=case_id, kind=DocumentKind.LOOKUP).count()
        + WrappedKey.objects.filter(case_id=case_id, kind=DocumentKind.LOOKUP).count()
    )


def test_the_worker_indexes_a_new_case_and_destroys_the_look_up(sent: UUID) -> None:
    assert lookups(sent) == 2

    index_lookup(str(sent))
    index_lookup(str(sent))

    assert indexed(sent) == expected()
    assert lookups(sent) == 0
    assert cases_to_index() == []


def test_sending_asks_the_worker_to_index(
    db: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    asked: list[tuple[str, list[UUID]]] = []
    monkeypatch.setattr("intake.actions.ask_worker", lambda task, ids: asked.append((task, list(ids))))

    with django_capture_on_commit_callbacks(execute=True):
        case = submit_draft(draft=a_draft())

    assert (index_lookup.name, [case.pk]) in asked


def test_what_the_broker_lost_is_found_by_the_clock_and_one_that_fails_does_not_stop_the_others(
    sent: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    other = submit_draft(draft=a_draft()).pk
    document = SealedDocument.objects.get(case_id=sent, kind=DocumentKind.LOOKUP)
    document.sealed = bytes([document.sealed[0] ^ 1]) + bytes(document.sealed)[1:]
    document.save()

    index_lookups()

    assert indexed(other) == expected()
    assert indexed(sent) == set()
    assert lookups(sent) == 2
    assert "is not indexed yet" in caplog.text


def test_a_worker_that_died_half_way_is_finished_by_the_next(sent: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(SealedDocument, "delete", lambda self: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            index_lookup(str(sent))
    assert lookups(sent) == 1

    index_lookup(str(sent))

    assert (indexed(sent), lookups(sent)) == (expected(), 0)


def test_a_second_look_up_adds_the_corrected_number(sent: UUID) -> None:
    corrected = lookup_of({"phone": "612-555-0155"}, {}, {})
    vault.seal(case_id=sent, kind=DocumentKind.LOOKUP, payload=corrected, readers=[vault.WORKER], now=NOW)

    index_lookup(str(sent))

    key = worker_key.load().index_key
    new = (indexes.PHONE, indexes.index_value(key, indexes.PHONE, "+16125550155"))
    assert indexed(sent) == expected() | {new}
    assert lookups(sent) == 0


def test_a_case_that_ends_while_it_is_indexed_leaves_no_index(sent: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    write = indexes.write_indexes

    def write_after_the_end(*args: Any) -> None:
        # Destruction takes the wraps first and the indexes second: here it did both before these were written.
        WrappedKey.objects.filter(case_id=sent).delete()
        BlindIndex.objects.filter(case_id=sent).delete()
        write(*args)

    monkeypatch.setattr(indexes, "write_indexes", write_after_the_end)

    index_case(sent, worker_key.load())

    assert indexed(sent) == set()


def test_indexes_die_with_the_case(sent: UUID) -> None:
    index_lookup(str(sent))

    destruction.schedule(case_id=sent, reason="closed", due_at=NOW, now=NOW, ends_case=True)
    destruction.carry_out_due(NOW + timedelta(seconds=1))

    assert indexed(sent) == set()


def test_an_unindexed_case_that_ends_is_not_indexed_afterwards(sent: UUID) -> None:
    destruction.schedule(case_id=sent, reason="closed", due_at=NOW, now=NOW, ends_case=True)
    destruction.carry_out_due(NOW + timedelta(seconds=1))

    index_lookups()

    assert indexed(sent) == set()


def test_a_new_hotline_key_is_given_the_index_key_once(db: None) -> None:
    holder = holders.recovery_holder("hotline")
    holders.make_holder(holder, "obvious test words", now=NOW)
    keys = holders.make_reader("hotline", [holder], now=NOW)
    assert indexes.index_key_of(keys) is None

    give_index_key_to_hotline()
    sealed = IndexKeyGrant.objects.get(reader_key_id__in=keys.private).sealed
    give_index_key_to_hotline()

    assert indexes.index_key_of(keys) == worker_key.load().index_key
    assert IndexKeyGrant.objects.get(reader_key_id__in=keys.private).sealed == sealed


def test_no_provider_is_given_the_index_key(db: None) -> None:
    give_index_key_to_hotline()

    theirs = ReaderKey.objects.exclude(reader="hotline").values_list("pk", flat=True)
    assert not IndexKeyGrant.objects.filter(reader_key_id__in=list(theirs)).exists()
    assert indexes.index_key_of(keys_for("ahr")) is None
