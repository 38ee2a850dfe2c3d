"""The register of legal demands."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from referrals.actions import demands as actions
from referrals.demands import (
    ENTER_DEMANDS,
    READ_DEMANDS,
    all_demands,
    check_may_take,
    demand_page,
    steps_open_to,
)
from referrals.forms.demands import NONE, STEP_FORMS, DemandForm, EndForm, HoldForm, ReviewForm, StepForm
from referrals.models import LegalDemand
from referrals.policies import WrongState

# Each step as the page offers it: title, what it means, the words on its button.
WORDS: dict[str, tuple[str, str, str]] = {
    "hold": (
        "Hold more cases",
        (
            "Nothing of a held case is destroyed. Cases opened since a demand for everything came in are not held by"
            " themselves: press this again for them."
        ),
        "Hold them",
    ),
    "review": ("Note counsel's advice", "Other advice later replaces it, and takes a first release back.", "Note it"),
    "release": (
        "Agree to hand over",
        (
            "Two people agree: the hotline's lead first, then another lead or the operator. Only what the published"
            " list names is handed over, by `manage.py export_for_demand`."
        ),
        "I agree to hand it over",
    ),
    "end": ("End it", "Nothing more is asked. Unless it was released, nothing was handed over.", "End it"),
    "lift": ("Lift the holds", "What is due is destroyed from now on and cannot be brought back.", "Lift the holds"),
}


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step this member can take now."""

    name: str
    form: StepForm
    is_open: bool

    @property
    def title(self) -> str:
        return WORDS[self.name][0]

    @property
    def means(self) -> str:
        return WORDS[self.name][1]

    @property
    def button(self) -> str:
        return WORDS[self.name][2]


@require_safe
@members_only(*READ_DEMANDS)
def register(request: MemberRequest) -> HttpResponse:
    """Every demand, the newest first."""
    context = {"page": all_demands(_number(request)), "may_enter": request.actor.role in ENTER_DEMANDS}
    return render(request, "referrals/demands.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*ENTER_DEMANDS)
def enter(request: MemberRequest) -> HttpResponse:
    """Puts a demand into the register and holds what it asks for."""
    now = timezone.now()
    form = DemandForm(request.POST if request.method == "POST" else None, now=now)
    if request.method != "POST" or not form.is_valid():
        return render(request, "referrals/enter_demand.html", {"form": form}, status=400 if form.errors else 200)
    given = {name: form.cleaned_data[name] for name in ("received_on", "kind", "served_on", "answer_due_on", "gagged")}
    demand = actions.enter_demand(**given, cases=form.cases, asks_for_all=form.asks_for_all, by=request.actor, now=now)
    held = "No case is held." if form.cleaned_data["scope"] == NONE else "Its cases are held: nothing is destroyed."
    messages.success(request, f"The demand is in the register. {held}")
    return redirect("referrals:demand", demand_id=demand.pk)


@require_safe
@members_only(*READ_DEMANDS)
def show(request: MemberRequest, demand_id: UUID) -> HttpResponse:
    """What was done about a demand, the cases held for it, and what can be done next."""
    return _draw(request, get_object_or_404(LegalDemand, pk=demand_id))


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*ENTER_DEMANDS)
def take(request: MemberRequest, demand_id: UUID, step: str) -> HttpResponse:
    """Takes one step; with something missing, the demand's page again with what was chosen."""
    demand = get_object_or_404(LegalDemand, pk=demand_id)
    if step not in STEP_FORMS:
        raise Http404
    if request.method != "POST":
        return redirect("referrals:demand", demand_id=demand.pk)
    form = STEP_FORMS[step](request.POST, demand=demand)
    try:
        # Before the form: who came second should not first be asked for something.
        check_may_take(request.actor, demand, step)
        if not form.is_valid():
            return _draw(request, demand, failed=(step, form), status=400)
        messages.success(request, _take(request, demand, form, step))
    except WrongState as error:
        messages.warning(request, str(error))
    return redirect("referrals:demand", demand_id=demand.pk)


def _take(request: MemberRequest, demand: LegalDemand, form: StepForm, step: str) -> str:
    """Does it; returns the sentence to show."""
    by = request.actor
    if isinstance(form, HoldForm):
        new = actions.hold_cases(demand=demand, cases=form.cases, asks_for_all=form.asks_for_all, by=by)
        return f"{new} more case{'' if new == 1 else 's'} held."
    if isinstance(form, ReviewForm):
        actions.review_by_counsel(demand=demand, advice=form.cleaned_data["advice"], by=by)
        return "Counsel's advice is noted."
    if isinstance(form, EndForm):
        lift = form.cleaned_data["holds"] == "lift"
        actions.end_demand(demand=demand, lift_holds=lift, by=by)
        return "Ended, and the holds are lifted." if lift else "Ended. Its cases stay held."
    if step == "lift":
        lifted = actions.lift_holds_of(demand=demand, by=by)
        return f"{lifted} hold{'' if lifted == 1 else 's'} lifted."
    released = actions.release(demand=demand, by=by)
    return "Released by two people." if released.second_release_at else "Noted. Somebody else has to agree too."


def _draw(
    request: MemberRequest, demand: LegalDemand, *, failed: tuple[str, StepForm] | None = None, status: int = 200
) -> HttpResponse:
    failed_step, failed_form = failed or ("", None)
    steps = [
        OpenStep(
            name,
            failed_form if failed_form and name == failed_step else STEP_FORMS[name](demand=demand),
            name == failed_step,
        )
        for name in steps_open_to(request.actor, demand)
    ]
    context = {
        "page": demand_page(demand, _number(request)),
        "demand": demand,
        "steps": steps,
        "form": failed_form,
        "sees_cases": request.actor.acts_as(Role.COORDINATOR) or request.actor.role == Role.AUDITOR,
    }
    return render(request, "referrals/demand.html", context, status=status)


def _number(request: MemberRequest) -> int:
    number = request.GET.get("page", "")
    return int(number) if number.isdecimal() and len(number) < 7 else 1
