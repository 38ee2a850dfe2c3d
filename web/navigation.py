"""The rooms of the staff side and whose they are; who may enter is decided by each room's views."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

HOTLINE = frozenset({"coordinator", "hotline_lead"})
PROVIDER = frozenset({"provider_staff", "provider_lead"})

ROOMS: list[tuple[str, str, frozenset[str]]] = [
    ("Queue", "/staff/cases/", HOTLINE | {"auditor"}),
    ("Room", "/staff/room/", HOTLINE),
    ("Offers", "/staff/offers/", PROVIDER),
    ("Our room", "/staff/room/", PROVIDER),
    ("Money", "/staff/money/", frozenset({"finance", "approver"})),
    ("Releases", "/funders/", frozenset({"funder", "finance", "approver", "auditor"})),
]


@dataclass(frozen=True, slots=True)
class StaffLink:
    """One entry of the staff header."""

    name: str
    href: str
    is_current: bool


def links_of(request: HttpRequest) -> list[StaffLink]:
    """The header's entries for the sender; none for a stranger or before a view has set `request.actor`."""
    actor: Any = getattr(request, "actor", None)
    user: Any = getattr(request, "user", None)
    rooms = [(name, href) for name, href, roles in ROOMS if actor is not None and actor.role in roles]
    if user is not None and user.is_authenticated and user.is_staff:
        rooms.append(("Tables", "/staff/admin/"))
    return [StaffLink(name, href, request.path.startswith(href)) for name, href in rooms]
