"""A family answers one page again after sending: appended as it is, and put together by the worker.

The web process seals and cannot read: what was told before is neither shown nor needed. Each correction is a document
of its own beside the older ones (docs/adr/0016-corrections-are-appended.md).
"""

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils import timezone

from accounts.roles import SYSTEM, Actor
from intake.answers import contact_columns, document, facts_of, is_minor
from intake.lookup import lookup_of
from intake.models import Correction
from intake.questions import Page
from intake.selectors import full_facts
from notifications.actions import change_contact
from notifications.broker import ask_worker
from notifications.models import Contact
from privacy import vault
from privacy.models import DocumentKind, SealedDocument, WrappedKey
from privacy.vault import Keys
from privacy.worker_key import WorkerKey
from referrals import events
from referrals.actions import record_facts
from referrals.actions.linked import with_all_parts
from referrals.actions.moves import lock_case, lock_cases, open_task
from referrals.actions.retention import lost_kinds
from referrals.actions.sharing import allowed_provider_readers, hotline_reader
from referrals.business_time import answer_due
from referrals.facts import PLACE_FREE, PLACE_UNKNOWN, Facts, Taken
from referrals.models import Case, TaskKind
from referrals.models.case import OPEN_STATES
from referrals.policies import WrongState, holder_of

log = logging.getLogger(__name__)

SENT = "answers_sent"
# One answer more of a call that goes on.
PRESSED = "answer_pressed"
# Told to a coordinator in a call-back that was cut.
SAID = "answers_said"
# In place of a page's name: not from the family, but from staff who found out.
LEARNED = "learned"
# The facts that an answer decides, where it is not the one of its own name.
_DECIDES: dict[str, tuple[str, ...]] = {
    "taken": ("taken", "taken_at", "taken_hour_known"),
    "taken_day": ("taken_at", "taken_hour_known"),
    "taken_time": ("taken_at", "taken_hour_known"),
    "hearing_day": ("hearing_on",),
    "income": ("monthly_income", "income_is_over"),
}
# Erased with the answer above it: that the page must be sent with one would else erase the day each time.
NOT_ERASED_ALONE = frozenset({"taken_day", "taken_time"})
# What the worker puts together with what it can read of before; the rest stays side by side for people to read.
_MERGED = (DocumentKind.FACTS, DocumentKind.CONTACT)


class NothingAnswered(Exception):
    """Every field of the page was left empty."""


def facts_decided_by(field: str) -> tuple[str, ...]:
    """The names of the facts that change with the answer `field`."""
    return _DECIDES.get(field, (field,))


def takes_answers(case: Case) -> bool:
    """Whether the case itself is open and has what new answers would stand beside."""
    return case.is_open and not lost_kinds(case)


def may_correct(case: Case) -> bool:
    """Whether new answers find earlier ones to stand beside, in the case or in a rest of it that goes on: not after
    both ended, nor after retention."""
    return any(takes_answers(part) for part in _parts_of(case))


def send_correction(
    *,
    case: Case,
    pages: Sequence[Page],
    values: Mapping[str, Any],
    once: UUID,
    by: Actor,
    contact_id: UUID | None = None,
    kind: str = SENT,
    erased: Collection[str] = (),
    now: datetime | None = None,
) -> Correction:
    """Seals new answers to `pages` (the last is the one that was picked) for whoever may read the earlier ones.

    `values` are the pages' cleaned answers; what is empty stays as it was, but for the fields that are `erased`. `once`
    is the sent page's own random number: the same page sent again changes nothing. `contact_id` says which of several
    people sends it. `kind` names the event: only of `SENT` staff are told, a call that goes on has its call-back
    already. Where a provider took a part only, the rest gets the same answers, sealed to its own readers; the
    correction that is returned is the first one's. Raises `NothingAnswered`, and `WrongState` for a case that is over.
    """
    now = now or timezone.now()
    feeds = {
        name: fed
        for page in pages
        for name, fed in page.feeds.items()
        if _is_answered(values.get(name)) or (name in erased and name not in NOT_ERASED_ALONE)
    }
    if not feeds:
        raise NothingAnswered
    with transaction.atomic():
        targets = [part for part in _locked_parts(case) if takes_answers(part)]
        if not targets:
            raise WrongState(f"{case.reference} is over, or its file is gone: nothing can be added to it.")
        number = _number(once, {name: values.get(name) for name in feeds})
        if sent_before := Correction.objects.filter(pk=number).first():
            return sent_before
        # The family is known by the case that it asked with, whichever part goes on.
        contact = own_contact(case, contact_id) if DocumentKind.CONTACT in feeds.values() else None
        waits = "birth_day" in feeds or any(fed in _MERGED for fed in feeds.values())
        corrections = [
            Correction(
                id=number if part is targets[0] else uuid5(number, str(part.pk)),
                case_id=part.pk,
                page=pages[-1].name,
                contact_id=contact.pk if contact else None,
                sent_at=now,
                settled_at=None if waits else now,
            )
            for part in targets
        ]
        Correction.objects.bulk_create(corrections)
        if contact:
            change_contact(contact_id=contact.pk, case_id=case.pk, now=now, **contact_columns(values, answered=feeds))
        for part, correction in zip(targets, corrections, strict=True):
            sealed = _parts(part, correction, number, feeds, values)
            if part is not targets[0] and not vault.latest(part.pk, DocumentKind.CONTACT):
                # The worker has yet to copy the contact, and will find this in it.
                sealed = [one for one in sealed if one.kind != DocumentKind.CONTACT]
            vault.seal_all(case_id=part.pk, parts=sealed, now=now)
            events.record(case=part, kind=kind, by=by, now=now, detail={"page": correction.page})
            transaction.on_commit(partial(ask_worker, "intake.tasks.merge_corrections", [part.pk]), robust=True)
            transaction.on_commit(partial(ask_worker, "intake.tasks.index_lookup", [part.pk]), robust=True)
        if kind == SENT:
            # One person reads them, once.
            open_task(targets[0], TaskKind.NEW_ANSWERS, due_at=answer_due(targets[0].urgency, now), now=now)
    return corrections[0]


def _parts_of(case: Case) -> list[Case]:
    """The case and, where a provider took a part of it, the rest, and the rest of that."""
    return [case, *(one for one in with_all_parts(case) if one.pk != case.pk and one.continues_id)]


def _locked_parts(case: Case) -> list[Case]:
    """As `_parts_of`, all locked in the order of their ids; the case comes first."""
    locked = {one.pk: one for one in lock_cases(*(one.pk for one in _parts_of(case)))}
    first = locked.pop(case.pk)
    # A rest that was opened in this very moment has copies of what was sealed until then, and lacks this one.
    return [first, *sorted(locked.values(), key=lambda one: (one.opened_at, one.pk))]


def add_learned(*, case: Case, change: dict[str, Any], now: datetime) -> None:
    """Seals facts that staff learned of a locked case, for the worker to lay over the answers and triage it again.

    `change` as in `referrals.learned`. Where the answers are gone, or never came, there is nothing to lay it over.
    """
    if not takes_answers(case) or full_facts(case) is None:
        return
    correction = Correction.objects.create(id=uuid4(), case_id=case.pk, page=LEARNED, sent_at=now)
    readers = [vault.WORKER, hotline_reader(), *allowed_provider_readers(case)]
    part = vault.Part(DocumentKind.FACTS, change, readers, correction.pk)
    vault.seal_all(case_id=case.pk, parts=[part], now=now)
    transaction.on_commit(partial(ask_worker, "intake.tasks.merge_corrections", [case.pk]), robust=True)


def own_contact(case: Case, contact_id: UUID | None = None) -> Contact | None:
    """The contact that the code belongs to; of a code that names none, the first that still is one.

    The others are of relatives who asked too, or of a file that was lost.
    """
    if contact_id is not None:
        return Contact.objects.filter(case_id=case.pk, pk=contact_id).first()
    contacts = list(Contact.objects.filter(case_id=case.pk).order_by("created_at", "pk"))
    reachable = [contact for contact in contacts if contact.may_text or contact.may_call]
    return next(iter(reachable or contacts[-1:]), None)


def waiting_cases() -> list[UUID]:
    """The open cases with corrections that the worker has still to put together."""
    open_cases = Case.objects.filter(state__in=OPEN_STATES).values("pk")
    waiting = Correction.objects.filter(settled_at=None, case_id__in=open_cases)
    return list(waiting.order_by("case_id").values_list("case_id", flat=True).distinct())


def merge(case_id: UUID, key: WorkerKey, *, now: datetime | None = None) -> int:
    """As the worker: lay the case's new answers over the earlier ones and triage it again; returns how many there were.

    Doing it again, twice at once, or after dying half-way changes nothing more.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case_id)
        waiting = list(Correction.objects.filter(case_id=case_id, settled_at=None).order_by("sent_at", "pk"))
        if not waiting or not case.is_open:
            return 0
        used = _merge_facts(case, waiting, key.keys(), now) + _merge_contacts(case, waiting, key.keys(), now)
        settled = [one.pk for one in waiting if not _waits_for_copies(case, one)]
        Correction.objects.filter(pk__in=settled).update(settled_at=now)
        # They are in the new whole versions. Their wraps go once that is certain; what a crash leaves is swept.
        identities = [one.pk for one in used]
        SealedDocument.objects.filter(pk__in=identities).delete()
        transaction.on_commit(WrappedKey.objects.filter(document_id__in=identities).delete, robust=True)
    return len(waiting)


def _waits_for_copies(case: Case, one: Correction) -> bool:
    """Whether the answers that it changes have yet to be copied to the rest of a case: then that waits."""
    if not case.continues_id or full_facts(case) is not None:
        return False
    return bool(_sealed_under(case, DocumentKind.FACTS, [one.pk]))


def with_correction(before: Facts, change: dict[str, Any]) -> Facts:
    """The facts after a correction. The two questions where somebody is contradict each other less than people do."""
    facts = Facts.from_payload(before.to_payload() | change)
    payload = facts.to_payload()
    if change.get("taken") == before.taken and not change.get("taken_at"):
        # The page cannot be sent without its first answer; a day left empty stays as it was.
        payload |= {name: before.to_payload()[name] for name in ("taken_at", "taken_hour_known")}
    if "taken" in change and facts.taken == Taken.NO:
        payload["place"] = PLACE_FREE
    elif "taken" in change and before.taken == Taken.NO and "place" not in change:
        # They were free; where they were brought was not asked on this page.
        payload["place"] = PLACE_UNKNOWN
    elif "place" in change and facts.taken == Taken.NO and facts.place != PLACE_FREE:
        payload["taken"] = Taken.UNKNOWN
    return Facts.from_payload(payload)


def _is_answered(value: Any) -> bool:
    return value not in (None, "", [])


def _number(once: UUID, answers: Mapping[str, Any]) -> UUID:
    """`once` is random and kept nowhere, so nothing of the answers can be guessed from their correction's number."""
    return uuid5(once, json.dumps(answers, sort_keys=True, default=str))


def _parts(
    case: Case, correction: Correction, number: UUID, feeds: Mapping[str, DocumentKind], values: Mapping[str, Any]
) -> list[vault.Part]:
    """What is sealed. What people read side by side has the same subject, `number`, in the case and in its rest: so it
    is known there to be the same. What the worker merges stands under the correction's own."""
    hotline, providers = hotline_reader(), allowed_provider_readers(case)
    holder = providers if holder_of(case) else []
    readers = {
        DocumentKind.FACTS: [vault.WORKER, hotline, *providers],
        DocumentKind.NAMES: [hotline, *providers],
        DocumentKind.FILE: [hotline, *providers],
        DocumentKind.CONTACT: [vault.WORKER, hotline, *holder],
    }
    payloads = {kind: payload_of(kind, feeds, values) for kind in readers if kind in feeds.values()}
    if "birth_day" in feeds and (under_age := is_minor(values, timezone.localdate())) is not None:
        # Of a birth date only this decides, and it names nobody.
        payloads[DocumentKind.FACTS] = payloads.get(DocumentKind.FACTS, {}) | {"is_minor": under_age}
    subjects = {kind: correction.pk if kind in _MERGED else number for kind in payloads}
    parts = [vault.Part(kind, payload, readers[kind], subjects[kind]) for kind, payload in payloads.items()]
    kinds = (DocumentKind.CONTACT, DocumentKind.NAMES, DocumentKind.FILE)
    lookup = lookup_of(*(payloads.get(kind, {}) for kind in kinds))
    if any(lookup.values()):
        parts.append(vault.Part(DocumentKind.LOOKUP, lookup, [vault.WORKER]))
    return parts


def payload_of(kind: DocumentKind, feeds: Mapping[str, DocumentKind], values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the answers `values` what a document of `kind` holds, by `feeds`: the kind of document each answer is for."""
    fields = [name for name, fed in feeds.items() if fed == kind]
    if kind != DocumentKind.FACTS:
        whole = document(kind, values)
        return {name: whole[name] for name in fields}
    facts = facts_of({"taken": Taken.UNKNOWN} | dict(values), today=timezone.localdate()).to_payload()
    decided = {fact: facts[fact] for name in fields for fact in facts_decided_by(name)}
    # "I don't know" takes nothing back that a birth date told.
    return {name: value for name, value in decided.items() if name != "is_minor" or value is not None}


def _merge_facts(case: Case, waiting: Iterable[Correction], keys: Keys, now: datetime) -> list[SealedDocument]:
    """The partial documents that went into a new whole version."""
    changes = _sealed_under(case, DocumentKind.FACTS, [one.pk for one in waiting])
    newest = full_facts(case)
    if not changes or newest is None:
        return []
    try:
        facts = Facts.from_payload(vault.open_document(newest, keys=keys))
        for change in changes:
            facts = with_correction(facts, vault.open_document(change, keys=keys))
    except vault.Unreadable:
        # They stay side by side, for a coordinator to read.
        open_task(case, TaskKind.CHECK_ANSWERS, due_at=answer_due(case.urgency, now), now=now)
        log.error("the answers of case %s cannot be put together", case.pk)
        return []
    case = record_facts(case=case, facts=facts, by=SYSTEM, now=now, is_whole=False)
    readers = [vault.WORKER, hotline_reader(), *allowed_provider_readers(case)]
    vault.seal(case_id=case.pk, kind=DocumentKind.FACTS, payload=facts.to_payload(), readers=readers, now=now)
    return changes


def _merge_contacts(case: Case, waiting: Iterable[Correction], keys: Keys, now: datetime) -> list[SealedDocument]:
    """As `_merge_facts`, for each contact that was changed."""
    of_contact: dict[UUID, list[UUID]] = {}
    for one in waiting:
        if one.contact_id:
            of_contact.setdefault(one.contact_id, []).append(one.pk)
    used: list[SealedDocument] = []
    for contact_id, corrections in of_contact.items():
        changes = _sealed_under(case, DocumentKind.CONTACT, corrections)
        before = [one for one in vault.latest(case.pk, DocumentKind.CONTACT) if one.subject == contact_id]
        if not changes or not before:
            continue
        try:
            contact = vault.open_document(before[0], keys=keys)
            for change in changes:
                contact |= vault.open_document(change, keys=keys)
        except vault.Unreadable:
            log.error("contact %s of case %s cannot be put together", contact_id, case.pk)
            continue
        holder = allowed_provider_readers(case) if holder_of(case) else []
        readers = [vault.WORKER, hotline_reader(), *holder]
        part = vault.Part(DocumentKind.CONTACT, contact, readers, contact_id)
        vault.seal_all(case_id=case.pk, parts=[part], now=now)
        used += changes
    return used


def _sealed_under(case: Case, kind: DocumentKind, corrections: list[UUID]) -> list[SealedDocument]:
    """The corrections' documents of this kind, in the order in which the corrections were sent."""
    sealed = SealedDocument.objects.filter(case_id=case.pk, kind=kind, subject__in=corrections)
    return sorted(sealed, key=lambda one: corrections.index(one.subject))
