"""Coming back with the return code: to the unsent answers, or to how the request stands. The code is only posted."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from intake.actions import resume_draft
from intake.drafts import remember
from intake.forms.code import CodeForm
from intake.status import status_of
from intake.views.callers import caller_of
from intake.views.family import next_step
from privacy import return_codes, throttle
from referrals.models import Case

# Derived in place of a code that cannot be one, so that it takes as long as one that can.
NO_CODE = "0" * 13


@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Asks for the code; answers right here, because a redirect would have to carry what it found."""
    form = CodeForm(request.POST or None)
    if not form.is_valid():
        return _ask(request, form)
    now, caller = timezone.now(), caller_of(request)
    try:
        throttle.check(caller=caller, now=now)
    except throttle.Throttled:
        form.add_error("code", _("Too many codes were tried from here. Please wait an hour, or call us."))
        return _ask(request, form, http_status=429)
    response = _answer(request, form.cleaned_data["code"], now)
    if response is None:
        throttle.note_failure(caller=caller, now=now)
        # Unknown, expired, mistyped: one sentence, so that nobody learns which codes exist.
        form.add_error(
            "code", _("We do not find this code. Check each number, or call us. Unsent answers are kept for 7 days.")
        )
        return _ask(request, form)
    return response


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
        case = Case.objects.select_related("referred_to").get(pk=found.case_id)
        return render(request, "intake/status.html", {"status": status_of(case, now), "reference": case.reference})
    begun = resume_draft(draft_id=found.draft_id, keys=keys, now=now) if found.draft_id else None
    if begun is None:
        return None
    response = next_step(begun.draft)
    remember(response, begun.draft.row.pk, begun.cookie_key)
    return response
