"""A mail to each provider's staff on the morning of a business day: how much waits, in numbers.

Counts and no names, no references either: the mail lies in many inboxes, and whoever forwards it tells nobody's case.
A provider with whom nothing waits gets none. Each day's is sent once, noted before it goes out; where the mail server
refuses, the note is taken back and the next tick tries again until noon.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

from accounts.models import Membership
from accounts.roles import PROVIDER_ROLES
from notifications.models import ReceivedText
from providers.models import Provider
from referrals.business_time import CHICAGO, is_business_day
from referrals.models import CaseDeadline, Offer, OfferState, ProviderDigest

log = logging.getLogger(__name__)

# In Minneapolis.
OPENS, CLOSES = time(7, 30), time(12)
DATES_WITHIN = timedelta(days=7)
TEXTS_OF = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits with one provider. `dates`: legal days to keep within a week; `texts` of families, since yesterday."""

    offers: int
    cases: int
    dates: int
    texts: int

    @property
    def is_worth_a_mail(self) -> bool:
        """A case that goes on quietly needs no mail."""
        return bool(self.offers or self.dates or self.texts)


def mail_digests(now: datetime) -> int:
    """The clock's part; returns how many were sent. Running it twice changes nothing."""
    local = now.astimezone(CHICAGO)
    if not is_business_day(local.date()) or not OPENS <= local.time() < CLOSES:
        return 0
    sent = 0
    for provider in Provider.objects.filter(is_active=True).select_related("organization").order_by("pk"):
        try:
            sent += _mail(provider, now)
        except Exception:
            # The next run tries again; one that fails must not keep the others waiting.
            log.exception("the digest for %s is not sent yet", provider.code)
    return sent


def counts_of(provider: Provider, now: datetime) -> Counts:
    """Four queries."""
    held = Offer.objects.filter(
        program__provider=provider, state=OfferState.ACCEPTED, room_released_at__isnull=True
    ).values("case_id")
    today = now.astimezone(CHICAGO).date()
    dates = CaseDeadline.objects.running().filter(
        case_id__in=held, safe_by__gte=today, safe_by__lte=today + DATES_WITHIN
    )
    texts = ReceivedText.objects.filter(contact__case_id__in=held, received_at__gt=now - TEXTS_OF)
    live = Offer.objects.filter(program__provider=provider, state=OfferState.LIVE, expires_at__gt=now)
    return Counts(live.count(), held.count(), dates.count(), texts.count())


def words_of(counts: Counts) -> tuple[str, str]:
    """Subject and body; the only things in them that differ are numbers."""
    lines = [
        f"Offers that wait for your answer: {counts.offers}",
        f"Cases you work on: {counts.cases}",
        f"Legal days to keep within a week: {counts.dates}",
        f"Texts from families since yesterday: {counts.texts}",
    ]
    where = f"{settings.PUBLIC_BASE_URL}{reverse('referrals:offers')}"
    return "What waits this morning", "\n".join(lines) + f"\n\n{where}\n"


def _mail(provider: Provider, now: datetime) -> bool:
    day = now.astimezone(CHICAGO).date()
    if ProviderDigest.objects.filter(provider=provider, day=day, mailed_at__isnull=False).exists():
        return False
    counts = counts_of(provider, now)
    staff = Membership.objects.filter(
        organization=provider.organization_id, role__in=PROVIDER_ROLES, user__is_active=True
    )
    addresses = list(staff.order_by("user_id").values_list("user__email", flat=True))
    if not addresses or not counts.is_worth_a_mail:
        return False
    digest, _ = ProviderDigest.objects.get_or_create(provider=provider, day=day)
    # Whoever sets this sends it.
    if not ProviderDigest.objects.filter(pk=digest.pk, mailed_at=None).update(mailed_at=now):
        return False
    subject, body = words_of(counts)
    try:
        send_mail(subject, body, None, addresses)
    except Exception:
        ProviderDigest.objects.filter(pk=digest.pk).update(mailed_at=None)
        raise
    return True
