"""The page on which a coordinator writes down again what was destroyed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES
from intake.forms.new_file import NewFileForm
from intake.new_file import begin_new_file, check_may_begin
from referrals.models import Case
from referrals.policies import WrongState
from referrals.views.moved_on import moved_on


@members_only(*HOTLINE_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def new_file(request: MemberRequest, reference: str) -> HttpResponse:
    """Asks for everything once more; sealing needs no unlocked vault. Then the family needs a new code."""
    case = get_object_or_404(Case, reference=reference)
    form = NewFileForm(
        request.POST if request.method == "POST" else None,
        now=timezone.now(),
        # Nothing that nobody said: the earlier answers are gone.
        initial=NewFileForm.initial_of(None, 0) | {"text_language": case.language},
    )
    try:
        check_may_begin(case, request.actor)
        if not form.is_valid():
            return render(request, "intake/new_file.html", {"case": case, "form": form})
        begin_new_file(case=case, values=form.cleaned_data, facts=form.facts(), by=request.actor)
    except WrongState as error:
        return moved_on(request, Case.objects.get(pk=case.pk), error)
    messages.success(request, "The new file is sealed and the case triaged again. Now give the family a new code.")
    return redirect("intake_staff:new_code", reference=case.reference)
