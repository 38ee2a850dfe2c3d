"""What a lead is told of unusual openings."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from referrals.actions.alerts import note_seen
from referrals.actions.room_audit import note_difference_seen
from referrals.alerts import alerts_for, differences_for, page_of_alerts
from referrals.models import RoomDifference

LEADS = (Role.HOTLINE_LEAD, Role.PROVIDER_LEAD)


@require_safe
@members_only(*LEADS)
def alerts(request: MemberRequest) -> HttpResponse:
    """The alerts this lead is told of, newest first."""
    number = request.GET.get("page", "")
    page, lines = page_of_alerts(request.actor, int(number) if number.isdecimal() and len(number) < 7 else 1)
    context = {"page": page, "lines": lines, "differences": differences_for(request.actor)}
    return render(request, "referrals/alerts.html", context)


@require_POST
@members_only(Role.HOTLINE_LEAD)
def difference_seen(request: MemberRequest, difference_id: UUID) -> HttpResponse:
    """The hotline's lead has looked at room that does not add up."""
    note_difference_seen(difference=get_object_or_404(RoomDifference, pk=difference_id), by=request.actor)
    messages.success(request, "Noted that you looked at it.")
    return redirect("referrals:alerts")


@require_POST
@members_only(*LEADS)
def seen(request: MemberRequest, alert_id: UUID) -> HttpResponse:
    """The lead has looked at one."""
    note_seen(alert=get_object_or_404(alerts_for(request.actor), pk=alert_id), by=request.actor)
    messages.success(request, "Noted that you looked at it.")
    return redirect("referrals:alerts")
