"""What the staff header shows of the member's vault."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES
from privacy import unlocked


@dataclass(frozen=True, slots=True)
class HeaderVault:
    """`locks_at`: when it locks itself if nothing is opened meanwhile; None while it is locked."""

    locks_at: datetime | None


def vault(request: HttpRequest) -> dict[str, object]:
    """`vault_state`: the member's vault, or nothing for who has none. Looked at by templates that ask, at no query."""
    return {"vault_state": SimpleLazyObject(lambda: _state_of(request))}


def _state_of(request: HttpRequest) -> HeaderVault | None:
    session = getattr(request, "session", None)
    if session is None:
        return None
    if settings.VAULT_COOKIE_NAME in request.COOKIES and (ends := unlocked.ends_at(session, timezone.now())):
        return HeaderVault(ends)
    # Set by the views that a role opens; the others need not know, and the vault's own pages say it themselves.
    actor = getattr(request, "actor", None)
    says_it_itself = request.path.startswith("/staff/vault/")
    if actor is None or actor.role not in HOTLINE_ROLES | PROVIDER_ROLES or says_it_itself:
        return None
    return HeaderVault(None)
