"""Sealed documents: what a family tells us, readable only by those it is wrapped for.

Every version of every document has a random key of its own, used once and wrapped once per reader in the `keys`
database; destroying the wraps destroys the document in every copy and backup of the main database. Sealing needs
public keys only. Opening needs a reader's `Keys`: an unlocked member's, or the worker's.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef

from privacy import readers as reader_keys
from privacy.aead import KEY_BYTES, TooLarge, Unreadable, aead_of, context, decode, decrypt, encode, pad, unpad
from privacy.models import DocumentKind, ReaderKey, SealedDocument, WrappedKey
from privacy.readers import WORKER, Keys, NoKey, having_keys

__all__ = (
    "WORKER",
    "Keys",
    "NoKey",
    "Part",
    "TooLarge",
    "Unreadable",
    "grant",
    "having_keys",
    "latest",
    "not_wrapped_for",
    "open_all",
    "open_at_worker",
    "open_document",
    "place_of_wrap",
    "reader_of",
    "readers_with_wraps",
    "seal",
    "seal_all",
    "seal_to_worker",
    "wrapped_for",
)

# Of as many who seal the same document at once, the last needs as many tries.
_SEAL_TRIES = 20


class HasSlug(Protocol):
    """An `accounts.Organization`, which this package does not import."""

    slug: str


def reader_of(organization: HasSlug) -> str:
    """The reader an organization is to the vault."""
    return organization.slug


@dataclass(frozen=True, slots=True)
class Part:
    """One document to seal for `readers`; `subject` tells two people's contacts, or two notes, apart."""

    kind: DocumentKind
    payload: dict[str, Any]
    readers: Collection[str]
    subject: UUID | None = None

    def __repr__(self) -> str:
        return f"Part({self.kind})"


def seal_all(*, case_id: UUID, parts: Iterable[Part], now: datetime) -> list[SealedDocument]:
    """Seal each part as the next version of its document; raises `TooLarge`, and `NoKey` for a reader without one.

    All the wraps are one statement and all the documents another, whatever their number.
    """
    prepared = [(part, pad(encode(part.payload))) for part in parts]
    if not all(part.readers for part, _ in prepared):
        raise ValueError("a document that nobody can read is a lost one")
    keys = reader_keys.in_use(reader for part, _ in prepared for reader in part.readers)
    tries = 0
    while True:
        documents, wraps = seal_in_memory(case_id, prepared, keys=keys, versions=_newest_versions(case_id), now=now)
        # Wraps first: a document whose wraps were lost would be lost itself, a wrap without a document is only swept.
        WrappedKey.objects.bulk_create(wraps)
        try:
            with transaction.atomic():
                SealedDocument.objects.bulk_create(documents)
        except IntegrityError:
            # Someone sealed the same version meanwhile. The version is part of the seal: seal again as the next one.
            WrappedKey.objects.filter(document_id__in=[document.id for document in documents]).delete()
            tries += 1
            if tries == _SEAL_TRIES:
                raise
        else:
            return documents


def seal_in_memory(
    case_id: UUID,
    prepared: Iterable[tuple[Part, bytes]],
    *,
    keys: Mapping[str, ReaderKey],
    versions: dict[tuple[DocumentKind, UUID], int],
    now: datetime,
) -> tuple[list[SealedDocument], list[WrappedKey]]:
    """The rows of each part (with its padded content) and of its wraps, unsaved; `versions` are the newest so far."""
    documents: list[SealedDocument] = []
    wraps: list[WrappedKey] = []
    for part, plain in prepared:
        kind, subject = DocumentKind(part.kind), part.subject or case_id
        version = versions[kind, subject] = versions.get((kind, subject), 0) + 1
        document = SealedDocument(
            id=uuid4(), case_id=case_id, kind=kind, subject=subject, version=version, created_at=now
        )
        data_key = os.urandom(KEY_BYTES)
        document.sealed = aead_of(data_key).encrypt(plain, _bound_to(document))
        documents.append(document)
        wraps += [_wrap(document, data_key, keys[reader], now) for reader in sorted(set(part.readers))]
    return documents, wraps


def seal(
    *,
    case_id: UUID,
    kind: DocumentKind,
    payload: dict[str, Any],
    readers: Collection[str],
    subject: UUID | None = None,
    now: datetime,
) -> SealedDocument:
    """Seal one document: `seal_all` with one part."""
    (document,) = seal_all(case_id=case_id, parts=[Part(kind, payload, readers, subject)], now=now)
    return document


def open_document(document: SealedDocument, *, keys: Keys) -> dict[str, Any]:
    """What was sealed; raises `Unreadable` unless the reader still has a wrap and no byte or place was changed."""
    return open_with(document, _wrap_of(document, keys.reader), keys=keys)


def open_all(documents: Iterable[SealedDocument], *, keys: Keys) -> dict[UUID, dict[str, Any]]:
    """What was sealed in each document that the reader has a wrap of, by its id, in one query.

    A document without a wrap is left out; one that was changed raises `Unreadable`.
    """
    by_id = {document.id: document for document in documents}
    wraps = WrappedKey.objects.filter(document_id__in=by_id, reader=keys.reader)
    return {wrap.document_id: open_with(by_id[wrap.document_id], wrap, keys=keys) for wrap in wraps}


def open_with(document: SealedDocument, wrap: WrappedKey, *, keys: Keys) -> dict[str, Any]:
    """What was sealed, by the reader's own wrap of it; raises `Unreadable`."""
    opener = aead_of(_data_key(document, wrap, keys))
    return decode(unpad(decrypt(opener, document.sealed, _bound_to(document))))


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
    there = _with_wrap_of(reader, documents)
    return [document for document in documents if document.id not in there]


def wrapped_for(reader: str, documents: list[SealedDocument]) -> list[SealedDocument]:
    """Those of `documents` that `reader` has a wrap of."""
    there = _with_wrap_of(reader, documents)
    return [document for document in documents if document.id in there]


def readers_with_wraps(documents: list[SealedDocument]) -> list[str]:
    """Everybody who can still open one of `documents`, sorted."""
    wraps = WrappedKey.objects.filter(document_id__in=[document.id for document in documents])
    return sorted(wraps.values_list("reader", flat=True).distinct())


def grant(document: SealedDocument, *, keys: Keys, readers: Iterable[str], now: datetime) -> None:
    """Let `readers` open what `keys` open; raises `Unreadable` if they do not, `NoKey`. Granting twice is once."""
    data_key = _data_key(document, _wrap_of(document, keys.reader), keys)
    wraps = [_wrap(document, data_key, key, now) for key in reader_keys.in_use(readers).values()]
    WrappedKey.objects.bulk_create(wraps, ignore_conflicts=True)


def seal_to_worker(plain: bytes, *, context: str) -> bytes:
    """Seal something that is no case document to the worker; opens only with the same `context`."""
    return reader_keys.seal_for(reader_keys.in_use([WORKER])[WORKER], pad(plain), bound_to=_worker_context(context))


def open_at_worker(sealed: bytes | memoryview, *, context: str, keys: Keys) -> bytes:
    """What `seal_to_worker` was given; raises `Unreadable`. `keys` are the worker's."""
    for key_id in keys.private:
        place = reader_keys.place_of(WORKER, key_id, _worker_context(context))
        try:
            return unpad(keys.open(key_id, sealed, place))
        except Unreadable:
            continue
    raise Unreadable("not sealed to this worker")


def place_of_wrap(wrap: WrappedKey) -> bytes:
    """What a wrapped data key is bound to besides its reader: its document and case."""
    return context("data key/1", wrap.document_id, wrap.case_id, DocumentKind(wrap.kind).value)


def _with_wrap_of(reader: str, documents: list[SealedDocument]) -> set[UUID]:
    if not documents:
        return set()
    identities = [document.id for document in documents]
    wraps = WrappedKey.objects.filter(document_id__in=identities, reader=reader)
    return set(wraps.values_list("document_id", flat=True))


def _newest_versions(case_id: UUID) -> dict[tuple[DocumentKind, UUID], int]:
    of_case = SealedDocument.objects.filter(case_id=case_id).order_by()
    rows = of_case.values_list("kind", "subject").annotate(newest=Max("version"))
    return {(DocumentKind(kind), subject): newest for kind, subject, newest in rows}


def _wrap(document: SealedDocument, data_key: bytes, key: ReaderKey, now: datetime) -> WrappedKey:
    wrap = WrappedKey(
        document_id=document.id,
        case_id=document.case_id,
        kind=document.kind,
        reader=key.reader,
        reader_key_id=key.id,
        created_at=now,
    )
    wrap.wrapped = reader_keys.seal_for(key, data_key, bound_to=place_of_wrap(wrap))
    return wrap


def _wrap_of(document: SealedDocument, reader: str) -> WrappedKey:
    try:
        return WrappedKey.objects.get(document_id=document.id, reader=reader)
    except WrappedKey.DoesNotExist:
        raise Unreadable("not wrapped for this reader") from None


def _data_key(document: SealedDocument, wrap: WrappedKey, keys: Keys) -> bytes:
    if wrap.reader != keys.reader or (wrap.case_id, wrap.kind) != (document.case_id, document.kind):
        raise Unreadable("a wrap of another document")
    place = reader_keys.place_of(keys.reader, wrap.reader_key_id, place_of_wrap(wrap))
    return keys.open(wrap.reader_key_id, wrap.wrapped, place)


def _bound_to(document: SealedDocument) -> bytes:
    return context(
        "document/1",
        document.id,
        document.case_id,
        DocumentKind(document.kind).value,
        document.subject,
        document.version,
    )


def _worker_context(name: str) -> bytes:
    return context("worker bytes/1", name)
