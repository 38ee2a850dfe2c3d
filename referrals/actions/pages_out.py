"""Texting and ringing who is paged: no row is held while the carrier is asked, and nobody is woken twice by one page.

A try is noted before the carrier is asked, and each of text and call once it was taken. Whoever finds a try without its
end asks the carrier first what it has of it: the answer may have been lost, or the process may have died in between.
Texts and calls name the case's reference and nothing else.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.backends import CannotAsk
from notifications.staff_phones import StaffPhones, staff_phones
from referrals.actions.duty_mail import DESK
from referrals.models import Case, DutyPage, DutyPhone

log = logging.getLogger(__name__)

# Longer than a carrier may take over all that is asked of it for one page.
AGAIN_AFTER = timedelta(minutes=1)
# Then somebody else has been paged.
_GIVEN_UP_AFTER = timedelta(hours=1)


def send_waiting(now: datetime) -> None:
    """Send what a lost broker message, a silent carrier or a worker's death left behind."""
    for page_id in _waiting(now).values_list("pk", flat=True):
        try:
            send(page_id=page_id, now=now)
        except Exception as error:
            # Never its message, which can hold a number.
            log.error("page %s is not sent yet (%s)", page_id, type(error).__name__)


def send(*, page_id: UUID, now: datetime) -> bool:
    """Text and ring the person, unless that was done, is being done or the case was taken.

    Outside of any transaction. False while the carrier has not taken both.
    """
    page = _waiting(now).select_related("case").filter(pk=page_id).first()
    phone = DutyPhone.objects.filter(user_id=page.user_id).first() if page and page.user_id else None
    if page is None or phone is None:
        return True
    is_again = page.tried_at is not None
    # Whoever sets this asks the carrier.
    if not DutyPage.objects.filter(pk=page_id, tried_at=page.tried_at, answered_at=None).update(tried_at=now):
        return True
    backend, is_sent = staff_phones(), True
    for one in (_text, _ring):
        try:
            is_sent = one(page, phone.phone, backend, is_again=is_again, now=now) and is_sent
        except CannotAsk:
            is_sent = False
    if not is_sent:
        log.error("page %s could not be sent whole", page_id)
    return is_sent


def _waiting(now: datetime) -> QuerySet[DutyPage]:
    """The pages that the carrier has not taken whole, and that nobody is sending."""
    newer = DutyPage.objects.filter(case=OuterRef("case"), user_id=OuterRef("user_id"), rung__gt=OuterRef("rung"))
    return (
        DutyPage.objects.filter(
            Q(texted_at=None) | Q(rang_at=None),
            Q(tried_at=None) | Q(tried_at__lte=now - AGAIN_AFTER),
            answered_at=None,
            user_id__isnull=False,
            made_at__gt=now - _GIVEN_UP_AFTER,
        )
        .exclude(Exists(newer.filter(answered_at=None)))
        .order_by("made_at")
    )


def _text(page: DutyPage, phone: str, backend: StaffPhones, *, is_again: bool, now: datetime) -> bool:
    if page.texted_at:
        return True
    body = text_of(page.case)
    taken = _known_text(page, backend, phone, body) if is_again else ""
    taken = taken or backend.text(phone, body)
    return bool(taken) and bool(
        DutyPage.objects.filter(pk=page.pk, texted_at=None).update(texted_at=now, text_id=taken)
    )


def _ring(page: DutyPage, phone: str, backend: StaffPhones, *, is_again: bool, now: datetime) -> bool:
    if page.rang_at:
        return True
    taken = _known_ring(page, backend, phone) if is_again else ""
    taken = taken or backend.ring(phone, words_of(page.case))
    return bool(taken) and bool(DutyPage.objects.filter(pk=page.pk, rang_at=None).update(rang_at=now, ring_id=taken))


def _known_text(page: DutyPage, backend: StaffPhones, phone: str, body: str) -> str:
    """The carrier's id of a text of this page whose answer never came; "" for none."""
    there = backend.texts_to(phone, body, since=page.made_at)
    others = set(DutyPage.objects.filter(text_id__in=there).values_list("text_id", flat=True))
    return next((one for one in there if one not in others), "")


def _known_ring(page: DutyPage, backend: StaffPhones, phone: str) -> str:
    there = backend.rings_to(phone, since=page.made_at)
    others = set(DutyPage.objects.filter(ring_id__in=there).values_list("ring_id", flat=True))
    return next((one for one in there if one not in others), "")


def text_of(case: Case) -> str:
    """The words of the text."""
    return f"{case.reference} needs a call within 30 minutes. Please take it: {settings.PUBLIC_BASE_URL}{DESK}"


def words_of(case: Case) -> str:
    """The words that are spoken, the reference letter by letter."""
    letters = ". ".join(case.reference.replace("-", ""))
    return f"A request needs a call within 30 minutes. Please sign in and take it. Its reference is: {letters}."
