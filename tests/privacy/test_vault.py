"""Sealed documents open for their readers, in their place, unchanged, or not at all."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from privacy import destruction, readers, tasks, vault
from privacy.aead import BUCKETS, TooLarge, Unreadable, pad, unpad
from privacy.models import DocumentKind, KeyDestruction, SealedDocument, WrappedKey
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)
PAYLOAD = {"phone": "+16125550142", "name": "Ñandú Testperson 🙂"}
# The database outlives one example on purpose: opening changes nothing.
same_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def sealed_document(**changes: Any) -> SealedDocument:
    arguments: dict[str, Any] = {
        "case_id": uuid4(),
        "kind": DocumentKind.CONTACT,
        "payload": PAYLOAD,
        "readers": ["worker", "hotline"],
        "now": NOW,
    }
    return vault.seal(**arguments | changes)


def reload(document: SealedDocument) -> SealedDocument:
    return SealedDocument.objects.get(pk=document.pk)


@pytest.mark.parametrize("reader", ["worker", "hotline"])
def test_each_reader_opens_what_was_sealed(reader: str) -> None:
    document = sealed_document()

    assert vault.open_document(reload(document), keys=keys_for(reader)) == PAYLOAD


def test_a_stranger_opens_nothing() -> None:
    with pytest.raises(Unreadable):
        vault.open_document(sealed_document(), keys=keys_for("vln"))


def test_neither_database_holds_the_words_or_a_bare_key() -> None:
    document = reload(sealed_document())

    stored = bytes(document.sealed) + b"".join(bytes(row.wrapped) for row in WrappedKey.objects.all())

    assert b"6125550142" not in stored
    assert b"Testperson" not in stored
    assert WrappedKey.objects.using("keys").filter(document_id=document.id).count() == 2


def test_every_version_has_a_data_key_of_its_own() -> None:
    first = sealed_document()
    second = sealed_document(case_id=first.case_id)

    assert (first.version, second.version) == (1, 2)

    def data_key(document: SealedDocument) -> bytes:
        keys = keys_for("worker")
        return vault._data_key(document, vault._wrap_of(document, "worker"), keys)

    assert data_key(first) != data_key(second)


def test_latest_is_the_newest_version_of_each_subject() -> None:
    case_id, mother, brother = uuid4(), uuid4(), uuid4()
    sealed_document(case_id=case_id, subject=mother)
    newest = sealed_document(case_id=case_id, subject=mother, now=NOW + timedelta(minutes=1))
    other = sealed_document(case_id=case_id, subject=brother, now=NOW + timedelta(minutes=2))
    sealed_document(case_id=case_id, kind=DocumentKind.NOTES)
    sealed_document()

    assert vault.latest(case_id, DocumentKind.CONTACT) == [newest, other]


@pytest.mark.parametrize("field", ["case_id", "subject", "id", "kind", "version"])
def test_a_document_moved_elsewhere_does_not_open(field: str) -> None:
    document = sealed_document()
    value = {"kind": DocumentKind.FACTS, "version": 2}.get(field) or uuid4()
    wraps = list(WrappedKey.objects.filter(document_id=document.id))

    setattr(document, field, value)
    for wrap in wraps:
        wrap.document_id = document.id
        wrap.save()

    with pytest.raises(Unreadable):
        vault.open_document(document, keys=keys_for("worker"))


def test_swapped_contents_do_not_open() -> None:
    one, other = sealed_document(), sealed_document()
    one.sealed, other.sealed = other.sealed, one.sealed

    for document in (one, other):
        with pytest.raises(Unreadable):
            vault.open_document(document, keys=keys_for("worker"))


def test_swapped_wraps_do_not_open() -> None:
    document = sealed_document()
    worker, hotline = WrappedKey.objects.filter(document_id=document.id).order_by("-reader")
    WrappedKey.objects.filter(pk=worker.pk).update(wrapped=hotline.wrapped)

    with pytest.raises(Unreadable):
        vault.open_document(document, keys=keys_for("worker"))


def test_planted_plaintext_does_not_open() -> None:
    document = sealed_document()
    document.sealed = pad(b'{"phone": "+16125550199"}')

    with pytest.raises(Unreadable):
        vault.open_document(document, keys=keys_for("worker"))


def flipped(sealed: bytes, where: int) -> bytes:
    at, bit = divmod(where % (len(sealed) * 8), 8)
    return sealed[:at] + bytes([sealed[at] ^ (1 << bit)]) + sealed[at + 1 :]


def truncated(sealed: bytes, where: int) -> bytes:
    return sealed[: where % len(sealed)]


def rotated(sealed: bytes, where: int) -> bytes:
    by = 1 + where % (len(sealed) - 1)
    return sealed[by:] + sealed[:by]


@pytest.mark.parametrize("change", [flipped, truncated, rotated])
@pytest.mark.parametrize("part", ["document", "wrap"])
@same_database
@given(where=st.integers(min_value=0, max_value=1 << 20))
def test_no_changed_byte_opens(part: str, change: Callable[[bytes, int], bytes], where: int) -> None:
    document = sealed_document()
    if part == "document":
        document.sealed = change(bytes(document.sealed), where)
    else:
        row = WrappedKey.objects.get(document_id=document.id, reader="worker")
        WrappedKey.objects.filter(pk=row.pk).update(wrapped=change(bytes(row.wrapped), where))

    with pytest.raises(Unreadable):
        vault.open_document(document, keys=keys_for("worker"))


@given(payload=st.dictionaries(st.text(max_size=20), st.text(max_size=80) | st.integers() | st.none(), max_size=6))
@same_database
def test_whatever_is_sealed_opens_as_it_was(payload: dict[str, Any]) -> None:
    assert vault.open_document(sealed_document(payload=payload), keys=keys_for("worker")) == payload


@given(plain=st.binary(max_size=BUCKETS[-1] - 4))
def test_padding_gives_back_what_it_was_given_and_only_a_bucket_shows(plain: bytes) -> None:
    padded = pad(plain)

    assert unpad(padded) == plain
    assert len(padded) in BUCKETS


@pytest.mark.parametrize(("size", "bucket"), [(0, 256), (252, 256), (253, 1024), (16380, 16384)])
def test_buckets_begin_where_they_say(size: int, bucket: int) -> None:
    assert len(pad(b"x" * size)) == bucket


def test_too_much_is_refused_before_anything_is_written() -> None:
    with pytest.raises(TooLarge, match="16380"):
        sealed_document(payload={"story": "x" * 16381})

    assert not WrappedKey.objects.exists()


def test_nothing_is_sealed_to_nobody() -> None:
    with pytest.raises(ValueError, match="nobody"):
        sealed_document(readers=[])


def test_a_granted_reader_opens_what_the_holder_opens() -> None:
    document = sealed_document()

    vault.grant(document, keys=keys_for("worker"), readers=["ahr"], now=NOW)
    vault.grant(document, keys=keys_for("worker"), readers=["ahr"], now=NOW)

    assert vault.open_document(document, keys=keys_for("ahr")) == PAYLOAD
    assert WrappedKey.objects.filter(document_id=document.id).count() == 3


def test_nobody_grants_what_they_cannot_open() -> None:
    with pytest.raises(Unreadable):
        vault.grant(sealed_document(), keys=keys_for("vln"), readers=["ahr"], now=NOW)


def test_destroying_wraps_leaves_only_the_readers_kept(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    readers = ["worker", "hotline", "ahr", "vln"]
    document = sealed_document(readers=readers)
    facts = sealed_document(case_id=document.case_id, kind=DocumentKind.FACTS, readers=readers)
    other = sealed_document(readers=readers)

    with django_capture_on_commit_callbacks(execute=True):
        destruction.destroy_wraps(
            case_id=document.case_id,
            kinds=[DocumentKind.CONTACT],
            keep_readers=["worker", "hotline", "ahr"],
            now=NOW,
        )

    assert readers_of(document) == {"worker", "hotline", "ahr"}
    assert readers_of(facts) == readers_of(other) == set(readers)
    with pytest.raises(Unreadable):
        vault.open_document(document, keys=keys_for("vln"))


def test_without_kinds_every_kind_is_destroyed(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    documents = [sealed_document(case_id=UUID(int=7), kind=kind) for kind in DocumentKind]

    with django_capture_on_commit_callbacks(execute=True):
        destruction.destroy_wraps(case_id=UUID(int=7), now=NOW)

    assert [readers_of(document) for document in documents] == [set()] * len(documents)


def test_a_change_that_is_undone_destroys_nothing() -> None:
    document = sealed_document()

    with transaction.atomic():
        destruction.destroy_wraps(case_id=document.case_id, now=NOW)
        transaction.set_rollback(True)

    destruction.carry_out_due(NOW)
    assert readers_of(document) == {"worker", "hotline"}


def test_the_sweep_carries_out_what_a_crash_left(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    document = sealed_document()

    def broken(intent: KeyDestruction, now: datetime) -> None:
        raise DatabaseError("the keys database is away")

    with monkeypatch.context() as patch:
        patch.setattr(destruction, "carry_out", broken)
        with django_capture_on_commit_callbacks(execute=True):
            destruction.destroy_wraps(case_id=document.case_id, now=NOW)
    assert readers_of(document) == {"worker", "hotline"}

    assert destruction.carry_out_due(NOW + timedelta(minutes=1)) == 1

    assert readers_of(document) == set()
    assert destruction.carry_out_due(NOW + timedelta(minutes=2)) == 0


def test_what_is_granted_after_a_destruction_outlives_its_late_carrying_out() -> None:
    document = sealed_document()
    destruction.destroy_wraps(case_id=document.case_id, keep_readers=["worker"], now=NOW)
    vault.grant(document, keys=keys_for("worker"), readers=["vln"], now=NOW + timedelta(seconds=1))

    destruction.carry_out_due(NOW + timedelta(minutes=1))

    assert readers_of(document) == {"worker", "vln"}


def test_orphaned_wraps_are_swept_after_an_hour_and_nothing_else() -> None:
    kept, lost, young = sealed_document(), sealed_document(), sealed_document(now=NOW + timedelta(hours=1))
    SealedDocument.objects.filter(pk__in=[lost.pk, young.pk]).delete()

    found = tasks.delete_orphans(NOW + timedelta(hours=1, minutes=1))

    assert found == 1
    assert (readers_of(kept), readers_of(lost)) == ({"worker", "hotline"}, set())
    assert readers_of(young) == {"worker", "hotline"}


def test_the_hourly_task_does_both() -> None:
    lost, doomed = sealed_document(), sealed_document()
    SealedDocument.objects.filter(pk=lost.pk).delete()
    destruction.destroy_wraps(case_id=doomed.case_id, now=NOW)
    WrappedKey.objects.update(created_at=datetime(2020, 1, 1, tzinfo=UTC))
    KeyDestruction.objects.update(created_at=datetime(2020, 1, 2, tzinfo=UTC), due_at=datetime(2020, 1, 2, tzinfo=UTC))

    tasks.sweep_orphans()

    assert not WrappedKey.objects.exists()


def test_two_who_seal_the_same_version_both_keep_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    first = sealed_document()
    newest = vault._newest_versions
    stale: Iterator[dict[Any, int]] = iter([{}])
    monkeypatch.setattr(vault, "_newest_versions", lambda case_id: next(stale, newest(case_id)))

    second = sealed_document(case_id=first.case_id, payload={"phone": "+16125550143"})

    assert second.version == 2
    assert vault.open_document(reload(second), keys=keys_for("worker")) == {"phone": "+16125550143"}
    assert WrappedKey.objects.count() == 4


def test_a_whole_case_is_sealed_in_as_many_statements_as_one_document(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    parts = [vault.Part(kind, PAYLOAD, ["worker", "hotline", "ahr", "vln"]) for kind in DocumentKind]

    # Readers' keys, versions, and the documents in a savepoint; in `keys` the wraps.
    with django_assert_num_queries(5), django_assert_num_queries(1, using="keys"):
        documents = vault.seal_all(case_id=uuid4(), parts=parts, now=NOW)

    assert [vault.open_document(one, keys=keys_for("ahr")) for one in documents] == [PAYLOAD] * len(parts)


def test_sealing_for_a_reader_without_a_key_is_refused_before_anything_is_written() -> None:
    with pytest.raises(readers.NoKey, match="city"):
        sealed_document(readers=["hotline", "city"])

    assert not WrappedKey.objects.exists()


def test_bytes_for_the_worker_open_in_their_context_only() -> None:
    sealed = vault.seal_to_worker("¿Quién?".encode(), context="handset/1")

    assert vault.open_at_worker(sealed, context="handset/1", keys=keys_for("worker")).decode() == "¿Quién?"
    with pytest.raises(Unreadable):
        vault.open_at_worker(sealed, context="handset/2", keys=keys_for("worker"))
    with pytest.raises(Unreadable):
        vault.open_at_worker(sealed, context="handset/1", keys=keys_for("hotline"))


def test_the_keys_of_one_reader_do_not_open_a_wrap_of_another() -> None:
    document = sealed_document()
    hotline = keys_for("hotline")

    with pytest.raises(Unreadable):
        vault.open_document(document, keys=readers.Keys("worker", hotline.private))


def readers_of(document: SealedDocument) -> set[str]:
    return set(WrappedKey.objects.filter(document_id=document.id).values_list("reader", flat=True))
