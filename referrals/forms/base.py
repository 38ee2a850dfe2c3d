"""What every form of a deed has: the case and the moment, the words for what is missing."""

from datetime import date, datetime
from typing import Any

from django import forms

from referrals.business_time import CHICAGO
from referrals.models import Case

EMPTY = [("", "Choose one")]


CHOOSE = {"required": "Choose one from the list.", "invalid_choice": "Choose one from the list."}


NAME_DAY = {"required": "Write the day, for example 11 5 2026."}


class DeedForm(forms.Form):
    """A form about one case; ids carry the deed's name, because a page shows several."""

    def __init__(self, *args: Any, case: Case, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.now = now


def not_in_future(day: date, now: datetime) -> date:
    """The day itself; ValidationError for one that has not come."""
    if day > now.astimezone(CHICAGO).date():
        raise forms.ValidationError("This day is in the future.")
    return day
