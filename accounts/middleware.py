"""Sends a member whose vault is locked to the page that unlocks it, and back to where they were."""

import logging
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from privacy import unlocked
from privacy.holders import Planted
from privacy.readers import NoKey
from privacy.unlocked import Locked
from web.views import server_error

log = logging.getLogger(__name__)


class UnlockFirstMiddleware:
    """Turns `Locked`, raised by any view, into the way to unlock, and `Planted` into an alarm."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Signed out, or the session is over: the cookie would open nothing any more.
        if settings.VAULT_COOKIE_NAME in request.COOKIES and not request.user.is_authenticated:
            response.delete_cookie(settings.VAULT_COOKIE_NAME, samesite="Strict")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Planted):
            return _alarm(request, exception)
        if isinstance(exception, NoKey):
            # Nothing was saved that cannot be opened, and nothing typed is lost; the page says whom to call.
            log.error("nothing can be sealed: %s", exception)
            response = server_error(request)
            response.status_code = 503
            return response
        if not isinstance(exception, Locked):
            return None
        address = f"{reverse('vault_unlock')}?{urlencode({'next': request.path})}"
        if request.method in ("GET", "HEAD"):
            return redirect(address)
        # What was typed stays in the browser: unlocking in another tab, then sending again, loses nothing.
        return render(request, "accounts/locked.html", {"unlock": reverse("vault_unlock")}, status=403)


def _alarm(request: HttpRequest, found: Planted) -> HttpResponse:
    """Somebody wrote to the tables of keys past this program: said loudly, and nothing stays unlocked."""
    # Names keys, readers and account numbers; nothing of a family, and no key.
    log.error("keys were changed in the database: %s", found)
    unlocked.wipe(request.session)
    # Django keeps no change of a session whose answer is an error.
    request.session.save()
    response = render(request, "accounts/vault_planted.html", status=500)
    response.delete_cookie(settings.VAULT_COOKIE_NAME, samesite="Strict")
    return response
