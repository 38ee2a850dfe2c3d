"""The clocks of the case: expiry of offers, the waitlist, contacts for who accepted, alerts to leads, ends
of what was sealed.

Each may run twice at once without harm.
"""

import logging
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from privacy import vault, worker_key
from providers.actions import publish_room
from referrals.actions import (
    alerts,
    certifications,
    clinics,
    deadlines,
    digests,
    duty_mail,
    expire_offer,
    linked,
    pages_out,
    paging,
    provider_mail,
    reminders,
    retention,
    room_audit,
    route_waiting,
    sharing,
)
from referrals.models import Offer, OfferState, OpeningAlert, RoomDifference

log = logging.getLogger(__name__)

# Younger alerts are being mailed by the task that was asked for them.
_ALERT_IS_LEFT_AFTER = timedelta(seconds=15)


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
def share_contact(offer_id: str) -> None:
    """Let the provider that accepted read how to reach the family. Running it twice changes nothing."""
    sharing.share_contact(offer_id=UUID(offer_id), keys=worker_key.load().keys(), now=timezone.now())


@shared_task
def copy_contact(case_id: str) -> None:
    """Give the rest of a case its own copy of how to reach the family. Running it twice changes nothing."""
    linked.copy_contact(case_id=UUID(case_id), keys=worker_key.load().keys(), now=timezone.now())


@shared_task
def share_contacts() -> None:
    """What a lost broker message or a provider without a key left behind."""
    for case_id in linked.without_contact():
        try:
            linked.copy_contact(case_id=case_id, keys=worker_key.load().keys(), now=timezone.now())
        except Exception:
            log.exception("the contact of case %s is not copied yet", case_id)
    waiting = Offer.objects.filter(
        state=OfferState.ACCEPTED, contact_shared_at__isnull=True, room_released_at__isnull=True
    )
    for offer_id in waiting.order_by("answered_at").values_list("pk", flat=True):
        try:
            sharing.share_contact(offer_id=offer_id, keys=worker_key.load().keys(), now=timezone.now())
        except vault.NoKey:
            continue
        except Exception:
            log.exception("the contact of offer %s is not shared yet", offer_id)


@shared_task
def mail_provider(mail_id: str) -> None:
    """Tell a provider's staff what happened to a case it had."""
    provider_mail.send(mail_id=UUID(mail_id), now=timezone.now())


@shared_task
def mail_providers() -> None:
    """Reminders at half time, and whatever mail to providers is not sent yet."""
    now = timezone.now()
    provider_mail.remind_at_half_time(now)
    provider_mail.drop_late(now)
    provider_mail.send_all(now)


@shared_task
def send_page(page_id: str) -> None:
    """Wake somebody for a case. Running it twice wakes them once."""
    pages_out.send(page_id=UUID(page_id), now=timezone.now())


@shared_task
def mail_duty(mail_id: str) -> None:
    """Write to the leads, or to a colleague, about a case that pages. Running it twice sends it once."""
    duty_mail.send(mail_id=UUID(mail_id), now=timezone.now())


@shared_task
def page_on_call() -> None:
    """Cases left over at closing time, the next person where nobody has taken one, and what is not sent yet."""
    now = timezone.now()
    paging.page_left_over(now)
    paging.escalate(now)
    pages_out.send_waiting(now)
    duty_mail.send_waiting(now)


@shared_task
def mail_digests() -> None:
    """On the mornings of business days: how much waits with each provider."""
    digests.mail_digests(timezone.now())


@shared_task
def match_waitlist() -> None:
    """Tries every waiting case again: time has passed, or a process died before it could."""
    now = timezone.now()
    linked.withdraw_left_behind(now)
    route_waiting(now)


@shared_task
def recount_deadlines() -> None:
    """Count every clock again by today's table: a rule was changed, or the night looks whether one was."""
    now = timezone.now()
    deadlines.recount_all(now)
    certifications.recount(now)


@shared_task
def follow_deadlines() -> None:
    """What a day that came near makes more urgent."""
    deadlines.follow_time(timezone.now())


@shared_task
def mail_alert(alert_id: str) -> None:
    """Tell the leads of an unusual opening."""
    alerts.mail_alert(alert_id=UUID(alert_id), now=timezone.now())


@shared_task
def mail_alerts() -> None:
    """What a lost broker message or a mail server that was away left behind."""
    now = timezone.now()
    left = OpeningAlert.objects.filter(mailed_at=None, at__lte=now - _ALERT_IS_LEFT_AFTER)
    for alert_id in left.order_by("at").values_list("pk", flat=True):
        try:
            alerts.mail_alert(alert_id=alert_id, now=now)
        except Exception:
            # The next run tries again; one that fails must not keep the others from their leads.
            log.exception("alert %s is not mailed yet", alert_id)
    differences = RoomDifference.objects.filter(mailed_at=None, at__lte=now - _ALERT_IS_LEFT_AFTER)
    for difference_id in differences.order_by("at").values_list("pk", flat=True):
        try:
            room_audit.mail_difference(difference_id=difference_id, now=now)
        except Exception:
            log.exception("room difference %s is not mailed yet", difference_id)


@shared_task
def audit_room() -> None:
    """Every night: whether the room of every program is what its cases add up to; then the directory shows it."""
    now = timezone.now()
    room_audit.audit_room(now=now)
    publish_room(now)


@shared_task
def mail_room_difference(difference_id: str) -> None:
    """Tell those who answer for the figures."""
    room_audit.mail_difference(difference_id=UUID(difference_id), now=timezone.now())


@shared_task
def tidy_ended_cases() -> None:
    """Every night: an end for whatever has none, and no text of an ended case on the demo's handset."""
    now = timezone.now()
    retention.schedule_forgotten(now)
    retention.tidy_handset(now)


@shared_task
def tend_clinic_seats() -> None:
    """Seats at clinics: freed where nobody will sit, given to whoever waits, and the families reminded."""
    now = timezone.now()
    clinics.tend_seats(now)
    clinics.remind_families(now)


@shared_task
def remind_of_dates() -> None:
    """Families who asked for it hear of a date they named a week, three days and a day before."""
    reminders.remind_of_dates(timezone.now())


@shared_task
def note_late_certifications() -> None:
    """Every morning: a task for each agency that is late, and for each Supplement B that runs out soon."""
    now = timezone.now()
    certifications.recount(now)
    certifications.tell_of_late(now)
