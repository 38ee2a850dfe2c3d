"""The rooms of the staff side and whose they are; who may enter is decided by each room's views."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

HOTLINE = frozenset({"coordinator", "hotline_lead"})
PROVIDER = frozenset({"provider_staff", "provider_lead"})
LEADS = frozenset({"hotline_lead", "provider_lead"})

ROOMS: list[tuple[str, str, frozenset[str]]] = [
    ("Queue", "/staff/cases/", HOTLINE | {"auditor"}),
    ("Calls", "/staff/calls/", HOTLINE),
    ("Search", "/staff/search/", HOTLINE),
    ("Room", "/staff/room/", HOTLINE),
    ("Offers", "/staff/offers/", PROVIDER),
    ("Our room", "/staff/room/", PROVIDER),
    ("Clocks", "/staff/deadlines/", HOTLINE | PROVIDER | {"auditor"}),
    ("Workload", "/staff/workload/", frozenset({"provider_lead"})),
    ("Alerts", "/staff/alerts/", LEADS),
    ("Certifications", "/staff/certifications/", HOTLINE | PROVIDER),
    ("Clinics", "/staff/clinics/", HOTLINE | PROVIDER),
    ("Invoices", "/staff/invoices/", PROVIDER | {"finance", "approver", "auditor"}),
    ("Team", "/staff/team/", HOTLINE | PROVIDER),
    ("Demands", "/staff/demands/", frozenset({"hotline_lead", "operator", "auditor"})),
    ("Money", "/staff/money/", frozenset({"finance", "approver"})),
    ("Payments", "/staff/payments/", frozenset({"finance", "approver", "auditor"})),
    ("Allowances", "/staff/allowances/", frozenset({"finance", "approver"})),
    ("Bonds", "/staff/bonds/", frozenset({"finance", "approver"})),
    ("Releases", "/funders/", frozenset({"funder", "finance", "approver", "auditor"})),
    ("To sign", "/staff/to-sign/", frozenset({"funder"})),
]

# How many things wait for an actor in a room, by its address; the room's package registers it.
waiting_in: dict[str, Callable[[Any], int]] = {}


@dataclass(frozen=True, slots=True)
class StaffLink:
    """One entry of the staff header, with the number of things that `wait` there."""

    name: str
    href: str
    is_current: bool
    wait: int = 0


def links_of(request: HttpRequest) -> list[StaffLink]:
    """The header's entries for the sender; none for a stranger or before a view has set `request.actor`."""
    actor: Any = getattr(request, "actor", None)
    user: Any = getattr(request, "user", None)
    rooms = [(name, href) for name, href, roles in ROOMS if actor is not None and actor.role in roles]
    if user is not None and user.is_authenticated and user.is_staff:
        rooms.append(("Tables", "/staff/admin/"))
    if _is_operator(actor, user):
        rooms.append(("Invitations", "/staff/invitations/"))
    return [
        StaffLink(
            name,
            href,
            request.path.startswith(href),
            waiting_in[href](actor) if href in waiting_in else 0,
        )
        for name, href in rooms
    ]


def _is_operator(actor: Any, user: Any) -> bool:
    """By role, or as the very first account, which is made on the server and has no membership."""
    return (actor is not None and actor.role == "operator") or (user is not None and user.is_superuser)
