"""Beginning a case's file again after retention destroyed what the family told us."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import HOTLINE_ROLES, Actor
from intake.actions import NOTICE_VERSION
from intake.answers import contact_columns, document
from intake.lookup import lookup_of
from intake.models import NoticeShown
from notifications.actions import add_contact, forget_contacts
from notifications.broker import ask_worker
from privacy import vault
from privacy.models import DocumentKind
from referrals import events
from referrals.actions import record_facts
from referrals.actions.moves import lock_case
from referrals.actions.retention import lost_kinds
from referrals.actions.sharing import active_provider_readers, hotline_reader
from referrals.facts import Facts
from referrals.models import Case, Channel
from referrals.policies import WrongState, holder_of


def check_may_begin(case: Case, by: Actor) -> None:
    """Raises PermissionDenied for all but the hotline, and WrongState unless something was lost of an open case."""
    if by.role not in HOTLINE_ROLES:
        raise PermissionDenied("Only the hotline asks a family again.")
    if not case.is_open:
        raise WrongState(f"{case.reference} is over: take it up again before a new file begins.")
    if not lost_kinds(case):
        raise WrongState(f"The file of {case.reference} can be read: correct it instead of beginning a new one.")


def begin_new_file(
    *, case: Case, values: Mapping[str, Any], facts: Facts, by: Actor, now: datetime | None = None
) -> Case:
    """Seal what the family told again, text them from now on, and triage, screen and route the case on it.

    `values` are the answers by the names of the family's pages. Raises as `check_may_begin` does.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_begin(case, by)
        events.record(case=case, kind="new_file", by=by, now=now)
        NoticeShown.objects.create(
            case_id=case.pk,
            version=NOTICE_VERSION,
            language=case.language,
            channel=Channel.STAFF,
            witness_user_id=by.user_id,
            shown_at=now,
        )
        _seal(case, values, facts, now)
        return record_facts(case=case, facts=facts, by=by, now=now)


def _seal(case: Case, values: Mapping[str, Any], facts: Facts, now: datetime) -> None:
    contact_id, hotline, holder = uuid.uuid4(), hotline_reader(), holder_of(case)
    contact, names, file = (
        document(kind, values) for kind in (DocumentKind.CONTACT, DocumentKind.NAMES, DocumentKind.FILE)
    )
    holders = [vault.reader_of(holder.program.provider.organization)] if holder else []
    providers = holders or active_provider_readers()
    parts = [
        vault.Part(DocumentKind.CONTACT, contact, [vault.WORKER, hotline, *holders], subject=contact_id),
        vault.Part(DocumentKind.NAMES, names, [hotline, *providers]),
        vault.Part(DocumentKind.FILE, file, [hotline, *providers]),
        vault.Part(DocumentKind.FACTS, facts.to_payload(), [vault.WORKER, hotline, *providers]),
        vault.Part(DocumentKind.LOOKUP, lookup_of(contact, names, file), [vault.WORKER]),
    ]
    vault.seal_all(case_id=case.pk, parts=parts, now=now)
    transaction.on_commit(partial(ask_worker, "intake.tasks.index_lookup", [case.pk]), robust=True)
    forget_contacts(case_id=case.pk, reason="new_file", now=now)
    add_contact(
        case_id=case.pk,
        contact_id=contact_id,
        **contact_columns(values),
        now=now,
    )
