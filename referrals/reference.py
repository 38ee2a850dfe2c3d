"""A case's public reference, such as K7M-4QD: how it is drawn, and how an address holds it."""

import re
import secrets

from referrals.models import Case

# No 0/O, 1/I/L, 5/S, 8/B: read aloud and written by hand.
REFERENCE_LETTERS = "ACDEFGHJKMNPQRTUVWXY"
REFERENCE_DIGITS = "234679"


def new_reference() -> str:
    """A reference no case has: random, so that it says nothing of when or how many."""
    while True:
        pick = [secrets.choice(REFERENCE_LETTERS + REFERENCE_DIGITS) for _ in range(6)]
        reference = f"{''.join(pick[:3])}-{''.join(pick[3:])}"
        if not Case.objects.filter(reference=reference).exists():
            return reference


def as_typed(text: str) -> str:
    """The reference that somebody typed with or without hyphen and capitals; "" for what cannot be one."""
    letters = "".join(text.upper().split()).replace("-", "")
    reference = f"{letters[:3]}-{letters[3:]}"
    return reference if re.fullmatch(ReferenceConverter.regex, reference) else ""


class ReferenceConverter:
    """Lets only what can be a reference into a view: anything else is a 404 before the database hears of it."""

    regex = "[A-Z0-9]{3}-[A-Z0-9]{3}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
