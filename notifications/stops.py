"""The kill switch, and telling whoever runs the installation what only they can mend."""

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import Membership, User
from accounts.roles import Role
from notifications.broker import ask_worker
from notifications.models import OperatorPage, SendingStop, StopReason

log = logging.getLogger(__name__)

EVERYTHING = ""
# The same thing is told again when it still is so a day later.
TOLD_AGAIN_AFTER = timedelta(hours=24)

_WHAT_TO_DO = {
    "20003": "The carrier refuses our account or its token. Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN anew.",
    "30034": "Our number is not registered for texts from programs (10DLC). Register it with the carrier.",
    "30007": "Phone companies filter this wording as advertising. Have it reworded, or ask the carrier why.",
    "21408": "Our account may not text the country or region of a number. Change its geographic permissions.",
    "21612": "Texts from our number cannot be routed to a number. Ask the carrier which of our numbers can reach it.",
}
# Pages about what stays at the carrier, by what that is and holds.
TEXTS_KEPT, CALLS_KEPT = "texts_kept", "calls_kept"
KEPT = {TEXTS_KEPT: "texts, with families' numbers and words", CALLS_KEPT: "calls, with families' numbers"}


def in_force() -> set[str]:
    """The wordings that are stopped now, `EVERYTHING` among them if that is; one query."""
    return set(SendingStop.objects.filter(lifted_at=None).values_list("template", flat=True))


def place(*, template: str, reason: StopReason, now: datetime, by_user_id: int | None = None) -> bool:
    """No text of this wording, or with `EVERYTHING` none at all, leaves from now on; False if it was so."""
    try:
        with transaction.atomic():
            SendingStop.objects.create(template=template, reason=reason, placed_at=now, placed_by_user_id=by_user_id)
    except IntegrityError:
        return False
    log.error("texts are stopped: %s, because of %s", template or "all", reason)
    return True


def lift(stop_id: UUID, *, by_user_id: int, now: datetime) -> bool:
    """What waited leaves again, as far as it is still fresh; False if that was lifted before."""
    standing = SendingStop.objects.filter(pk=stop_id, lifted_at=None)
    return bool(standing.update(lifted_at=now, lifted_by_user_id=by_user_id))


def page_operator(*, error_code: str, template: str, now: datetime) -> None:
    """Have whoever runs the installation told of an error, once a day at most; sent after the caller's commit."""
    told = OperatorPage.objects.filter(error_code=error_code, template=template, at__gt=now - TOLD_AGAIN_AFTER)
    if told.exists():
        return
    page = OperatorPage.objects.create(error_code=error_code, template=template, at=now)
    transaction.on_commit(partial(ask_worker, "notifications.tasks.mail_operator", [page.pk]), robust=True)


def mail_page(page_id: UUID, *, now: datetime) -> bool:
    """Send one page by e-mail, unless that was done; False where there is nobody to tell yet."""
    page = OperatorPage.objects.filter(pk=page_id, mailed_at=None).first()
    if page is None:
        return True
    addresses = _operators()
    if not addresses:
        log.error("page %s waits: there is no operator", page_id)
        return False
    subject = "The carrier keeps old records" if page.error_code in KEPT else "Texts to families need you"
    send_mail(subject, _words(page), None, addresses)
    OperatorPage.objects.filter(pk=page_id, mailed_at=None).update(mailed_at=now)
    return True


def waiting_pages() -> list[UUID]:
    """The pages that nobody was sent yet, the oldest first."""
    return list(OperatorPage.objects.filter(mailed_at=None).order_by("at").values_list("pk", flat=True))


def _operators() -> list[str]:
    members = Membership.objects.filter(role=Role.OPERATOR, user__is_active=True, organization__is_active=True)
    runs_it = Q(is_superuser=True, is_active=True) | Q(pk__in=members.values("user_id"))
    return sorted(User.objects.filter(runs_it).values_list("email", flat=True))


def _words(page: OperatorPage) -> str:
    code = page.error_code
    if code in KEPT:
        return (
            f"The carrier still has records of {KEPT[code]}, that may be older than a day.\n"
            "Every six hours it is asked to delete them; it refuses some, or does not answer.\n\n"
            "Delete them in the carrier's console, or ask the carrier why it keeps them. The worker's log has the\n"
            "carrier's ids of those it refused.\n"
        )
    what = _WHAT_TO_DO.get(code, _WHAT_TO_DO["20003"] if not code else "The carrier refuses our texts.")
    about = f"\nWording: {page.template}" if page.template else ""
    where = f"{settings.PUBLIC_BASE_URL}{reverse('admin:notifications_sendingstop_changelist')}"
    return (
        f"{what}\n\nThe carrier's code: {code or 'none'}{about}\n"
        "Texts that this stops wait two hours for you; then coordinators call the families.\n"
        f"Stopped texts, and how to let them go again: {where}\n"
    )
