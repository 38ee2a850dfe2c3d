"""A family takes its request back: the whole case, or, where somebody else waits on it too, its own part."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor
from intake.visits import Visitor
from privacy import return_codes
from referrals.actions import withdraw
from referrals.actions.moves import lock_case
from referrals.actions.rights import Consent, withdraw_consent


def take_back(visitor: Visitor, *, by: Actor, now: datetime | None = None) -> None:
    """Ends the visitor's part, and the case with the last one. Raises `WrongState` for a case that is over."""
    now = now or timezone.now()
    with transaction.atomic():
        # Two who take back at once come here one after the other: the second finds nobody else waiting.
        case = lock_case(visitor.case.pk)
        if not return_codes.somebody_else_waits(visitor.code):
            withdraw(case=case, by=by, now=now)
            return
        both = (Consent.TEXTS, Consent.CALLS)
        withdraw_consent(case=case, contact_id=visitor.contact_id, consents=both, by=by, now=now)
        return_codes.take_back(visitor.code, now)
