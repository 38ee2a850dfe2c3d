"""The call-back desk: take a call, read how to make it safely, be connected, and write down what happened."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES
from accounts.vault import keys_of
from intake import call_back
from intake.forms.call_back import AttemptForm, OwnPhoneForm
from privacy import vault
from referrals.actions import call_attempts
from referrals.actions.paging import on_call
from referrals.models import CallOutcome, Case, DutyPhone
from referrals.policies import WrongState
from referrals.views.moved_on import moved_on


def _desk(request: MemberRequest, form: OwnPhoneForm | None = None) -> HttpResponse:
    now = timezone.now()
    own = DutyPhone.objects.filter(user=request.user).first()
    context = {
        "calls": call_back.to_call(request.actor),
        "now": now,
        "form": form or OwnPhoneForm(initial={"phone": own.phone if own else ""}),
        "has_phone": own is not None,
        "on_call": on_call(now),
    }
    return render(request, "intake/call_back_desk.html", context)


@require_safe
@members_only(*HOTLINE_ROLES)
def desk(request: MemberRequest) -> HttpResponse:
    """Who is to be called, the most urgent first."""
    return _desk(request)


@members_only(*HOTLINE_ROLES)
@require_POST
def own_phone(request: MemberRequest) -> HttpResponse:
    """The coordinator's own phone."""
    form = OwnPhoneForm(request.POST)
    if not form.is_valid():
        return _desk(request, form)
    DutyPhone.objects.update_or_create(user=request.user, defaults={"phone": form.cleaned_data["phone"]})
    messages.success(request, "Your phone is saved.")
    return redirect("call_back:desk")


@members_only(*HOTLINE_ROLES)
@require_POST
def claim(request: MemberRequest, reference: str) -> HttpResponse:
    """Take a call."""
    case = get_object_or_404(Case, reference=reference)
    try:
        call_attempts.claim(case=case, by=request.actor)
    except call_attempts.TakenByColleague as taken:
        messages.error(request, str(taken))
        return redirect("call_back:desk")
    return redirect("call_back:script", reference)


@members_only(*HOTLINE_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def script(request: MemberRequest, reference: str) -> HttpResponse:
    """How to call this family; opening it is logged, and shows no number."""
    case = get_object_or_404(Case, reference=reference)
    return _script(request, case, is_opened=request.method == "POST")


def _script(
    request: MemberRequest, case: Case, *, is_opened: bool, form: AttemptForm | None = None, problem: str = ""
) -> HttpResponse:
    now, keys = timezone.now(), keys_of(request)
    scripts, is_changed = [], False
    if is_opened:
        try:
            scripts = call_back.open_scripts(case, keys=keys, by=request.actor, now=now)
        except vault.Unreadable:
            is_changed = True
    tries, days = call_attempts.tries_since_reached(case)
    context: dict[str, Any] = {
        "case": case,
        "is_opened": is_opened,
        "is_changed": is_changed,
        "scripts": [(one, one.refusal(now), one.local_time(now)) for one in scripts],
        "form": form or AttemptForm(),
        "problem": problem,
        "tries": tries,
        "days": days,
        "has_phone": DutyPhone.objects.filter(user=request.user).exists(),
        "now": now,
    }
    return render(request, "intake/call_back_script.html", context)


@members_only(*HOTLINE_ROLES)
@require_POST
def call(request: MemberRequest, reference: str, contact_id: UUID) -> HttpResponse:
    """Rings the coordinator, then the family."""
    case = get_object_or_404(Case, reference=reference)
    try:
        call_back.connect(case, contact_id, keys=keys_of(request), by=request.actor, now=timezone.now())
    except call_back.CannotCall as why:
        return _script(request, case, is_opened=True, problem=str(why))
    except vault.Unreadable:
        return _script(request, case, is_opened=True)
    messages.success(request, "Your phone rings now. When you answer, theirs rings.")
    return _script(request, case, is_opened=True)


@members_only(*HOTLINE_ROLES)
@require_POST
def attempt(request: MemberRequest, reference: str) -> HttpResponse:
    """What became of the call; reached, the questions follow."""
    case = get_object_or_404(Case, reference=reference)
    form = AttemptForm(request.POST)
    if not form.is_valid():
        return _script(request, case, is_opened=False, form=form)
    try:
        made = call_attempts.note_attempt(case=case, outcome=form.cleaned_data["outcome"], by=request.actor)
    except WrongState as error:
        return moved_on(request, case, error)
    if made.outcome == CallOutcome.REACHED:
        return redirect(f"{reverse('intake_staff:phone')}?case={case.reference}&language={case.language}")
    messages.success(request, f"Written down. {case.reference} comes back when its next try is due.")
    return redirect("call_back:desk")
