"""The questions of the family's pages, one form a page; `intake/questions.py` lists the pages."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from intake.forms.fields import ANumber, Day, OneOf, Phone, PlainText, SomeOf, TimeOfDay, Zip
from referrals.facts import PLACE_FREE, PLACE_LOCAL_JAIL, PLACE_OTHER_STATE, PLACE_UNKNOWN, Entry, Paper, Taken
from referrals.models import Facility, IncomeLine

# How far "in the last 3 days" and "more than 3 days ago" may be off the day given: people count days loosely.
JUST_NOW_AT_MOST = timedelta(days=4)
EARLIER_AT_LEAST = timedelta(days=2)

# What was typed, by page and field, exactly as the browser sent it.
Typed = Mapping[str, Mapping[str, Sequence[str]]]

UNKNOWN = "unknown"
DONT_KNOW = _("I don't know")
NO_ANSWER = _("No answer")
NO_PAPERS = "none"
INCOME_OVER = "over"
MUST_NOT_KNOW = "must_not_know"
MAX_HOUSEHOLD = 20


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

    def prepare(self) -> None:
        day: Any = self.fields["taken_day"]
        day.earliest, day.latest = self.today - timedelta(days=3660), self.today
        if self.data.get("taken") == Taken.JUST_NOW:
            day.likely_from = self.today - timedelta(days=7)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("taken") in (Taken.NO, Taken.UNKNOWN):
            # Not asked of them: whatever stands in the two boxes, readable or not, is not kept.
            for name in ("taken_day", "taken_time"):
                self.errors.pop(name, None)
            return cleaned | {"taken_day": None, "taken_time": None, "taken_at": None}
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
        if cleaned["taken_at"] and cleaned["taken_at"] > self.now:
            self.add_error("taken_time", ValidationError(_("This time has not come yet. Please check it."), "future"))
        return cleaned

    def _contradicts(self, taken: str | None, day: date) -> bool:
        if taken == Taken.JUST_NOW:
            return day < self.today - JUST_NOW_AT_MOST
        return taken == Taken.EARLIER and day > self.today - EARLIER_AT_LEAST

    def _taken_at(self, day: date | None, at: time | None) -> datetime | None:
        if day is None:
            return None
        taken_at = datetime.combine(day, at or time(12), self.now.tzinfo)
        return taken_at if at else min(taken_at, self.now.replace(second=0, microsecond=0))


class PlaceForm(QuestionForm):
    place = OneOf(
        label=_("Where are they now?"),
        help_text=_("If you heard it from someone, that is enough. We will check."),
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


class EntryForm(QuestionForm):
    entry = OneOf(
        label=_("When they came to the United States, did a visa or an officer let them in?"),
        help_text=_("This decides which court can help. Do not tell us how they came. You do not have to answer."),
        choices=[
            (Entry.ADMITTED, _("Yes, they had a visa or an officer let them in")),
            (Entry.UNINSPECTED, _("No")),
            (Entry.UNKNOWN, _("I don't know, or I do not want to say")),
        ],
    )


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
    a_number = ANumber(
        label=_("A-number, if you know it"),
        help_text=_("It is on immigration papers: the letter A and 8 or 9 numbers, such as A000 123 456."),
        required=False,
    )
    is_minor = OneOf(
        label=_("Is your person under 18 years old?"),
        choices=[("yes", _("Yes")), ("no", _("No")), (UNKNOWN, DONT_KNOW)],
        required=False,
    )


class PapersForm(QuestionForm):
    papers = SomeOf(
        label=_("Which of these papers have you seen?"),
        help_text=_("Look at the top or bottom corner for the form number. Tick all that fit."),
        choices=[
            (Paper.NOTICE_TO_APPEAR, _("Notice to Appear (I-862)")),
            (Paper.HEARING_NOTICE, _("A paper with a court date")),
            (Paper.EXPEDITED, _("Expedited removal (I-860 or I-867)")),
            (Paper.REINSTATEMENT, _("An old deportation order used again (I-871)")),
            (Paper.ADMINISTRATIVE, _("Final administrative removal (I-851)")),
            (Paper.FINAL_ORDER, _("A deportation order, or check-ins with ICE (I-205)")),
            (Paper.CUSTODY, _("A paper about staying locked up or bond (I-286)")),
            (NO_PAPERS, _("None of these")),
            (UNKNOWN, DONT_KNOW),
        ],
        required=False,
    )
    hearing_day = Day(
        label=_("When is the next court date?"),
        help_text=_("For example: 12/15/2026. Leave it empty if you don't know or there is none."),
        past=False,
        required=False,
    )

    def prepare(self) -> None:
        day: Any = self.fields["hearing_day"]
        day.earliest, day.latest = self.today, self.today + timedelta(days=3660)

    def clean_papers(self) -> list[str]:
        papers = list(dict.fromkeys(self.cleaned_data["papers"]))
        if NO_PAPERS in papers and len(papers) > 1:
            raise ValidationError(
                _("You ticked “None of these” and something else. Please keep what is right."), "both"
            )
        return papers


class HomeForm(QuestionForm):
    zip_code = Zip(
        label=_("What is the ZIP code of your person's home?"),
        help_text=_("The home where they lived when they were taken, or where they live now. 5 numbers."),
        required=False,
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
    """The bands end at half the eligible income of this household and at the line itself, so the verdict is clear."""

    income = OneOf(
        label=_("About how much money comes into the home each month?"),
        help_text=_("Count the pay of your person and of their husband or wife, before taxes. A guess is fine."),
    )

    def prepare(self) -> None:
        field: Any = self.fields["income"]
        line = self.monthly_line()
        field.choices = [(UNKNOWN, DONT_KNOW)]
        if line:
            up_to = gettext("Up to $%(amount)s")
            more = gettext("More than $%(amount)s")
            field.choices = [
                ("0", _("No money right now")),
                *((str(top), up_to % {"amount": f"{top:,}"}) for top in (line // 2, line)),
                (INCOME_OVER, more % {"amount": f"{line:,}"}),
                (UNKNOWN, DONT_KNOW),
            ]

    def monthly_line(self) -> int | None:
        """The highest eligible monthly income, whole US dollars, for the household typed before."""
        size = said(self.typed, "household", "household").strip()
        row = IncomeLine.objects.on(self.today).first()
        if row is None or not (size.isascii() and size.isdigit() and 1 <= int(size) <= MAX_HOUSEHOLD):
            return None
        return row.limit(int(size)) // 12


class ContactForm(QuestionForm):
    caller_name = PlainText(
        label=_("What should we call you?"),
        help_text=_("A first name is enough. It can be a name you choose."),
        limit=80,
        error_messages={"required": _("Please write a name. It can be any name you choose.")},
    )
    phone = Phone(
        label=_("What phone number is safe to reach you?"),
        error_messages={"required": _("Please write a phone number. Without a phone, please call us instead.")},
    )
    shared = OneOf(
        label=_("Who else sees or answers this phone?"),
        choices=[
            ("nobody", _("Nobody, only me")),
            ("trusted", _("Someone I trust")),
            (MUST_NOT_KNOW, _("Someone who must not know about this")),
        ],
    )
    # Said by the family, never by us: whoever picks up the phone could otherwise learn it, and then ask for a new code.
    code_word = PlainText(
        label=_("A code word for our calls"),
        help_text=_(
            "Any word you will remember. When we call, we ask for it, so that we know it is you."
            " You may leave it empty."
        ),
        limit=40,
        required=False,
    )


class ReachForm(QuestionForm):
    """How to reach them; a phone that someone sees who must not know gets no texts, so they are not offered."""

    may_text = OneOf(
        label=_("May we send you text messages?"),
        help_text=_("They are short and name nobody. You can stop them at any time with STOP."),
        choices=[("yes", _("Yes")), ("no", _("No"))],
    )
    may_call = OneOf(
        label=_("May we call you?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
    )
    hours = OneOf(
        label=_("When may we text or call?"),
        choices=[("any", _("At any hour, day or night")), ("day", _("Only by day, 8 am to 9 pm"))],
    )
    text_language = OneOf(label=_("In which language?"), choices=settings.LANGUAGES)

    def prepare(self) -> None:
        self.fields["text_language"].initial = get_language()
        if said(self.typed, "contact", "shared") == MUST_NOT_KNOW:
            del self.fields["may_text"]
            self.note = _("We will not text this phone, because someone who must not know could see it.")

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if "may_text" not in self.fields:
            cleaned["may_text"] = "no"
        if cleaned.get("may_call") == "no" and cleaned.get("may_text") == "no":
            self.add_error(
                "may_call",
                ValidationError(
                    _("We need one way to reach you: a text or a call. Please say yes to one, or call us instead."),
                    "no_way",
                ),
            )
        return cleaned
