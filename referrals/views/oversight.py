"""How long families wait for a person, and how much each colleague has."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from referrals.selectors import first_answers, workload


@require_safe
@members_only(Role.COORDINATOR, Role.AUDITOR)
def first_answers_page(request: MemberRequest) -> HttpResponse:
    """Time to a human answer, tier by tier, and who waits too long now."""
    now = timezone.now()
    return render(request, "referrals/first_answers.html", {"shown": first_answers(now), "now": now})


@require_safe
@members_only(Role.HOTLINE_LEAD, Role.PROVIDER_LEAD)
def workload_page(request: MemberRequest) -> HttpResponse:
    """Open cases by the person who works on them, in the lead's organization."""
    loads = workload(reader=request.actor, now=timezone.now())
    return render(request, "referrals/workload.html", {"loads": loads})
