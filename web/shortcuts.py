"""Keyboard shortcuts of the staff side: on until somebody switches them off (WCAG 2.1.4), in a cookie of their browser.

A cookie and no field of the account: at the desk they help, on the phone's screen reader they are in the way.
"""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

COOKIE, OFF = "shortcuts", "off"
_YEAR = 365 * 24 * 3600


def are_on(request: HttpRequest) -> bool:
    return request.COOKIES.get(COOKIE) != OFF


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def shortcuts(request: HttpRequest) -> HttpResponse:
    """The list, and the switch."""
    if request.method != "POST":
        return render(request, "web/shortcuts.html", {"are_on": are_on(request)})
    answer = redirect("web:shortcuts")
    if request.POST.get("shortcuts") == OFF:
        secure = bool(settings.SESSION_COOKIE_SECURE)
        answer.set_cookie(COOKIE, OFF, max_age=_YEAR, path="/staff/", secure=secure, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(COOKIE, path="/staff/", samesite="Lax")
    return answer
