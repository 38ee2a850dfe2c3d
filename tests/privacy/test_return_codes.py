"""Return codes: what people mistype is caught, what they type differently is understood, nothing quick is stored."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from privacy import return_codes
from privacy.models import ReturnCode

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)
codes = st.integers(min_value=0, max_value=10**12 - 1).map(
    lambda number: f"{number:012}{return_codes._check_digit(f'{number:012}')}"
)


def test_a_new_code_is_thirteen_digits_that_parse() -> None:
    made = {return_codes.generate() for _ in range(200)}

    assert len(made) == 200
    assert all(len(code) == 13 and return_codes.parse(code) == code for code in made)


def test_the_check_digit_is_the_published_example() -> None:
    assert return_codes._check_digit("572") == 4


@given(code=codes, position=st.integers(0, 12), digit=st.integers(0, 9))
def test_every_single_wrong_digit_is_caught(code: str, position: int, digit: int) -> None:
    wrong = f"{code[:position]}{digit}{code[position + 1 :]}"

    assert return_codes.parse(wrong) == (code if wrong == code else None)


@given(code=codes, position=st.integers(0, 11))
def test_every_swap_of_neighbours_is_caught(code: str, position: int) -> None:
    wrong = f"{code[:position]}{code[position + 1]}{code[position]}{code[position + 2 :]}"

    assert return_codes.parse(wrong) == (code if wrong == code else None)


@pytest.mark.parametrize(
    "write",
    [
        return_codes.show,
        lambda code: f"  {code[:3]}-{code[3:9]}.{code[9:]} ",
        lambda code: code.translate({ord(str(digit)): 0x660 + digit for digit in range(10)}),
        lambda code: code.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)}),
    ],
)
def test_a_code_is_understood_however_it_is_written(write: Any) -> None:
    code = return_codes.generate()

    assert return_codes.parse(write(code)) == code


@pytest.mark.parametrize("text", ["", "12", "abcdefghijklm", "1" * 12, "1" * 14, "²" * 13, "0" * 40_000, "1\x002"])
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert return_codes.parse(text) is None


def test_a_code_is_shown_in_groups() -> None:
    assert return_codes.show("1234567890123") == "1234 5678 90123"


def test_the_same_code_leads_to_the_same_place_and_another_elsewhere() -> None:
    one, again = return_codes.derive("0000000000000"), return_codes.derive("0000000000000")
    other = return_codes.derive("1000000000003")

    assert one == again
    assert (len(one.lookup_id), len(one.key)) == (16, 32)
    assert one.lookup_id != other.lookup_id
    assert one.key != other.key
    assert "\\x" not in repr(one), "a key must not be printed by accident"


def test_another_pepper_leads_elsewhere(settings: Any) -> None:
    here = return_codes.derive("0000000000000")
    settings.RETURN_CODE_PEPPER = "another deployment's pepper"

    assert return_codes.derive("0000000000000").lookup_id != here.lookup_id


@pytest.mark.django_db
def test_a_code_leads_to_its_draft_until_it_expires() -> None:
    keys, draft_id = return_codes.derive("0000000000000"), uuid4()
    return_codes.register(lookup_id=keys.lookup_id, draft_id=draft_id, expires_at=NOW + timedelta(days=7), now=NOW)

    found = return_codes.find(keys.lookup_id, NOW + timedelta(days=6))

    assert found is not None
    assert found.draft_id == draft_id
    assert return_codes.find(keys.lookup_id, NOW + timedelta(days=7)) is None
    assert return_codes.find(b"\0" * 16, NOW) is None


@pytest.mark.django_db
def test_after_submission_the_code_leads_to_the_case_for_good() -> None:
    keys, draft_id, case_id = return_codes.derive("0000000000000"), uuid4(), uuid4()
    return_codes.register(lookup_id=keys.lookup_id, draft_id=draft_id, expires_at=NOW, now=NOW)

    assert return_codes.attach_case(draft_id=draft_id, case_id=case_id)

    found = return_codes.find(keys.lookup_id, NOW + timedelta(days=400))
    assert found is not None
    assert (found.case_id, found.draft_id) == (case_id, None)
    assert not return_codes.attach_case(draft_id=draft_id, case_id=case_id)


@pytest.mark.django_db
def test_a_code_is_given_once() -> None:
    keys = return_codes.derive("0000000000000")
    return_codes.register(lookup_id=keys.lookup_id, draft_id=uuid4(), expires_at=NOW, now=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        return_codes.register(lookup_id=keys.lookup_id, draft_id=uuid4(), expires_at=NOW, now=NOW)

    assert ReturnCode.objects.count() == 1


@pytest.mark.django_db
def test_a_new_code_of_a_case_ends_the_old_one_at_once() -> None:
    case_id = uuid4()
    old, new, neighbours = (return_codes.derive(code) for code in ("0000000000000", "1000000000003", "2000000000001"))
    return_codes.replace(case_id=uuid4(), lookup_id=neighbours.lookup_id, now=NOW)
    return_codes.replace(case_id=case_id, lookup_id=old.lookup_id, now=NOW)

    return_codes.replace(case_id=case_id, lookup_id=new.lookup_id, now=NOW)

    found = return_codes.find(new.lookup_id, NOW + timedelta(days=400))
    assert found is not None
    assert found.case_id == case_id
    assert return_codes.find(old.lookup_id, NOW) is None
    assert return_codes.find(neighbours.lookup_id, NOW) is not None


@pytest.mark.django_db
def test_a_new_code_that_is_taken_leaves_the_old_one_alive() -> None:
    case_id = uuid4()
    old, taken = return_codes.derive("0000000000000"), return_codes.derive("1000000000003")
    return_codes.replace(case_id=case_id, lookup_id=old.lookup_id, now=NOW)
    return_codes.replace(case_id=uuid4(), lookup_id=taken.lookup_id, now=NOW)

    with pytest.raises(IntegrityError):
        return_codes.replace(case_id=case_id, lookup_id=taken.lookup_id, now=NOW)

    assert return_codes.find(old.lookup_id, NOW) is not None


@pytest.mark.django_db
def test_no_wrong_code_leads_anywhere(scale: Mapping[str, int]) -> None:
    """Right check digit and all: beside 1,000 live codes, each of them found by its own."""
    live = {return_codes.generate() for _ in range(1_000)}
    rows = [ReturnCode(lookup_id=return_codes.derive(code).lookup_id, case_id=uuid4(), created_at=NOW) for code in live]
    ReturnCode.objects.bulk_create(rows)
    wrong: set[str] = set()
    while len(wrong) < scale["wrong_codes"]:
        wrong |= {return_codes.generate()} - live

    hits = [code for code in wrong if return_codes.find(return_codes.derive(code).lookup_id, NOW)]

    assert hits == []
    assert all(return_codes.find(return_codes.derive(code).lookup_id, NOW) for code in live)
