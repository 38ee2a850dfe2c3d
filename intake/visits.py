"""The cookie of a family that typed its code a moment ago, and whose case it is."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from privacy import visits
from referrals.models import Case

P = ParamSpec("P")

COOKIE = "visit" if settings.DEMO else "__Host-visit"


def with_case(
    view: Callable[Concatenate[HttpRequest, Case, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Gives the view the case whose code was typed in this browser; asks for the code if none was, or too long ago."""

    @wraps(view)
    def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        case = of_browser(request, now=timezone.now())
        return redirect("intake:status") if case is None else view(request, case, *args, **kwargs)

    return opened


def of_browser(request: HttpRequest, *, now: datetime) -> Case | None:
    token = request.COOKIES.get(COOKIE)
    case_id = visits.case_of(token, now) if token else None
    return Case.objects.select_related("referred_to").filter(pk=case_id).first() if case_id else None


def remember(response: HttpResponseBase, token: str) -> None:
    """Gives the browser the cookie; it lives as long as the browser stays open, and the visit half an hour."""
    response.set_cookie(COOKIE, token, secure=not settings.DEMO, httponly=True, samesite="Lax")


def end(request: HttpRequest) -> None:
    """Whatever the browser's cookie led to, it does no longer."""
    if token := request.COOKIES.get(COOKIE):
        visits.end(token)


def forget(response: HttpResponseBase) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
