"""Advice without a request: pages that ask nothing, set no cookie and write no row."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from intake.advice import BY_NAME, SITUATIONS
from intake.phones import FREE_FROM_DETENTION, city_line


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Which situation the reader is in; `deleted` after answers that called for no lawyer."""
    context = {"situations": SITUATIONS, "is_deleted": "deleted" in request.GET}
    return render(request, "intake/advice.html", context)


@require_safe
def situation(request: HttpRequest, name: str) -> HttpResponse:
    """What to do in one situation, and whom to call."""
    chosen = BY_NAME.get(name)
    if chosen is None:
        raise Http404
    context = {
        "situation": chosen,
        "lines": [*chosen.lines, *([city_line(get_language() or "en")] if chosen.is_in_city else [])],
        "free_from_detention": FREE_FROM_DETENTION,
    }
    return render(request, "intake/advice_situation.html", context)
