"""The work of whoever has the case: what was filed, the next stage, a certification."""

from datetime import date
from typing import Any

from django import forms

from referrals.actions.offers import Appearance
from referrals.actions.stages import stages_to_start
from referrals.forms.base import CHOOSE, EMPTY, DeedForm, not_in_future
from referrals.models import CertifyingAgency
from referrals.policies import holder_of
from web.forms import DayField


class EngageForm(DeedForm):
    appearance = forms.ChoiceField(label="What was filed", choices=EMPTY + Appearance.choices, error_messages=CHOOSE)


class StartStageForm(DeedForm):
    stage = forms.ChoiceField(label="Stage", error_messages=CHOOSE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        holder = holder_of(self.case)
        stages = stages_to_start(self.case, holder.program.provider, self.now) if holder else []
        self.fields["stage"].choices = EMPTY + [(stage.code, stage.name) for stage in stages]  # type: ignore[attr-defined]


# The Victims of Trafficking and Violence Protection Act of 2000, Pub. L. 106-386.
FIRST_U_VISAS = date(2000, 10, 28)


class CertificationForm(DeedForm):
    agency = forms.ChoiceField(label="Agency", choices=EMPTY + CertifyingAgency.choices, error_messages=CHOOSE)
    requested_on = DayField(label="Day the request was made", help_text="For example 11 5 2026.")
    in_removal = forms.BooleanField(label="The person is in removal proceedings", required=False)
    expedite_asked = forms.BooleanField(
        label="The request itself asks to expedite",
        required=False,
        help_text="For the short clocks both must be true. It cannot be changed later.",
    )

    def clean_requested_on(self) -> date:
        day = not_in_future(self.cleaned_data["requested_on"], self.now)
        if day < FIRST_U_VISAS:
            raise forms.ValidationError("There were no U visas yet: look at the year.")
        return day
