"""What is entered about a clinic. Day, hours and place are public; nobody who comes is in here."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings

from accounts.roles import Actor
from providers.models import Provider
from referrals.clinics import providers_run_by, served_types, today_of
from referrals.forms.base import CHOOSE
from referrals.models import ClinicSession
from referrals.selectors import type_names
from web.forms import DayField

MOST_SEATS = 200
CLOCK = {"placeholder": "18:00", "inputmode": "text", "autocomplete": "off", "class": "usa-input--sm"}
NOT_A_TIME = {"required": "Write a time such as 18:00.", "invalid": "Write a time such as 18:00."}


class SessionForm(forms.Form):
    """A clinic; cleaned data are the columns of `ClinicSession`."""

    provider = forms.ModelChoiceField(
        Provider.objects.none(), label="Who runs it", empty_label="Choose one", error_messages=CHOOSE
    )
    held_on = DayField(
        label="Day",
        help_text="For example 11 5 2026.",
        error_messages={"required": "Write the month, the day and the year."},
    )
    starts_at = forms.TimeField(
        label="Begins at",
        widget=forms.TextInput(CLOCK),
        help_text="Such as 18:00.",
        error_messages=NOT_A_TIME,
    )
    ends_at = forms.TimeField(label="Ends at", widget=forms.TextInput(CLOCK), error_messages=NOT_A_TIME)
    place = forms.CharField(label="Place", max_length=120, help_text="Public; families read it with their code.")
    address = forms.CharField(label="Address", max_length=200)
    seats = forms.IntegerField(
        label="Seats", min_value=1, max_value=MOST_SEATS, widget=forms.TextInput({"inputmode": "numeric"})
    )
    languages = forms.MultipleChoiceField(
        label="Languages served",
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: any language, with interpreters.",
    )
    case_types = forms.MultipleChoiceField(
        label="What it is for", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Tick at least one."}
    )

    def __init__(self, posted: Any = None, *, by: Actor, now: datetime, session: ClinicSession | None = None) -> None:
        super().__init__(posted, initial=_initial(session) if session else None)
        self.today = today_of(now)
        self.is_new = session is None
        if session is None:
            self.fields["provider"].queryset = providers_run_by(by)  # type: ignore[attr-defined]
        else:
            # Who runs a clinic stays: another provider's is another clinic.
            del self.fields["provider"]
        names, kept = type_names(now), set(session.case_types if session else ())
        codes = sorted(served_types(self.today) | kept)
        self.fields["case_types"].choices = [(code, names.get(code, code)) for code in codes]  # type: ignore[attr-defined]

    def clean_held_on(self) -> date:
        held_on: date = self.cleaned_data["held_on"]
        if self.is_new and held_on < self.today:
            raise forms.ValidationError("This day is over.")
        return held_on

    def clean_starts_at(self) -> int:
        return _minutes(self.cleaned_data["starts_at"])

    def clean_ends_at(self) -> int:
        ends_at = _minutes(self.cleaned_data["ends_at"])
        if ends_at <= self.cleaned_data.get("starts_at", -1):
            raise forms.ValidationError("It ends before it begins.")
        return ends_at


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _initial(session: ClinicSession) -> dict[str, Any]:
    return {
        "held_on": session.held_on,
        "starts_at": f"{session.begins:%H:%M}",
        "ends_at": f"{session.ends:%H:%M}",
        "place": session.place,
        "address": session.address,
        "seats": session.seats,
        "languages": session.languages,
        "case_types": session.case_types,
    }
