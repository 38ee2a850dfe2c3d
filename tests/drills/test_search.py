"""The search finds a word however it is spelled and packed, and takes no chance digits for one."""

import base64
import gzip
import hashlib
import zlib

import pytest
from django.core import signing

from config.drills.identities import MOST, people, written
from config.drills.search import Search, spellings

WORD = "Ñuzqivar Quo'tes"
PACKINGS = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "gzip in base64": lambda content: base64.b64encode(gzip.compress(content)),
    "zlib in base64 of addresses": lambda content: base64.urlsafe_b64encode(zlib.compress(content)),
    "gzip in hex": lambda content: gzip.compress(content).hex().encode(),
    "gzip in gzip": lambda content: gzip.compress(b"x" * 99 + gzip.compress(content)),
}


@pytest.mark.parametrize("name", sorted(set(spellings(WORD).values())))
def test_every_spelling_is_found_in_the_middle_of_anything(name: str) -> None:
    search = Search([WORD, "Another Word"])
    for spelled, its_name in spellings(WORD).items():
        if its_name == name:
            assert search.found_in(b"\x00\xff before " + spelled + b" after \x00") == {WORD}
            assert search.found_in(b"before " + spelled[:-1] + b"\x00") <= {WORD}
            assert search.found_in(b"before " + spelled[1:4] + b" after") == set()


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_packed_is_unpacked(packing: str) -> None:
    content = b"some words before, " + WORD.encode() + b" and many after. " * 9

    assert Search([WORD]).found_in(b"\x00\x01" + PACKINGS[packing](content) + b"\x00") == {WORD}


def test_a_session_is_read() -> None:
    session = signing.dumps({"name": WORD, "more": "x" * 500}, compress=True)

    assert Search([WORD]).found_in(session.encode()) == {WORD}


def test_digits_in_a_hash_are_chance_and_digits_in_words_are_not() -> None:
    search = Search(["000777042", "6515550142"])
    hexdigest = hashlib.sha256(b"").hexdigest()

    assert search.found_in(f"{hexdigest[:20]}000777042{hexdigest[:20]}".encode()) == set()
    assert search.found_in(f"seed 4415000777042 {hexdigest}".encode()) == {"000777042"}
    for written_as in ("A000777042", '"a_number":"000777042"', "no. 000777042.", "16515550142"):
        assert search.found_in(written_as.encode())


def test_words_too_short_to_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        Search(["Ann"])


def test_every_identity_s_words_are_its_own() -> None:
    words = [word for one in people(MOST) for word in one.words()]

    assert len(words) == len(set(words))
    with pytest.raises(ValueError, match="told apart"):
        people(MOST + 1)


def test_a_code_is_searched_for_as_typed_shown_and_read_out() -> None:
    assert written("9070770000425") == ["9070770000425", "9070 7700 00425", "9070-7700-00425"]
