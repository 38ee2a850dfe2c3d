"""E-mail to a provider's staff: half of the time to answer is over, or a case is no longer theirs.

A mail holds the reference and the time left, and nothing else of the case. Each is sent once: it is noted as sent
before it goes out, so that a process that dies in between loses one and never sends two; where the mail server refuses,
the note is taken back and the next tick tries again.
"""

import logging
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.models import Membership
from accounts.roles import PROVIDER_ROLES, Actor
from notifications.broker import ask_worker
from referrals.actions.routing import hours_of
from referrals.business_time import offer_half_time
from referrals.clock_words import left
from referrals.models import Case, Offer, OfferState, ProviderMail, ProviderMailKind

log = logging.getLogger(__name__)


def remind_at_half_time(now: datetime) -> None:
    """Write down a mail for every live offer whose half time has come; running it twice changes nothing."""
    reminded = ProviderMail.objects.filter(offer=OuterRef("pk"), kind=ProviderMailKind.HALF_TIME)
    waiting = Offer.objects.filter(~Exists(reminded), state=OfferState.LIVE, expires_at__gt=now)
    for offer in waiting.select_related("case", "program__provider"):
        half = offer_half_time(offer.case.urgency, hours_of(offer.program), offer.offered_at, offer.expires_at)
        if half <= now:
            ProviderMail.objects.get_or_create(offer=offer, kind=ProviderMailKind.HALF_TIME, defaults={"made_at": now})


def tell_who_loses_the_case(case: Case, *, by: Actor, now: datetime) -> None:
    """In the caller's transaction: whoever holds a locked case that somebody else ends hears that it is gone."""
    held = case.offers.filter(state=OfferState.ACCEPTED, room_released_at__isnull=True)
    for offer in held.exclude(program__provider__organization_id=by.organization_id or 0):
        mail, _ = ProviderMail.objects.get_or_create(
            offer=offer, kind=ProviderMailKind.CASE_LEFT, defaults={"made_at": now}
        )
        transaction.on_commit(partial(ask_worker, "referrals.tasks.mail_provider", [mail.pk]), robust=True)


def send(*, mail_id: UUID, now: datetime) -> bool:
    """Send one mail that was written down, unless that was done or it came too late; False for one not sent."""
    mail = ProviderMail.objects.select_related("offer__case", "offer__program__provider").get(pk=mail_id)
    subject, body = _words(mail, now)
    if not body:
        return False
    # Whoever sets this sends it.
    if not ProviderMail.objects.filter(pk=mail_id, mailed_at=None).update(mailed_at=now):
        return False
    staff = Membership.objects.filter(
        organization=mail.offer.program.provider.organization_id, role__in=PROVIDER_ROLES, user__is_active=True
    )
    addresses = list(staff.order_by("user_id").values_list("user__email", flat=True))
    if not addresses:
        log.error("mail %s has nobody to go to: the provider has no staff", mail_id)
        return False
    try:
        send_mail(subject, body, None, addresses)
    except Exception:
        ProviderMail.objects.filter(pk=mail_id).update(mailed_at=None)
        raise
    return True


def send_all(now: datetime) -> None:
    """What is written down and not sent: new, or left by a lost broker message or a mail server that was away."""
    for mail_id in ProviderMail.objects.filter(mailed_at=None).order_by("made_at").values_list("pk", flat=True):
        try:
            send(mail_id=mail_id, now=now)
        except Exception:
            # The next run tries again; one that fails must not keep the others waiting.
            log.exception("mail %s to a provider is not sent yet", mail_id)


def drop_late(now: datetime) -> None:
    """Nobody needs to hear of half of a time that is over."""
    ProviderMail.objects.filter(mailed_at=None, kind=ProviderMailKind.HALF_TIME).exclude(
        offer__state=OfferState.LIVE, offer__expires_at__gt=now
    ).update(mailed_at=now)


def _words(mail: ProviderMail, now: datetime) -> tuple[str, str]:
    """Subject and body; no body for what need not be told any more."""
    offer = mail.offer
    where = f"{settings.PUBLIC_BASE_URL}{reverse('referrals:offers')}"
    reference = offer.case.reference
    if mail.kind == ProviderMailKind.CASE_LEFT:
        told = f"{reference} is no longer with you, and your room is free again. Ask the hotline why."
        return "A case is no longer with you", f"{told}\n\n{where}\n"
    if offer.state != OfferState.LIVE or offer.expires_at <= now:
        return "", ""
    told = f"{reference} waits for your answer: {left(offer.expires_at, now)}. Then the next provider is asked."
    return "An offer waits for your answer", f"{told}\n\n{where}\n"
