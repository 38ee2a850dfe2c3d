"""The coordinators' queue."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES, Role
from accounts.vault import keys_or_none
from referrals.actions.sharing import send_what_follows
from referrals.models import State, Urgency
from referrals.models.case import OPEN_STATES
from referrals.selectors import Filters, queue

log = logging.getLogger(__name__)

# Files that follow are looked for at most this often in one session.
_SEND_EVERY = timedelta(minutes=1)
_LOOKED = "files_sent_at"


@dataclass(frozen=True, slots=True)
class FilterLink:
    """One choice of a filter: the queue's address with it, the other filters kept."""

    name: str
    href: str
    is_current: bool


@require_safe
@members_only(Role.COORDINATOR, Role.AUDITOR)
def queue_page(request: MemberRequest) -> HttpResponse:
    """All open cases, most urgent first; what the address does not say well is ignored."""
    now = timezone.now()
    filters = _filters(request.GET)
    number = request.GET.get("page", "")
    shown = queue(filters, now=now, page=int(number) if number.isdecimal() and len(number) < 7 else 1)
    _send_files(request, now)
    context = {
        "queue": shown,
        "now": now,
        "takes_calls": request.actor.role in HOTLINE_ROLES,
        "groups": _links(filters),
        "is_filtered": filters != Filters(),
        "earlier": _address(filters, shown.page.number - 1),
        "later": _address(filters, shown.page.number + 1),
    }
    return render(request, "referrals/queue.html", context)


def _send_files(request: MemberRequest, now: datetime) -> None:
    """With the hotline's keys open, give providers the files that follow; the queue opens whatever comes of it."""
    looked = request.session.get(_LOOKED, 0.0)
    if not request.actor.acts_as(Role.COORDINATOR) or now.timestamp() - looked < _SEND_EVERY.total_seconds():
        return
    keys = keys_or_none(request)
    if keys is None:
        return
    request.session[_LOOKED] = now.timestamp()
    try:
        send_what_follows(keys=keys, now=now)
    except Exception:
        # The next unlocked request tries again, and the offers go on saying that the file follows.
        log.exception("files that follow were not sent")


def _filters(query: QueryDict) -> Filters:
    tier, state = query.get("tier", ""), query.get("state", "")
    return Filters(
        tier=int(tier) if tier in {str(one.value) for one in Urgency} else None,
        state=state if state in OPEN_STATES else None,
        mine="mine" in query,
        overdue="overdue" in query,
        tasks_due="tasks_due" in query,
    )


def _address(filters: Filters, page: int = 1) -> str:
    query: dict[str, object] = {}
    if filters.tier is not None:
        query["tier"] = filters.tier
    if filters.state:
        query["state"] = str(filters.state)
    if filters.mine:
        query["mine"] = 1
    if filters.overdue:
        query["overdue"] = 1
    if filters.tasks_due:
        query["tasks_due"] = 1
    if page > 1:
        query["page"] = page
    return "?" + urlencode(query)


def _links(now_on: Filters) -> list[tuple[str, list[FilterLink]]]:
    """Each filter's choices, with the one that is on."""

    def link(name: str, **changes: object) -> FilterLink:
        target = replace(now_on, **changes)  # type: ignore[arg-type]
        return FilterLink(name, _address(target), target == now_on)

    everything = {"mine": False, "overdue": False, "tasks_due": False}
    return [
        (
            "Show",
            [
                link("All open", **everything),
                link("Needs a coordinator", **everything | {"mine": True}),
                link("Overdue", **everything | {"overdue": True}),
                link("Tasks due", **everything | {"tasks_due": True}),
            ],
        ),
        ("Tier", [link("Any", tier=None), *(link(f"T{one.value}", tier=one.value) for one in Urgency)]),
        ("State", [link("Any", state=None), *(link(State(one).label, state=str(one)) for one in OPEN_STATES)]),
    ]
