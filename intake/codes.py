"""When a family that lost its code may be given a new one: after a call-back, by whoever has the contact open."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import models

from accounts.roles import HOTLINE_ROLES, Actor
from intake.models import Correction
from notifications.models import Contact
from privacy import return_codes, vault
from privacy.models import DocumentKind
from privacy.readers import Keys
from referrals.actions.openings import OPENED, OpeningReason
from referrals.actions.sharing import hotline_reader
from referrals.models import Case, CaseEvent
from referrals.policies import WrongState

log = logging.getLogger(__name__)

REISSUED = "code_reissued"
# How long after opening the contact the call-back may be finished.
CONTACT_COUNTS_FOR = timedelta(minutes=30)
# A program compared or looked something up; nobody has read the number they are to call.
_READ_BY_NOBODY = (OpeningReason.SEARCH, OpeningReason.NEW_CODE)


class Check(models.TextChoices):
    """How a coordinator made sure who is on the phone; the log keeps the code."""

    CODE_WORD = "code_word", "They said the code word that is on file"
    NAME_AND_ZIP = "name_and_zip", "No code word is on file: they said the held person's name and the home ZIP"
    NAME_AND_DAY = "name_and_day", "No code word is on file: they said the held person's name and the day taken"


class ContactNotOpened(Exception):
    """The actor has not opened the case's contact lately, so they cannot have called the number on file."""


class NothingLeft(WrongState):
    """The number on file was destroyed: nobody can be called back, and no code would lead anywhere."""


def check_may_reissue(case: Case, *, by: Actor, now: datetime) -> None:
    """Raises PermissionDenied for all but the hotline, `NothingLeft`, and `ContactNotOpened`.

    One opening of the contact is good for one new code: a page sent twice must not kill the code just read out.
    """
    if by.role not in HOTLINE_ROLES:
        raise PermissionDenied("Only the hotline gives new codes.")
    contacts = vault.latest(case.pk, DocumentKind.CONTACT)
    if len(vault.not_wrapped_for(hotline_reader(), contacts)) == len(contacts):
        raise NothingLeft(f"No phone number of {case.reference} is kept any more: nobody can be called back.")
    if not _opened_since_last_code(case, by, now):
        raise ContactNotOpened


def people_with_codes(case: Case) -> list[tuple[UUID, datetime]]:
    """Of a case that several people come back to: each one's contact, and when it was sealed; else nobody."""
    if not return_codes.several_people_have_codes(case.pk):
        return []
    people = set(Contact.objects.filter(case_id=case.pk).values_list("pk", flat=True))
    contacts = vault.wrapped_for(hotline_reader(), vault.latest(case.pk, DocumentKind.CONTACT))
    return [(document.subject, document.created_at) for document in contacts if document.subject in people]


def has_code_word(case: Case, keys: Keys, *, contact_id: UUID | None = None) -> bool:
    """Whether who asked chose a code word (`contact_id`: which of them). Opens the contact: log it first."""
    own = {contact_id, *Correction.objects.filter(contact_id=contact_id).values_list("pk", flat=True)}
    for document in vault.wrapped_for(keys.reader, vault.latest(case.pk, DocumentKind.CONTACT)):
        if contact_id is not None and document.subject not in own:
            continue
        try:
            if vault.open_document(document, keys=keys).get("code_word"):
                return True
        except vault.Unreadable:
            # A contact that somebody changed must not do away with the code word it may have held.
            log.error("document %s was changed", document.id)
            return True
    return False


def last_reissue(case: Case) -> CaseEvent | None:
    """When and by whom the family was last given a new code."""
    return CaseEvent.objects.filter(case=case, kind=REISSUED).order_by("-sequence").first()


def _opened_since_last_code(case: Case, by: Actor, now: datetime) -> bool:
    last = last_reissue(case)
    openings = CaseEvent.objects.filter(
        case=case,
        kind=OPENED,
        user_id=by.user_id,
        at__gte=now - CONTACT_COUNTS_FOR,
        sequence__gt=last.sequence if last else 0,
    )
    return any(
        one.detail["document"] == DocumentKind.CONTACT and one.detail.get("reason") not in _READ_BY_NOBODY
        for one in openings
    )
