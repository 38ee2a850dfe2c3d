"""Numbers that families may call, each with who answers it; checked against their sources in September 2026."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# AHR's client line: free from every ICE facility in Minnesota (theadvocatesforhumanrights.org, Detained Immigrants).
FREE_FROM_DETENTION = "612-341-9845"
# Minneapolis 311 answers in each of these languages on a line of its own (minneapolismn.gov, 311 language lines).
CITY_LINES = {"en": "612-673-3000", "es": "612-673-2700", "so": "612-673-3500", "hmn": "612-673-2800"}


@dataclass(frozen=True, slots=True)
class Line:
    """One number to call: the organization's own name, and what it is good for."""

    phone: str
    name: str
    helps: str | Promise


AHR = Line(
    FREE_FROM_DETENTION,
    "The Advocates for Human Rights",
    _("Lawyers. The call is free from any ICE jail in Minnesota."),
)
ILCM = Line("651-641-1011", "Immigrant Law Center of Minnesota", _("Lawyers for people anywhere in Minnesota."))
MMLA = Line("612-334-5970", "Mid-Minnesota Legal Aid", _("Lawyers for people with little money, and for children."))
VLN = Line(
    "612-752-6677",
    "Volunteer Lawyers Network",
    _("Lawyers who give advice for free. They also help you make a plan for your family."),
)
# Office of Refugee Resettlement, national call center: children are not in ICE's public search.
ORR = Line("800-203-7001", "ORR National Call Center", _("They look for children who were taken. Free, day and night."))
# EOIR's automated line: next hearing, decisions, appeals; no bond hearings (eoir.justice.gov).
COURT = Line(
    "800-898-7180",
    "Automated Case Information",
    _("The court's own phone machine. It tells the next court date. Free, in English and Spanish."),
)


def city_line(language: str) -> Line:
    """The City's help line that speaks the language, or English."""
    return Line(
        CITY_LINES.get(language, CITY_LINES["en"]),
        "Minneapolis 311",
        _("The City's help line, in your language. For food, rent and other help."),
    )
