"""What a lead is told of unusual openings."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from referrals.actions.alerts import note_seen
from referrals.alerts import alerts_for, page_of_alerts

LEADS = (Role.HOTLINE_LEAD, Role.PROVIDER_LEAD)


@require_safe
@members_only(*LEADS)
def alerts(request: MemberRequest) -> HttpResponse:
    """The alerts this lead is told of, newest first."""
    number = request.GET.get("page", "")
    page, lines = page_of_alerts(request.actor, int(number) if number.isdecimal() and len(number) < 7 else 1)
    return render(request, "referrals/alerts.html", {"page": page, "lines": lines})


@require_POST
@members_only(*LEADS)
def seen(request: MemberRequest, alert_id: UUID) -> HttpResponse:
    """The lead has looked at one."""
    note_seen(alert=get_object_or_404(alerts_for(request.actor), pk=alert_id), by=request.actor)
    messages.success(request, "Noted that you looked at it.")
    return redirect("referrals:alerts")
