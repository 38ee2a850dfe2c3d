"""Who may use the API at all; what they see is decided per object."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.access import actor_of


class IsStaffMember(BasePermission):
    """A signed-in member; sets `request.actor` for the view."""

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = actor_of(request.user)
        request.actor = actor  # type: ignore[attr-defined]
        return actor is not None
