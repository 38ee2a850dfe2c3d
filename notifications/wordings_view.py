"""Every text that may go out, in every language, as staff and translators read it."""

from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES, Role
from notifications.segments import Size, size_of
from notifications.texts import TEMPLATES, example, faults
from web.languages import DRAFT_LANGUAGES

# When each goes out, for who reads the page.
WHEN: dict[str, str] = {
    "opened": "The request is here",
    "request_info": "Something is missing",
    "screened_out": "Not eligible",
    "accepted": "A provider accepted",
    "waitlisted": "Nobody has room",
    "transferred": "Handed on",
    "represented": "A lawyer appeared",
    "closed": "Closed",
    "clinic_seat": "Has a seat at a clinic",
    "clinic_reminder": "A clinic is near, and nobody said yes to reminders by day",
    "call_us": "A coordinator writes, and may change the words",
    "reminder": "7, 3 or 2 days before a date, for who said yes to reminders",
    "reminder_hour": "7, 3 or 2 days before a clinic, with the hour",
    "reminder_tomorrow": "A day before a date, for who said yes to reminders",
    "reminder_tomorrow_hour": "A day before a clinic, with the hour",
    "received": "Answer to a text that is no command, once a day",
    "help": "Answer to HELP",
    "stopped": "The one answer to STOP",
    "started": "Answer to START",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One wording in one language. `faults` are sentences; the tests let none go out."""

    template: str
    when: str
    language: str
    language_name: str
    words: str
    size: Size
    is_draft: bool
    faults: list[str]


def lines() -> list[Line]:
    """Every wording in every language, filled with an example."""
    return [
        Line(name, WHEN[name], code, endonym, words, size_of(words), code in DRAFT_LANGUAGES, faults(words))
        for name in TEMPLATES
        for code, endonym in settings.LANGUAGES
        for words in [example(name, code)]
    ]


@require_safe
@members_only(*HOTLINE_ROLES, *PROVIDER_ROLES, Role.AUDITOR)
def wordings(request: MemberRequest) -> HttpResponse:
    """By the moment they go out; no case and nobody is on it."""
    groups = [(when, list(group)) for when, group in groupby(lines(), key=lambda line: line.when)]
    return render(request, "notifications/wordings.html", {"groups": groups})
