"""Which member may enter a view: the role check in front of every staff page.

What a role may see of an object is decided per object, in each package's `policies.py` and `selectors.py`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from accounts.models import Membership, User
from accounts.roles import Actor, Role

P = ParamSpec("P")


class MemberRequest(HttpRequest):
    """A request whose sender is a signed-in member in one of the roles the view asked for."""

    user: User
    actor: Actor


def actor_of(user: User | AnonymousUser | None) -> Actor | None:
    """The actor a signed-in member is; None for anyone else. One query."""
    if user is None or not user.is_authenticated:
        return None
    membership = Membership.objects.filter(user_id=user.pk, organization__is_active=True).first()
    return membership.actor() if membership else None


def members_only(
    *roles: Role,
) -> Callable[
    [Callable[Concatenate[MemberRequest, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Sends strangers to the sign-in page and refuses (403) members in none of `roles`; sets `request.actor`."""

    def decorate(
        view: Callable[Concatenate[MemberRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @login_required
        @wraps(view)
        def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            actor = actor_of(request.user)
            if actor is None or not any(actor.acts_as(role) for role in roles):
                raise PermissionDenied("Your role does not open this page.")
            request.actor = actor
            return view(request, *args, **kwargs)

        return guarded

    return decorate
