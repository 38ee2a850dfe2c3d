"""The questions of the family's pages, one form a page; `intake/questions.py` lists the pages."""

from intake.forms.family.base import (
    DONT_KNOW,
    NO_ANSWER,
    UNKNOWN,
    QuestionForm,
    Typed,
    said,
)
from intake.forms.family.happened import (
    AfraidForm,
    DatesForm,
    PapersForm,
    PersonForm,
    PlaceForm,
    SignedForm,
    TakenForm,
)
from intake.forms.family.history import (
    CareForm,
    CriminalForm,
    EntryForm,
    HarmForm,
    LawyerForm,
    OrdersForm,
    WishForm,
)
from intake.forms.family.home import INCOME_OVER, MAX_HOUSEHOLD, HomeForm, HouseholdForm, IncomeForm
from intake.forms.family.reaching import (
    MUST_NOT_KNOW,
    ConsentForm,
    ContactForm,
    HeardForm,
    LanguageForm,
    ReachForm,
    YouForm,
)

__all__ = [
    "DONT_KNOW",
    "INCOME_OVER",
    "MAX_HOUSEHOLD",
    "MUST_NOT_KNOW",
    "NO_ANSWER",
    "UNKNOWN",
    "AfraidForm",
    "CareForm",
    "ConsentForm",
    "ContactForm",
    "CriminalForm",
    "DatesForm",
    "EntryForm",
    "HarmForm",
    "HeardForm",
    "HomeForm",
    "HouseholdForm",
    "IncomeForm",
    "LanguageForm",
    "LawyerForm",
    "OrdersForm",
    "PapersForm",
    "PersonForm",
    "PlaceForm",
    "QuestionForm",
    "ReachForm",
    "SignedForm",
    "TakenForm",
    "Typed",
    "WishForm",
    "YouForm",
    "said",
]
