"""What is entered about a certification request: days and codes, no words."""

from datetime import date, datetime
from typing import Any

from django import forms

from referrals.forms.base import CHOOSE, EMPTY, not_in_future
from referrals.models import CertificationDesk, CertificationRequest
from web.forms import DayField


class StepForm(forms.Form):
    """A step that asks nothing but the button."""

    def __init__(self, posted: Any = None, *, request: CertificationRequest, now: datetime) -> None:
        super().__init__(posted, auto_id=f"{type(self).__name__.lower()}-%s")
        self.request = request
        self.now = now

    def day_since(self, name: str, earliest: date | None, what: str) -> date:
        """The day in field `name`, neither in the future nor before `earliest`; ValidationError says what that was."""
        day = not_in_future(self.cleaned_data[name], self.now)
        if earliest and day < earliest:
            raise forms.ValidationError(f"This day is before {what}.")
        return day


class RemindForm(StepForm):
    desk = forms.ChoiceField(
        label="Who has the request now", choices=EMPTY + CertificationDesk.choices, error_messages=CHOOSE
    )


class CertifyForm(StepForm):
    signed_on = DayField(label="Day on Supplement B", help_text="For example 11 5 2026. Six months run from it.")
    certified_on = DayField(label="Day it reached us")

    def clean_signed_on(self) -> date:
        return self.day_since("signed_on", self.request.requested_on, "the request was made")

    def clean_certified_on(self) -> date:
        return self.day_since("certified_on", self.cleaned_data.get("signed_on"), "it was signed")


class RefuseForm(StepForm):
    refused_on = DayField(label="Day of the answer", help_text="For example 11 5 2026.")

    def clean_refused_on(self) -> date:
        return self.day_since("refused_on", self.request.requested_on, "the request was made")


class FiledForm(StepForm):
    filed_on = DayField(label="Day the petition was received", help_text="For example 11 5 2026.")

    def clean_filed_on(self) -> date:
        return self.day_since("filed_on", self.request.signed_on, "Supplement B was signed")


STEP_FORMS: dict[str, type[StepForm]] = {
    "remind": RemindForm,
    "good_cause": StepForm,
    "certify": CertifyForm,
    "refuse": RefuseForm,
    "filed": FiledForm,
    "withdraw": StepForm,
}


def steps_open_to(request: CertificationRequest) -> list[str]:
    """What can be done with the request now, in the order of the page."""
    if not request.case.is_open:
        return []
    if request.is_open:
        may_have_cause = request.city_due is not None and request.good_cause_on is None
        return ["remind", *(["good_cause"] if may_have_cause else []), "certify", "refuse", "withdraw"]
    return ["filed"] if request.certified_on and request.filed_on is None else []
