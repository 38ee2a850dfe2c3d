"""How many SMS segments a text is sent and billed as: GSM 03.38 where every character is in it, else UCS-2.

One character outside the alphabet (an í, a curly apostrophe) turns the whole text into UCS-2, of which a segment holds
less than half as much.
"""

from dataclasses import dataclass

# GSM 03.38: the characters of one septet, and those that cost two.
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
GSM_7, UCS_2 = "GSM-7", "UCS-2"


@dataclass(frozen=True, slots=True)
class Size:
    """`units`: septets of GSM-7 or 16-bit units of UCS-2, as `encoding` says."""

    encoding: str
    units: int
    segments: int


def size_of(text: str) -> Size:
    """160 or 153 GSM-7 septets a segment, 70 or 67 UTF-16 units: the larger number for a text of one segment."""
    if set(text) <= _GSM_BASIC | _GSM_EXTENDED:
        septets = [2 if character in _GSM_EXTENDED else 1 for character in text]
        return Size(GSM_7, sum(septets), _parts(septets, alone=160, each=153))
    pairs = [len(character.encode("utf-16-le")) // 2 for character in text]
    return Size(UCS_2, sum(pairs), _parts(pairs, alone=70, each=67))


def _parts(units: list[int], *, alone: int, each: int) -> int:
    """A character of two units is never cut in half: what no longer fits moves to the next segment."""
    if sum(units) <= alone:
        return 1
    parts, room = 1, each
    for unit in units:
        if unit > room:
            parts, room = parts + 1, each
        room -= unit
    return parts
