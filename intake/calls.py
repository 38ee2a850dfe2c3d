"""The calls a coordinator has open: each draft by a cookie of its own, so that two tabs never mix two families.

The cookies go only to the pages of calls, and open nothing for another member who signs in at the same browser. They
are `__Secure-` and not `__Host-`, which would send every one of them with every request: a planted cookie is no use,
because what it opens must name the member.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from accounts.roles import Actor
from intake.drafts import OpenDraft, cookie_value, opened_by

PATH = "/staff/cases/new/"
COOKIE_PREFIX = "phone-" if settings.DEMO else "__Secure-phone-"


def cookie_name(draft_id: UUID) -> str:
    return f"{COOKIE_PREFIX}{draft_id.hex}"


def of_browser(request: HttpRequest, draft_id: UUID, *, by: Actor, now: datetime) -> OpenDraft | None:
    """The call's draft, if this browser has its cookie and `by` began it; None for everybody else."""
    draft = opened_by(request.COOKIES.get(cookie_name(draft_id)), now=now)
    is_theirs = isinstance(draft, OpenDraft) and draft.row.pk == draft_id and draft.begun_by == by.user_id
    return draft if isinstance(draft, OpenDraft) and is_theirs else None


def all_of_browser(request: HttpRequest, *, by: Actor, now: datetime) -> list[OpenDraft]:
    """The calls of `by` that this browser has not put away, the oldest first."""
    found = [opened_by(value, now=now) for name, value in request.COOKIES.items() if name.startswith(COOKIE_PREFIX)]
    theirs = [draft for draft in found if isinstance(draft, OpenDraft) and draft.begun_by == by.user_id]
    return sorted(theirs, key=lambda draft: draft.row.created_at)


def remember(response: HttpResponseBase, draft_id: UUID, cookie_key: bytes) -> None:
    """Gives the browser the call's cookie; it lives as long as the browser stays open."""
    response.set_cookie(
        cookie_name(draft_id),
        cookie_value(draft_id, cookie_key),
        path=PATH,
        secure=not settings.DEMO,
        httponly=True,
        samesite="Lax",
    )


def put_away(response: HttpResponseBase, draft_id: UUID) -> None:
    """Takes the call's cookie from the browser; its code goes on leading to what was said."""
    response.delete_cookie(cookie_name(draft_id), path=PATH, samesite="Lax")
