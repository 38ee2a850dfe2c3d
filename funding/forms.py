"""What finance types."""

from datetime import date, datetime

from django import forms
from django.core.exceptions import ValidationError

from funding.models import Commitment
from funding.policies import RefusedError, check_payment_day
from funding.quarters import day_of
from web.forms import DayField


class PaymentForm(forms.Form):
    """The day a commitment was paid."""

    paid_on = DayField(label="Day of payment", help_text="As on the bank statement, for example 11 5 2026.")

    def __init__(self, *args: object, commitment: Commitment, now: datetime, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.commitment = commitment
        self.today = day_of(now)

    def clean_paid_on(self) -> date:
        paid_on: date = self.cleaned_data["paid_on"]
        try:
            check_payment_day(self.commitment, paid_on, today=self.today)
        except RefusedError as refused:
            raise ValidationError(str(refused)) from None
        return paid_on
