"""What the fund's office and the providers' staff type about money. Codes, days and amounts: no words about people."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from funding.billing import Wanted
from funding.csv_lines import MAX_BYTES, UnreadableError, cents_from, reference_of
from funding.models import (
    AllowanceKind,
    AllowanceReason,
    Commitment,
    Grant,
    GrantKind,
    Invoice,
    ReturnReason,
)
from funding.templatetags.money import dollars
from web.forms import DayField


class ReferenceField(forms.CharField):
    """A case's reference; cleans to its written form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **{"label": "Case", "help_text": "Such as K7M-4QD."} | kwargs)

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        try:
            return reference_of(typed) if typed else ""
        except UnreadableError as unreadable:
            raise ValidationError(str(unreadable)) from None


class DollarsField(forms.CharField):
    """Dollars with a decimal point; cleans to cents."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=14, **{"label": "Amount in dollars", "help_text": "Such as 900 or 900.00"} | kwargs)

    def clean(self, value: Any) -> int:
        typed = super().clean(value)
        try:
            return cents_from(typed) if typed else 0
        except UnreadableError as unreadable:
            raise ValidationError(str(unreadable)) from None


class LinesForm(forms.Form):
    """Stages that were done, and on which day."""

    stages = forms.MultipleChoiceField(
        label="Stages that were done", widget=forms.CheckboxSelectMultiple, help_text="At the agreed price of each."
    )
    day = DayField(label="Day they were done", help_text="Stages of other days: another time, on the same invoice.")

    def __init__(self, *args: Any, commitments: list[Commitment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commitments = {str(one.pk): one for one in commitments}
        self.fields["stages"].choices = [  # type: ignore[attr-defined]
            (pk, f"{one.case_reference} · {one.stage} · {dollars(one.cents)}") for pk, one in self.commitments.items()
        ]

    def wanted(self) -> list[Wanted]:
        chosen = [self.commitments[pk] for pk in self.cleaned_data["stages"]]
        day: date = self.cleaned_data["day"]
        return [
            Wanted(number, one.case_reference, one.stage, day, one.cents) for number, one in enumerate(chosen, start=1)
        ]


class FileForm(forms.Form):
    """A CSV file; cleans to its bytes. Its name is not kept."""

    file = forms.FileField(label="CSV file", widget=forms.FileInput({"accept": ".csv,text/csv"}))

    def clean_file(self) -> bytes:
        uploaded: UploadedFile = self.cleaned_data["file"]
        if uploaded.size is None or uploaded.size > MAX_BYTES:
            raise ValidationError("The file is too large: one megabyte at most.")
        return uploaded.read()


class ReturnForm(forms.Form):
    """Why an invoice goes back."""

    reason = forms.ChoiceField(label="Why", choices=ReturnReason.choices)


class PaymentForm(forms.Form):
    """Which approved invoices are paid, and when."""

    invoices = forms.MultipleChoiceField(label="Invoices to pay", widget=forms.CheckboxSelectMultiple)
    pays_on = DayField(label="Day of payment", help_text="The day the bank pays, for example 11 5 2026.")

    def __init__(self, *args: Any, invoices: list[Invoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["invoices"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), f"{one.number} · {one.provider.name} · {dollars(one.cents)}")  # type: ignore[attr-defined]
            for one in invoices
        ]


class DayForm(forms.Form):
    """One day."""

    day = DayField(help_text="For example 11 5 2026.")

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].label = label


class AdministrationForm(forms.Form):
    """What a grant is to carry of the office's cost."""

    grant = forms.ModelChoiceField(
        Grant.objects.filter(kind=GrantKind.PROGRAM, admin_cap_percent__gt=0).order_by("ends_on", "id"),
        label="Grant",
        help_text="Those that allow administration.",
    )
    cents = DollarsField()
    on = DayField(label="Day of the cost", help_text="For example 11 5 2026.")

    def clean_cents(self) -> int:
        return _more_than_nothing(self.cleaned_data["cents"])


class AllowanceForm(forms.Form):
    """More than the rules give a case."""

    kind = forms.ChoiceField(label="What for", choices=AllowanceKind.choices)
    reference = ReferenceField()
    cents = DollarsField()
    reason = forms.ChoiceField(label="Why", choices=AllowanceReason.choices)

    def clean_cents(self) -> int:
        return _more_than_nothing(self.cleaned_data["cents"])


class SplitForm(forms.Form):
    """The parts that up to three grants carry of a case; without any part the case is as any other."""

    PARTS = 3
    reference = ReferenceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grants = Grant.objects.filter(kind=GrantKind.PROGRAM).order_by("ends_on", "id")
        for number in range(1, self.PARTS + 1):
            self.fields[f"grant_{number}"] = forms.ModelChoiceField(grants, label=f"Grant {number}", required=False)
            self.fields[f"percent_{number}"] = forms.IntegerField(
                label=f"Percent of grant {number}", required=False, min_value=1, max_value=99
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        grants = [grant for _number, grant, _percent in self._parts() if grant is not None]
        if len(set(grants)) != len(grants):
            raise ValidationError("Name each grant once.")
        for number, grant, percent in self._parts():
            if (grant is None) != (percent is None):
                self.add_error(f"percent_{number}", "A part has a grant and a percentage.")
        return cleaned

    def percents(self) -> dict[int, int]:
        return {grant.pk: percent for _number, grant, percent in self._parts() if grant and percent}

    def _parts(self) -> list[tuple[int, Grant | None, int | None]]:
        given = self.cleaned_data
        return [(n, given.get(f"grant_{n}"), given.get(f"percent_{n}")) for n in range(1, self.PARTS + 1)]


class BondForm(forms.Form):
    """A bond for a case, and what somebody else pays into it."""

    pool = forms.ModelChoiceField(Grant.objects.filter(kind=GrantKind.BOND_POOL), label="Pool")
    reference = ReferenceField()
    cents = DollarsField(label="Bond in dollars")
    payer_cents = DollarsField(
        label="Of that paid in by somebody else", required=False, help_text="It goes back to them when the bond does."
    )
    receipt = forms.RegexField(
        r"^[A-Z]?[0-9]{1,10}\Z",
        label="Number of their receipt",
        required=False,
        max_length=12,
        help_text="From the receipt book, such as R1042. Never a name.",
    )

    def clean_cents(self) -> int:
        return _more_than_nothing(self.cleaned_data["cents"])


def _more_than_nothing(cents: int) -> int:
    if cents <= 0:
        raise ValidationError("Write an amount above nothing.")
    return cents
