"""The page for somebody who came second."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import MemberRequest
from referrals.models import Case
from referrals.policies import WrongState, can_see_case
from referrals.selectors import case_page


def moved_on(request: MemberRequest, case: Case, error: WrongState) -> HttpResponse:
    """409: the case is no longer what the page showed. Says what happened last, to those who may still see it."""
    is_visible = can_see_case(request.actor, case)
    timeline = case_page(case, request.actor, now=timezone.now()).timeline if is_visible else []
    context = {"case": case, "error": error, "is_visible": is_visible, "last": timeline[0] if timeline else None}
    return render(request, "referrals/moved_on.html", context, status=409)
