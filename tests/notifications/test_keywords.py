"""What a text asks for: a golden table in four languages, and what no spelling may change."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.keywords import CARRIERS_START, CARRIERS_STOP, Wish, hear

GOLDEN = list(csv.DictReader((Path(__file__).parent / "heard_golden.csv").read_text("utf-8").splitlines()))


@pytest.mark.parametrize("row", GOLDEN, ids=[row["text"] or "nothing" for row in GOLDEN])
def test_every_text_of_the_golden_table_is_heard_as_it_says(row: dict[str, str]) -> None:
    heard = hear(row["text"])

    assert (heard.wish, heard.is_urgent) == (row["wish"], row["urgent"] == "yes")


@pytest.mark.parametrize("word", sorted(CARRIERS_STOP | CARRIERS_START))
def test_what_the_carrier_acts_on_is_known_to_be_the_carriers(word: str) -> None:
    assert hear(word.upper()).is_carriers
    assert not hear(f"{word} please").is_carriers


def test_the_table_has_every_wish_in_every_way() -> None:
    assert {(row["wish"], row["urgent"]) for row in GOLDEN} >= {
        *((wish.value, "no") for wish in Wish),
        ("other", "yes"),
        ("refusal", "yes"),
    }


def test_what_a_phone_adds_below_hides_no_stop() -> None:
    assert hear("STOP\n\nSent from my phone").wish == Wish.REFUSAL


@given(
    st.sampled_from(["STOP", "alto", "jooji", "tsum", "no más"]),
    st.lists(st.sampled_from([" ", ".", "!", "\n", "🛑", "…", "\u200d", "\t", "?"]), max_size=6).map("".join),
    st.lists(st.sampled_from([" ", "¡", "“", "\n", "❗"]), max_size=4).map("".join),
    st.booleans(),
)
def test_signs_blanks_and_capitals_hide_no_stop(word: str, after: str, before: str, shouts: bool) -> None:
    assert hear(before + (word.upper() if shouts else word) + after).wish == Wish.STOP


@given(st.text(max_size=1600))
def test_whatever_is_texted_is_heard_as_something(body: str) -> None:
    assert hear(body).wish in Wish


def test_a_long_text_is_heard_at_once() -> None:
    # Patterns that look back and forth over a long line would hold the web process.
    assert hear("stop " + "no more a " * 160).wish in Wish
    assert hear("ha " * 533).wish == Wish.OTHER
