"""Pages that belong to no package: errors."""

from django.http import HttpRequest, HttpResponse


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page a form gets whose CSRF cookie is gone."""
    return HttpResponse("Please go back and send the page again.", status=403)
