"""Which readers hold a wrapped key of a case's documents: policy decides who of them opens what, and when.

The web process can take wraps away without a key, but give none: that takes an unlocked member's keys, or the worker's.
"""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Organization, OrganizationKind
from privacy import vault
from privacy.destruction import carry_out_pending_access, destroy_wraps
from privacy.models import DocumentKind, SealedDocument
from privacy.vault import Keys
from providers.models import Program, Provider
from referrals.actions.moves import lock_case
from referrals.models import Case, Offer, OfferState
from referrals.policies import WrongState, holder_of

log = logging.getLogger(__name__)

BEFORE_ACCEPTANCE = (DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE)
# What the holder of a case reads of it; the worker wraps the contact.
OF_HOLDER = (*BEFORE_ACCEPTANCE, DocumentKind.CONTACT, DocumentKind.NOTES)
# Offers completed in one request of an unlocked coordinator.
IN_ONE_REQUEST = 20


class OnlyHolderCanShare(WrongState):
    """The hotline's copy is gone: whoever hands the case on must be its holder, with the vault unlocked."""


def hotline_reader() -> str:
    return vault.reader_of(Organization.objects.filter(kind=OrganizationKind.HOTLINE).earliest("pk"))


def active_provider_readers() -> list[str]:
    """The readers of every provider an offer may go to and that has made its key."""
    organizations = Organization.objects.filter(provider__in=Provider.objects.filter(is_active=True))
    return vault.having_keys(vault.reader_of(organization) for organization in organizations)


def allowed_provider_readers(case: Case) -> list[str]:
    """The providers that may read what is sealed of the case now: its holder, or else all it may be offered to."""
    holder = holder_of(case)
    if holder:
        return vault.having_keys([vault.reader_of(holder.program.provider.organization)])
    return active_provider_readers()


def file_follows(case: Case, program: Program, *, is_accepted: bool = False) -> bool:
    """Whether the provider of `program` misses something that an offer is decided by, or that its holder reads.

    The contact is not counted: the worker brings that.
    """
    reader = vault.reader_of(program.provider.organization)
    if lacks_copies(case):
        return True
    kinds = (*BEFORE_ACCEPTANCE, DocumentKind.NOTES) if is_accepted else BEFORE_ACCEPTANCE
    return bool(vault.not_wrapped_for(reader, vault.latest(case.pk, *kinds)))


def lacks_copies(case: Case) -> bool:
    """Whether the rest of a case has yet to get something of what is sealed of the case it continues."""
    return bool(case.continues and _not_copied(case, case.continues, BEFORE_ACCEPTANCE))


def names_are_to_come(case: Case) -> bool:
    """Whether names of the case that this one continues, which somebody can still open, have yet to be copied."""
    names = (DocumentKind.NAMES,)
    return bool(case.continues and vault.readers_with_wraps(_not_copied(case, case.continues, names)))


def copy_from_continued(case: Case, kinds: Collection[DocumentKind], *, keys: Keys, now: datetime) -> bool:
    """Seal anew to the rest of a case what `keys` open of the case it continues; False if something stays missing.

    A copy and not a second look at the same document: either case ends, is held and is destroyed on its own.
    """
    source = case.continues
    if source is None:
        return True
    missing = _not_copied(case, source, kinds)
    opened = _opened_one_by_one(vault.wrapped_for(keys.reader, missing), keys)
    providers = allowed_provider_readers(case)
    readers = {
        DocumentKind.CONTACT: [vault.WORKER, hotline_reader()],
        DocumentKind.FACTS: [vault.WORKER, hotline_reader(), *providers],
        DocumentKind.NAMES: [hotline_reader(), *providers],
        DocumentKind.FILE: [hotline_reader(), *providers],
    }
    parts = [
        vault.Part(DocumentKind(one.kind), payload, readers[DocumentKind(one.kind)], _subject(one, source, case))
        for one, payload in opened
    ]
    if parts:
        vault.seal_all(case_id=case.pk, parts=parts, now=now)
    return len(opened) == len(missing)


def _opened_one_by_one(documents: list[SealedDocument], keys: Keys) -> list[tuple[SealedDocument, dict[str, Any]]]:
    """Those that can be opened, with what was sealed in them: one that somebody changed must not keep the others."""
    opened = []
    for document in documents:
        try:
            opened.append((document, vault.open_document(document, keys=keys)))
        except vault.Unreadable:
            log.exception("document %s was changed and cannot be copied", document.id)
    return opened


def _not_copied(case: Case, source: Case, kinds: Collection[DocumentKind]) -> list[SealedDocument]:
    there = {(one.kind, one.subject) for one in vault.latest(case.pk, *kinds)}
    return [one for one in vault.latest(source.pk, *kinds) if (one.kind, _subject(one, source, case)) not in there]


def _subject(document: SealedDocument, source: Case, case: Case) -> UUID:
    """What belongs to no one person is under the case's own id."""
    return case.pk if document.subject == source.pk else document.subject


def keep_for_holder(case: Case, program: Program, now: datetime) -> None:
    """From acceptance on no other provider can open anything."""
    _keep_for(case, [hotline_reader(), vault.reader_of(program.provider.organization), vault.WORKER], now)


def keep_for_hotline(case: Case, now: datetime) -> None:
    """A case that leaves the providers keeps the hotline's wraps, and the worker's to text the family."""
    _keep_for(case, [hotline_reader(), vault.WORKER], now)


def _keep_for(case: Case, readers: list[str], now: datetime) -> None:
    """Take the case from everybody but `readers`, at once; never the last copy of anything.

    Of a file that was handed over the provider's is the only copy left: retention ends it, and nothing sooner.
    """
    only_elsewhere = vault.latest(case.pk, *OF_HOLDER)
    for reader in readers:
        only_elsewhere = vault.not_wrapped_for(reader, only_elsewhere)
    kept_kinds = {DocumentKind(document.kind) for document in only_elsewhere}
    if kept_kinds:
        elsewhere = vault.readers_with_wraps(only_elsewhere)
        destroy_wraps(case_id=case.pk, kinds=kept_kinds, keep_readers=[*readers, *elsewhere], now=now)
    kinds = [kind for kind in DocumentKind if kind not in kept_kinds] if kept_kinds else []
    destroy_wraps(case_id=case.pk, kinds=kinds, keep_readers=readers, now=now)


def share_contact(*, offer_id: UUID, keys: Keys, now: datetime) -> bool:
    """The worker lets the provider that accepted read how to reach the family; False if it no longer holds the case.

    Raises `vault.NoKey` while the provider has no key.
    """
    with transaction.atomic():
        offer = _locked(offer_id)
        if offer.state != OfferState.ACCEPTED or offer.room_released_at is not None:
            return False
        is_copied = copy_from_continued(offer.case, (DocumentKind.CONTACT,), keys=keys, now=now)
        if not is_copied or not _grant_missing(offer.case_id, (DocumentKind.CONTACT,), keys, [_reader_of(offer)], now):
            raise vault.Unreadable("the worker has no copy of the contact")
        Offer.objects.filter(pk=offer_id).update(contact_shared_at=now)
    return True


def send_what_follows(*, keys: Keys, now: datetime) -> int:
    """With the hotline's keys open, complete the offers whose provider cannot read everything yet; returns how many."""
    completed = 0
    offers = Offer.objects.filter(
        file_follows=True, state__in=[OfferState.LIVE, OfferState.ACCEPTED], room_released_at__isnull=True
    )
    waiting = list(offers.select_related("program__provider__organization").order_by("offered_at"))
    with_keys = vault.having_keys(_reader_of(offer) for offer in waiting)
    for offer in waiting:
        reader = _reader_of(offer)
        if reader not in with_keys:
            continue
        # Only what was done is counted: those that the hotline cannot complete must not keep the others waiting.
        if completed == IN_ONE_REQUEST:
            break
        completed += _complete(offer.pk, keys, now)
    return completed


@transaction.atomic
def _complete(offer_id: UUID, keys: Keys, now: datetime) -> bool:
    """Let the offer's provider read what it misses, if the case is still with it; False if something stays missing."""
    offer = _locked(offer_id)
    if offer.state not in (OfferState.LIVE, OfferState.ACCEPTED) or offer.room_released_at is not None:
        return False
    kinds = OF_HOLDER if offer.state == OfferState.ACCEPTED else BEFORE_ACCEPTANCE
    carry_out_pending_access(offer.case_id, now)
    if not copy_from_continued(offer.case, (*BEFORE_ACCEPTANCE, DocumentKind.CONTACT), keys=keys, now=now):
        return False
    if not _grant_missing(offer.case_id, kinds, keys, [_reader_of(offer)], now):
        return False
    Offer.objects.filter(pk=offer_id).update(file_follows=False)
    return True


def _locked(offer_id: UUID) -> Offer:
    """The offer as it stands while its case is locked: nobody hands the case on between the look and the grant."""
    lock_case(Offer.objects.values_list("case_id", flat=True).get(pk=offer_id))
    return Offer.objects.select_related("program__provider__organization", "case__continues").get(pk=offer_id)


def check_can_be_handed_on(case: Case, keys: Keys | None) -> None:
    """Raises `OnlyHolderCanShare` when handing on without the holder's keys would lose the file."""
    holder = holder_of(case)
    missing = _only_with([_reader_of(holder)] if holder else [], case.pk)
    if missing and (keys is None or vault.not_wrapped_for(keys.reader, missing)):
        raise OnlyHolderCanShare(
            f"The hotline's copy of {case.reference} is gone: only the provider that has it can hand it on, "
            "with its vault unlocked."
        )


def _only_with(readers: list[str], case_id: UUID) -> list[SealedDocument]:
    """What one of `readers` can open and the hotline cannot."""
    missing = vault.not_wrapped_for(hotline_reader(), vault.latest(case_id, *OF_HOLDER))
    theirs = [document for reader in readers for document in vault.wrapped_for(reader, missing)]
    return list({document.id: document for document in theirs}.values())


def hand_on(case: Case, *, keys: Keys | None, leaving: list[str], now: datetime) -> None:
    """In the caller's transaction: wrap for the hotline and every active provider, then take away who is `leaving`.

    Wraps first, the case's own change second: should that be undone, policy still keeps everybody else out. Without
    keys nothing can be wrapped, and the next offer says "file follows".
    """
    carry_out_pending_access(case.pk, now)
    if keys is not None:
        _grant_missing(case.pk, OF_HOLDER, keys, [hotline_reader()], now)
        others = [reader for reader in active_provider_readers() if reader not in leaving]
        _grant_missing(case.pk, BEFORE_ACCEPTANCE, keys, others, now)
    if leaving and not _only_with(leaving, case.pk):
        destroy_wraps(case_id=case.pk, readers=leaving, now=now)


def _grant_missing(
    case_id: UUID, kinds: tuple[DocumentKind, ...], keys: Keys, readers: list[str], now: datetime
) -> bool:
    """Wrap whatever `readers` miss; False if `keys` have no copy of some of it, which stays missing."""
    documents = vault.latest(case_id, *kinds)
    missing: dict[UUID, tuple[SealedDocument, list[str]]] = {}
    for reader in readers:
        for document in vault.not_wrapped_for(reader, documents):
            missing.setdefault(document.id, (document, []))[1].append(reader)
    without_copy = vault.not_wrapped_for(keys.reader, [document for document, _ in missing.values()])
    for document in without_copy:
        del missing[document.id]
    is_complete = not without_copy
    for document, without in missing.values():
        try:
            vault.grant(document, keys=keys, readers=without, now=now)
        except vault.Unreadable:
            # Somebody changed a row: the others must not wait for it, and it must not pass unseen.
            log.exception("document %s was changed and cannot be shared", document.id)
            is_complete = False
    return is_complete


def _reader_of(offer: Offer) -> str:
    return vault.reader_of(offer.program.provider.organization)
