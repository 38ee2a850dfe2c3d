"""What staff type about a case: sealed like everything else that is typed, for the hotline and the case's provider."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Actor
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from referrals import events
from referrals.actions.moves import lock_case
from referrals.actions.sharing import hotline_reader
from referrals.models import Case
from referrals.policies import check_may_write_note, holder_of

MOST_CHARACTERS = 2000


def add_note(*, case: Case, text: str, by: Actor, now: datetime | None = None) -> SealedDocument:
    """Seals a note for the hotline and, if a provider holds the case, for that provider. Nobody's keys are needed."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_write_note(by, case)
        holder = holder_of(case)
        readers = [hotline_reader()]
        if holder:
            readers += vault.having_keys([vault.reader_of(holder.program.provider.organization)])
        events.record(case=case, kind="note_added", by=by, now=now)
        author = User.objects.filter(pk=by.user_id or 0).values_list("name", flat=True).first() or ""
        payload = {"note": text, "written_by": author, "written_at": now.isoformat()}
        return vault.seal(
            case_id=case.pk, kind=DocumentKind.NOTES, payload=payload, readers=readers, subject=uuid.uuid4(), now=now
        )
