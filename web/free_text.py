"""Numbers that do not belong into a free text, and the text box that remembers having warned about them."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import phonenumbers
from django import forms
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

FREE_TEXT_LIMIT = 280

_GAP = r"[\s.\-–—#]*"
_A_NUMBER = re.compile(rf"(?<![A-Za-z0-9])[Aa]{_GAP}(?:[0-9]{_GAP}){{6,8}}[0-9](?![0-9])")
# Nine digits in a row may be either number. One gap alone makes a ZIP code with its four more digits.
_SOCIAL_SECURITY = re.compile(r"(?<![0-9])(?:[0-9]{9}|[0-9]{3}[\s.\-–—]+[0-9]{2}[\s.\-–—]+[0-9]{4})(?![0-9])")
_LOCAL_PHONE = re.compile(r"(?<![0-9/])[0-9]{3}[\s.\-–—][0-9]{4}(?![0-9/])")

A_NUMBER = _("This looks like an A-number. Please take it out. If it is none, press Continue again.")
SOCIAL_SECURITY = _(
    "This looks like a Social Security number. We never need it. Please take it out. "
    "If it is none, press Continue again."
)
PHONE = _("This looks like a phone number. Please take it out. If you want to keep it, press Continue again.")


class Written(NamedTuple):
    """A text as a page sent it; `seen` marks the text that was warned about, None where no page sent it."""

    text: str
    seen: str | None


class Number(StrEnum):
    """Kinds of numbers that have fields of their own or are never asked."""

    A_NUMBER = "A-number"
    SOCIAL_SECURITY = "Social Security number"
    PHONE = "phone number"


_WARNINGS = {Number.A_NUMBER: A_NUMBER, Number.SOCIAL_SECURITY: SOCIAL_SECURITY, Number.PHONE: PHONE}


def looks_like(text: str) -> str:
    """The family's warning for the first kind of number found in the text; empty if there is none."""
    found = number_in(text)
    return str(_WARNINGS[found]) if found else ""


def number_in(text: str) -> Number | None:
    """The first kind of number found in the text."""
    # Digits of other scripts and full-width ones count like ours.
    plain = "".join(
        str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char
        for char in unicodedata.normalize("NFKC", text)
    )
    if _A_NUMBER.search(plain):
        return Number.A_NUMBER
    if _SOCIAL_SECURITY.search(plain):
        return Number.SOCIAL_SECURITY
    possible = phonenumbers.PhoneNumberMatcher(plain, "US", phonenumbers.Leniency.POSSIBLE)
    return Number.PHONE if _LOCAL_PHONE.search(plain) or possible.has_next() else None


def mark_of(text: str) -> str:
    """What tells the second press from the first: it says nothing about the text to whoever lacks our key."""
    return salted_hmac("intake.free_text", " ".join(text.split())).hexdigest()[:20]


class FreeTextWidget(forms.Textarea):
    """A text box; beside it, out of sight, the mark of the text that the page shows."""

    template_name = "web/forms/free_text.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 4, **(attrs or {})})

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Written:
        return Written(str(data.get(name) or ""), data.get(f"{name}-seen"))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        text = value.text if isinstance(value, Written) else str(value or "")
        context = super().get_context(name, text, attrs)
        context["seen"] = mark_of(text) if text else ""
        return context
