"""A recovery key copied from paper: each slip of one character and each group out of its place is found, and where."""

import re
from contextlib import suppress
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import recovery_key
from privacy.recovery_key import GROUPS, WrongGroups, WrongLength, generate, parse

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
keys = st.builds(generate)
places = st.integers(0, GROUPS * 5 - 1)


def typed_with(key: str, place: int, letter: str) -> str:
    """`key` with another letter at the place of its `place`-th character."""
    letters = list(key.replace("-", ""))
    letters[place] = letter
    return "-".join("".join(letters[start : start + 5]) for start in range(0, 40, 5))


def wrong_groups(text: str) -> tuple[int, ...]:
    with pytest.raises(WrongGroups) as refused:
        parse(text)
    return refused.value.groups


def test_a_key_is_eight_groups_of_five_without_look_alikes() -> None:
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){7}[0-9A-HJKMNP-TV-Z]{5}", generate())


def test_two_keys_differ() -> None:
    assert len({generate() for _ in range(100)}) == 100


def test_each_group_carries_twenty_bits() -> None:
    drawn = [generate().split("-") for _ in range(400)]

    for number in range(GROUPS):
        for place in range(4):
            assert {groups[number][place] for groups in drawn} == set(ALPHABET)


@given(keys)
def test_a_key_copied_rightly_is_read_as_printed(key: str) -> None:
    assert parse(key) == key


@given(keys, st.sampled_from(["", " ", "\n", "–", " - "]))
def test_case_spaces_and_kinds_of_dashes_do_not_matter(key: str, between: str) -> None:
    assert parse(f"  {between.join(key.lower().split('-'))} ") == key


@given(keys, st.sampled_from(["0O", "0o", "1I", "1i", "1L", "1l"]))
def test_look_alikes_are_read_as_what_they_look_like(key: str, pair: str) -> None:
    assert parse(key.replace(pair[0], pair[1])) == key


@given(keys, places, st.sampled_from(ALPHABET + "U*ßé"))
def test_every_single_mistyped_character_is_found_and_its_group_named(key: str, place: int, letter: str) -> None:
    text = typed_with(key, place, letter)
    if text == key:
        assert parse(text) == key
    else:
        assert wrong_groups(text) == (place // 5 + 1,)


@given(keys, places)
def test_every_two_neighbouring_characters_that_changed_places_are_found(key: str, place: int) -> None:
    letters = key.replace("-", "")
    if place % 5 == 4 or letters[place] == letters[place + 1]:
        return
    swapped = typed_with(typed_with(key, place, letters[place + 1]), place + 1, letters[place])

    assert wrong_groups(swapped) == (place // 5 + 1,)


@given(keys)
def test_every_swap_of_two_groups_is_found_neighbours_or_not(key: str) -> None:
    for one, other in combinations(range(GROUPS), 2):
        groups = key.split("-")
        groups[one], groups[other] = groups[other], groups[one]

        assert wrong_groups("-".join(groups)) == (one + 1, other + 1)


@given(keys, st.integers(1, GROUPS - 1))
def test_groups_read_in_a_wrong_order_are_all_found(key: str, turned_by: int) -> None:
    groups = key.split("-")

    assert wrong_groups("-".join(groups[turned_by:] + groups[:turned_by])) == tuple(range(1, GROUPS + 1))


@given(keys, st.integers(0, GROUPS - 1))
def test_a_character_left_out_of_a_group_names_the_group(key: str, number: int) -> None:
    groups = key.split("-")
    groups[number] = groups[number][:-1]

    assert wrong_groups("-".join(groups)) == (number + 1,)


@given(keys)
def test_several_wrong_groups_are_all_named(key: str) -> None:
    text = typed_with(typed_with(key, 7, "*"), 33, "*")

    assert wrong_groups(text) == (2, 7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "-",
        "7",
        pytest.param(generate()[:-1].replace("-", ""), id="one too few"),
        pytest.param(generate() + "-00000", id="a group too many"),
    ],
)
def test_what_is_no_key_at_all_is_told_by_its_length(text: str) -> None:
    with pytest.raises(WrongLength) as refused:
        parse(text)

    assert refused.value.found == len(re.sub(r"[\s-]", "", text))


@given(st.text(max_size=120))
def test_nothing_typed_breaks_it(text: str) -> None:
    with suppress(WrongGroups, WrongLength):
        assert parse(parse(text)) == parse(text)


def test_an_error_does_not_repeat_what_was_typed() -> None:
    key = typed_with(generate(), 3, "*")

    with pytest.raises(WrongGroups) as refused:
        parse(key)

    assert not set(str(refused.value).split()) & set(key.split("-"))


def test_of_two_wrong_characters_in_one_group_one_in_thirty_one_slips_through() -> None:
    group, found, tried = generate().split("-")[0], 0, 0
    for first in ALPHABET:
        for second in ALPHABET:
            if first != group[0] and second != group[1]:
                tried += 1
                found += recovery_key._as_printed(first + second + group[2:], 1) is None

    assert (tried, tried - found) == (31 * 31, 31)
