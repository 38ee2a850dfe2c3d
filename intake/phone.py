"""A request by phone: the family's pages gathered into sections, what a cut call has said, how a code is read out."""

from dataclasses import dataclass
from typing import Any

from django.utils.timezone import localdate

from intake.answers import Answers, is_minor
from intake.questions import BY_NAME, PAGES, Page, may_be_held
from referrals.facts import Taken

# A call has so many minutes; the pages show how many are gone.
MINUTES = 8

# Without these nobody can be called back, and nobody has said how.
CONTACT_FIELDS = frozenset({"caller_name", "phone", "shared", "may_text", "may_call", "hours", "text_language"})

# Nothing is decided by these: asked if there is time, else by whoever helps.
CAN_WAIT = frozenset(
    {
        "reading",
        "clock",
        "text_language",
        "taken_where",
        "other_names",
        "place_source",
        "criminal",
        "pending",
        "care_note",
        "lawyer_name",
        "may_remind",
        "email",
        "heard",
    }
)
# Of somebody who is held: without a known income they count as eligible, and harm only adds a second code.
CAN_WAIT_FOR_HELD = frozenset({"harm", "household", "income"})
# Of somebody whose birth day tells the age.
CAN_WAIT_FOR_ADULT = frozenset({"is_minor", "has_parent"})


@dataclass(frozen=True, slots=True)
class Section:
    """Pages that a coordinator asks on one screen."""

    heading: str
    pages: tuple[Page, ...]


# What decides which other question is asked, or how, stands in a section before it: whether a text may be sent is
# asked only after who else sees the phone, and the bands of income need the household.
_PLAN: tuple[tuple[str, frozenset[str]], ...] = (
    ("Who calls, and a safe number", frozenset({"language", "you", "contact"})),
    ("How to reach them", frozenset({"reach"})),
    ("What happened, to whom, and where", frozenset({"taken", "person", "place"})),
    ("Papers and dates", frozenset({"papers", "dates", "signed", "afraid"})),
    ("Their past here", frozenset({"entry", "orders", "past", "harm"})),
    ("Health, lawyer, wishes", frozenset({"care", "helped", "wish"})),
    ("Home", frozenset({"home", "household"})),
    ("Money", frozenset({"income"})),
)
_PLANNED = frozenset[str]().union(*(names for _heading, names in _PLAN))


def sections() -> tuple[Section, ...]:
    """Every page once, safe contact first; a page that nobody has planned comes at the end."""
    planned = [Section(heading, tuple(page for page in PAGES if page.name in names)) for heading, names in _PLAN]
    rest = Section("Before you send", tuple(page for page in PAGES if page.name not in _PLANNED))
    return tuple(section for section in (*planned, rest) if section.pages)


SECTIONS = sections()


def section_of(page: Page) -> Section:
    return next(section for section in SECTIONS if page in section.pages)


def next_section(answers: Answers, after: Section | None = None) -> Section | None:
    """The next section with a question still to answer, from `after` on and then from the start; None when all are."""
    start = SECTIONS.index(after) + 1 if after else 0
    asked = answers.pages()
    for section in SECTIONS[start:] + SECTIONS[:start]:
        if any(page in asked and not answers.is_answered(page) for page in section.pages):
            return section
    return None


def can_wait(answers: Answers) -> frozenset[str]:
    """The fields that a call of eight minutes may leave open."""
    held = CAN_WAIT_FOR_HELD if may_be_held(answers.typed) else frozenset()
    return CAN_WAIT | held | (CAN_WAIT_FOR_ADULT if _is_adult(answers) else frozenset())


def _is_adult(answers: Answers) -> bool:
    person = BY_NAME["person"]
    if not answers.is_answered(person):
        return False
    return is_minor(answers.form(person).cleaned_data, localdate(answers.now)) is False


def still_needed_for_contact(answers: Answers) -> list[Page]:
    """The unanswered pages without which a call that was cut cannot become a case: nobody could call back."""
    return [page for page in answers.pages() if CONTACT_FIELDS & set(page.feeds) and not answers.is_answered(page)]


def said_so_far(answers: Answers) -> dict[str, Any]:
    """The values of the pages answered so far, by field name; whether somebody was taken may still be unknown."""
    values: dict[str, Any] = {"taken": Taken.UNKNOWN}
    for page in answers.pages():
        if answers.is_answered(page):
            values |= answers.form(page).cleaned_data
    return values


_DIGITS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
}


def read_out(code: str, language: str) -> list[str]:
    """A shown code group by group as it is said: digits as words where we have them, else one by one."""
    words = _DIGITS.get(language, tuple("0123456789"))
    return [" – ".join(words[int(digit)] for digit in group) for group in code.split()]
