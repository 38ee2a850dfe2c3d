"""Where the person is, and by whose clock it is night for the family."""

from typing import Any

from django import forms

from notifications.quiet_hours import ZONES
from referrals.business_time import CHICAGO
from referrals.forms.base import CHOOSE, EMPTY, DeedForm
from referrals.models import Facility, LookedAt, LookResult
from referrals.models.locator import AT_A_PLACE, US_STATES


class LocatorCheckForm(DeedForm):
    """A look-up in codes; what was typed into somebody's search page is never typed here."""

    looked_at = forms.ChoiceField(label="Where you looked", choices=EMPTY + LookedAt.choices, error_messages=CHOOSE)
    result = forms.ChoiceField(label="What came of it", choices=EMPTY + LookResult.choices, error_messages=CHOOSE)
    facility = forms.ModelChoiceField(
        Facility.objects.none(),
        label="The place, if found or moved",
        required=False,
        empty_label="Choose one, or a state below",
        error_messages=CHOOSE,
    )
    us_state = forms.ChoiceField(
        label="A place that is not in the list: its state",
        choices=[("", "None"), *((code, code) for code in US_STATES)],
        required=False,
        error_messages=CHOOSE,
        help_text="Somebody adds the place to the list; note it again then.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["facility"].queryset = Facility.objects.on(self.now.astimezone(CHICAGO).date())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"result", "facility", "us_state"} <= cleaned.keys() and (
            fault := place_fault(cleaned["result"], cleaned["facility"], cleaned["us_state"])
        ):
            self.add_error("facility", fault)
        return cleaned


def place_fault(result: str, facility: Facility | None, us_state: str) -> str:
    """What is wrong with the place of a look-up's result; "" for nothing."""
    if result not in AT_A_PLACE:
        return "Only “found” and “moved” name a place." if facility or us_state else ""
    return "" if (facility is None) == bool(us_state) else "Choose the place, or else its state, and not both."


class TimeZoneForm(DeedForm):
    """By whose clock it is night for the family."""

    time_zone = forms.ChoiceField(label="Where the phone is", choices=[*EMPTY, *ZONES], error_messages=CHOOSE)
