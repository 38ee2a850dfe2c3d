"""Staff forms: why somebody opens a sealed document, and the coordinator's corrections of the deciding answers."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.timezone import localtime

from intake.forms.family import MAX_HOUSEHOLD
from intake.forms.fields import Day, TimeOfDay, Zip
from referrals.actions.openings import OpeningReason
from referrals.facts import (
    CHOSEN,
    PLACE_FREE,
    PLACE_LOCAL_JAIL,
    PLACE_OTHER_STATE,
    PLACE_UNKNOWN,
    SEVERAL,
    DateKind,
    Decision,
    Entry,
    Facts,
    Harm,
    Need,
    Paper,
    PastOrder,
    Pending,
    PlaceSource,
    Signed,
    Taken,
    TakenWhere,
    TimeHere,
    Wish,
    YesNo,
)
from referrals.models import Case, Facility, IncomeLine
from referrals.reference import as_typed

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


class ComparingForm(OpeningForm):
    """Why two cases are opened side by side; both logs keep it."""

    reason = forms.ChoiceField(
        label="Why do you open both?",
        choices=[(one.value, one.label) for one in (OpeningReason.COMPARE, OpeningReason.SUPERVISE)],
        widget=forms.RadioSelect,
        help_text="Kept in the log of both cases.",
        error_messages={"required": "Choose why you open both."},
    )


class NamedPairForm(forms.Form):
    """Another request, by its number, that may be about the same person."""

    use_required_attribute = False
    number = forms.CharField(
        label="Number of the other request",
        max_length=12,
        widget=forms.TextInput({"class": "usa-input--sm", "autocomplete": "off"}),
        error_messages={"required": "Write the number of the other request, such as K7M-4QD."},
    )

    def clean_number(self) -> Case:
        other = Case.objects.filter(reference=as_typed(self.cleaned_data["number"])).first()
        if other is None:
            raise forms.ValidationError("There is no request with this number, such as K7M-4QD.")
        return other


def _one(label: str, kind: type[TextChoices]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=kind.choices, initial="unknown", required=False)


def _some(label: str, kind: type[TextChoices]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=kind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )


class AnswersForm(forms.Form):
    """The answers that decide type, urgency and eligibility, as a coordinator hears them on the phone."""

    taken = forms.ChoiceField(label="Taken?", choices=Taken.choices)
    taken_day = Day(
        label="Day taken", help_text="Such as yesterday or 11/20/2026; empty if not known.", past=True, required=False
    )
    taken_time = TimeOfDay(label="About what time", required=False)
    taken_where = _one("Taken where?", TakenWhere)
    place = forms.ChoiceField(label="Where are they now?")
    place_source = _one("How do they know?", PlaceSource)
    flight = _one("To be flown out or moved today or tomorrow?", YesNo)
    hearing_day = Day(label="Next date", past=False, required=False)
    date_kind = _one("What is the date for?", DateKind)
    papers = _some("Papers seen", Paper)
    signed = _one("Signed something?", Signed)
    afraid = _one("Afraid to go back?", YesNo)
    entry = _one("Did a visa or an officer let them in?", Entry)
    time_here = _one("How long here since the last arrival?", TimeHere)
    claim = _one("May be a citizen or have a green card?", YesNo)
    orders = _some("Before", PastOrder)
    decision = _one("Who decided in the last 30 days?", Decision)
    criminal = _one("A criminal case, now or before?", YesNo)
    harm = _some("Harmed in the United States by", Harm)
    pending = _some("Waits for an answer to", Pending)
    is_minor = forms.ChoiceField(label="Under 18?", choices=YES_NO_UNKNOWN, required=False)
    has_parent = _one("If under 18: is a parent with them?", YesNo)
    needs = _some("Health and care", Need)
    has_lawyer = _one("Has a lawyer already?", YesNo)
    wish = _one("If free: wants help with", Wish)
    zip_code = Zip(label="Home ZIP when taken", required=False)
    in_city = _one("Says the home is in Minneapolis?", YesNo)
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
        label="Income above the hardship line?",
        help_text="Counts where the household or the income is not known; else the two numbers decide.",
        choices=OVER_OR_NOT,
        required=False,
    )
    # The version these answers were read from: a colleague's newer ones must not be overwritten unseen.
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = localtime(now)
        self.today: date = self.now.date()
        taken: Any = self.fields["taken_day"]
        at: Any = self.fields["taken_time"]
        hearing: Any = self.fields["hearing_day"]
        place: Any = self.fields["place"]
        taken.today = hearing.today = self.today
        taken.now = at.now = self.now.time()
        taken.earliest, taken.latest = self.today - timedelta(days=3660), self.today
        hearing.earliest, hearing.latest = self.today, self.today + timedelta(days=3660)
        place.choices = place_choices(self.today)

    @staticmethod
    def initial_of(facts: Facts | None, version: int) -> dict[str, Any]:
        """The form's start from the newest facts; empty where there are none."""
        if facts is None:
            facts = Facts()
        taken_at = localtime(facts.taken_at) if facts.taken_at else None
        coded = {
            name: [str(one) for one in getattr(facts, name)] if name in SEVERAL else getattr(facts, name)
            for name in CHOSEN
        }
        return coded | {
            "version": version,
            "taken_day": taken_at.date().isoformat() if taken_at else "",
            "taken_time": taken_at.strftime("%H:%M") if taken_at and facts.taken_hour_known else "",
            "place": facts.place,
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
        coded: dict[str, Any] = {
            name: tuple(kind(value) for value in values[name]) if name in SEVERAL else kind(values[name] or "unknown")
            for name, kind in CHOSEN.items()
        }
        taken_at = values["taken_at"] if values["taken"] in (Taken.JUST_NOW, Taken.EARLIER) else None
        return Facts(
            **coded,
            taken_at=taken_at,
            taken_hour_known=taken_at is None or values["taken_time"] is not None,
            place=PLACE_FREE if values["taken"] == Taken.NO else values["place"],
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
        return bool(income * 12 > line.hardship_limit(household))
