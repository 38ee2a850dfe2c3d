"""The call-back desk: who is to be called, by whom and when, and what the family said about how to do it safely."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Subquery

from accounts.models import User
from accounts.roles import Actor
from intake.forms.family import MUST_NOT_KNOW
from intake.models import Correction
from notifications.models import Contact
from notifications.quiet_hours import may_arrive, zone_named
from notifications.staff_phones import staff_phones
from privacy import vault
from privacy.models import DocumentKind
from privacy.readers import Keys
from referrals.actions.call_attempts import CALLS
from referrals.actions.openings import OpeningReason, record_opening
from referrals.models import (
    ALARMS,
    Assignment,
    CallAttempt,
    Case,
    CoordinatorTask,
    DutyMail,
    DutyMailKind,
    DutyPage,
    DutyPhone,
)
from referrals.models.case import OPEN_STATES
from referrals.selectors.news import is_unread_by

SHOWN = 100


class CannotCall(Exception):
    """Why no phone rings; in words for the coordinator."""


@dataclass(frozen=True, slots=True)
class ToCall:
    """One line of the desk."""

    task: CoordinatorTask
    person: str
    is_mine: bool
    tries: int
    last_try: datetime | None
    is_paged: bool
    # Something happened, not of the reader's own doing, since they looked at the case.
    is_unread: bool
    # Why the leads were told that nobody comes; "" where they were not.
    alarm: str

    @property
    def may_be_taken(self) -> bool:
        """Whether this reader may take it: nobody has, or people are being woken although somebody had it by day."""
        return not self.is_mine and (self.is_paged or not self.person)

    @property
    def case(self) -> Case:
        return self.task.case


@dataclass(frozen=True, slots=True)
class Script:
    """How to speak with one person who asked; never their number."""

    contact_id: UUID
    name: str
    code_word: str
    language: str
    is_shared: bool
    # They said that nobody sees the phone who must not know; a caller with keys alone was not asked.
    is_private: bool
    may_call: bool
    may_voicemail: bool
    only_by_day: bool
    time_zone: str
    has_number: bool

    def local_time(self, now: datetime) -> str:
        """What their clock shows."""
        return now.astimezone(zone_named(self.time_zone)).strftime("%H:%M")

    def refusal(self, now: datetime) -> str:
        """Why they may not be called now; "" if they may."""
        if not self.has_number:
            return "No number is kept: they were asked to call again with their code."
        if not self.may_call:
            return "They asked us not to call."
        if self.only_by_day and not may_arrive(now, zone_named(self.time_zone)):
            return f"They allowed calls by day only, from 8 to 21 o'clock; theirs is {self.local_time(now)} now."
        return ""


def to_call(reader: Actor) -> list[ToCall]:
    """The open calls, the most urgent tier first and in it the clock that ends first; three queries."""
    attempts = CallAttempt.objects.filter(case=OuterRef("case")).order_by("-at")
    mine = Assignment.objects.filter(case=OuterRef("case"), organization_id=reader.organization_id or 0)
    alarms = DutyMail.objects.filter(case=OuterRef("case"), kind__in=ALARMS).order_by("-made_at")
    tasks = (
        CoordinatorTask.objects.filter(kind__in=CALLS, done_at=None, case__state__in=OPEN_STATES)
        .select_related("case__facility")
        .annotate(
            last_try=Subquery(attempts.values("at")[:1]),
            works=Subquery(mine.values("user_id")[:1]),
            paged=_is_paged(),
            unread=Exists(Case.objects.filter(is_unread_by(reader), pk=OuterRef("case"))),
            alarm=Subquery(alarms.values("kind")[:1]),
        )
        .order_by("case__urgency", "due_at", "pk")[:SHOWN]
    )
    found: list[Any] = list(tasks)
    names = dict(User.objects.filter(pk__in={one.works for one in found}, is_active=True).values_list("pk", "name"))
    counts: dict[UUID, int] = {}
    for case_id in CallAttempt.objects.filter(case__in=[one.case_id for one in found]).values_list(
        "case_id", flat=True
    ):
        counts[case_id] = counts.get(case_id, 0) + 1
    return [
        ToCall(
            task=one,
            person=names.get(one.works, ""),
            is_mine=one.works == reader.user_id,
            tries=counts.get(one.case_id, 0),
            last_try=one.last_try,
            is_paged=one.paged,
            is_unread=one.unread,
            alarm=DutyMailKind(one.alarm).label if one.paged and one.alarm else "",
        )
        for one in found
    ]


def waiting_calls(actor: Actor) -> int:
    """How many calls nobody has taken: what the staff header counts."""
    taken = Assignment.objects.filter(case=OuterRef("case"), organization_id=actor.organization_id or 0)
    open_calls = CoordinatorTask.objects.filter(kind__in=CALLS, done_at=None, case__state__in=OPEN_STATES)
    return open_calls.filter(Q(~Exists(taken)) | Q(_is_paged())).count()


def _is_paged() -> Exists:
    return Exists(DutyPage.objects.filter(case=OuterRef("case"), answered_at=None))


def open_scripts(case: Case, *, keys: Keys, by: Actor, now: datetime) -> list[Script]:
    """Logs the opening, then reads how each person of the case is to be called; the number stays where it is."""
    record_opening(case=case, kind=DocumentKind.CONTACT, reason=OpeningReason.CALL_FAMILY, by=by, now=now)
    told = _contacts(case, keys)
    rows = {one.pk: one for one in Contact.objects.filter(case_id=case.pk).order_by("created_at", "pk")}
    return [_script(row, told[identity]) for identity, row in rows.items() if identity in told]


def connect(case: Case, contact_id: UUID, *, keys: Keys, by: Actor, now: datetime) -> None:
    """Rings the coordinator's own phone and then the family's; each sees our number. Raises `CannotCall`."""
    own = DutyPhone.objects.filter(user_id=by.user_id or 0).first()
    if own is None:
        raise CannotCall("Write down your own phone first: it rings before theirs.")
    scripts = {one.contact_id: one for one in open_scripts(case, keys=keys, by=by, now=now)}
    if contact_id not in scripts:
        raise CannotCall("This person's contact cannot be read any more.")
    if why := scripts[contact_id].refusal(now):
        raise CannotCall(why)
    number = str(_contacts(case, keys)[contact_id]["phone"])
    if not staff_phones().connect(own.phone, number, "One moment. We connect you with the family."):
        raise CannotCall("The phone company did not take the call. Try again, or tell your lead.")


def _contacts(case: Case, keys: Keys) -> dict[UUID, Mapping[str, Any]]:
    """Each person's contact with what they corrected since laid over it; what cannot be opened is left out."""
    newest = vault.wrapped_for(keys.reader, vault.latest(case.pk, DocumentKind.CONTACT))
    opened = vault.open_all(newest, keys=keys)
    corrections = {one.pk: one for one in Correction.objects.filter(pk__in=[one.subject for one in newest])}
    whole = {one.subject: dict(opened[one.id]) for one in newest if one.subject not in corrections and one.id in opened}
    # Those that the worker has not come to. Each knows whose it is; one of long ago, only where one person asked.
    waiting = [one for one in newest if one.subject in corrections and corrections[one.subject].settled_at is None]
    for one in sorted(waiting, key=lambda one: corrections[one.subject].sent_at):
        person = corrections[one.subject].contact_id or (next(iter(whole)) if len(whole) == 1 else None)
        if person in whole and one.id in opened:
            whole[person] |= opened[one.id]
    return dict(whole)


def _script(row: Contact, told: Mapping[str, Any]) -> Script:
    return Script(
        contact_id=row.pk,
        name=str(told.get("caller_name") or ""),
        code_word=str(told.get("code_word") or ""),
        language=row.language,
        is_shared=row.phone_is_shared or told.get("shared") == MUST_NOT_KNOW,
        is_private=bool(told.get("shared")) and told.get("shared") != MUST_NOT_KNOW,
        may_call=row.may_call,
        may_voicemail=told.get("may_voicemail") == "yes" and not row.phone_is_shared,
        only_by_day=not row.any_hour,
        time_zone=row.time_zone,
        has_number=bool(told.get("phone")),
    )
