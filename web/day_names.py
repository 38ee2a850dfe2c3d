"""The names of months and of two hours, for the languages that Django brings none for (Somali, Hmong).

Django's own date formats look these texts up in our catalogs; naming them here is what puts them there.
"""

from django.utils.translation import gettext_noop

MONTHS = (
    gettext_noop("January"),
    gettext_noop("February"),
    gettext_noop("March"),
    gettext_noop("April"),
    gettext_noop("May"),
    gettext_noop("June"),
    gettext_noop("July"),
    gettext_noop("August"),
    gettext_noop("September"),
    gettext_noop("October"),
    gettext_noop("November"),
    gettext_noop("December"),
)
HOURS = (gettext_noop("noon"), gettext_noop("midnight"))
