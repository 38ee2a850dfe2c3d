"""Telling leads of unusual openings, and their word that they looked."""

import logging
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Actor
from referrals.alerts import alerts_for, leads_to_tell, sentence
from referrals.models import OpeningAlert

log = logging.getLogger(__name__)


def mail_alert(*, alert_id: UUID, now: datetime | None = None) -> bool:
    """Send the alert to the leads it is for, unless that was done; False where there is nobody to tell yet.

    Two at once send two mails: that is better than none, which is what a crash after noting it first would leave.
    """
    alert = OpeningAlert.objects.select_related("case").filter(pk=alert_id, mailed_at=None).first()
    if alert is None:
        return True
    leads = leads_to_tell(alert)
    if not leads:
        log.error("alert %s waits: neither its organization nor the hotline has a lead", alert_id)
        return False
    name = User.objects.values_list("name", flat=True).get(pk=alert.user_id)
    body = (
        f"{sentence(alert, name)}\n\n"
        "Every opening has a reason, which the timeline of the case shows. Ask if it is not clear to you,\n"
        f"and say that you looked: {settings.PUBLIC_BASE_URL}{reverse('referrals:alerts')}\n"
    )
    send_mail("Unusual openings of sealed parts", body, None, [lead.email for lead in leads])
    OpeningAlert.objects.filter(pk=alert_id, mailed_at=None).update(mailed_at=now or timezone.now())
    return True


def note_seen(*, alert: OpeningAlert, by: Actor, now: datetime | None = None) -> None:
    """The lead has looked; the first one's word stands. Raises PermissionDenied for an alert that is not theirs."""
    if not alerts_for(by).filter(pk=alert.pk).exists():
        raise PermissionDenied("The alert is not yours to look at.")
    unseen = OpeningAlert.objects.filter(pk=alert.pk, seen_at=None)
    unseen.update(seen_at=now or timezone.now(), seen_by_user_id=by.user_id)
