"""How a case ends, and how it goes on after all."""

from django import forms

from referrals.actions.endings import Outcome, ReopenReason
from referrals.forms.base import CHOOSE, EMPTY, DeedForm
from referrals.models import Case
from referrals.reference import as_typed


class CloseForm(DeedForm):
    outcome = forms.ChoiceField(label="Outcome", choices=EMPTY + Outcome.choices, error_messages=CHOOSE)


class MarkDuplicateForm(DeedForm):
    duplicate_of = forms.CharField(
        label="Reference of the case that goes on",
        max_length=12,
        widget=forms.TextInput({"class": "usa-input--sm"}),
        error_messages={"required": "Write the reference of the other case, such as K7M-4QD."},
    )

    def clean_duplicate_of(self) -> Case:
        other = Case.objects.filter(reference=as_typed(self.cleaned_data["duplicate_of"])).first()
        if other is None:
            raise forms.ValidationError("There is no case with this reference, such as K7M-4QD.")
        if other.pk == self.case.pk:
            raise forms.ValidationError("This is the case itself: write the reference of the other one.")
        if not other.is_open:
            raise forms.ValidationError("That case is over: write the one that goes on.")
        return other


class ReopenForm(DeedForm):
    reason = forms.ChoiceField(label="Reason", choices=EMPTY + ReopenReason.choices, error_messages=CHOOSE)
