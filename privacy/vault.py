"""Sealed documents: what a family tells us, readable only by those it is wrapped for.

Every version of every document has a random key of its own, used once and wrapped once per reader in the `keys`
database; destroying the wraps destroys the document in every copy and backup of the main database.
"""

import logging
import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from privacy import keyring
from privacy.aead import KEY_BYTES, TooLarge, Unreadable, aead_of, context, decode, decrypt, encode, pad, unpad
from privacy.models import DocumentKind, KeyDestruction, SealedDocument, WrappedKey

__all__ = (
    "WORKER",
    "TooLarge",
    "Unreadable",
    "carry_out_pending",
    "destroy_wraps",
    "grant",
    "latest",
    "not_wrapped_for",
    "open_bytes",
    "open_document",
    "reader_of",
    "seal",
    "seal_bytes",
)

log = logging.getLogger(__name__)

# The reader that texts and triages again; the other readers are organizations.
WORKER = "worker"
# Of as many who seal the same document at once, the last needs as many tries.
_SEAL_TRIES = 20


class HasSlug(Protocol):
    """An `accounts.Organization`, which this package does not import."""

    slug: str


def reader_of(organization: HasSlug) -> str:
    """The reader an organization is to the vault."""
    return organization.slug


def seal(
    *,
    case_id: UUID,
    kind: DocumentKind,
    payload: dict[str, Any],
    readers: Iterable[str],
    subject: UUID | None = None,
    now: datetime,
) -> SealedDocument:
    """Seal `payload` as the next version of the case's document for `readers`; raises `TooLarge`.

    `subject` tells two people's contacts, or two notes, apart; it defaults to the case.
    """
    plain = pad(encode(payload))
    readers = sorted(set(readers))
    if not readers:
        raise ValueError("a document that nobody can read is a lost one")
    tries = 0
    while True:
        document = SealedDocument(
            id=uuid4(), case_id=case_id, kind=DocumentKind(kind), subject=subject or case_id, created_at=now
        )
        document.version = _newest_version(document) + 1
        data_key = os.urandom(KEY_BYTES)
        document.sealed = aead_of(data_key).encrypt(plain, _bound_to(document))
        # Wraps first: a document whose wraps were lost would be lost itself, a wrap without a document is only swept.
        WrappedKey.objects.bulk_create(_wrap(document, data_key, reader, now) for reader in readers)
        try:
            with transaction.atomic():
                document.save(force_insert=True)
        except IntegrityError:
            # Someone sealed the same version meanwhile. The version is part of the seal: seal again as the next one.
            WrappedKey.objects.filter(document_id=document.id).delete()
            tries += 1
            if tries == _SEAL_TRIES:
                raise
        else:
            return document


def open_document(document: SealedDocument, *, reader: str) -> dict[str, Any]:
    """What was sealed; raises `Unreadable` unless `reader` still has a wrap and no byte or place was changed."""
    return decode(unpad(decrypt(aead_of(_data_key(document, reader)), document.sealed, _bound_to(document))))


def latest(case_id: UUID, *kinds: DocumentKind) -> list[SealedDocument]:
    """The newest version of each subject's document of these kinds, oldest first."""
    newer = SealedDocument.objects.filter(
        case_id=OuterRef("case_id"),
        kind=OuterRef("kind"),
        subject=OuterRef("subject"),
        version__gt=OuterRef("version"),
    )
    documents = SealedDocument.objects.filter(~Exists(newer), case_id=case_id, kind__in=kinds)
    return list(documents.order_by("created_at", "id"))


def not_wrapped_for(reader: str, documents: list[SealedDocument]) -> list[SealedDocument]:
    """Those of `documents` that `reader` has no wrap of."""
    if not documents:
        return []
    identities = [document.id for document in documents]
    wrapped = WrappedKey.objects.filter(document_id__in=identities, reader=reader).values_list("document_id", flat=True)
    there = set(wrapped)
    return [document for document in documents if document.id not in there]


def grant(document: SealedDocument, *, holder: str, reader: str, now: datetime) -> None:
    """Let `reader` open what `holder` can open; raises `Unreadable` if `holder` cannot. Granting twice is once."""
    wrapped = _wrap(document, _data_key(document, holder), reader, now)
    WrappedKey.objects.bulk_create([wrapped], ignore_conflicts=True)


def destroy_wraps(
    *, case_id: UUID, kinds: Iterable[DocumentKind] = (), keep_readers: Iterable[str] = (), now: datetime
) -> None:
    """Make the case's documents (of `kinds`, else all) unreadable for ever to everyone but `keep_readers`.

    The intent is a row of the caller's transaction; it is carried out after the commit, or else by the sweep.
    """
    with transaction.atomic():
        intent = KeyDestruction.objects.create(
            case_id=case_id, kinds=sorted(map(str, kinds)), keep_readers=sorted(set(keep_readers)), created_at=now
        )
        transaction.on_commit(lambda: _carry_out_now(intent), robust=True)


def carry_out(intent: KeyDestruction) -> None:
    """Delete what the intent names. Doing it again, after a crash or a restored backup, changes nothing more."""
    # Only wraps that were there: what was granted after the intent was written is not its business.
    wraps = WrappedKey.objects.filter(case_id=intent.case_id, created_at__lte=intent.created_at)
    if intent.kinds:
        wraps = wraps.filter(kind__in=intent.kinds)
    wraps.exclude(reader__in=intent.keep_readers).delete()
    KeyDestruction.objects.filter(pk=intent.pk, carried_out_at=None).update(carried_out_at=timezone.now())


def carry_out_pending(case_id: UUID) -> None:
    """Carry out what is still due for the case, so that nothing granted from now on falls under it."""
    for intent in KeyDestruction.objects.filter(case_id=case_id, carried_out_at=None).order_by("created_at"):
        carry_out(intent)


def seal_bytes(data: bytes, *, context: str) -> bytes:
    """Seal something that is no case document under the installation's key; opens only with the same `context`."""
    return keyring.file_key().encrypt(pad(data), _bytes_context(context))


def open_bytes(sealed: bytes | memoryview, *, context: str) -> bytes:
    """What `seal_bytes` was given; raises `Unreadable`."""
    return unpad(decrypt(keyring.file_key(), sealed, _bytes_context(context)))


def _carry_out_now(intent: KeyDestruction) -> None:
    try:
        carry_out(intent)
    except Exception:
        # The change is committed and the caller must not hear of it as an error; the sweep carries it out.
        log.exception("wraps of case %s are not destroyed yet", intent.case_id)


def _newest_version(document: SealedDocument) -> int:
    versions = SealedDocument.objects.filter(case_id=document.case_id, kind=document.kind, subject=document.subject)
    newest: int | None = versions.aggregate(newest=Max("version"))["newest"]
    return newest or 0


def _wrap(document: SealedDocument, data_key: bytes, reader: str, now: datetime) -> WrappedKey:
    return WrappedKey(
        document_id=document.id,
        case_id=document.case_id,
        kind=document.kind,
        reader=reader,
        wrapped=keyring.wrap(data_key, reader=reader, bound_to=_wrap_bound_to(document)),
        created_at=now,
    )


def _data_key(document: SealedDocument, reader: str) -> bytes:
    row = WrappedKey.objects.filter(document_id=document.id, reader=reader).first()
    if row is None:
        raise Unreadable("not wrapped for this reader")
    return keyring.unwrap(row.wrapped, reader=reader, bound_to=_wrap_bound_to(document))


def _bound_to(document: SealedDocument) -> bytes:
    return context(
        "document/1",
        document.id,
        document.case_id,
        DocumentKind(document.kind).value,
        document.subject,
        document.version,
    )


def _wrap_bound_to(document: SealedDocument) -> bytes:
    return context("key", _bound_to(document).hex())


def _bytes_context(name: str) -> bytes:
    return context("bytes/1", name)
