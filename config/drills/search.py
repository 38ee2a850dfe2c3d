"""Finding words in bytes, however they are spelled there: for dumps, logs and whatever else must not hold them.

Spellings are looked for as they are; compressed bytes are unpacked first, also where they stand in base64 or hex.
Thousands of words cost little when they have something in common, because only that is searched for at first.
"""

import base64
import binascii
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import quote, quote_plus

from django.utils.html import escape

# Bytes by which a spelling is first looked for.
_ANCHOR = 6
# A digit string within so long a run of hex digits is chance: part of a hash or of a random number.
_RANDOM_RUN = 15
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
# Beginnings of gzip and of zlib at its usual levels, plain, in base64 (both alphabets) and in hex.
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_PACKED_BASE64 = re.compile(rb"(?:H4sI|eJ|eN|eF|eA)[A-Za-z0-9+/_-]{12,}")
_PACKED_HEX = re.compile(rb"(?:1f8b08|78(?:01|5e|9c|da))[0-9a-f]{16,}")
_MOST_UNPACKED = 4 * 2**20
_FIRST_BYTES = 256
# Of zlib's window sizes the one that reads gzip as well.
_ANY_HEADER = 47
_DEEPEST = 3


def spellings(word: str) -> dict[bytes, str]:
    """Each way the word may be written down, with its name."""
    plain = word.encode()
    named = [
        ("UTF-8", plain),
        ("lower case", word.lower().encode()),
        ("upper case", word.upper().encode()),
        ("UTF-16 LE", word.encode("utf-16-le")),
        ("UTF-16 BE", word.encode("utf-16-be")),
        ("Latin-1", word.encode("latin-1") if max(word) < "\u0100" else plain),
        ("escaped", word.encode("unicode_escape")),
        ("JSON", json.dumps(word)[1:-1].encode()),
        ("HTML", escape(word).encode()),
        ("URL", quote(word).encode()),
        ("form", quote_plus(word).encode()),
        ("hex", plain.hex().encode()),
        ("hex, upper case", plain.hex().upper().encode()),
        ("reversed", word[::-1].encode()),
        ("bytes reversed", plain[::-1]),
        *(("base64", core) for core in _in_base64(plain)),
        *(("base64 of UTF-16", core) for core in _in_base64(word.encode("utf-16-le"))),
    ]
    found: dict[bytes, str] = {}
    for name, spelled in named:
        found.setdefault(spelled, name)
    return found


class Search:
    """The words to look for. `found_in` may be asked any number of times."""

    def __init__(self, words: Iterable[str]) -> None:
        self._meant: dict[bytes, set[str]] = {}
        for word in words:
            for spelled in spellings(word):
                self._meant.setdefault(spelled, set()).add(word)
        short = sorted(word for spelled, meant in self._meant.items() if len(spelled) < _ANCHOR for word in meant)
        if short:
            raise ValueError(f"too short to be searched for: {short[:3]}")
        self._groups = _grouped(self._meant)

    def found_in(self, content: bytes) -> set[str]:
        """The words that `content` holds in any spelling, packed or not."""
        return {word for view in _views(content, _DEEPEST) for word in self._found(view)}

    def _found(self, view: bytes) -> Iterator[str]:
        for anchor, shapes in self._groups.items():
            at = view.find(anchor)
            while at >= 0:
                for (offset, length), needles in shapes.items():
                    start = at - offset
                    piece = view[start : start + length] if start >= 0 else b""
                    if piece in needles and not _is_chance(view, start, piece):
                        yield from self._meant[piece]
                at = view.find(anchor, at + 1)


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """The word inside longer base64, at all three alignments and in both alphabets."""
    for alignment in range(3):
        encoded = base64.b64encode(b"\0" * alignment + plain).rstrip(b"=")
        # Cut what also depends on the neighbours: the first and the last characters of a misaligned word.
        first = {0: 0, 1: 2, 2: 3}[alignment]
        last = len(encoded) - (1 if (alignment + len(plain)) % 3 else 0)
        core = encoded[first:last]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))


def _grouped(needles: Iterable[bytes]) -> dict[bytes, dict[tuple[int, int], set[bytes]]]:
    """The spellings by an anchor that many of them share: anchor → (its offset, length of the whole) → spellings."""
    needles = list(needles)
    shared = Counter(piece for needle in needles for piece in set(_pieces(needle)))
    groups: dict[bytes, dict[tuple[int, int], set[bytes]]] = {}
    for needle in needles:
        offset, anchor = max(enumerate(_pieces(needle)), key=lambda one: (shared[one[1]], one[1]))
        groups.setdefault(anchor, {}).setdefault((offset, len(needle)), set()).add(needle)
    return groups


def _pieces(needle: bytes) -> list[bytes]:
    return [needle[start : start + _ANCHOR] for start in range(len(needle) - _ANCHOR + 1)]


def _is_chance(view: bytes, start: int, piece: bytes) -> bool:
    """Whether digits were found in the middle of a hash or of a random number."""
    # A longer one does not come about by chance.
    if len(piece) > _RANDOM_RUN or not piece.isdigit():
        return False
    end = start + len(piece)
    after = islice(_run(view[end : end + _RANDOM_RUN]), _RANDOM_RUN)
    before = islice(_run(view[max(0, start - _RANDOM_RUN) : start][::-1]), _RANDOM_RUN)
    return len(piece) + sum(1 for _ in after) + sum(1 for _ in before) > _RANDOM_RUN


def _run(neighbours: bytes) -> Iterator[int]:
    for one in neighbours:
        if one not in _HEX_DIGITS:
            return
        yield one


def _views(content: bytes, depth: int) -> Iterator[bytes]:
    """The content, and everything packed in it."""
    yield content
    if depth:
        for unpacked in _unpacked(content):
            yield from _views(unpacked, depth - 1)


def _unpacked(content: bytes) -> Iterator[bytes]:
    whole = memoryview(content)
    for found in _PACKED.finditer(content):
        if inner := _inflate(whole[found.start() : found.start() + _MOST_UNPACKED]):
            yield inner
    for found in _PACKED_BASE64.finditer(content):
        text = found[0].translate(bytes.maketrans(b"-_", b"+/"))
        if inner := _inflate(base64.b64decode(text[: len(text) // 4 * 4])):
            yield inner
    for found in _PACKED_HEX.finditer(content):
        if inner := _inflate(binascii.unhexlify(found[0][: len(found[0]) // 2 * 2])):
            yield inner


def _inflate(packed: bytes | memoryview) -> bytes:
    """What was packed, as far as it can be read; nothing for bytes that only look like it."""
    unpacking = zlib.decompressobj(wbits=_ANY_HEADER)
    try:
        # A little at first: two bytes of chance begin nonsense that ends soon.
        inner = unpacking.decompress(packed[:_FIRST_BYTES])
        inner += unpacking.decompress(packed[_FIRST_BYTES:], _MOST_UNPACKED)
    except zlib.error:
        return b""
    return inner if len(inner) >= _ANCHOR else b""
