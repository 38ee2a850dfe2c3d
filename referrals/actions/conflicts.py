"""Which providers must not be offered a case: a conflict of interest, for good, and never whose."""

from collections.abc import Iterable
from datetime import datetime

from accounts.roles import Actor
from providers.models import Provider
from referrals import events
from referrals.models import Case, ConflictHold, DeclineReason, Offer, OfferState


def conflicts_among(holds: Iterable[ConflictHold], past: Iterable[Offer]) -> frozenset[str]:
    """Codes of the providers that must never be asked: by a hold, or because a program of theirs said so.

    A conflict of interest is the whole organization's, whichever of its programs found it.
    """
    declined = (offer for offer in past if offer.decline_reason == DeclineReason.CONFLICT)
    said = {offer.program.provider.code for offer in declined if offer.state == OfferState.DECLINED}
    return frozenset(said | {hold.provider.code for hold in holds})


def conflicts_of(case: Case) -> frozenset[str]:
    """Codes of the providers that must never be asked to take this case."""
    declined = case.offers.filter(decline_reason=DeclineReason.CONFLICT).select_related("program__provider")
    return conflicts_among(case.conflict_holds.select_related("provider"), declined)


def hold_conflict(case: Case, provider: Provider, *, by: Actor, now: datetime) -> None:
    """Keeps on a locked case that the provider is never asked; again changes nothing."""
    _, is_new = ConflictHold.objects.get_or_create(
        case=case, provider=provider, defaults={"at": now, "user_id": by.user_id}
    )
    if is_new:
        events.record(case=case, kind="conflict_hold", by=by, now=now, detail={"provider": provider.code})


def pass_conflicts_on(source: Case, target: Case, *, by: Actor, now: datetime) -> None:
    """Whoever must not be asked to take a locked case must not be asked to take another about the same person."""
    for provider in Provider.objects.filter(code__in=conflicts_of(source)):
        hold_conflict(target, provider, by=by, now=now)
