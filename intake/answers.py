"""A family's answers so far: what was typed, page by page, and what it means once every page is valid."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django import forms
from django.utils.datastructures import MultiValueDict

from intake.forms.family import INCOME_OVER, MUST_NOT_KNOW, NO_ANSWER, UNKNOWN, QuestionForm, Typed
from intake.forms.fields import NONE_OF_THESE, OneOf, PlainText, SomeOf
from intake.questions import PAGES, Page
from notifications.quiet_hours import HOME
from privacy.models import DocumentKind
from referrals.facts import (
    PLACE_FREE,
    PLACE_UNKNOWN,
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

FULL_AGE = 18
Chosen = TypeVar("Chosen", bound=str)


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the page "check your answers"."""

    question: str
    answer: str
    is_open: bool = False


class Answers:
    """The pages of one draft at one moment. A page counts as answered when what was typed is still valid now."""

    def __init__(self, typed: Typed, *, now: datetime) -> None:
        self.typed = typed
        self.now = now
        self._kept: dict[str, QuestionForm] = {}

    def form(self, page: Page, sent: MultiValueDict[str, str] | None = None) -> QuestionForm:
        """The page's form: bound to what was `sent` or else kept; unbound if there is neither."""
        if sent is not None:
            return page.form(sent, now=self.now, typed=self.typed)
        if page.name not in self.typed:
            return page.form(now=self.now, typed=self.typed)
        if page.name not in self._kept:
            kept = MultiValueDict({name: list(values) for name, values in self.typed[page.name].items()})
            self._kept[page.name] = page.form(kept, now=self.now, typed=self.typed)
        return self._kept[page.name]

    def pages(self) -> list[Page]:
        """The pages this family is asked, given what they said so far."""
        return [page for page in PAGES if page.shown(self.typed)]

    def is_answered(self, page: Page) -> bool:
        return page.name in self.typed and self.form(page).is_valid()

    def next_page(self) -> Page | None:
        """The first page still to answer; None when all are."""
        return next((page for page in self.pages() if not self.is_answered(page)), None)

    def page_before(self, page: Page) -> Page | None:
        pages = self.pages()
        place = pages.index(page) if page in pages else 0
        return pages[place - 1] if place else None

    def spoken(self, page: Page) -> Iterator[Answer]:
        """The page's answers in words, for reading them over."""
        form = self.form(page)
        form.is_valid()
        for name, field in form.fields.items():
            value = form.cleaned_data.get(name)
            yield Answer(str(field.label), _in_words(field, value), is_open=_is_left_out(value))

    def cleaned(self) -> dict[str, Any]:
        """Every shown page's values by field name; each page must be answered."""
        values: dict[str, Any] = {}
        for page in self.pages():
            form = self.form(page)
            if not form.is_valid():
                raise ValueError(f"page {page.name} is not answered")
            values |= form.cleaned_data
        return values


def _is_left_out(value: Any) -> bool:
    return value in (None, "", [])


def _in_words(field: forms.Field, value: Any) -> str:
    if _is_left_out(value):
        return str(NO_ANSWER)
    if isinstance(field, PlainText):
        return field.in_words(value)
    if isinstance(field, OneOf | SomeOf):
        chosen = value if isinstance(value, list) else [value]
        choices: Any = field.choices
        return ", ".join(str(label) for key, label in choices if key in chosen)
    return str(value)


def facts_of(values: Mapping[str, Any], *, today: date) -> Facts:
    """The answers that decide, without identity; pages that were not shown count by what made them needless.

    A birth date stays with the names; of it only "under 18 on `today`" decides, where that was not answered itself.
    """

    def one(kind: type[Chosen], name: str) -> Chosen:
        return kind(values.get(name) or UNKNOWN)

    def some(kind: type[Chosen], name: str) -> tuple[Chosen, ...]:
        return tuple(kind(value) for value in values.get(name, ()) if value not in (NONE_OF_THESE, UNKNOWN))

    taken = Taken(values["taken"])
    income = values.get("income") or UNKNOWN
    return Facts(
        taken=taken,
        taken_at=values.get("taken_at"),
        taken_hour_known=values.get("taken_hour_known", True),
        taken_where=one(TakenWhere, "taken_where"),
        place=PLACE_FREE if taken == Taken.NO else values.get("place") or PLACE_UNKNOWN,
        place_source=one(PlaceSource, "place_source"),
        entry=one(Entry, "entry"),
        time_here=one(TimeHere, "time_here"),
        claim=one(YesNo, "claim"),
        papers=some(Paper, "papers"),
        flight=one(YesNo, "flight"),
        hearing_on=values.get("hearing_day"),
        date_kind=one(DateKind, "date_kind"),
        signed=one(Signed, "signed"),
        afraid=one(YesNo, "afraid"),
        orders=some(PastOrder, "orders"),
        decision=one(Decision, "decision"),
        criminal=one(YesNo, "criminal"),
        harm=some(Harm, "harm"),
        pending=some(Pending, "pending"),
        is_minor=is_minor(values, today),
        has_parent=one(YesNo, "has_parent"),
        needs=some(Need, "needs"),
        has_lawyer=one(YesNo, "has_lawyer"),
        wish=one(Wish, "wish"),
        zip_code=values.get("zip_code", ""),
        in_city=one(YesNo, "in_city"),
        household=values.get("household"),
        monthly_income=int(income) if income.isdigit() else None,
        income_is_over=income == INCOME_OVER,
    )


def is_minor(values: Mapping[str, Any], today: date) -> bool | None:
    """Under 18 by the answer, else by the birth date; None where neither is known."""
    answered = {"yes": True, "no": False}.get(values.get("is_minor", ""))
    born: date | None = values.get("birth_day")
    if answered is not None or born is None:
        return answered
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday) < FULL_AGE


def document(kind: DocumentKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a sealed document of names, file or contact holds: the values of the fields that feed it, JSON-ready."""
    fields = [name for page in PAGES for name, feeds in page.feeds.items() if feeds == kind]
    return {name: _json_ready(values.get(name, "")) for name in fields}


def contact_columns(values: Mapping[str, Any], *, answered: Container[str] | None = None) -> dict[str, Any]:
    """What of a contact's columns the answers decide: at once, whatever the worker does.

    Only those that are `answered`, or erased, or without it all; a clock that nobody named or erased leaves the column
    as it is.
    """
    meanings: dict[str, tuple[str, Any]] = {
        "may_text": ("may_text", values.get("may_text") == "yes"),
        "may_call": ("may_call", values.get("may_call") == "yes"),
        "email": ("may_email", bool(values.get("email"))),
        "hours": ("any_hour", values.get("hours") == "any"),
        "shared": ("phone_is_shared", values.get("shared") == MUST_NOT_KNOW),
        "text_language": ("language", values.get("text_language")),
    }
    if values.get("clock") or answered is not None:
        meanings["clock"] = ("time_zone", values.get("clock") or HOME)
    return dict(meaning for name, meaning in meanings.items() if answered is None or name in answered)


def _json_ready(value: Any) -> Any:
    return "" if value is None else value.isoformat() if isinstance(value, date) else value
