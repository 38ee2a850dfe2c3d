"""What part of the queue is asked for; an address, a saved filter and the page name it by the same codes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from referrals.models import Custody, State, Urgency
from referrals.models.case import OPEN_STATES

ME, NOBODY = "me", "nobody"
# Codes of tables that change: their form is checked, and one that nothing has finds nothing.
_FORMS = {
    "case_type": re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*"),
    "language": re.compile(r"[a-z]{2,3}(-[a-z]+)?"),
    "provider": re.compile(r"[A-Z0-9]+([-_][A-Z0-9]+)*"),
    "assignee": re.compile(rf"{ME}|{NOBODY}|[1-9][0-9]{{0,8}}"),
}
_MOST_LETTERS = 20
_CHOICES: dict[str, frozenset[str]] = {
    "state": frozenset(map(str, OPEN_STATES)),
    "custody": frozenset(map(str, Custody)),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """None, "" and False ask for everything. `assignee`: "me", "nobody", or an account's number."""

    tier: int | None = None
    state: str = ""
    case_type: str = ""
    language: str = ""
    custody: str = ""
    provider: str = ""
    assignee: str = ""
    # The case waits for a coordinator; somebody is late; a task is; something new was not read; nobody answered yet.
    for_coordinator: bool = False
    overdue: bool = False
    tasks_due: bool = False
    unread: bool = False
    no_contact: bool = False

    def codes(self) -> dict[str, str]:
        """What is asked for, as an address or a saved filter holds it."""
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: "1" if value is True else str(value)
            for name, value in asked.items()
            if value is not None and value is not False and value != ""
        }

    def address(self, page: int = 1) -> str:
        """The queue's query string, such as "?tier=0&page=2"; "?" for everything."""
        return "?" + urlencode(self.codes() | ({"page": str(page)} if page > 1 else {}))


def filters_of(codes: Mapping[str, object]) -> Filters:
    """The filters that an address or a saved filter names; what makes no sense is left out."""
    given = {field.name: str(codes.get(field.name, "")) for field in fields(Filters)}
    tier = given.pop("tier")
    asked: dict[str, Any] = {"tier": int(tier) if tier in map(str, Urgency.values) else None}
    for name, value in given.items():
        asked[name] = _word(name, value) if name in _CHOICES or name in _FORMS else bool(value)
    return Filters(**asked)


def _word(name: str, value: str) -> str:
    if name in _CHOICES:
        return value if value in _CHOICES[name] else ""
    return value if len(value) <= _MOST_LETTERS and _FORMS[name].fullmatch(value) else ""


# What every coordinator is offered, in the order of eight o'clock in the morning: who cannot wait, what is late, what
# happened overnight, what is mine, what is nobody's.
FOR_EVERYBODY: dict[str, Filters] = {
    "T0 now": Filters(tier=0),
    "Overdue": Filters(overdue=True),
    "Unread": Filters(unread=True),
    "Mine": Filters(assignee=ME),
    "Unassigned": Filters(assignee=NOBODY),
    "No contact yet": Filters(no_contact=True),
    "Waiting for room": Filters(state=State.WAITLISTED),
}
