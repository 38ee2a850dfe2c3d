"""Home and money: what the fund must know to pay."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intake.forms.family.base import DONT_KNOW, UNKNOWN, QuestionForm, said, yes_or_no
from intake.forms.fields import OneOf, Zip
from referrals.models import IncomeLine

INCOME_OVER = "over"
MAX_HOUSEHOLD = 20


class HomeForm(QuestionForm):
    zip_code = Zip(
        label=_("What is the ZIP code of your person's home?"),
        help_text=_("The home where they lived when they were taken, or where they live now. 5 numbers."),
        required=False,
    )
    in_city = yes_or_no(
        _("Is that home in the city of Minneapolis?"),
        _("Some ZIP codes lie in two cities. Your word is enough."),
    )


class HouseholdForm(QuestionForm):
    household = forms.IntegerField(
        label=_("How many people are in the household?"),
        help_text=_("Count your person, their husband or wife, their children, and others they share money with."),
        min_value=1,
        max_value=MAX_HOUSEHOLD,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": "20"}),
        error_messages={
            "invalid": _("Please write a number, such as 4."),
            "min_value": _("Please write at least 1: your person counts."),
            "max_value": _("Please write a number up to 20."),
        },
    )


class IncomeForm(QuestionForm):
    """The bands end at half the household's line, at the line and at the hardship line: each verdict is clear."""

    income = OneOf(
        label=_("About how much money comes into the home each month?"),
        help_text=_("Count the pay of your person and of their husband or wife, before taxes. A guess is fine."),
        required=False,
    )

    def prepare(self) -> None:
        field: Any = self.fields["income"]
        bands = self.monthly_bands()
        field.choices = [(UNKNOWN, DONT_KNOW)]
        if bands:
            up_to = gettext("Up to $%(amount)s")
            more = gettext("More than $%(amount)s")
            field.choices = [
                ("0", _("No money right now")),
                *((str(top), up_to % {"amount": f"{top:,}"}) for top in bands),
                (INCOME_OVER, more % {"amount": f"{bands[-1]:,}"}),
                (UNKNOWN, DONT_KNOW),
            ]

    def monthly_bands(self) -> list[int]:
        """The tops of the bands, whole US dollars a month, for the household typed before; empty if not known."""
        size = said(self.typed, "household", "household").strip()
        row = IncomeLine.objects.on(self.today).first()
        if row is None or not (size.isascii() and size.isdigit() and 1 <= int(size) <= MAX_HOUSEHOLD):
            return []
        line = row.limit(int(size)) // 12
        return [line // 2, line, row.hardship_limit(int(size)) // 12]
