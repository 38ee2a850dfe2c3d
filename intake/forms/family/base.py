"""What every page of questions shares, and the answers that several pages know."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from intake.forms.fields import Day, OneOf, SomeOf, TimeOfDay

# What was typed, by page and field, exactly as the browser sent it.
Typed = Mapping[str, Mapping[str, Sequence[str]]]

UNKNOWN = "unknown"
DONT_KNOW = _("I don't know")
NO_ANSWER = _("No answer")
YES_OR_NO = [("yes", _("Yes")), ("no", _("No"))]
YES_NO_OR_UNKNOWN = [*YES_OR_NO, (UNKNOWN, DONT_KNOW)]


def said(typed: Typed, page: str, field: str) -> str:
    """The one value typed into a field; empty if the page was not answered."""
    values = typed.get(page, {}).get(field, ())
    return values[-1] if values else ""


class QuestionForm(forms.Form):
    """One page of questions. `now` is the moment it is asked; `typed` what the other pages were answered."""

    use_required_attribute = False
    # Said above the questions, where another answer changed what is asked.
    note: str | Promise = ""

    def __init__(self, *args: Any, now: datetime, typed: Typed, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = localtime(now)
        self.today: date = self.now.date()
        self.typed = typed
        for field in self.fields.values():
            if isinstance(field, Day):
                field.today = self.today
            if isinstance(field, Day | TimeOfDay):
                field.now = self.now.time()
        self.prepare()

    def prepare(self) -> None:
        """Sets choices and limits that depend on the day or on other answers."""

    def to_typed(self) -> dict[str, list[str]]:
        """What the draft keeps of a valid page: each field as typed, but days, times and counts as understood.

        "Yesterday" means another day after midnight, and 5/11 another day after a change of language.
        """
        kept: dict[str, list[str]] = {}
        for name, field in self.fields.items():
            if isinstance(field, Day | TimeOfDay | forms.IntegerField):
                value = self.cleaned_data.get(name)
                kept[name] = [] if value is None else [str(value)]
            elif isinstance(field, SomeOf):
                kept[name] = list(self.cleaned_data[name])
            else:
                kept[name] = [" ".join(str(self.data.get(name, "")).split())]
        return kept


def yes_or_no(label: str | Promise, help_text: str | Promise = "") -> OneOf:
    """A question that may be left open, with "I don't know" among its answers."""
    return OneOf(label=label, help_text=help_text, choices=YES_NO_OR_UNKNOWN, required=False)
