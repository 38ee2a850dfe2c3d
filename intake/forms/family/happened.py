"""What happened: taken when and where, who it is, where they are now, papers, dates, signatures, fear."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from intake.forms.family.base import DONT_KNOW, UNKNOWN, QuestionForm, yes_or_no
from intake.forms.fields import NONE_OF_THESE, ANumber, Day, OneOf, PlainText, SomeOf, TimeOfDay
from intake.forms.papers import PaperPictures
from intake.times import is_part_of_day, time_beside
from referrals.facts import (
    PLACE_FREE,
    PLACE_LOCAL_JAIL,
    PLACE_OTHER_STATE,
    PLACE_UNKNOWN,
    DateKind,
    Paper,
    PlaceSource,
    Signed,
    Taken,
    TakenWhere,
)
from referrals.models import Facility

# How far "in the last 3 days" and "more than 3 days ago" may be off the day given: people count days loosely.
JUST_NOW_AT_MOST = timedelta(days=4)
EARLIER_AT_LEAST = timedelta(days=2)
# A part of the day begins as much as this before the hour that stands for it: the morning at five.
BEGINS = timedelta(hours=4)
TEN_YEARS = timedelta(days=3660)
OLDEST = timedelta(days=366 * 120)


class TakenForm(QuestionForm):
    taken = OneOf(
        label=_("Did ICE or the police take your person?"),
        help_text=_("“Your person” is the one who needs a lawyer: your son, your wife, a friend, or you."),
        choices=[
            (Taken.JUST_NOW, _("Yes, in the last 3 days")),
            (Taken.EARLIER, _("Yes, more than 3 days ago")),
            (Taken.NO, _("No")),
            (Taken.UNKNOWN, DONT_KNOW),
        ],
    )
    taken_day = Day(
        label=_("If yes: what day was it?"),
        help_text=_("For example: today, yesterday, or 11/20/2026. Leave it empty if you don't know."),
        past=True,
        required=False,
    )
    taken_time = TimeOfDay(
        label=_("About what time?"),
        help_text=_("For example: 10 pm, or in the morning. Leave it empty if you don't know."),
        required=False,
    )
    taken_where = OneOf(
        label=_("If yes: where were they taken?"),
        choices=[
            (TakenWhere.HOME, _("At home")),
            (TakenWhere.WORK, _("At work")),
            (TakenWhere.STREET, _("In the street or in a car")),
            (TakenWhere.COURT, _("At a court")),
            (TakenWhere.CHECK_IN, _("At a check-in with ICE")),
            (TakenWhere.JAIL, _("From a jail")),
            (TakenWhere.UNKNOWN, _("Another place, or I don't know")),
        ],
        required=False,
    )

    def prepare(self) -> None:
        day: Any = self.fields["taken_day"]
        day.earliest, day.latest = self.today - TEN_YEARS, self.today
        if self.data.get("taken") == Taken.JUST_NOW:
            day.likely_from = self.today - timedelta(days=7)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("taken") in (Taken.NO, Taken.UNKNOWN):
            # Not asked of them: whatever stands in the boxes, readable or not, is not kept.
            for name in ("taken_day", "taken_time", "taken_where"):
                self.errors.pop(name, None)
            return cleaned | {"taken_day": None, "taken_time": None, "taken_where": "", "taken_at": None}
        said, is_beside_day = str(self.data.get("taken_time", "")), False
        if cleaned.get("taken_day") and not cleaned.get("taken_time") and "taken_time" not in self.errors:
            # "Yesterday at 10 pm", all in the first box.
            said, is_beside_day = str(self.data.get("taken_day", "")), True
            cleaned["taken_time"] = time_beside(said, now=self.now.time())
        if is_part_of_day(said, is_beside_day=is_beside_day):
            cleaned["taken_time"] = self._begun(cleaned.get("taken_day"), cleaned.get("taken_time"))
        day, at = cleaned.get("taken_day"), cleaned.get("taken_time")
        if at and not day and "taken_day" not in self.errors:
            # Only "in the last days" makes a time without its day mean something: today, or last night.
            day = self.today if at <= self.now.time() else self.today - timedelta(days=1)
            cleaned["taken_day"] = day if cleaned.get("taken") == Taken.JUST_NOW else None
        if cleaned.get("taken_day") and self._contradicts(cleaned.get("taken"), cleaned["taken_day"]):
            self.add_error(
                "taken_day",
                ValidationError(
                    _("This day does not fit your answer above it. Please change the day or the answer."),
                    "contradiction",
                ),
            )
        cleaned["taken_at"] = self._taken_at(cleaned.get("taken_day"), at)
        cleaned["taken_hour_known"] = cleaned["taken_at"] is None or at is not None
        if cleaned["taken_at"] and cleaned["taken_at"] > self.now:
            self.add_error("taken_time", ValidationError(_("This time has not come yet. Please check it."), "future"))
        return cleaned

    def _begun(self, day: date | None, at: time | None) -> time | None:
        """Of a part of today that has begun, no later than now: "this morning", for nine, is said at seven, too."""
        now = self.now.time().replace(second=0, microsecond=0)
        if at is None or at <= now or day not in (None, self.today):
            return at
        # Without a day "at night" is last night until the evening comes.
        has_begun = day is not None or datetime.combine(self.today, at) - datetime.combine(self.today, now) <= BEGINS
        return now if has_begun else at

    def _contradicts(self, taken: str | None, day: date) -> bool:
        if taken == Taken.JUST_NOW:
            return day < self.today - JUST_NOW_AT_MOST
        return taken == Taken.EARLIER and day > self.today - EARLIER_AT_LEAST

    def _taken_at(self, day: date | None, at: time | None) -> datetime | None:
        if day is None:
            return None
        taken_at = datetime.combine(day, at or time(12), self.now.tzinfo)
        return taken_at if at else min(taken_at, self.now.replace(second=0, microsecond=0))


class PersonForm(QuestionForm):
    names = PlainText(
        label=_("What is your person's full name?"),
        help_text=_("Write it as it is on their papers, if you can."),
        limit=200,
        required=False,
    )
    other_names = PlainText(
        label=_("Is the name sometimes written another way?"),
        help_text=_("Another spelling, a second last name, a nickname. Leave it empty if not."),
        limit=200,
        required=False,
    )
    birth_day = Day(
        label=_("When were they born?"),
        help_text=_("For example: 5/28/1990. With it we find them among people of the same name."),
        past=True,
        required=False,
    )
    country = PlainText(
        label=_("In which country were they born?"),
        help_text=_("We need it to look for them. It is locked away, and lawyers see it later than the name."),
        limit=60,
        required=False,
    )
    a_number = ANumber(
        label=_("A-number, if you know it"),
        help_text=_("It is on immigration papers: the letter A and 8 or 9 numbers, such as A000 123 456."),
        required=False,
    )

    def prepare(self) -> None:
        day: Any = self.fields["birth_day"]
        day.earliest, day.latest = self.today - OLDEST, self.today


class PlaceForm(QuestionForm):
    place = OneOf(
        label=_("Where are they now?"),
        help_text=_("If you heard it from someone, that is enough. We will check."),
    )
    place_source = OneOf(
        label=_("How do you know?"),
        choices=[
            (PlaceSource.THEY_CALLED, _("They called, or I saw them")),
            (PlaceSource.LOCATOR, _("From the ICE website or an office")),
            (PlaceSource.SOMEONE, _("Someone told me")),
            (PlaceSource.UNKNOWN, _("I don't know it for sure")),
        ],
        required=False,
    )

    def prepare(self) -> None:
        field: Any = self.fields["place"]
        rows = sorted(Facility.objects.on(self.today), key=lambda row: (row.us_state != "MN", row.name))
        field.choices = [
            *((row.code, row.name) for row in rows),
            (PLACE_LOCAL_JAIL, _("Another jail in Minnesota, or the police")),
            (PLACE_OTHER_STATE, _("Another place, in another state")),
            (PLACE_FREE, _("They are free now, or at home")),
            (PLACE_UNKNOWN, _("We don't know")),
        ]


class PapersForm(QuestionForm):
    papers = SomeOf(
        label=_("Which of these papers have you seen?"),
        help_text=_("The pictures show where the form number is. Tick all that fit."),
        choices=[
            (Paper.NOTICE_TO_APPEAR, _("Notice to Appear (I-862)")),
            (Paper.HEARING_NOTICE, _("A paper from the immigration court, with a date")),
            (Paper.EXPEDITED, _("Expedited removal (I-860 or I-867)")),
            (Paper.REINSTATEMENT, _("An old deportation order used again (I-871)")),
            (Paper.ADMINISTRATIVE, _("Final administrative removal (I-851)")),
            (Paper.FINAL_ORDER, _("A deportation order (I-205)")),
            (Paper.CUSTODY, _("A paper about staying locked up or bond (I-286)")),
            (Paper.REFUGEE_LETTER, _("A letter for an interview about refugee or asylum papers")),
            (NONE_OF_THESE, _("None of these")),
            (UNKNOWN, DONT_KNOW),
        ],
        required=False,
        widget=PaperPictures,
    )


class DatesForm(QuestionForm):
    flight = yes_or_no(
        _("Did someone say they will be flown out or moved today or tomorrow?"),
        _("Out of the country, or to another state."),
    )
    hearing_day = Day(
        label=_("Is there a date for them? Which day?"),
        help_text=_("For example: 12/15/2026. Leave it empty if you don't know or there is none."),
        past=False,
        required=False,
    )
    date_kind = OneOf(
        label=_("If there is a date: what is it for?"),
        choices=[
            (DateKind.COURT, _("The immigration court")),
            (DateKind.INTERVIEW, _("An interview")),
            (DateKind.CHECK_IN, _("A check-in with ICE")),
            (DateKind.OTHER, _("Something else")),
            (DateKind.UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )

    def prepare(self) -> None:
        day: Any = self.fields["hearing_day"]
        day.earliest, day.latest = self.today, self.today + TEN_YEARS


class SignedForm(QuestionForm):
    signed = OneOf(
        label=_("Did they sign a paper from ICE?"),
        choices=[
            (Signed.TODAY, _("Yes, today")),
            (Signed.EARLIER, _("Yes, before today")),
            (Signed.NO, _("No")),
            (Signed.UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )


class AfraidForm(QuestionForm):
    afraid = yes_or_no(
        _("Are they afraid something bad will happen if they are sent back?"),
        _("Yes or no is enough. Do not tell us the story. A lawyer will ask."),
    )
