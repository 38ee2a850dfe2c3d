"""Form fields for what families type: forgiving about the way it is written, clear about what cannot be."""

import re
import unicodedata
from datetime import date, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.crypto import constant_time_compare
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext

from intake.dates import ImpossibleDay, UnreadableDay, days_meant
from intake.times import UnreadableTime, time_meant
from web import phone_numbers
from web.free_text import FREE_TEXT_LIMIT, FreeTextWidget, Written, looks_like, mark_of

# Unicode categories that no name, number or date is written with: controls, surrogates, pictures.
_ODD_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "So"})
# Joiners that Persian, Urdu and South Asian scripts spell names with.
_JOINERS = frozenset("\u200c\u200d")
_LIKE_A_NUMBER_GROUP = re.compile(r"[\s.\-–—]+")

TOO_LONG = ngettext_lazy(
    "This is too long. Please use no more than %(limit)d character.",
    "This is too long. Please use no more than %(limit)d characters.",
    "limit",
)
ODD_CHARACTERS = _("Please use only letters, numbers and simple signs here. Pictures and emoji do not work.")
# The answer of a list to tick that excludes the others.
NONE_OF_THESE = "none"
CHOOSE_ONE = _("Please choose one of the answers.")


class PlainText(forms.CharField):
    """One line of letters, numbers and punctuation, spaces folded; at most `limit` characters."""

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        self.limit = limit
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("autocomplete", "off")
        # A browser cuts an oversized paste here; without, the whole page may be too large to be read.
        self.widget.attrs.setdefault("maxlength", str(limit))

    def to_python(self, value: Any) -> str:
        text = " ".join((super().to_python(value) or "").split())
        if len(text) > self.limit:
            raise ValidationError(TOO_LONG, code="too_long", params={"limit": self.limit})
        if any(char not in _JOINERS and unicodedata.category(char) in _ODD_CATEGORIES for char in text):
            raise ValidationError(ODD_CHARACTERS, code="odd_characters")
        return text

    def in_words(self, value: Any) -> str:
        """A cleaned value as the page "check your answers" shows it."""
        return str(value)


class FreeText(PlainText):
    """A few words of one's own, 280 characters at most; cleans to one line of text.

    What looks like an A-number, a Social Security or a phone number is warned about once: such numbers have fields of
    their own or are never asked. The same text sent a second time is taken as it is.
    """

    widget = FreeTextWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limit=FREE_TEXT_LIMIT, **kwargs)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value.text if isinstance(value, Written) else value)
        # No mark at all: the answer of a draft, which was warned about when it was typed.
        seen = value.seen if isinstance(value, Written) else None
        if seen is not None and not constant_time_compare(seen, mark_of(text)) and (warning := looks_like(text)):
            raise ValidationError(warning, code="looks_like_a_number")
        return text


class ANumber(PlainText):
    """The number on immigration papers: "A", spaces and dashes are dropped, 7 to 9 digits padded to nine."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limit=40, **kwargs)

    def clean(self, value: Any) -> str:
        text = _LIKE_A_NUMBER_GROUP.sub("", super().clean(value)).lstrip("#")
        if not text:
            return ""
        digits = text[1:] if text[0] in "aA" else text
        if not (digits.isascii() and digits.isdigit()):
            raise ValidationError(
                _("An A-number is the letter A and then only numbers. Check the paper, or leave this empty."),
                code="letters",
            )
        if not 7 <= len(digits) <= 9:
            raise ValidationError(
                _("An A-number has 8 or 9 numbers after the A. Check the paper, or leave this empty."), code="length"
            )
        if not digits.strip("0"):
            raise ValidationError(
                _("This is not a real A-number. Check the paper, or leave this empty."), code="all_zero"
            )
        return digits.zfill(9)

    def in_words(self, value: Any) -> str:
        return f"A{value[:3]} {value[3:6]} {value[6:]}"


class Phone(PlainText):
    """A phone number that can be called, as E.164; US numbers need no country code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limit=40, **kwargs)
        self.widget.attrs.update({"inputmode": "tel", "type": "tel"})

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return phone_numbers.read(text)
        except phone_numbers.HasExtension as error:
            raise ValidationError(
                _("We cannot dial an extension. Write a number that rings without it."), code="extension"
            ) from error
        except phone_numbers.NoPhoneNumber as error:
            raise ValidationError(
                _("We cannot call this number. Write the area code and the number, such as 612-555-0123."), code="phone"
            ) from error

    def in_words(self, value: Any) -> str:
        return phone_numbers.in_words(value)


class Email(PlainText):
    """An e-mail address, with small letters for the part after the @."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limit=254, **kwargs)
        self.widget.attrs.update({"inputmode": "email", "type": "email"})

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        wrong = ValidationError(_("We cannot write to this address. Check it, or leave this empty."), code="email")
        name, at, domain = text.rpartition("@")
        address = f"{name}{at}{domain.lower()}"
        try:
            validate_email(address)
        except ValidationError as error:
            raise wrong from error
        return address


class Zip(PlainText):
    """A five-digit ZIP code; the four digits some people add are dropped."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limit=40, **kwargs)
        self.widget.attrs["inputmode"] = "numeric"

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and not re.fullmatch(r"[0-9]{5}([ -]?[0-9]{4})?", text):
            raise ValidationError(_("A ZIP code has 5 numbers, such as 55407."), code="zip")
        return text[:5]


class Day(PlainText):
    """A day within `earliest` and `latest`, typed in any common way; cleans to a date or None.

    The form sets `today`, `now` and the two ends. Where 5/11 could be two days, one from `likely_from` on wins.
    """

    today: date
    now: time | None = None
    earliest: date
    latest: date
    likely_from: date | None = None

    def __init__(self, *, past: bool, **kwargs: Any) -> None:
        super().__init__(limit=60, **kwargs)
        self.past = past

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            meant = days_meant(text, today=self.today, past=self.past, now=self.now)
        except ImpossibleDay as error:
            raise ValidationError(
                _("This day does not exist in the calendar. Please check it."), "impossible"
            ) from error
        except UnreadableDay as error:
            raise ValidationError(
                _("We cannot read this day. Write it like this: 11/20/2026. Or leave it empty."), "unreadable"
            ) from error
        fitting = [day for day in meant if self.earliest <= day <= self.latest]
        if fitting:
            return next((day for day in fitting if self.likely_from and day >= self.likely_from), fitting[0])
        if meant[0] > self.latest:
            message = _("This day has not come yet. Please check it.") if self.past else _("This day is too far away.")
        else:
            message = _("This day is too long ago.") if self.past else _("This day is over. Write the next date.")
        raise ValidationError(message, "out_of_range")

    def in_words(self, value: Any) -> str:
        return date_format(value, pgettext("date format", "F j, Y"))


class TimeOfDay(PlainText):
    """About what time; cleans to a time or None. The form sets `now`."""

    now: time | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limit=60, **kwargs)

    def clean(self, value: Any) -> time | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return time_meant(text, now=self.now)
        except UnreadableTime as error:
            raise ValidationError(
                _("We cannot read this time. Write it like this: 10 pm. Or leave it empty."), "unreadable"
            ) from error

    def in_words(self, value: Any) -> str:
        return time_format(value, "TIME_FORMAT")


class OneOf(forms.ChoiceField):
    """One answer to choose, as radio buttons."""

    widget = forms.RadioSelect

    def __init__(self, **kwargs: Any) -> None:
        messages = {"required": CHOOSE_ONE, "invalid_choice": CHOOSE_ONE} | kwargs.pop("error_messages", {})
        super().__init__(error_messages=messages, **kwargs)


class SomeOf(forms.MultipleChoiceField):
    """Any number of answers to tick."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        messages = {"required": CHOOSE_ONE, "invalid_choice": CHOOSE_ONE, "invalid_list": CHOOSE_ONE}
        super().__init__(error_messages=messages, **kwargs)

    def clean(self, value: Any) -> list[str]:
        chosen: list[str] = list(dict.fromkeys(super().clean(value)))
        if NONE_OF_THESE in chosen and len(chosen) > 1:
            raise ValidationError(
                _("You ticked “None of these” and something else. Please keep what is right."), "both"
            )
        return chosen
