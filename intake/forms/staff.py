"""Staff forms: why somebody opens a sealed document, and the coordinator's corrections of the deciding answers."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localtime

from intake.forms.family import MAX_HOUSEHOLD
from intake.forms.fields import Day, TimeOfDay, Zip
from referrals.actions.openings import OpeningReason
from referrals.facts import PLACE_FREE, PLACE_LOCAL_JAIL, PLACE_OTHER_STATE, PLACE_UNKNOWN, Entry, Facts, Paper, Taken
from referrals.models import Facility, IncomeLine

# Those a person chooses from; the others belong to pages that open something by themselves.
_GIVEN_BY_PAGES = {OpeningReason.SEARCH, OpeningReason.HAND_OVER, OpeningReason.NEW_CODE}
OPENING_REASONS = [(reason.value, reason.label) for reason in OpeningReason if reason not in _GIVEN_BY_PAGES]
YES_NO_UNKNOWN = [("", "Not known"), ("yes", "Yes"), ("no", "No")]
OVER_OR_NOT = [("", "Not known, or no"), ("yes", "Yes")]


def place_choices(today: date) -> list[tuple[str, str]]:
    """Every answer to "where are they now" on a day, as staff call it."""
    return [
        *((row.code, f"{row.name}, {row.us_state}") for row in Facility.objects.on(today)),
        (PLACE_LOCAL_JAIL, "Another jail in Minnesota, or the police"),
        (PLACE_OTHER_STATE, "Another place, in another state"),
        (PLACE_FREE, "Not held"),
        (PLACE_UNKNOWN, "Not known"),
    ]


class OpeningForm(forms.Form):
    """Nobody reads a sealed document without saying why; the log keeps the code."""

    reason = forms.ChoiceField(
        label="Why do you open it?",
        choices=OPENING_REASONS,
        widget=forms.RadioSelect,
        help_text="Kept in the case's log.",
    )


class AnswersForm(forms.Form):
    """The answers that decide type, urgency and eligibility, as a coordinator hears them on the phone."""

    taken = forms.ChoiceField(label="Taken?", choices=Taken.choices)
    taken_day = Day(
        label="Day taken", help_text="Such as yesterday or 11/20/2026; empty if not known.", past=True, required=False
    )
    taken_time = TimeOfDay(label="About what time", required=False)
    place = forms.ChoiceField(label="Where are they now?")
    entry = forms.ChoiceField(label="Did a visa or an officer let them in?", choices=Entry.choices)
    papers = forms.MultipleChoiceField(
        label="Papers seen", choices=Paper.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    hearing_day = Day(label="Next court date", past=False, required=False)
    zip_code = Zip(label="Home ZIP when taken", required=False)
    household = forms.IntegerField(
        label="People in the household", min_value=1, max_value=MAX_HOUSEHOLD, required=False
    )
    monthly_income = forms.IntegerField(
        label="Monthly income, US dollars",
        help_text="The person's and their spouse's, before taxes; empty if not known.",
        min_value=0,
        max_value=1_000_000,
        required=False,
    )
    income_is_over = forms.ChoiceField(
        label="Income above the line?",
        help_text="Counts where the household or the income is not known; else the two numbers decide.",
        choices=OVER_OR_NOT,
        required=False,
    )
    is_minor = forms.ChoiceField(label="Under 18?", choices=YES_NO_UNKNOWN, required=False)
    # The version these answers were read from: a colleague's newer ones must not be overwritten unseen.
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = localtime(now)
        self.today: date = self.now.date()
        taken: Any = self.fields["taken_day"]
        hearing: Any = self.fields["hearing_day"]
        place: Any = self.fields["place"]
        taken.today = hearing.today = self.today
        taken.earliest, taken.latest = self.today - timedelta(days=3660), self.today
        hearing.earliest, hearing.latest = self.today, self.today + timedelta(days=3660)
        place.choices = place_choices(self.today)

    @staticmethod
    def initial_of(facts: Facts | None, version: int) -> dict[str, Any]:
        """The form's start from the newest facts; empty where there are none."""
        if facts is None:
            return {"version": version, "taken": Taken.UNKNOWN, "place": PLACE_UNKNOWN, "entry": Entry.UNKNOWN}
        taken_at = localtime(facts.taken_at) if facts.taken_at else None
        return {
            "version": version,
            "taken": facts.taken,
            "taken_day": taken_at.date().isoformat() if taken_at else "",
            "taken_time": taken_at.strftime("%H:%M") if taken_at else "",
            "place": facts.place,
            "entry": facts.entry,
            "papers": [str(paper) for paper in facts.papers],
            "hearing_day": facts.hearing_on.isoformat() if facts.hearing_on else "",
            "zip_code": facts.zip_code,
            "household": facts.household,
            "monthly_income": facts.monthly_income,
            "income_is_over": "yes" if facts.income_is_over else "",
            "is_minor": {True: "yes", False: "no", None: ""}[facts.is_minor],
        }

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        day = cleaned.get("taken_day")
        taken_at = datetime.combine(day, cleaned.get("taken_time") or time(12), self.now.tzinfo) if day else None
        if taken_at and taken_at > self.now:
            if cleaned.get("taken_time"):
                self.add_error("taken_time", "This time has not come yet.")
            taken_at = self.now.replace(second=0, microsecond=0)
        cleaned["taken_at"] = taken_at
        return cleaned

    def facts(self) -> Facts:
        """The facts of a valid form."""
        values = self.cleaned_data
        return Facts(
            taken=Taken(values["taken"]),
            taken_at=values["taken_at"] if values["taken"] in (Taken.JUST_NOW, Taken.EARLIER) else None,
            place=PLACE_FREE if values["taken"] == Taken.NO else values["place"],
            entry=Entry(values["entry"]),
            papers=tuple(Paper(paper) for paper in values["papers"]),
            hearing_on=values["hearing_day"],
            zip_code=values["zip_code"],
            household=values["household"],
            monthly_income=values["monthly_income"],
            income_is_over=self._income_is_over(),
            is_minor={"yes": True, "no": False}.get(values["is_minor"]),
        )

    def _income_is_over(self) -> bool:
        """By the numbers where both are known; else as ticked, because a family may have said only that."""
        household, income = self.cleaned_data["household"], self.cleaned_data["monthly_income"]
        line = IncomeLine.objects.on(self.today).first()
        if line is None or household is None or income is None:
            return bool(self.cleaned_data["income_is_over"] == "yes")
        return bool(income * 12 > line.limit(household))
