"""Joining two cases of one person: one goes on, with everything that both relatives told, and both of them are heard.

Neither learns of the other: nothing is texted, and each code shows how the case that goes on stands.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor
from intake.corrections import own_contact
from intake.duplicates import NotLikely, check_may_decide, close_task_if_done, decide, pair_between, pairs_of
from intake.lookup import lookup_of
from intake.models import Correction, LikelyDuplicate, PairState
from notifications.actions import move_contacts
from notifications.broker import ask_worker
from privacy import return_codes, vault
from privacy.destruction import carry_out_pending_access
from privacy.models import DocumentKind, SealedDocument
from privacy.vault import Keys
from referrals import events
from referrals.actions import mark_duplicate
from referrals.actions.moves import lock_case, lock_to_join, open_task
from referrals.actions.openings import OpeningReason, record_opening
from referrals.actions.sharing import active_provider_readers, hotline_reader
from referrals.business_time import answer_due
from referrals.models import Case, State, TaskKind
from referrals.policies import WrongState, holder_of

log = logging.getLogger(__name__)

# What is sealed anew, each document beside the other's of its kind. The facts stay: one case is triaged by its own.
_TAKEN_ALONG = (DocumentKind.CONTACT, DocumentKind.NAMES, DocumentKind.FILE, DocumentKind.NOTES)

Opened = list[tuple[SealedDocument, dict[str, Any]]]


class CannotBeJoined(WrongState):
    """Something of the case that would end cannot be opened by the hotline, and would be lost."""


def merge(*, keep: Case, duplicate: Case, by: Actor, keys: Keys, now: datetime | None = None) -> Case:
    """End `duplicate` and seal what was told there to `keep`, which its people and their codes belong to from then on.

    `keys` are the hotline's, unlocked. Merging again changes nothing. Nothing is changed when it raises: `NotLikely`,
    `CannotBeJoined`, or WrongState if one of the two is over.
    """
    check_may_decide(by)
    if keys.reader != hotline_reader():
        raise PermissionDenied("Requests are joined with the hotline's vault unlocked.")
    now = now or timezone.now()
    _log_openings(keep, duplicate, by, now)
    with transaction.atomic():
        locked = lock_to_join(duplicate.pk, keep.pk)
        keep, duplicate = locked[keep.pk], locked[duplicate.pk]
        likely = pair_between(keep, duplicate)
        if duplicate.state == State.DUPLICATE and duplicate.duplicate_of_id == keep.pk:
            return keep
        _check_may_be_joined(keep, duplicate, likely)
        has_unread = duplicate.tasks.filter(kind=TaskKind.NEW_ANSWERS, done_at=None).exists()
        opened = _open(duplicate, _TAKEN_ALONG, keys)
        knew_more = _facts(duplicate, keys) != _facts(keep, keys)
        # What was taken away from somebody and is still on its way must not fall on what is sealed now.
        carry_out_pending_access(keep.pk, now)
        # Before the other's contacts are there: whose code is whose.
        for case in (keep, duplicate):
            _name_codes(case)
        _seal(keep, duplicate, opened, now)
        move_contacts(case_id=duplicate.pk, to_case_id=keep.pk)
        decide(likely, PairState.MERGED, by=by, now=now)
        _take_decisions_along(keep, duplicate, now)
        mark_duplicate(case=duplicate, duplicate_of=keep, by=by, now=now)
        # Conflicts of interest came along, and may have ended its offer.
        keep = lock_case(keep.pk)
        events.record(case=keep, kind="joined", by=by, now=now, detail={"duplicate": duplicate.reference})
        close_task_if_done(keep, by=by, now=now)
        if has_unread:
            open_task(keep, TaskKind.NEW_ANSWERS, due_at=answer_due(keep.urgency, now), now=now)
        if knew_more:
            open_task(keep, TaskKind.COMPARE_ANSWERS, due_at=answer_due(keep.urgency, now), now=now)
    keep.refresh_from_db()
    return keep


def _log_openings(keep: Case, duplicate: Case, by: Actor, now: datetime) -> None:
    """Before anything is read, and in transactions of their own: no failure opens without a trace."""
    for case, kinds in ((duplicate, (*_TAKEN_ALONG, DocumentKind.FACTS)), (keep, (DocumentKind.FACTS,))):
        there = {document.kind for document in vault.latest(case.pk, *kinds)}
        for kind in kinds:
            if kind in there:
                record_opening(case=case, kind=kind, reason=OpeningReason.COMPARE, by=by, now=now)


def _check_may_be_joined(keep: Case, duplicate: Case, likely: LikelyDuplicate) -> None:
    for case in (keep, duplicate):
        if case.state == State.DUPLICATE and case.duplicate_of:
            raise WrongState(f"{case.reference} was joined to {case.duplicate_of.reference} meanwhile.")
        if not case.is_open:
            raise WrongState(f"{case.reference} is {case.get_state_display().lower()}: only open requests are joined.")
    # Laid over a file that was joined meanwhile they would be lost, or fall on somebody else's answers.
    if Correction.objects.filter(case_id__in=[keep.pk, duplicate.pk], settled_at=None).exists():
        raise CannotBeJoined("A family has just sent new answers. Wait a minute, then compare the two again.")
    if likely.state != PairState.OPEN:
        raise NotLikely(f"Somebody found meanwhile that {keep.reference} and {duplicate.reference} are two people.")


def _open(case: Case, kinds: Iterable[DocumentKind], keys: Keys) -> Opened:
    """The newest documents; raises `CannotBeJoined` if one of them would be lost."""
    documents = vault.latest(case.pk, *kinds)
    try:
        opened = vault.open_all(documents, keys=keys)
    except vault.Unreadable:
        log.exception("a document of case %s was changed", case.pk)
        opened = {}
    # What nobody can open any more is lost already, and no reason to keep two cases apart.
    closed = [document for document in documents if document.pk not in opened]
    if vault.readers_with_wraps(closed):
        raise CannotBeJoined(
            f"The hotline cannot open everything of {case.reference}, and it would be lost. Keep that one instead."
        )
    return [(document, opened[document.pk]) for document in documents if document.pk in opened]


def _facts(case: Case, keys: Keys) -> dict[str, Any] | None:
    """The deciding answers; None for what the hotline cannot open."""
    documents = vault.latest(case.pk, DocumentKind.FACTS)
    try:
        return vault.open_document(documents[-1], keys=keys) if documents else None
    except vault.Unreadable:
        return None


def _seal(keep: Case, duplicate: Case, opened: Opened, now: datetime) -> None:
    """Each document under its own subject: beside those of the case that goes on, and over none of them."""
    hotline, holder = hotline_reader(), holder_of(keep)
    holders = vault.having_keys([vault.reader_of(holder.program.provider.organization)]) if holder else []
    providers = holders if holder else active_provider_readers()
    readers = {
        DocumentKind.CONTACT: [vault.WORKER, hotline, *holders],
        DocumentKind.NAMES: [hotline, *providers],
        DocumentKind.FILE: [hotline, *providers],
        DocumentKind.NOTES: [hotline, *holders],
    }
    parts = [
        vault.Part(DocumentKind(document.kind), payload, readers[DocumentKind(document.kind)], document.subject)
        for document, payload in opened
        if any(payload.values())
    ]
    parts.append(vault.Part(DocumentKind.LOOKUP, _lookup(opened), [vault.WORKER], duplicate.pk))
    vault.seal_all(case_id=keep.pk, parts=parts, now=now)
    transaction.on_commit(partial(ask_worker, "intake.tasks.index_lookup", [keep.pk]), robust=True)


def _lookup(opened: Opened) -> dict[str, Any]:
    """What the case that goes on is found by from now on: the numbers and the person of the other one, too."""
    told: dict[UUID, dict[str, dict[str, Any]]] = {}
    for document, payload in opened:
        told.setdefault(document.subject, {})[document.kind] = payload
    kinds = (DocumentKind.CONTACT, DocumentKind.NAMES, DocumentKind.FILE)
    each = [lookup_of(*(by_kind.get(kind, {}) for kind in kinds)) for by_kind in told.values()]
    return {purpose: sorted({value for one in each for value in one[purpose]}) for purpose in lookup_of({}, {}, {})}


def _name_codes(case: Case) -> None:
    """Note whose the code is: a new one for either relative must not end the other's."""
    if contact := own_contact(case):
        return_codes.name_owner(case_id=case.pk, contact_id=contact.pk)


def _take_decisions_along(keep: Case, duplicate: Case, now: datetime) -> None:
    """Who is known not to be the person of the duplicate is not to be compared again with the case that goes on."""
    for pair in pairs_of(duplicate).filter(state=PairState.NOT_SAME):
        third = pair.beside(duplicate)
        one, other = sorted((keep, third), key=lambda each: each.pk)
        known = {
            "matched_by": pair.matched_by,
            "state": pair.state,
            "found_at": now,
            "decided_at": pair.decided_at,
            "decided_by_user_id": pair.decided_by_user_id,
        }
        LikelyDuplicate.objects.get_or_create(one=one, other=other, defaults=known)
