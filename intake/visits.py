"""The cookie of a family that typed its code a moment ago, and whose case it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from privacy import visits
from privacy.models import ReturnCode
from referrals.models import Case

P = ParamSpec("P")

COOKIE = "visit" if settings.DEMO else "__Host-visit"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever typed the code, and the case it leads to; `contact_id` is None where only one person asked."""

    case: Case
    code: ReturnCode

    @property
    def contact_id(self) -> UUID | None:
        return self.code.contact_id

    @property
    def has_taken_back(self) -> bool:
        return self.code.taken_back_at is not None


def with_case(
    view: Callable[Concatenate[HttpRequest, Visitor, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Gives the view whoever typed the code in this browser; asks for it if nobody did, or too long ago."""

    @wraps(view)
    def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        visitor = of_browser(request, now=timezone.now())
        return redirect("intake:status") if visitor is None else view(request, visitor, *args, **kwargs)

    return opened


def of_browser(request: HttpRequest, *, now: datetime) -> Visitor | None:
    token = request.COOKIES.get(COOKIE)
    code = visits.code_of(token, now) if token else None
    case = Case.objects.select_related("referred_to").filter(pk=code.case_id).first() if code else None
    return Visitor(case, code) if code and case else None


def remember(response: HttpResponseBase, token: str) -> None:
    """Gives the browser the cookie; it lives as long as the browser stays open, and the visit half an hour."""
    response.set_cookie(COOKIE, token, secure=not settings.DEMO, httponly=True, samesite="Lax")


def end(request: HttpRequest) -> None:
    """Whatever the browser's cookie led to, it does no longer."""
    if token := request.COOKIES.get(COOKIE):
        visits.end(token)


def forget(response: HttpResponseBase) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
