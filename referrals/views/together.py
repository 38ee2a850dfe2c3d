"""Ticked cases of the queue: one thing done to each, and a page that says what came of each."""

import re

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from notifications.texts import render as render_text
from referrals.filters import filters_of
from referrals.reference import ReferenceConverter
from referrals.together import MOST_AT_ONCE, do_together, open_to


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(Role.COORDINATOR)
def together(request: MemberRequest) -> HttpResponse:
    """Asks what is still to be chosen, then does it; back to the queue if nothing, or too much, was ticked."""
    back = reverse("referrals:queue") + filters_of(request.GET.dict()).address()
    if request.method != "POST":
        return redirect(back)
    if "take" in request.POST:
        return _take(request, back)
    references = _ticked(request, "case")
    name = request.POST.get("do", "")
    one = open_to(request.actor).get(name)
    if one is None or not 0 < len(references) <= MOST_AT_ONCE:
        messages.warning(request, f"Tick the cases, at most {MOST_AT_ONCE}, and choose what to do with them.")
        return redirect(back)
    is_sure = "sure" in request.POST or not one.is_asked_first
    form = one.form(request.POST if is_sure else None, by=request.actor) if one.form else None
    if not is_sure or (form is not None and not form.is_valid()):
        context = {
            "name": name,
            "one": one,
            "references": references,
            "form": form,
            "words": render_text(one.text, "en") if one.text else "",
            "back": back,
        }
        return render(request, "referrals/together.html", context, status=400 if form and form.errors else 200)
    outcomes = do_together(name, references, form.cleaned_data if form else {}, by=request.actor)
    done = sum(outcome.is_done for outcome in outcomes)
    context = {"one": one, "outcomes": outcomes, "done": done, "refused": len(outcomes) - done, "back": back}
    return render(request, "referrals/together_done.html", context)


def _take(request: MemberRequest, back: str) -> HttpResponse:
    """The button of one row."""
    for outcome in do_together("take_over", _ticked(request, "take")[:1], {}, by=request.actor):
        note = messages.success if outcome.is_done else messages.warning
        note(request, f"{outcome.reference}: {outcome.sentence}")
    return redirect(back)


def _ticked(request: MemberRequest, name: str) -> list[str]:
    """What can be a reference, each once."""
    sent = dict.fromkeys(request.POST.getlist(name))
    return [one for one in sent if re.fullmatch(ReferenceConverter.regex, one)]
