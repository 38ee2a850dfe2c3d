"""An organization's printed recovery key: 160 random bits to be copied from paper, which tell where a hand slipped.

Eight groups of five characters (Crockford's base 32: no I, L, O or U). In each group four characters c carry 20 bits;
the fifth is 2·c₁ + 4·c₂ + 8·c₃ + 16·c₄ + the group's number, in GF(32) modulo x⁵ + x² + 1. That finds, always: one
wrong character in a group (no factor is zero), two neighbouring characters that changed places (no two factors are
equal), and a group in another group's place (no two numbers are). Of two wrong characters in one group it misses one
in 31.
"""

import re
import secrets
from collections.abc import Sequence

GROUPS = 8
GROUP_LENGTH = 5

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_VALUES |= {letter.lower(): value for letter, value in _VALUES.items()}
# What a hand or an eye confuses means the same.
_VALUES |= dict.fromkeys("Oo", 0) | dict.fromkeys("IiLl", 1)
_FACTORS = (2, 4, 8, 16)
_REDUCED_BY = 0b100101
# Whatever people and programs put between groups; the dashes are those that editors make of a hyphen.
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212]+")


class WrongGroups(ValueError):
    """Some groups are not as they were printed; `groups` are their numbers, from 1."""

    def __init__(self, groups: Sequence[int]) -> None:
        super().__init__(f"mistyped groups: {', '.join(map(str, groups))}")
        self.groups = tuple(groups)


class WrongLength(ValueError):
    """It has `found` characters, not forty, and no telling which group lacks one or has one too many."""

    def __init__(self, found: int) -> None:
        super().__init__(f"{found} characters instead of {GROUPS * GROUP_LENGTH}")
        self.found = found


def generate() -> str:
    """A new key, as it is printed: eight groups of five, with hyphens between."""
    return "-".join(_group([secrets.randbelow(32) for _factor in _FACTORS], number) for number in range(1, GROUPS + 1))


def parse(text: str) -> str:
    """The key as `generate` gave it, from what somebody typed; raises `WrongGroups` or `WrongLength`.

    Case, spaces and hyphens do not matter; O is 0; I and L are 1.
    """
    groups = [group for group in _SEPARATORS.split(text) if group]
    if len(groups) != GROUPS:
        joined = "".join(groups)
        if len(joined) != GROUPS * GROUP_LENGTH:
            raise WrongLength(len(joined))
        groups = [joined[start : start + GROUP_LENGTH] for start in range(0, len(joined), GROUP_LENGTH)]
    written = [_as_printed(group, number) for number, group in enumerate(groups, start=1)]
    if wrong := [number for number, group in enumerate(written, start=1) if group is None]:
        raise WrongGroups(wrong)
    return "-".join(group for group in written if group is not None)


def _as_printed(typed: str, number: int) -> str | None:
    """The group in its printed letters; None if it cannot be the group of this number."""
    values = [_VALUES.get(letter) for letter in typed]
    known = [value for value in values if value is not None]
    if len(values) != GROUP_LENGTH or len(known) != GROUP_LENGTH:
        return None
    written = _group(known[:-1], number)
    return written if _VALUES[written[-1]] == known[-1] else None


def _group(carried: Sequence[int], number: int) -> str:
    check = number
    for factor, value in zip(_FACTORS, carried, strict=True):
        check ^= _times(factor, value)
    return "".join(_ALPHABET[value] for value in (*carried, check))


def _times(one: int, other: int) -> int:
    """The product in GF(32)."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        one <<= 1
        if one & 32:
            one ^= _REDUCED_BY
        other >>= 1
    return product
