"""Who may change a program's room."""

from django.core.exceptions import PermissionDenied

from accounts.roles import Actor, Role
from providers.models import Program


def can_set_room(actor: Actor, program: Program) -> bool:
    """Staff of the program's own provider, and coordinators, who hear of changes by phone."""
    if actor.acts_as(Role.COORDINATOR):
        return True
    return actor.acts_as(Role.PROVIDER_STAFF) and actor.organization_id == program.provider.organization_id


def check_can_set_room(actor: Actor, program: Program) -> None:
    if not can_set_room(actor, program):
        raise PermissionDenied("Only the program's own staff or a coordinator set its room.")
