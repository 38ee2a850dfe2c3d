"""Cells as people type them."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.csv_lines import UnreadableError, cents_from, day_from, neutral, reference_of, rows_of


@given(st.integers(0, 10**11 - 1))
def test_dollars_with_two_decimals_are_read_back_to_the_cent(cents: int) -> None:
    assert cents_from(f"{cents // 100}.{cents % 100:02}") == cents


@given(st.text(max_size=12))
def test_whatever_is_typed_is_cents_or_a_sentence(cell: str) -> None:
    with suppress(UnreadableError):
        assert cents_from(cell) >= 0


@given(st.dates())
def test_both_ways_to_write_a_day_are_the_same_day(day: date) -> None:
    iso = day.isoformat()
    assert day_from(iso) == day_from(f"{day.month}/{day.day}/{day.year:04}") == day


@given(st.text(max_size=20))
def test_only_what_has_the_shape_of_a_reference_is_one(cell: str) -> None:
    with suppress(UnreadableError):
        assert reference_of(cell).replace("-", "") == cell.upper().replace("-", "")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_takes_a_neutral_cell_for_a_formula(cell: str) -> None:
    assert neutral(cell) == f"'{cell}"


@given(st.binary(max_size=300))
def test_any_bytes_are_lines_or_a_sentence(content: bytes) -> None:
    with suppress(UnreadableError):
        assert all(set(cells) in (set(), {"a", "b"}) for _number, cells in rows_of(content, ("a", "b")))
