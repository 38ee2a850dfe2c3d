"""Reads of programs and their room."""

from django.db.models import Q, QuerySet

from accounts.roles import Actor, Role
from providers.models import Program


def programs_of(actor: Actor) -> QuerySet[Program]:
    """The programs whose room the actor may set (`providers.policies.can_set_room`), by provider."""
    programs = Program.objects.select_related("provider__organization").order_by("provider__code", "kind")
    if actor.acts_as(Role.COORDINATOR):
        return programs
    if actor.acts_as(Role.PROVIDER_STAFF):
        return programs.filter(Q(provider__organization_id=actor.organization_id))
    return programs.none()
