"""The coordinators' queue and board, and the way to a case by its reference."""

import logging
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES, Role
from accounts.vault import keys_or_none
from referrals import together
from referrals.actions.sharing import send_what_follows
from referrals.filters import Filters, filters_of
from referrals.forms.filters import FilterForm, NameForm
from referrals.reference import as_typed
from referrals.selectors import board, queue, visible_cases

log = logging.getLogger(__name__)

# Files that follow are looked for at most this often in one session.
_SEND_EVERY = timedelta(minutes=1)
_LOOKED = "files_sent_at"
READS_ALL = (Role.COORDINATOR, Role.AUDITOR)


@require_safe
@members_only(*READS_ALL)
def queue_page(request: MemberRequest) -> HttpResponse:
    """All open cases, most urgent first; what the address does not say well is ignored."""
    now = timezone.now()
    filters = filters_of(request.GET.dict())
    number = request.GET.get("page", "")
    page = int(number) if number.isdecimal() and len(number) < 7 else 1
    shown = queue(filters, reader=request.actor, now=now, page=page)
    _send_files(request, now)
    works = request.actor.role in HOTLINE_ROLES
    context = {
        "queue": shown,
        "now": now,
        "filters": filters,
        "is_filtered": filters != Filters(),
        "has_name": any(filters == one.filters for one in shown.counted),
        "works": works,
        "choose": FilterForm.of(filters, reader=request.actor, now=now),
        "name": NameForm(),
        "together": together.open_to(request.actor) if works else {},
        "earlier": filters.address(shown.page.number - 1),
        "later": filters.address(shown.page.number + 1),
    }
    return render(request, "referrals/queue.html", context)


@require_safe
@members_only(*READS_ALL)
def board_page(request: MemberRequest) -> HttpResponse:
    """The open cases by state."""
    now = timezone.now()
    return render(request, "referrals/board.html", {"columns": board(reader=request.actor, now=now), "now": now})


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*READS_ALL)
def go(request: MemberRequest) -> HttpResponse:
    """To the case of a reference. It is sent, not put into an address: somebody may type a name here."""
    if request.method != "POST":
        return redirect("referrals:queue")
    reference = as_typed(request.POST.get("reference", ""))
    if reference and visible_cases(request.actor).filter(reference=reference).exists():
        return redirect("referrals:case", reference=reference)
    messages.warning(request, "No case has this reference. Write all six letters and digits, such as K7M-4QD.")
    return redirect(reverse("referrals:queue"))


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
