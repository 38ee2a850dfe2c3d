"""Answers to some of the demo's offers, so that every desk has something on it."""

from datetime import datetime

from accounts.models import Membership
from accounts.roles import Role
from privacy.models import DocumentKind
from referrals.actions import accept_offer, engage, record_no_conflict
from referrals.actions.offers import Appearance
from referrals.actions.openings import OpeningReason, record_opening
from referrals.models import Offer, OfferState


def seed(now: datetime) -> None:
    """Each primary provider accepts what it was asked last; the first of these cases is represented already."""
    accepted = []
    for slug in ("ahr", "vln"):
        staff = Membership.objects.get(organization__slug=slug, role=Role.PROVIDER_STAFF).actor()
        offers = Offer.objects.filter(
            state=OfferState.LIVE, expires_at__gt=now, program__provider__organization__slug=slug
        )
        if offer := offers.order_by("-expires_at").first():
            record_opening(
                case=offer.case, kind=DocumentKind.NAMES, reason=OpeningReason.CONFLICT_CHECK.value, by=staff, now=now
            )
            record_no_conflict(offer=offer, by=staff, now=now)
            accept_offer(offer=offer, by=staff, now=now)
            accepted.append((offer.case, staff))
    for case, staff in accepted[:1]:
        engage(case=case, appearance=Appearance.EOIR_28, by=staff, now=now)
