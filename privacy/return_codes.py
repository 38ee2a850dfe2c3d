"""Return codes: twelve random digits and a check digit with which a family comes back, on the web or by phone.

One Argon2id over the digits gives the id a row is found by and the key of the draft. Nothing that can be computed
faster from the code is ever stored, so a stolen database has to be guessed at Argon2id's price.
"""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from argon2.low_level import Type, hash_secret_raw
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from privacy.models import ReturnCode

RANDOM_DIGITS = 12
_LOOKUP_BYTES = 16
_KEY_BYTES = 32
# A long paste is not a code; it isn't worth reading to the end.
_LONGEST_INPUT = 60
_SEPARATORS = frozenset(" -.\u00a0\u2010\u2011\u2013")

# The totally anti-symmetric quasigroup of order ten from H. Michael Damm's thesis (Marburg 2004): a check digit over
# it catches every single wrong digit and every swap of neighbours.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


@dataclass(frozen=True, slots=True)
class CodeKeys:
    """What a code leads to: the id its row is found by (16 bytes) and the key of its draft (32 bytes)."""

    lookup_id: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code that leads nowhere yet, with its keys."""

    code: str = field(repr=False)
    keys: CodeKeys


def make() -> NewCode:
    """A new code and its keys; as slow as `derive`."""
    code = generate()
    return NewCode(code, derive(code))


def generate() -> str:
    """A new code: 13 digits, the last a check digit."""
    digits = f"{secrets.randbelow(10**RANDOM_DIGITS):0{RANDOM_DIGITS}}"
    return f"{digits}{_check_digit(digits)}"


def parse(text: str) -> str | None:
    """The 13 digits a person typed, with or without spaces and hyphens; None if it cannot be a code."""
    if len(text) > _LONGEST_INPUT:
        return None
    # A keyboard in another script types other digits; they mean the same.
    digits = [unicodedata.decimal(character, None) for character in text if character not in _SEPARATORS]
    if len(digits) != RANDOM_DIGITS + 1 or None in digits:
        return None
    code = "".join(map(str, digits))
    return code if _check_digit(code) == 0 else None


def show(code: str) -> str:
    """The code as it is shown and read out: "1234 5678 90123"."""
    return f"{code[:4]} {code[4:8]} {code[8:]}"


def derive(code: str) -> CodeKeys:
    """The id and key of a code: one Argon2id, as slow as `settings.RETURN_CODE_ARGON2` says."""
    raw = hash_secret_raw(
        secret=code.encode(),
        salt=hashlib.sha256(b"return-code|" + settings.RETURN_CODE_PEPPER.encode()).digest(),
        hash_len=_LOOKUP_BYTES + _KEY_BYTES,
        type=Type.ID,
        **settings.RETURN_CODE_ARGON2,
    )
    return CodeKeys(lookup_id=raw[:_LOOKUP_BYTES], key=raw[_LOOKUP_BYTES:])


def register(*, lookup_id: bytes, draft_id: UUID, expires_at: datetime, now: datetime) -> ReturnCode:
    """Let a code lead to a draft until `expires_at`; an IntegrityError means that the code is taken."""
    return ReturnCode.objects.create(lookup_id=lookup_id, draft_id=draft_id, expires_at=expires_at, created_at=now)


def attach_case(*, draft_id: UUID, case_id: UUID) -> bool:
    """From submission on the draft's code leads to the case, without an end; False if the draft has no code."""
    return bool(ReturnCode.objects.filter(draft_id=draft_id).update(draft_id=None, case_id=case_id, expires_at=None))


def replace(*, case_id: UUID, lookup_id: bytes, contact_id: UUID | None = None, now: datetime) -> ReturnCode:
    """Let a new code lead to the case, and no older one any more; an IntegrityError means that the code is taken.

    With `contact_id` it replaces that person's code: another's goes on leading to the case.
    """
    older = ReturnCode.objects.filter(case_id=case_id)
    if contact_id is not None:
        older = older.filter(contact_id=contact_id)
    with transaction.atomic():
        first = older.values_list("first_case_id", flat=True).first() if contact_id is not None else None
        # Visits hang on their code and go with it.
        older.delete()
        return ReturnCode.objects.create(
            lookup_id=lookup_id, case_id=case_id, contact_id=contact_id, first_case_id=first, created_at=now
        )


def name_owner(*, case_id: UUID, contact_id: UUID) -> None:
    """Note whose the case's code is, before another person's leads to it too. Naming it again changes nothing."""
    ReturnCode.objects.filter(case_id=case_id, contact_id=None).update(contact_id=contact_id)


def lead_on(*, case_id: UUID, to_case_id: UUID) -> int:
    """Let every code of a case lead to another one, beside that one's own; returns how many.

    Each remembers the first it led to, whose number its family was given.
    """
    codes = ReturnCode.objects.filter(case_id=case_id)
    return codes.update(first_case_id=Coalesce("first_case_id", "case_id"), case_id=to_case_id)


def several_people_have_codes(case_id: UUID) -> bool:
    """Whether more than one person comes back to this case, or has done so."""
    return ReturnCode.objects.filter(case_id=case_id).count() > 1


def somebody_else_waits(code: ReturnCode) -> bool:
    """Whether another person comes back to the case of `code` and has not taken back what they asked for."""
    others = ReturnCode.objects.filter(case_id=code.case_id, taken_back_at=None)
    return others.exclude(pk=code.pk).exists()


def take_back(code: ReturnCode, now: datetime) -> None:
    """Whose code it is wants nothing more; the case goes on for somebody else. Again changes nothing."""
    ReturnCode.objects.filter(pk=code.pk, taken_back_at=None).update(taken_back_at=now)


def find(lookup_id: bytes, now: datetime) -> ReturnCode | None:
    """Where a code leads; None for one that is unknown or expired, so that nobody can tell the two apart."""
    alive = Q(expires_at=None) | Q(expires_at__gt=now)
    return ReturnCode.objects.filter(alive, lookup_id=lookup_id).first()


def _check_digit(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
