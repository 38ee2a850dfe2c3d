"""The case page, and what is done from it without a page of its own."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import HOTLINE_ROLES, Role
from referrals.actions import assignments, finish_task
from referrals.actions.desk import mark_read
from referrals.by_hand import DEEDS, PART_OF, deeds_open_to, text_of
from referrals.clocks import clocks_of
from referrals.deadlines import Rule
from referrals.forms.assignment import GiveForm
from referrals.forms.base import DeedForm
from referrals.forms.clocks import EnterTriggerForm
from referrals.forms.deeds import DeedNote, form_for
from referrals.models import Case, CoordinatorTask
from referrals.policies import WrongState, can_give, may_keep_clocks
from referrals.selectors import CasePage, case_page, visible_cases
from referrals.views.moved_on import moved_on

SEES_CASES = (Role.COORDINATOR, Role.AUDITOR, Role.PROVIDER_STAFF)
ACTS = (Role.COORDINATOR, Role.PROVIDER_STAFF)


@dataclass(frozen=True, slots=True)
class OpenDeed:
    """A deed as the page offers it: done at once by its form, or, where the family is texted, shown first (`form`
    None) on a page of its own.
    """

    name: str
    part: str
    title: str
    means: str
    form: DeedForm | None
    note: DeedNote | None


@require_safe
@members_only(*SEES_CASES)
def show(request: MemberRequest, reference: str) -> HttpResponse:
    """Tasks, facts, clocks, timeline, routing in sentences, texts, and what this member can do; marks it as read."""
    case = _case_or_404(request, reference)
    page = case_page(case, request.actor, now=timezone.now())
    answer = _draw(request, page)
    if request.method == "GET" and request.actor.role in HOTLINE_ROLES:
        mark_read(case=case, by=request.actor, through=page.newest_sequence)
    return answer


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
        page = case_page(case, request.actor, now=timezone.now())
        return _draw(request, page, give=form, status=400)
    member = form.cleaned_data["member"]
    assignments.give_to(case=case, member=member, by=request.actor)
    messages.success(request, f"{member} works on {case.reference} now.")
    return redirect("referrals:case", reference=reference)


def _case_or_404(request: MemberRequest, reference: str) -> Case:
    return get_object_or_404(visible_cases(request.actor), reference=reference)


def _draw(request: MemberRequest, page: CasePage, *, give: GiveForm | None = None, status: int = 200) -> HttpResponse:
    case = page.case
    deeds = [_open_deed(name, page) for name in deeds_open_to(request.actor, case)]
    clocks = clocks_of(case, page.clocks, now=page.now)
    context = {"page": page, "case": case, "now": page.now, "deeds": deeds, "form": give, "clocks": clocks}
    if may_keep_clocks(request.actor, case) and case.is_open:
        context["triggers"] = [(rule, _trigger_form(case, rule, page.now)) for rule in clocks.to_check]
    if can_give(request.actor, case):
        context["give"] = give or GiveForm(by=request.actor)
    return render(request, "referrals/case.html", context, status=status)


def _trigger_form(case: Case, rule: Rule, now: datetime) -> EnterTriggerForm:
    """The form of one clock that the triage rule says to look for."""
    return EnterTriggerForm(case=case, now=now, rules=[rule], initial={"code": rule.code}, auto_id=f"{rule.code}-%s")


def _open_deed(name: str, page: CasePage) -> OpenDeed:
    deed = DEEDS[name]
    if text_of(name):
        return OpenDeed(name, PART_OF[name], deed.title, deed.means, None, None)
    form = form_for(name, page.case, now=page.now, live_offer=page.live_offer)
    note = DeedNote(deed=name) if page.may_note_beside else None
    return OpenDeed(name, PART_OF[name], deed.title, deed.means, form, note)
