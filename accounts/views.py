"""Where a member lands after signing in."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from accounts.access import actor_of
from accounts.models import User
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES, Role

ADMIN = "/staff/admin/"
# Paths, not names: the rooms belong to packages above this one.
FIRST_PAGES: dict[Role, str] = {
    **dict.fromkeys(HOTLINE_ROLES, "/staff/cases/"),
    **dict.fromkeys(PROVIDER_ROLES, "/staff/offers/"),
    Role.FINANCE: "/staff/money/",
    Role.APPROVER: "/staff/money/",
    Role.FUNDER: "/funders/",
    Role.AUDITOR: "/funders/",
    Role.OPERATOR: ADMIN,
}


@require_safe
@login_required
def landing(request: HttpRequest) -> HttpResponse:
    """Sends each role to the page its day begins with; 403 for an account that has none."""
    user = cast("User", request.user)
    actor = actor_of(user)
    if actor is not None and actor.role in FIRST_PAGES:
        return redirect(FIRST_PAGES[actor.role])
    if user.is_staff:
        return redirect(ADMIN)
    raise PermissionDenied("This account has no role.")
