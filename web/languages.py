"""What is known about the languages of the family pages; docs/translations.md says who checked which."""

from dataclasses import dataclass

# Written by us and checked by nobody yet: every page in them says so until a person has reviewed them.
DRAFT_LANGUAGES = frozenset({"es", "so", "hmn"})


@dataclass(frozen=True, slots=True)
class Greeting:
    """One language on the page where no language is chosen yet: everything in that language itself."""

    code: str
    name: str
    choose: str
    offer: str
    call: str
    now: str


GREETINGS = [
    Greeting(
        "en",
        "English",
        "Language",
        "Free help to find a lawyer when someone was taken, or is afraid of being taken.",
        "Or call",
        "What to do right now",
    ),
    Greeting(
        "es",
        "Español",
        "Idioma",
        "Ayuda gratis para encontrar un abogado cuando se llevaron a alguien o teme que se lo lleven.",
        "O llame al",
        "Qué hacer ahora mismo",
    ),
    Greeting(
        "so",
        "Soomaali",
        "Luqad",
        "Caawimo bilaash ah si qareen loo helo marka qof la qabtay ama laga baqayo in la qabto.",
        "Ama wac",
        "Waxa hadda la sameeyo",
    ),
    Greeting(
        "hmn",
        "Hmoob",
        "Lus",
        "Kev pab dawb nrhiav ib tug kws lij choj thaum muaj neeg raug ntes los yog ntshai raug ntes.",
        "Los sis hu rau",
        "Yuav ua li cas tam sim no",
    ),
]
