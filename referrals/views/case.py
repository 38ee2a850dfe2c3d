"""The case page, and the one place on it where something is done."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from accounts.vault import keys_or_none
from referrals.actions import CannotBeOffered, assignments, finish_task
from referrals.by_hand import DEEDS, check_may_do, deeds_open_to
from referrals.clocks import clocks_of
from referrals.deadlines import NotCounted, Rule
from referrals.forms import DeedForm, EnterTriggerForm, GiveForm, form_for
from referrals.models import Case, CoordinatorTask
from referrals.policies import WrongState, can_give, may_keep_clocks
from referrals.selectors import case_page, visible_cases
from referrals.views.moved_on import moved_on

SEES_CASES = (Role.COORDINATOR, Role.AUDITOR, Role.PROVIDER_STAFF)
ACTS = (Role.COORDINATOR, Role.PROVIDER_STAFF)


@dataclass(frozen=True, slots=True)
class OpenDeed:
    """A deed as the page offers it."""

    name: str
    title: str
    means: str
    form: DeedForm
    is_open: bool


@require_safe
@members_only(*SEES_CASES)
def show(request: MemberRequest, reference: str) -> HttpResponse:
    """Facts, clocks, timeline, routing in sentences, texts, and what this member can do."""
    return _draw(request, _case_or_404(request, reference), now=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*ACTS)
def do(request: MemberRequest, reference: str, deed: str) -> HttpResponse:
    """Does one thing to a case; with something missing, the case page again with what was chosen."""
    case = _case_or_404(request, reference)
    if deed not in DEEDS:
        raise Http404
    if request.method != "POST":
        return redirect("referrals:case", reference=reference)
    now = timezone.now()
    form = form_for(deed, case, now=now, posted=request.POST)
    try:
        # Before the form: who came second should not first be asked for a reason.
        check_may_do(request.actor, case, deed)
        if not form.is_valid():
            return _draw(request, case, now=now, failed=(deed, form), status=400)
        keys = {"keys": keys_or_none(request)} if DEEDS[deed].takes_keys else {}
        DEEDS[deed].act(case=case, by=request.actor, **keys, **form.cleaned_data)
    except CannotBeOffered as error:
        form.add_error("program", str(error))
        return _draw(request, case, now=now, failed=(deed, form), status=409)
    except NotCounted as error:
        # The table changed between the form's look at it and the action's.
        form.add_error("code", str(error))
        return _draw(request, case, now=now, failed=(deed, form), status=409)
    except WrongState as error:
        return moved_on(request, Case.objects.get(pk=case.pk), error)
    messages.success(request, f"{case.reference}: {DEEDS[deed].done}.")
    if visible_cases(request.actor).filter(pk=case.pk).exists():
        return redirect("referrals:case", reference=reference)
    return redirect("referrals:offers")


@require_POST
@members_only(Role.COORDINATOR)
def task_done(request: MemberRequest, reference: str, task_id: int) -> HttpResponse:
    """Ticks off a task of the case."""
    case = _case_or_404(request, reference)
    task = get_object_or_404(CoordinatorTask, pk=task_id, case=case)
    try:
        finish_task(task=task, by=request.actor)
    except WrongState as error:
        return moved_on(request, case, error)
    messages.success(request, f"Done: {task.get_kind_display()}.")
    return redirect("referrals:case", reference=reference)


@require_POST
@members_only(*ACTS)
def take_over(request: MemberRequest, reference: str) -> HttpResponse:
    """The member works on the case from now on."""
    case = _case_or_404(request, reference)
    assignments.take_over(case=case, by=request.actor)
    messages.success(request, f"You work on {case.reference} now.")
    return redirect("referrals:case", reference=reference)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(Role.HOTLINE_LEAD, Role.PROVIDER_LEAD)
def give(request: MemberRequest, reference: str) -> HttpResponse:
    """A lead gives the case to a colleague; with nobody chosen, the case page again."""
    case = _case_or_404(request, reference)
    if request.method != "POST":
        return redirect("referrals:case", reference=reference)
    form = GiveForm(request.POST, by=request.actor)
    if not form.is_valid():
        return _draw(request, case, now=timezone.now(), give=form, status=400)
    member = form.cleaned_data["member"]
    assignments.give_to(case=case, member=member, by=request.actor)
    messages.success(request, f"{member} works on {case.reference} now.")
    return redirect("referrals:case", reference=reference)


def _case_or_404(request: MemberRequest, reference: str) -> Case:
    return get_object_or_404(visible_cases(request.actor), reference=reference)


def _draw(
    request: MemberRequest,
    case: Case,
    *,
    now: datetime,
    failed: tuple[str, DeedForm] | None = None,
    give: GiveForm | None = None,
    status: int = 200,
) -> HttpResponse:
    page = case_page(case, request.actor, now=now)
    failed_deed, failed_form = failed or ("", None)
    deeds = [
        OpenDeed(
            name,
            DEEDS[name].title,
            DEEDS[name].means,
            failed_form
            if failed_form and name == failed_deed
            else form_for(name, case, now=now, live_offer=page.live_offer),
            name == failed_deed,
        )
        for name in deeds_open_to(request.actor, case)
    ]
    clocks = clocks_of(case, page.clocks, now=now)
    context = {"page": page, "case": case, "now": now, "deeds": deeds, "form": failed_form or give, "clocks": clocks}
    if may_keep_clocks(request.actor, case) and case.is_open:
        context["triggers"] = [(rule, _trigger_form(case, rule, now)) for rule in clocks.to_check]
    if can_give(request.actor, case):
        context["give"] = give or GiveForm(by=request.actor)
    return render(request, "referrals/case.html", context, status=status)


def _trigger_form(case: Case, rule: Rule, now: datetime) -> EnterTriggerForm:
    """The form of one clock that the triage rule says to look for."""
    return EnterTriggerForm(case=case, now=now, rules=[rule], initial={"code": rule.code}, auto_id=f"{rule.code}-%s")
