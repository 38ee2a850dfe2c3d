"""Pages that belong to no package: the choice of a language, and errors."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from web.languages import GREETINGS
from web.middleware import STAFF_PREFIXES
from web.templatetags.site import dialable

# What is left to say when even the page that says sorry cannot be drawn. No style reaches it: headings and empty lines
# make what is tapped large enough for a thumb.
LAST_RESORT = (
    "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<title>Help request</title><main>"
    "<h1>Something went wrong on our side</h1>"
    "<p>Please try again in a minute, or call <a href=tel:{dialed}>{helpline}</a>.</p>"
    "<h2><a href=/en/right-now/>What to do right now</a></h2>"
    "<p lang=es>Algo falló de nuestro lado. "
    "Intente otra vez en un minuto o llame al <a href=tel:{dialed}>{helpline}</a>.</p>"
    "<h2 lang=es><a href=/es/right-now/>Qué hacer ahora mismo</a></h2>"
    "<form method=post action=/en/leave/><button><br>Leave this page<br><br></button></form></main></html>"
)


@require_safe
def languages(request: HttpRequest) -> HttpResponse:
    """The first page: each language in its own words. It sets no cookie."""
    return render(request, "web/languages.html", {"greetings": GREETINGS})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose CSRF cookie is gone; a family can send what it typed again from here.

    Staff cannot: a stranger's page must not put words into a form that a coordinator then sends with one click.
    """
    typed: list[tuple[str, str]] = []
    if not _is_staff_page(request):
        typed = [
            (name, value)
            for name, values in request.POST.lists()
            if name != "csrfmiddlewaretoken"
            for value in values
            if isinstance(value, str)
        ]
    return _page(request, "web/errors/csrf.html", 403, typed=typed)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What was sent is too large or not a form of ours."""
    return _page(request, "web/errors/400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The sender's role does not open the page."""
    return _page(request, "web/errors/403.html", 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No page at this address, or not one for the sender."""
    return _page(request, "web/errors/404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours. The page asks no database: it may be what failed."""
    try:
        context = {"helpline": settings.HELPLINE, "is_staff_page": _is_staff_page(request)}
        return render(request, "500.html", context, status=500)
    except Exception:
        words = LAST_RESORT.format(helpline=settings.HELPLINE, dialed=dialable(settings.HELPLINE))
        return HttpResponse(words, status=500)


def _is_staff_page(request: HttpRequest) -> bool:
    return request.path.startswith(STAFF_PREFIXES)


def _page(request: HttpRequest, template: str, status: int, **more: object) -> HttpResponse:
    base = "web/base_staff.html" if _is_staff_page(request) else "web/base_family.html"
    return render(request, template, {"base": base, **more}, status=status)
