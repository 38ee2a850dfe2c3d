"""What is chosen about a legal demand; codes, days and references of cases, no words."""

import re
from datetime import date, datetime
from typing import Any

from django import forms

from referrals.business_time import CHICAGO
from referrals.forms.base import CHOOSE, EMPTY
from referrals.models import Case, CounselAdvice, DemandKind, LegalDemand, ServedOn
from web.forms import DayField

NAMED, ALL, NONE = "named", "all", "none"
SCOPES = [
    (NAMED, "Cases, which I name below"),
    (ALL, "Everything, or it names nobody: hold every case of which anything can still be read"),
    (NONE, "No case of ours"),
]
MOST_REFERENCES = 500
_REFERENCE = re.compile(r"[A-Z0-9]{3}-[A-Z0-9]{3}")


class ReferencesField(forms.CharField):
    """References as somebody types or pastes them; cleans to the cases, and says which are none."""

    widget = forms.Textarea({"rows": 4, "spellcheck": "false", "autocomplete": "off"})

    def clean(self, value: Any) -> list[Case]:
        typed = [part for part in re.split(r"[\s,;]+", super().clean(value).upper()) if part]
        if len(typed) > MOST_REFERENCES:
            raise forms.ValidationError(f"At most {MOST_REFERENCES} at once: enter the rest on the demand's page.")
        found = {case.reference: case for case in Case.objects.filter(reference__in=typed)}
        if missing := [part for part in dict.fromkeys(typed) if part not in found]:
            # Only what looks like one is repeated: a name pasted by mistake must not stay on the page.
            named = [part for part in missing if _REFERENCE.fullmatch(part)]
            known = f" No case has {', '.join(named[:10])}." if named else ""
            raise forms.ValidationError(f"Write references such as K7M-4QD, one a line.{known}")
        return list(found.values())


class _Scoped(forms.Form):
    """Which cases are meant."""

    scope = forms.ChoiceField(
        label="What does it ask for?", choices=SCOPES, widget=forms.RadioSelect, error_messages=CHOOSE
    )
    references = ReferencesField(label="References of these cases", help_text="One a line.", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        references, scope = cleaned.get("references"), cleaned.get("scope")
        if references is not None and scope == NAMED and not references:
            self.add_error("references", "Write the reference of each case it names.")
        if references and scope in (ALL, NONE):
            self.add_error("references", "Choose “Cases, which I name below”, or leave this empty.")
        return cleaned

    @property
    def cases(self) -> list[Case]:
        found: list[Case] = self.cleaned_data["references"]
        return found

    @property
    def asks_for_all(self) -> bool:
        return bool(self.cleaned_data["scope"] == ALL)


class DemandForm(_Scoped):
    """A demand as it comes in."""

    received_on = DayField(label="Day it was received", help_text="For example 11 5 2026.")
    kind = forms.ChoiceField(label="What is it?", choices=EMPTY + DemandKind.choices, error_messages=CHOOSE)
    served_on = forms.ChoiceField(
        label="Whom was it given to?", choices=EMPTY + ServedOn.choices, error_messages=CHOOSE
    )
    answer_due_on = DayField(label="Answer due by", help_text="Empty if no day is named.", required=False)
    gagged = forms.BooleanField(label="A court forbids telling the people concerned", required=False)

    field_order = ("received_on", "kind", "served_on", "answer_due_on", "gagged", "scope", "references")

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = now.astimezone(CHICAGO).date()

    def clean_received_on(self) -> date:
        received_on: date = self.cleaned_data["received_on"]
        if received_on > self.today:
            raise forms.ValidationError("This day is in the future.")
        return received_on

    def clean_answer_due_on(self) -> date | None:
        due: date | None = self.cleaned_data["answer_due_on"]
        received_on = self.cleaned_data.get("received_on")
        if due and received_on and due < received_on:
            raise forms.ValidationError("This day is before the demand was received.")
        return due


class StepForm(forms.Form):
    """A step that asks nothing but the button."""

    def __init__(self, posted: Any = None, *, demand: LegalDemand) -> None:
        super().__init__(posted, auto_id=f"{type(self).__name__.lower()}-%s")


class HoldForm(_Scoped, StepForm):
    """More cases to hold."""

    def __init__(self, posted: Any = None, *, demand: LegalDemand) -> None:
        super().__init__(posted, demand=demand)
        self.fields["scope"].choices = SCOPES[:2]  # type: ignore[attr-defined]
        self.fields["scope"].label = "Which cases?"


class ReviewForm(StepForm):
    """What counsel advises."""

    advice = forms.ChoiceField(
        label="Counsel's advice",
        choices=EMPTY + CounselAdvice.choices,
        error_messages=CHOOSE,
        help_text="With your name this says that counsel has seen the demand.",
    )


class EndForm(StepForm):
    """How it ends for the cases held."""

    holds = forms.ChoiceField(
        label="The cases held for it",
        choices=[
            ("lift", "Lift the holds: what is due is destroyed from now on"),
            ("keep", "Keep them held for now"),
        ],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
        help_text="Ask counsel first: what is destroyed cannot be brought back.",
    )


STEP_FORMS: dict[str, type[StepForm]] = {
    "hold": HoldForm,
    "review": ReviewForm,
    "release": StepForm,
    "end": EndForm,
    "lift": StepForm,
}
