"""The page for somebody who came second."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import MemberRequest
from referrals.models import Case
from referrals.policies import WrongState, can_see_case
from referrals.selectors import case_page
from referrals.timeline import entries


def moved_on(request: MemberRequest, case: Case, error: WrongState) -> HttpResponse:
    """409: the case is no longer what the page showed. Says what happened last, to those who may still see it."""
    is_visible = can_see_case(request.actor, case)
    log = case_page(case, request.actor, now=timezone.now()).events if is_visible else []
    # Whoever accepts begins a stage with it; what moved the case is what the other one needs to read.
    last = next((event for event in log if event.to_state), log[0] if log else None)
    context = {"case": case, "error": error, "is_visible": is_visible, "last": entries([last])[0] if last else None}
    return render(request, "referrals/moved_on.html", context, status=409)
