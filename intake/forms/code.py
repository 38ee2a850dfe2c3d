"""The return code: typed by a family, and given anew by a coordinator."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from intake.codes import Check


class CodeInput(forms.TextInput):
    """A text box that does not show again what was typed: a code is a secret, and no page is to contain one.

    So the pages after two wrong codes are the same to the byte. `shows_again` is for the page that looked nothing up.
    """

    shows_again = False

    def format_value(self, value: Any) -> str | None:
        return super().format_value(value) if self.shows_again else None


class CodeForm(forms.Form):
    """Only that something was typed is checked here: what is wrong with a code is never said."""

    use_required_attribute = False
    code = forms.Field(
        label=_("Your code"),
        help_text=_("The 13 numbers you wrote down. Spaces do not matter."),
        error_messages={"required": _("Please write your code.")},
        widget=CodeInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": "100", "class": "usa-input--lg"}
        ),
    )

    def show_again(self) -> None:
        """Keep what was typed in the box, where it was not looked up and the person only has to press once more."""
        box: Any = self.fields["code"].widget
        box.shows_again = True

    @property
    def forgets(self) -> bool:
        """Whether the box comes back empty."""
        box: Any = self.fields["code"].widget
        return not box.shows_again


class NewCodeForm(forms.Form):
    """What a coordinator confirms before a family gets a new code; which of them, where two people have one."""

    person = forms.TypedChoiceField(
        label="Whose code is lost?",
        widget=forms.RadioSelect,
        coerce=UUID,
        help_text="Each has a code of their own, and does not know of the other. The other code goes on working.",
        error_messages={"required": "Choose whose number you called."},
    )
    called = forms.BooleanField(
        label="I called the number on file myself and am speaking with the family",
        help_text="Not a number that somebody gave on the phone.",
        error_messages={"required": "Call the number on file first, then tick this."},
    )
    check = forms.ChoiceField(
        label="How do you know who it is?",
        choices=Check.choices,
        widget=forms.RadioSelect,
        help_text="Kept in the case's log.",
        error_messages={"required": "Choose what they said. Without one of these there is no new code."},
    )

    def __init__(self, *args: Any, people: Sequence[tuple[UUID, datetime]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not people:
            del self.fields["person"]
            return
        person: Any = self.fields["person"]
        person.choices = [
            (str(contact_id), f"The one whose contact was sealed {date_format(localtime(sealed_at), 'M j, Y, H:i')}")
            for contact_id, sealed_at in people
        ]
