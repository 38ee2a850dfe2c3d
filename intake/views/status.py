"""Coming back with the return code: to the unsent answers, or to how the request stands. The code is only posted."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from intake import visits as browser
from intake.actions import resume_draft
from intake.corrections import may_correct
from intake.drafts import remember
from intake.forms.code import CodeForm
from intake.status import asked_of, rests_of, seat_of, status_of, taken_back
from intake.views.family import next_step
from privacy import return_codes, throttle, visits
from privacy.models import ReturnCode
from referrals.models import Case
from web.callers import caller_of

# Derived in place of a code that cannot be one, so that it takes as long as one that can.
NO_CODE = "0" * 13


@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Asks for the code; answers right here, because a redirect would have to carry what it found."""
    form = CodeForm(request.POST or None)
    if not form.is_valid():
        return _ask(request, form)
    now = timezone.now()
    try:
        with throttle.attempt(caller=caller_of(request), now=now, floor=settings.RETURN_CODE_FLOOR_SECONDS) as attempt:
            if response := _answer(request, form.cleaned_data["code"], now):
                attempt.forgive()
                return response
            return _not_found(request, form)
    except throttle.Throttled as full:
        return _full(request, form, full.retry_after)


@require_safe
@browser.with_case
def yours(request: HttpRequest, visitor: browser.Visitor) -> HttpResponse:
    """How the request stands, again, to the browser in which the code was typed a moment ago."""
    return show_status(request, visitor.case, visitor.code, timezone.now(), is_done="done" in request.GET)


@require_safe
def lost(request: HttpRequest) -> HttpResponse:
    """What somebody can do who no longer has the code."""
    return render(request, "intake/code_lost.html")


def show_status(
    request: HttpRequest, case: Case, code: ReturnCode, now: datetime, *, is_done: bool = False
) -> HttpResponse:
    goes_on = code.taken_back_at is None
    context = {
        "status": status_of(case, now) if goes_on else taken_back(),
        "rests": rests_of(case, now) if goes_on else [],
        "reference": _known_as(case, code),
        "seat": seat_of(case, now) if goes_on else [],
        "asked": asked_of(case, now),
        "may_correct": goes_on and may_correct(case),
        "is_open": goes_on and case.is_open,
        "is_done": is_done,
    }
    return render(request, "intake/status.html", context)


def _known_as(case: Case, code: ReturnCode) -> str:
    """The number that this family was given: another one would tell it that somebody else asked too."""
    first = Case.objects.filter(pk=code.first_case_id).first() if code.first_case_id else None
    return first.reference if first else case.reference


def _ask(request: HttpRequest, form: CodeForm, http_status: int = 200) -> HttpResponse:
    return render(request, "intake/code_form.html", {"form": form}, status=http_status)


def _answer(request: HttpRequest, typed: str, now: datetime) -> HttpResponse | None:
    """Where the code leads, or None."""
    code = return_codes.parse(typed)
    keys = return_codes.derive(code or NO_CODE)
    found = return_codes.find(keys.lookup_id, now) if code else None
    if found is None:
        return None
    if found.case_id:
        token = visits.begin(code=found, now=now)
        case = Case.objects.select_related("referred_to").filter(pk=found.case_id).first()
        if token is None or case is None:
            # A new code was given out in this instant, or the case is gone: this one leads nowhere any more.
            return None
        response = show_status(request, case, found, now)
        browser.end(request)
        browser.remember(response, token)
        return response
    begun = resume_draft(draft_id=found.draft_id, keys=keys, now=now) if found.draft_id else None
    if begun is None:
        return None
    response = next_step(begun.draft)
    remember(response, begun.draft.row.pk, begun.cookie_key)
    return response


def _not_found(request: HttpRequest, form: CodeForm) -> HttpResponse:
    """Unknown, expired, purged, mistyped: one page, so that nobody learns which codes exist or existed."""
    form.add_error(
        "code", _("We do not find this code. Check each number, or call us. Unsent answers are kept for 7 days.")
    )
    return _ask(request, form)


def _full(request: HttpRequest, form: CodeForm, retry_after: int) -> HttpResponse:
    """Too many wait to try a code: nothing was looked up, and what was typed may be sent again as it is."""
    form.show_again()
    form.add_error(
        "code", _("Many codes are being tried right now. Please wait a moment and press Continue again, or call us.")
    )
    response = _ask(request, form, http_status=429)
    response["Retry-After"] = str(retry_after)
    return response
