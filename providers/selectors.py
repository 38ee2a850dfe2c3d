"""Reads of programs and their room."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.roles import Actor, Role
from providers.days import day_of
from providers.models import Closure, Program


def programs_of(actor: Actor) -> QuerySet[Program]:
    """The programs whose room the actor may set (`providers.policies.can_set_room`), by provider."""
    programs = (
        Program.objects.select_related("provider__organization")
        .prefetch_related("closures")
        .order_by("provider__code", "kind")
    )
    if actor.acts_as(Role.COORDINATOR):
        return programs
    if actor.acts_as(Role.PROVIDER_STAFF):
        return programs.filter(Q(provider__organization_id=actor.organization_id))
    return programs.none()


def closures_ahead(program: Program, now: datetime) -> list[Closure]:
    """The program's closures that are not over, the first first."""
    today = day_of(now)
    return [one for one in program.closures.all() if one.last_day >= today]


def what_is_in_the_way(program: Program, now: datetime) -> str:
    """Why the program takes no further case now, as the rest of a sentence that begins with its name."""
    if program.is_paused(now):
        return f"is paused{_until(program)}"
    if closure := program.closure_at(now):
        return f"is closed until {closure.last_day:%b %-d} ({closure.name})"
    if program.left_in_week(now) == 0:
        return f"has had all {program.weekly_limit} new cases it takes in a week"
    return f"has {program.free} of {program.ceiling} points free"


def room_in_a_word(program: Program, now: datetime) -> str:
    """How things stand with its room, for a list: "paused", "closed", "12 of 30 free"."""
    if program.is_paused(now):
        return "paused"
    if program.closure_at(now):
        return "closed"
    if program.left_in_week(now) == 0:
        return "week full"
    return f"{program.free} of {program.ceiling} free"


def _until(program: Program) -> str:
    return f" until {timezone.localtime(program.paused_until):%b %-d}" if program.paused_until else ""
