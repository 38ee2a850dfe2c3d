"""Opening a sealed part of a case: logged before anything is read, and watched for what is unusual."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.roles import Actor
from notifications.broker import ask_worker
from privacy.models import DocumentKind
from referrals import events
from referrals.actions.assignments import assign, works_on
from referrals.actions.moves import lock_case
from referrals.models import AlertKind, Case, CaseEvent, OpeningAlert

OPENED = "opened_document"
# Openings are counted over this time, and one alert of a kind stands for all of it.
WATCHED_FOR = timedelta(hours=1)


class OpeningReason(models.TextChoices):
    """Why somebody opens a sealed part."""

    CONFLICT_CHECK = "conflict_check", "Check for a conflict of interest"
    DECIDE = "decide", "Decide whether we take the case"
    CALL_FAMILY = "call_family", "Call the family"
    LOCATE = "locate", "Find where the person is held"
    PREPARE = "prepare", "Prepare the case"
    CORRECT = "correct", "Correct an answer"
    SUPERVISE = "supervise", "Check a colleague's work"
    COMPARE = "compare", "See whether two requests are for one person"
    READ_TEXTS = "read_texts", "Read what the family texted"
    # The pages that open by themselves give these.
    SEARCH = "search", "Search by phone or A-number"
    HAND_OVER = "hand_over", "Take it into our own case system"
    NEW_CODE = "new_code", "Give the family a new code"


def record_opening(*, case: Case, kind: DocumentKind, reason: str, by: Actor, now: datetime | None = None) -> None:
    """Log that a member opens a sealed part, in a transaction of its own; call it before anything is read.

    A case that nobody in their organization works on becomes theirs. One that somebody else works on raises an alert
    to their lead, and so do more than OPENINGS_AN_HOUR openings within an hour. A search opens cases only to compare
    a number: its openings count towards the hour, but never assign, and never raise the alert about a colleague's case.
    """
    if by.user_id is None or by.organization_id is None:
        raise PermissionDenied("Only members of an organization open sealed parts.")
    now, reason = now or timezone.now(), OpeningReason(reason)
    with transaction.atomic():
        case = lock_case(case.pk)
        # Then the member: of two windows at once the second counts what the first opened.
        User.objects.select_for_update(no_key=True).get(pk=by.user_id)
        if reason != OpeningReason.SEARCH:
            _note_whose_it_is(case, by, now)
        events.record(case=case, kind=OPENED, by=by, now=now, detail={"document": str(kind), "reason": str(reason)})
        opened = openings_since(by.user_id, now - WATCHED_FOR)
        if opened > settings.OPENINGS_AN_HOUR:
            _raise_alert(AlertKind.MANY, None, by, openings=opened, now=now)


def openings_since(user_id: int, since: datetime) -> int:
    """How many sealed parts a member has opened after a moment."""
    return CaseEvent.objects.filter(user_id=user_id, kind=OPENED, at__gt=since).count()


def _note_whose_it_is(case: Case, by: Actor, now: datetime) -> None:
    person = works_on(case, by.organization_id)
    if person is None:
        assign(case, by.user_id, by=by, now=now)
    elif person != by.user_id:
        _raise_alert(AlertKind.NOT_THEIRS, case, by, openings=1, now=now)


def _raise_alert(kind: AlertKind, case: Case | None, by: Actor, *, openings: int, now: datetime) -> None:
    """One alert per member and hour (and case, where it is about one); further openings count it up."""
    about: dict[str, Any] = {"kind": kind, "user_id": by.user_id, "organization_id": by.organization_id, "case": case}
    if OpeningAlert.objects.filter(**about, at__gt=now - WATCHED_FOR).update(openings=F("openings") + 1):
        return
    alert = OpeningAlert.objects.create(**about, openings=openings, at=now)
    transaction.on_commit(partial(ask_worker, "referrals.tasks.mail_alert", [alert.pk]), robust=True)
