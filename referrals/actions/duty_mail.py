"""E-mail about cases that page: to the leads when nobody comes, to a colleague whose case was taken at night.

A mail holds the reference and nothing else of the case, and nobody's name. As with mail to providers it is noted as
sent before it goes out, and the note is taken back where the mail server refuses.
"""

import logging
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import Membership, User
from accounts.roles import HOTLINE_ROLES, Role
from notifications.broker import ask_worker
from referrals.models import ALARMS, Case, DutyMail, DutyMailKind, DutyPage

log = logging.getLogger(__name__)

# The call-back desk; this package cannot name a route of the one above it.
DESK = "/staff/calls/"
# Who can take a case now, and who fills the rota.
_TOLD = (Role.HOTLINE_LEAD, Role.OPERATOR)


def tell_leads(case: Case, kind: DutyMailKind, *, now: datetime, since: datetime) -> bool:
    """Write down a mail about a locked case, unless there is one `since` then; in the caller's transaction."""
    if DutyMail.objects.filter(case=case, kind=kind, made_at__gte=since).exists():
        return False
    _write_down(DutyMail(case=case, kind=kind, made_at=now))
    return True


def tell_taken_over(case: Case, user_id: int, now: datetime) -> None:
    """Write down a mail to who worked on a locked case until somebody who was paged took it."""
    _write_down(DutyMail(case=case, kind=DutyMailKind.TAKEN_OVER, user_id=user_id, made_at=now))


def _write_down(mail: DutyMail) -> None:
    mail.save()
    transaction.on_commit(partial(ask_worker, "referrals.tasks.mail_duty", [mail.pk]), robust=True)


def send(*, mail_id: UUID, now: datetime) -> bool:
    """Send one mail, unless that was done or nobody needs it any more; False for one not sent."""
    mail = DutyMail.objects.select_related("case").get(pk=mail_id)
    # Whoever sets this sends it.
    if not DutyMail.objects.filter(pk=mail_id, mailed_at=None).update(mailed_at=now):
        return False
    if mail.kind in ALARMS and not DutyPage.objects.filter(case=mail.case, answered_at=None).exists():
        return False
    addresses = _addresses(mail)
    if not addresses:
        log.error("mail %s has nobody to go to: the hotline has no lead", mail_id)
        return False
    subject, body = _words(mail)
    try:
        send_mail(subject, body, None, addresses)
    except Exception:
        DutyMail.objects.filter(pk=mail_id).update(mailed_at=None)
        raise
    return True


def send_waiting(now: datetime) -> None:
    """What a lost broker message or a mail server that was away left behind."""
    for mail_id in DutyMail.objects.filter(mailed_at=None).order_by("made_at").values_list("pk", flat=True):
        try:
            send(mail_id=mail_id, now=now)
        except Exception:
            # The next run tries again; one that fails must not keep the others waiting.
            log.exception("mail %s about a page is not sent yet", mail_id)


def _addresses(mail: DutyMail) -> list[str]:
    if mail.kind == DutyMailKind.TAKEN_OVER:
        return list(User.objects.filter(pk=mail.user_id or 0, is_active=True).values_list("email", flat=True))
    there = Membership.objects.filter(user__is_active=True, organization__is_active=True)
    # Without a lead, whoever of the hotline reads their mail.
    for wanted in (Q(role__in=_TOLD), Q(role__in=HOTLINE_ROLES)):
        if found := sorted(set(there.filter(wanted).values_list("user__email", flat=True))):
            return found
    return []


def _words(mail: DutyMail) -> tuple[str, str]:
    reference = mail.case.reference
    desk = f"{settings.PUBLIC_BASE_URL}{DESK}"
    match mail.kind:
        case DutyMailKind.NOBODY_ON_CALL:
            told = (
                f"{reference} needs a call within 30 minutes, and nobody is on call: no phone rang.\n"
                f"Please take it, or ask somebody to: {desk}\n\n"
                "Shifts and phones are filled in under “Tables”; whoever is on call then is paged at once."
            )
            return "Nobody is on call", f"{told}\n"
        case DutyMailKind.UNANSWERED:
            told = f"Everybody on call was paged for {reference}, and nobody has taken it.\nPlease take it: {desk}"
            return "Nobody answered a page", f"{told}\n"
        case _:
            where = f"{settings.PUBLIC_BASE_URL}{reverse('referrals:case', args=[reference])}"
            told = f"{reference}, which was yours, could not wait until we open. A colleague has taken it."
            return "A case of yours was taken over", f"{told}\n\nWhat happened since: {where}\n"
