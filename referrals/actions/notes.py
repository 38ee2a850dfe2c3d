"""What staff type about a case: sealed like everything else that is typed, for the hotline and the case's provider."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import PROVIDER_ROLES, Actor
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from referrals import events
from referrals.actions.moves import lock_case
from referrals.actions.sharing import hotline_reader
from referrals.models import Case
from referrals.policies import WrongState, check_may_write_note, holder_of

MOST_CHARACTERS = 2000


def add_note(*, case: Case, text: str, by: Actor, now: datetime | None = None) -> SealedDocument:
    """Seals a note for the hotline, the writer's organization, and the provider that holds the case, if one does.

    Nobody's keys are needed. Raises PermissionDenied, and WrongState for a case of which nothing is left.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_write_note(by, case)
        if not case.is_open and not SealedDocument.objects.filter(case_id=case.pk).exists():
            raise WrongState(
                f"What was sealed of {case.reference} is destroyed: a note would not stay. Take it up again first."
            )
        own = []
        if by.role in PROVIDER_ROLES and by.organization_id is not None:
            own = [vault.reader_of(Organization.objects.get(pk=by.organization_id))]
        holder = holder_of(case)
        if holder:
            own.append(vault.reader_of(holder.program.provider.organization))
        readers = [hotline_reader(), *vault.having_keys(own)]
        return seal_note(case, text, readers=readers, by=by, now=now)


def seal_note(case: Case, text: str, *, readers: Collection[str], by: Actor, now: datetime) -> SealedDocument:
    """Seals a note on a locked case, in the caller's transaction; needs nobody's keys. The log keeps that it was."""
    events.record(case=case, kind="note_added", by=by, now=now)
    author = User.objects.filter(pk=by.user_id or 0).values_list("name", flat=True).first() or ""
    payload = {"note": text, "written_by": author, "written_at": now.isoformat()}
    return vault.seal(
        case_id=case.pk, kind=DocumentKind.NOTES, payload=payload, readers=readers, subject=uuid.uuid4(), now=now
    )
