"""The clocks of the case: expiry of offers and the waitlist. Both may run twice at once without harm."""

import logging

from celery import shared_task
from django.utils import timezone

from referrals.actions import expire_offer, route_waiting
from referrals.models import Offer, OfferState

log = logging.getLogger(__name__)


@shared_task
def expire_offers() -> None:
    """Ends every offer whose time is up, each in a transaction of its own."""
    now = timezone.now()
    due = Offer.objects.filter(state=OfferState.LIVE, expires_at__lte=now).order_by("expires_at")
    for offer_id in due.values_list("pk", flat=True):
        try:
            expire_offer(offer_id=offer_id, now=now)
        except Exception:
            # One that fails is tried again in half a minute, and must not keep the others from ending.
            log.exception("offer %s did not expire", offer_id)


@shared_task
def match_waitlist() -> None:
    """Tries every waiting case again: time has passed, or a process died before it could."""
    route_waiting(timezone.now())
