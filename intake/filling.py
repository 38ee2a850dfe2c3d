"""A call-back that asks the whole form: what the family says now goes into the case that its first call opened."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import transaction

from accounts.roles import Actor
from intake import corrections
from intake.answers import contact_columns, document, facts_of
from intake.lookup import lookup_of
from intake.models import Correction
from intake.questions import Page
from notifications.actions import add_contact, change_contact
from notifications.broker import ask_worker
from privacy import vault
from privacy.models import DocumentKind
from referrals.actions import record_facts
from referrals.actions.moves import lock_case
from referrals.actions.sharing import allowed_provider_readers, hotline_reader
from referrals.business_time import CHICAGO
from referrals.models import Case
from referrals.policies import WrongState, holder_of


def fill(*, case: Case, values: Mapping[str, Any], by: Actor, now: datetime) -> Case:
    """Seals a whole set of answers as the newest version of the case's documents; triages, screens and routes it.

    The family keeps its code. In the caller's transaction; raises WrongState for a case that is over or whose file is
    gone.
    """
    with transaction.atomic():
        case = lock_case(case.pk)
        if not corrections.takes_answers(case):
            raise WrongState(f"{case.reference} is over, or its file is gone: nothing can be added to it.")
        facts = facts_of(values, today=now.astimezone(CHICAGO).date())
        contact_row = corrections.own_contact(case)
        contact_id = contact_row.pk if contact_row else uuid4()
        hotline, providers = hotline_reader(), allowed_provider_readers(case)
        holders = providers if holder_of(case) else []
        contact, names, file = (
            document(kind, values) for kind in (DocumentKind.CONTACT, DocumentKind.NAMES, DocumentKind.FILE)
        )
        parts = [
            vault.Part(DocumentKind.CONTACT, contact, [vault.WORKER, hotline, *holders], subject=contact_id),
            vault.Part(DocumentKind.NAMES, names, [hotline, *providers]),
            vault.Part(DocumentKind.FILE, file, [hotline, *providers]),
            vault.Part(DocumentKind.FACTS, facts.to_payload(), [vault.WORKER, hotline, *providers]),
            vault.Part(DocumentKind.LOOKUP, lookup_of(contact, names, file), [vault.WORKER]),
        ]
        vault.seal_all(case_id=case.pk, parts=parts, now=now)
        # Older than what was just said: the worker must not lay it over this.
        Correction.objects.filter(case_id=case.pk, settled_at=None).update(settled_at=now)
        allowed = contact_columns(values)
        if contact_row:
            change_contact(contact_id=contact_id, case_id=case.pk, now=now, **allowed)
        else:
            add_contact(case_id=case.pk, contact_id=contact_id, now=now, **allowed)
        transaction.on_commit(partial(ask_worker, "intake.tasks.index_lookup", [case.pk]), robust=True)
        return record_facts(case=case, facts=facts, by=by, now=now)


def add_what_was_said(
    *, case: Case, pages: Sequence[Page], values: Mapping[str, Any], by: Actor, now: datetime
) -> Case:
    """Of a call-back that was cut: only what was answered is added, and the case goes on waiting for the rest."""
    corrections.send_correction(
        case=case, pages=pages, values=values, once=uuid4(), by=by, kind=corrections.SAID, now=now
    )
    return Case.objects.get(pk=case.pk)
