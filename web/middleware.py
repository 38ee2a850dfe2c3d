"""Response headers for privacy, and the one language of staff pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

STAFF_PREFIXES = ("/staff/", "/funders/", "/api/", "/handset/")


class ResponsePrivacyMiddleware:
    """Nothing dynamic is stored by a browser or a proxy, shared across origins, or indexed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()")
        response.setdefault("X-Robots-Tag", "noindex")
        return response


class StaffLanguageMiddleware:
    """Staff pages are in English whatever the browser asks for: half-translated screens would mislead."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(STAFF_PREFIXES):
            with translation.override("en"):
                request.LANGUAGE_CODE = "en"
                return self.get_response(request)
        return self.get_response(request)
