"""A provider's room: ceilings, weeks, pauses, closures and limits. Coordinators see and set every provider's."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from providers import actions
from providers.days import start_of
from providers.forms import FORMS, CeilingForm, ClosureForm, LimitsForm, PauseForm, ProgramForm
from providers.models import Closure, Program
from providers.selectors import closures_ahead, programs_of

SETS_ROOM = (Role.PROVIDER_STAFF, Role.COORDINATOR)


@dataclass(frozen=True, slots=True)
class Line:
    """A program as the page shows it, with its forms by verb; `failed` is the verb whose form has errors."""

    program: Program
    forms: dict[str, ProgramForm]
    now: datetime
    failed: str = ""

    @property
    def is_paused(self) -> bool:
        return self.program.is_paused(self.now)

    @property
    def closure(self) -> Closure | None:
        """The closure it is in."""
        return self.program.closure_at(self.now)

    @property
    def closures(self) -> list[Closure]:
        """Closures that are not over."""
        return closures_ahead(self.program, self.now)

    @property
    def offered_in_week(self) -> int:
        return self.program.offered_in_week(self.now)

    @property
    def is_week_full(self) -> bool:
        return self.program.left_in_week(self.now) == 0


@require_safe
@members_only(*SETS_ROOM)
def room(request: MemberRequest) -> HttpResponse:
    """Every program the member may set, with ceiling, use, pause, closures and limits."""
    return _draw(request)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*SETS_ROOM)
def set_ceiling(request: MemberRequest, program_id: int) -> HttpResponse:
    """Sets a ceiling and the week's limit; below what is in use, the page again with the number in the way."""
    program = _program_or_404(request, program_id)
    if request.method != "POST":
        return redirect("providers:room")
    form = CeilingForm(request.POST, program=program, now=timezone.now())
    if not form.is_valid():
        return _draw(request, failed=form, status=400)
    try:
        with transaction.atomic():
            actions.set_weekly_limit(program=program, limit=form.cleaned_data["weekly_limit"], by=request.actor)
            actions.set_ceiling(program=program, ceiling=form.cleaned_data["ceiling"], by=request.actor)
    except actions.CeilingBelowUse as error:
        form.add_error("ceiling", str(error))
        return _draw(request, failed=form, status=409)
    messages.success(request, f"{program}: ceiling {program.ceiling}, {program.free} free.")
    return redirect("providers:room")


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*SETS_ROOM)
def pause(request: MemberRequest, program_id: int) -> HttpResponse:
    """Stops new offers to the program, until a day where one is given."""
    program = _program_or_404(request, program_id)
    if request.method != "POST":
        return redirect("providers:room")
    form = PauseForm(request.POST, program=program, now=timezone.now())
    if not form.is_valid():
        return _draw(request, failed=form, status=400)
    until = form.cleaned_data["until"]
    actions.pause(program=program, until=start_of(until) if until else None, by=request.actor)
    told = f" until {until:%b %-d, %Y}" if until else ""
    messages.success(request, f"{program} is paused{told}: no new offers.")
    return redirect("providers:room")


@require_POST
@members_only(*SETS_ROOM)
def resume(request: MemberRequest, program_id: int) -> HttpResponse:
    """Ends a pause."""
    program = _program_or_404(request, program_id)
    actions.resume(program=program, by=request.actor)
    messages.success(request, f"{program} takes offers again.")
    return redirect("providers:room")


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*SETS_ROOM)
def close(request: MemberRequest, program_id: int) -> HttpResponse:
    """Closes the program from a day to a day."""
    program = _program_or_404(request, program_id)
    if request.method != "POST":
        return redirect("providers:room")
    form = ClosureForm(request.POST, program=program, now=timezone.now())
    if not form.is_valid():
        return _draw(request, failed=form, status=400)
    try:
        actions.add_closure(program=program, by=request.actor, **form.cleaned_data)
    except actions.AlreadyClosed as error:
        form.add_error("first_day", str(error))
        return _draw(request, failed=form, status=409)
    messages.success(request, f"{program}: the closure is noted.")
    return redirect("providers:room")


@require_POST
@members_only(*SETS_ROOM)
def open_again(request: MemberRequest, program_id: int, closure_id: int) -> HttpResponse:
    """Takes a closure back that is not over."""
    program = _program_or_404(request, program_id)
    actions.remove_closure(closure=get_object_or_404(Closure, pk=closure_id, program=program), by=request.actor)
    messages.success(request, f"{program}: the closure is taken back.")
    return redirect("providers:room")


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*SETS_ROOM)
def set_limits(request: MemberRequest, program_id: int) -> HttpResponse:
    """Sets languages and places of detention."""
    program = _program_or_404(request, program_id)
    if request.method != "POST":
        return redirect("providers:room")
    form = LimitsForm(request.POST, program=program, now=timezone.now())
    if not form.is_valid():
        return _draw(request, failed=form, status=400)
    actions.set_limits(program=program, by=request.actor, **form.cleaned_data)
    messages.success(request, f"{program}: languages and places are set.")
    return redirect("providers:room")


def _program_or_404(request: MemberRequest, program_id: int) -> Program:
    return get_object_or_404(programs_of(request.actor), pk=program_id)


def _draw(request: MemberRequest, *, failed: ProgramForm | None = None, status: int = 200) -> HttpResponse:
    now = timezone.now()
    lines = [_line(program, now, failed) for program in programs_of(request.actor)]
    groups = [(provider, list(these)) for provider, these in groupby(lines, key=lambda line: line.program.provider)]
    context = {
        "groups": groups,
        "form": failed,
        "is_hotlines": request.actor.acts_as(Role.COORDINATOR),
    }
    return render(request, "providers/room.html", context, status=status)


def _line(program: Program, now: datetime, failed: ProgramForm | None) -> Line:
    forms = {form.verb: form(program=program, now=now) for form in FORMS}
    if failed is None or failed.program.pk != program.pk:
        return Line(program, forms, now)
    return Line(program, forms | {failed.verb: failed}, now, failed.verb)
