"""Writing to a family by hand."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from referrals.actions.words import BY_HAND, write_to_family
from referrals.forms.words import WordsForm
from referrals.models import Case
from referrals.policies import WrongState
from referrals.preview import preview_of
from referrals.selectors import visible_cases
from referrals.views.moved_on import moved_on


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(Role.COORDINATOR)
def write(request: MemberRequest, reference: str) -> HttpResponse:
    """The words in each language they go out in, to be changed; sent by the outbox like every text."""
    case = get_object_or_404(visible_cases(request.actor), reference=reference)
    now = timezone.now()
    preview = preview_of(BY_HAND, case, now=now)
    form = WordsForm(request.POST if request.method == "POST" else None, preview=preview)
    if not form.is_valid():
        context = {"case": case, "preview": preview, "words": form, "now": now}
        return render(request, "referrals/write.html", context, status=400 if form.is_bound else 200)
    try:
        number = write_to_family(case=case, words=form.words, by=request.actor)
    except WrongState as error:
        return moved_on(request, Case.objects.get(pk=case.pk), error)
    messages.success(request, f"{case.reference}: {number} {'text is' if number == 1 else 'texts are'} on the way.")
    return redirect("referrals:case", reference=reference)
