"""Every page of questions a family may see, in order: what it asks, when it is shown, where each answer is sealed.

Five answers are required, all others may stay open: the language, a name to call, a safe way to reach them, whether
and where somebody is held, and that we may contact them. A page all of whose answers may stay open has `may_skip`.

Adding a question means: a field in the package `intake/forms/family` and its name in `feeds` here.
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
    """Not said to be free: only then does a signature at the ICE office matter."""
    return was_taken(typed) and said(typed, "place", "place") != PLACE_FREE


def is_free(typed: Typed) -> bool:
    """Somebody who is held needs to get out; only who is free is asked what else they want."""
    return not may_be_held(typed)


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
        "language",
        _("Language"),
        forms.LanguageForm,
        {"spoken": CONTACT, "other_language": CONTACT, "reading": CONTACT},
    ),
    Page("you", _("About you"), forms.YouForm, {"caller_name": CONTACT, "relation": CONTACT}),
    Page(
        "contact",
        _("A safe way to reach you"),
        forms.ContactForm,
        {"phone": CONTACT, "shared": CONTACT, "code_word": CONTACT},
    ),
    Page(
        "reach",
        _("Texts and calls"),
        forms.ReachForm,
        {
            "may_text": CONTACT,
            "may_call": CONTACT,
            "may_voicemail": CONTACT,
            "email": CONTACT,
            "hours": CONTACT,
            "clock": CONTACT,
            "text_language": CONTACT,
        },
    ),
    Page(
        "taken",
        _("What happened"),
        forms.TakenForm,
        {"taken": FACTS, "taken_day": FACTS, "taken_time": FACTS, "taken_where": FACTS},
    ),
    Page(
        "person",
        _("Your person"),
        forms.PersonForm,
        {"names": NAMES, "other_names": NAMES, "birth_day": NAMES, "country": FILE, "a_number": FILE},
        may_skip=True,
    ),
    Page("place", _("Where they are"), forms.PlaceForm, {"place": FACTS, "place_source": FACTS}, shown=was_taken),
    Page("papers", _("Papers"), forms.PapersForm, {"papers": FACTS}, may_skip=True),
    Page(
        "dates",
        _("Dates"),
        forms.DatesForm,
        {"flight": FACTS, "hearing_day": FACTS, "date_kind": FACTS},
        may_skip=True,
    ),
    Page("signed", _("Signing papers"), forms.SignedForm, {"signed": FACTS}, shown=may_be_held, may_skip=True),
    Page("afraid", _("Going back"), forms.AfraidForm, {"afraid": FACTS}, may_skip=True),
    Page(
        "entry",
        _("Coming to the United States"),
        forms.EntryForm,
        {"entry": FACTS, "time_here": FACTS, "claim": FACTS},
        may_skip=True,
    ),
    Page("orders", _("Judges before"), forms.OrdersForm, {"orders": FACTS, "decision": FACTS}, may_skip=True),
    Page("past", _("Criminal cases"), forms.CriminalForm, {"criminal": FACTS}, may_skip=True),
    Page("harm", _("Harm done to them"), forms.HarmForm, {"harm": FACTS, "pending": FACTS}, may_skip=True),
    Page(
        "care",
        _("Age and health"),
        forms.CareForm,
        {"is_minor": FACTS, "has_parent": FACTS, "needs": FACTS, "care_note": FILE},
        may_skip=True,
    ),
    Page("helped", _("A lawyer"), forms.LawyerForm, {"has_lawyer": FACTS, "lawyer_name": FILE}, may_skip=True),
    Page("wish", _("What help"), forms.WishForm, {"wish": FACTS}, shown=is_free, may_skip=True),
    Page("home", _("Home"), forms.HomeForm, {"zip_code": FACTS, "in_city": FACTS}, may_skip=True),
    Page("household", _("People at home"), forms.HouseholdForm, {"household": FACTS}, may_skip=True),
    Page("income", _("Money"), forms.IncomeForm, {"income": FACTS}, shown=household_is_known, may_skip=True),
    Page("consent", _("Your yes"), forms.ConsentForm, {"may_contact": CONTACT, "may_remind": CONTACT}),
    Page("heard", _("One last thing"), forms.HeardForm, {"heard": FILE}, may_skip=True),
)
BY_NAME = {page.name: page for page in PAGES}
