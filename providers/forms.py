"""How much room a program has, when it has none, and for whom: one small form for each."""

import re
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.conf import settings

from providers.days import day_of
from providers.models import Program
from web.forms import DayField

MOST_POINTS = 10_000
MOST_CASES_A_WEEK = 500
# Longer than a year is no closure: such a program is paused.
LONGEST_CLOSURE = timedelta(days=366)
FURTHEST_AHEAD = timedelta(days=731)
# States, the District and the territories that have immigration detention or a court of their own.
US_STATES = frozenset(
    """
    AL AK AZ AR CA CO CT DE DC FL GA GU HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MP MT NE NV NH NJ NM NY NC ND OH OK
    OR PA PR RI SC SD TN TX UT VT VA VI WA WV WI WY
    """.split()  # noqa: SIM905 - fifty strings in quotes cannot be read
)
CIRCUITS = range(1, 12)


class ProgramForm(forms.Form):
    """A form about one program; ids carry the program and the form, because the page shows many."""

    verb: ClassVar[str]
    # Fields of the program that stand in the boxes before anybody types.
    shows: ClassVar[tuple[str, ...]] = ()

    def __init__(self, posted: Any = None, *, program: Program, now: datetime) -> None:
        initial = {name: getattr(program, name) for name in self.shows}
        super().__init__(posted, initial=initial, auto_id=f"program-{program.pk}-{self.verb}-%s")
        self.program = program
        self.today = day_of(now)


class CeilingForm(ProgramForm):
    """The points a program can carry at once, and the new cases it takes in a week."""

    verb = "ceiling"
    shows = ("ceiling", "weekly_limit")
    ceiling = forms.IntegerField(
        label="Ceiling, points",
        min_value=0,
        max_value=MOST_POINTS,
        widget=forms.NumberInput({"class": "usa-input--sm"}),
        error_messages={"required": "Write a whole number of points.", "invalid": "Write a whole number of points."},
    )
    weekly_limit = forms.IntegerField(
        label="New cases a week, at most",
        required=False,
        min_value=1,
        max_value=MOST_CASES_A_WEEK,
        widget=forms.NumberInput({"class": "usa-input--sm"}),
        error_messages={"invalid": "Write a whole number of cases, or leave it empty for no limit."},
    )


class PauseForm(ProgramForm):
    """Until when no offers are wanted."""

    verb = "pause"
    until = DayField(
        label="Until when?",
        required=False,
        help_text="Offers begin again by themselves on this day, for example 1 19 2027. Empty if you do not know yet.",
    )

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until is not None and until <= self.today:
            raise forms.ValidationError("Write a day after today, or none.")
        return until


class ClosureForm(ProgramForm):
    """Days on which no new cases are taken."""

    verb = "close"
    name = forms.CharField(
        label="What for",
        max_length=60,
        help_text="For example Semester break. It is published: no names of people.",
        error_messages={"required": "Write what it is, for example Semester break."},
    )
    first_day = DayField(label="First day", error_messages={"required": "Write the first day, for example 12 20 2026."})
    last_day = DayField(label="Last day", error_messages={"required": "Write the last day, for example 1 18 2027."})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "The last day comes before the first.")
        elif last and last < self.today:
            self.add_error("last_day", "These days are over.")
        elif first and first - self.today > FURTHEST_AHEAD:
            self.add_error("first_day", "That is more than two years ahead.")
        elif first and last and last - first > LONGEST_CLOSURE:
            self.add_error("last_day", "Longer than a year: pause the program instead.")
        return cleaned


class PartsField(forms.CharField):
    """Several short codes in one box, with spaces or commas between; cleans to a list."""

    def prepare_value(self, value: Any) -> Any:
        return " ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [part for part in re.split(r"[\s,;]+", super().clean(value).upper()) if part]


class LimitsForm(ProgramForm):
    """Which languages are served, and where people must be held."""

    verb = "limits"
    shows = ("languages", "us_states", "circuits")
    languages = forms.MultipleChoiceField(
        label="Languages served without an interpreter",
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked means any language.",
    )
    us_states = PartsField(
        label="Only people held in these states",
        required=False,
        max_length=300,
        help_text="Two letters each, for example MN ND. Empty means any.",
    )
    circuits = PartsField(
        label="Only people held in these federal circuits",
        required=False,
        max_length=60,
        help_text="Numbers, for example 8. Empty means any.",
    )

    def clean_us_states(self) -> list[str]:
        typed = self.cleaned_data["us_states"]
        if unknown := [part for part in typed if part not in US_STATES]:
            raise forms.ValidationError(f"No state is written {', '.join(unknown)}: two letters each, such as MN.")
        return sorted(set(typed))

    def clean_circuits(self) -> list[int]:
        typed = self.cleaned_data["circuits"]
        if unknown := [part for part in typed if part not in map(str, CIRCUITS)]:
            raise forms.ValidationError(f"There is no circuit {', '.join(unknown)}: the numbers are 1 to 11.")
        return sorted({int(part) for part in typed})


FORMS: tuple[type[ProgramForm], ...] = (CeilingForm, PauseForm, ClosureForm, LimitsForm)
