"""The coordinators' search."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from intake.forms.fields import PlainText
from intake.lookup import number_meant

NEITHER = (
    "This is neither a phone number nor an A-number. Write the phone with its area code, such as 612-555-0123, "
    "or the A-number with its 7 to 9 digits, such as A000-123-456."
)


class SearchForm(forms.Form):
    """One number; `cleaned_data["number"]` is (purpose, normalized number)."""

    number = PlainText(
        limit=40,
        label="Phone or A-number",
        help_text="However it is written: 612-555-0123, +1 (612) 555 0123, A000-123-456.",
        error_messages={"required": "Write a phone number or an A-number."},
    )

    def clean_number(self) -> tuple[str, str]:
        typed: Any = self.cleaned_data["number"]
        meant = number_meant(typed)
        if meant is None:
            raise ValidationError(NEITHER)
        return meant
