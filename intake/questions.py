"""Every page of questions a family may see, in order: what it asks, when it is shown, where each answer is sealed.

Adding a question means: a field in `intake/forms/family.py` and its name in `feeds` here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from intake.forms import family as forms
from intake.forms.family import QuestionForm, Typed, said
from privacy.models import DocumentKind
from referrals.facts import PLACE_FREE, Taken

CONTACT, FACTS, NAMES, FILE = DocumentKind.CONTACT, DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE


def always(typed: Typed) -> bool:
    return True


def was_taken(typed: Typed) -> bool:
    """Taken, or perhaps: only "no" spares the question where they are."""
    return said(typed, "taken", "taken") != Taken.NO


def may_be_held(typed: Typed) -> bool:
    """How they came in matters for people who are held, and is asked about nobody else."""
    return was_taken(typed) and said(typed, "place", "place") != PLACE_FREE


def household_is_known(typed: Typed) -> bool:
    """Income bands depend on the household; once its size is left open they would say nothing."""
    return "household" not in typed or bool(said(typed, "household", "household"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of questions. `feeds` names for each field the sealed document that keeps its answer.

    `may_skip` adds the button "I don't know" to pages whose fields may all stay empty.
    """

    name: str
    heading: str | Promise
    form: type[QuestionForm]
    feeds: Mapping[str, DocumentKind]
    shown: Callable[[Typed], bool] = always
    may_skip: bool = False


PAGES: tuple[Page, ...] = (
    Page(
        "taken",
        _("What happened"),
        forms.TakenForm,
        {"taken": FACTS, "taken_day": FACTS, "taken_time": FACTS},
    ),
    Page("place", _("Where they are"), forms.PlaceForm, {"place": FACTS}, shown=was_taken),
    Page("entry", _("Coming to the United States"), forms.EntryForm, {"entry": FACTS}, shown=may_be_held),
    Page(
        "person",
        _("Your person"),
        forms.PersonForm,
        {"names": NAMES, "other_names": NAMES, "a_number": FILE, "is_minor": FACTS},
        may_skip=True,
    ),
    Page(
        "papers",
        _("Papers and court"),
        forms.PapersForm,
        {"papers": FACTS, "hearing_day": FACTS},
        may_skip=True,
    ),
    Page("home", _("Home"), forms.HomeForm, {"zip_code": FACTS}, may_skip=True),
    Page("household", _("People at home"), forms.HouseholdForm, {"household": FACTS}, may_skip=True),
    Page("income", _("Money"), forms.IncomeForm, {"income": FACTS}, shown=household_is_known),
    Page(
        "contact",
        _("A safe way to reach you"),
        forms.ContactForm,
        {"caller_name": CONTACT, "phone": CONTACT, "shared": CONTACT, "code_word": CONTACT},
    ),
    Page(
        "reach",
        _("Texts and calls"),
        forms.ReachForm,
        {"may_text": CONTACT, "may_call": CONTACT, "hours": CONTACT, "text_language": CONTACT},
    ),
)
BY_NAME = {page.name: page for page in PAGES}
