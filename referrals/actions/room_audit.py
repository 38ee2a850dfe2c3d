"""The nightly audit of room: an alert for every program that does not add up, and never a repair."""

import logging
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Actor, Role
from notifications.broker import ask_worker
from referrals.models import RoomDifference
from referrals.room_audit import Recount, difference_in_words, recount

log = logging.getLogger(__name__)

# Who answers for the figures: those who run the hotline, and those who run the installation.
TOLD = (Role.HOTLINE_LEAD, Role.OPERATOR)


def audit_room(*, now: datetime | None = None) -> list[Recount]:
    """Counts every program again and raises an alert for each that differs; returns those.

    A difference that waits unseen with the same figures is not raised again; one that was looked at and stands the
    next night is.
    """
    now = now or timezone.now()
    with transaction.atomic():
        differing = [one for one in recount(now) if not one.agrees]
        for one in differing:
            found = {
                "program": one.program,
                "stored_points": one.stored_points,
                "counted_points": one.counted_points,
                "stored_in_week": one.stored_in_week,
                "counted_in_week": one.counted_in_week,
            }
            if RoomDifference.objects.filter(**found, seen_at=None).exists():
                continue
            difference = RoomDifference.objects.create(**found, at=now)
            ask = partial(ask_worker, "referrals.tasks.mail_room_difference", [difference.pk])
            transaction.on_commit(ask, robust=True)
    return differing


def mail_difference(*, difference_id: UUID, now: datetime | None = None) -> bool:
    """Tells those who answer for the figures, unless that was done; False where there is nobody to tell yet."""
    found = RoomDifference.objects.select_related("program__provider")
    difference = found.filter(pk=difference_id, mailed_at=None).first()
    if difference is None:
        return True
    people = Membership.objects.filter(role__in=TOLD, user__is_active=True, organization__is_active=True)
    addresses = sorted(people.values_list("user__email", flat=True))
    if not addresses:
        log.error("room difference %s waits: there is no hotline lead and no operator", difference_id)
        return False
    body = (
        f"{difference_in_words(difference)}\n\n"
        "Nothing was changed. Offers go on by the stored figure; find out what happened before anybody corrects it.\n"
        f"manage.py audit_room counts again. Say that you looked: {settings.PUBLIC_BASE_URL}"
        f"{reverse('referrals:alerts')}\n"
    )
    send_mail("Room that does not add up", body, None, addresses)
    RoomDifference.objects.filter(pk=difference_id, mailed_at=None).update(mailed_at=now or timezone.now())
    return True


def note_difference_seen(*, difference: RoomDifference, by: Actor, now: datetime | None = None) -> None:
    """The hotline's lead has looked; the first one's word stands. Raises PermissionDenied for anybody else."""
    if by.role != Role.HOTLINE_LEAD:
        raise PermissionDenied("The hotline's lead looks after room that does not add up.")
    unseen = RoomDifference.objects.filter(pk=difference.pk, seen_at=None)
    unseen.update(seen_at=now or timezone.now(), seen_by_user_id=by.user_id)
