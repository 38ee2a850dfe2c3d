"""A provider's room: ceilings and pauses. Coordinators see and set every provider's."""

from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, members_only
from accounts.roles import Role
from providers import actions
from providers.forms import CeilingForm
from providers.models import Program
from providers.selectors import programs_of

SETS_ROOM = (Role.PROVIDER_STAFF, Role.COORDINATOR)


@dataclass(frozen=True, slots=True)
class Line:
    """A program with its form."""

    program: Program
    form: CeilingForm


@require_safe
@members_only(*SETS_ROOM)
def room(request: MemberRequest) -> HttpResponse:
    """Every program the member may set, with ceiling, use and pause."""
    return _draw(request)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only(*SETS_ROOM)
def set_ceiling(request: MemberRequest, program_id: int) -> HttpResponse:
    """Sets a ceiling; below what is in use, the page again with the number that stands in the way."""
    program = _program_or_404(request, program_id)
    if request.method != "POST":
        return redirect("providers:room")
    form = CeilingForm(request.POST, program=program)
    if not form.is_valid():
        return _draw(request, failed=Line(program, form), status=400)
    try:
        actions.set_ceiling(program=program, ceiling=form.cleaned_data["ceiling"], by=request.actor)
    except actions.CeilingBelowUse as error:
        form.add_error("ceiling", str(error))
        return _draw(request, failed=Line(program, form), status=409)
    messages.success(request, f"{program}: ceiling {program.ceiling}, {program.free} free.")
    return redirect("providers:room")


@require_POST
@members_only(*SETS_ROOM)
def pause(request: MemberRequest, program_id: int) -> HttpResponse:
    """Stops new offers to the program."""
    program = _program_or_404(request, program_id)
    actions.pause(program=program, by=request.actor)
    messages.success(request, f"{program} is paused: no new offers.")
    return redirect("providers:room")


@require_POST
@members_only(*SETS_ROOM)
def resume(request: MemberRequest, program_id: int) -> HttpResponse:
    """Ends a pause."""
    program = _program_or_404(request, program_id)
    actions.resume(program=program, by=request.actor)
    messages.success(request, f"{program} takes offers again.")
    return redirect("providers:room")


def _program_or_404(request: MemberRequest, program_id: int) -> Program:
    return get_object_or_404(programs_of(request.actor), pk=program_id)


def _draw(request: MemberRequest, *, failed: Line | None = None, status: int = 200) -> HttpResponse:
    lines = [
        failed if failed and failed.program.pk == program.pk else Line(program, CeilingForm(program=program))
        for program in programs_of(request.actor)
    ]
    groups = [(provider, list(these)) for provider, these in groupby(lines, key=lambda line: line.program.provider)]
    context = {
        "groups": groups,
        "form": failed.form if failed else None,
        "is_hotlines": request.actor.acts_as(Role.COORDINATOR),
    }
    return render(request, "providers/room.html", context, status=status)
