"""Which providers must not be offered a case: a conflict of interest, until it is lifted, and never whose."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from accounts.roles import Actor
from providers.models import Provider
from referrals import events
from referrals.models import Case, ConflictHold, DeclineReason, Offer, OfferState


def conflicts_among(holds: Iterable[ConflictHold], past: Iterable[Offer]) -> frozenset[str]:
    """Codes of the providers that must not be asked: by a hold, or because a program of theirs said so.

    A conflict of interest is the whole organization's, whichever of its programs found it.
    """
    holds = list(holds)
    lifted = lifted_among(holds)
    said = {offer.program.provider.code for offer in past if is_conflict(offer) and not was_lifted(offer, lifted)}
    return frozenset(said | {hold.provider.code for hold in holds if hold.lifted_at is None})


def lifted_among(holds: Iterable[ConflictHold]) -> dict[str, datetime]:
    """Codes of the providers whose conflict was lifted, and when."""
    return {hold.provider.code: hold.lifted_at for hold in holds if hold.lifted_at is not None}


def is_conflict(offer: Offer) -> bool:
    """Whether the provider declined for a conflict."""
    return offer.state == OfferState.DECLINED and offer.decline_reason == DeclineReason.CONFLICT


def was_lifted(offer: Offer, lifted: Mapping[str, datetime]) -> bool:
    """Whether the conflict that an offer was declined for has been lifted since."""
    since = lifted.get(offer.program.provider.code)
    return since is not None and (offer.answered_at or offer.offered_at) <= since


def conflicts_of(case: Case) -> frozenset[str]:
    """Codes of the providers that must not be asked to take this case."""
    declined = case.offers.filter(decline_reason=DeclineReason.CONFLICT).select_related("program__provider")
    return conflicts_among(case.conflict_holds.select_related("provider"), declined)


def hold_conflict(case: Case, provider: Provider, *, by: Actor, now: datetime) -> None:
    """Keeps on a locked case that the provider is not asked; again changes nothing."""
    hold, is_new = ConflictHold.objects.get_or_create(
        case=case, provider=provider, defaults={"at": now, "user_id": by.user_id}
    )
    if hold.lifted_at is not None:
        hold.at, hold.user_id, hold.lifted_at, is_new = now, by.user_id, None, True
        hold.save()
    if is_new:
        events.record(case=case, kind="conflict_hold", by=by, now=now, detail={"provider": provider.code})


def lift_hold_of(case: Case, provider: Provider, *, reason: str, by: Actor, now: datetime) -> None:
    """Keeps on a locked case that the provider may be asked again."""
    ConflictHold.objects.update_or_create(
        case=case, provider=provider, defaults={"lifted_at": now}, create_defaults={"at": now, "lifted_at": now}
    )
    events.record(
        case=case, kind="conflict_lifted", by=by, now=now, detail={"provider": provider.code, "reason": reason}
    )


def pass_conflicts_on(source: Case, target: Case, *, by: Actor, now: datetime) -> None:
    """Whoever must not be asked to take a locked case must not be asked to take another about the same person."""
    for provider in Provider.objects.filter(code__in=conflicts_of(source)):
        hold_conflict(target, provider, by=by, now=now)
