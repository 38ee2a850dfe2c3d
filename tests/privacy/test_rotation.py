"""A new key pair for a reader: everything is wrapped anew, nothing is lost on the way, the old pair opens nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connections

from privacy import holders, indexes, rotation, vault
from privacy.aead import Unreadable
from privacy.models import DocumentKind, IndexKeyGrant, KeyGrant, ReaderKey, SealedDocument, WrappedKey
from privacy.readers import Keys

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)
READER = "new-office"
LEAD, LEAVER = holders.member_holder(901), holders.member_holder(902)
PASSPHRASE = "an obvious test passphrase"


@pytest.fixture
def keys() -> Keys:
    """A reader with two people let in and seven documents."""
    for holder in (LEAD, LEAVER):
        holders.make_holder(holder, PASSPHRASE, now=NOW)
    made = holders.make_reader(READER, [LEAD, LEAVER], now=NOW)
    for number in range(7):
        vault.seal(case_id=uuid4(), kind=DocumentKind.FILE, payload={"n": number}, readers=[READER, "ahr"], now=NOW)
    return made


def opened(keys: Keys) -> Iterator[int]:
    for document in SealedDocument.objects.order_by("created_at"):
        yield vault.open_document(document, keys=keys)["n"]


def rotate(keys: Keys, limit: int = 3) -> Keys:
    grown = rotation.begin(keys, now=NOW)
    while rotation.rewrap_some(grown, limit=limit):
        pass
    assert rotation.finish(READER)
    return grown


def test_after_rotation_everything_opens_under_the_new_pair_and_nothing_under_the_old(keys: Keys) -> None:
    rotate(keys)

    fresh = holders.keys_of(LEAD, holders.private_of(LEAD, PASSPHRASE), READER)
    assert sorted(opened(fresh)) == list(range(7))
    with pytest.raises(Unreadable):
        list(opened(keys))
    assert not WrappedKey.objects.filter(reader_key_id__in=keys.private).exists()
    assert not KeyGrant.objects.filter(reader_key_id__in=keys.private).exists()
    assert not ReaderKey.objects.filter(id__in=keys.private).exists()


def test_while_it_runs_everything_stays_readable_and_new_documents_use_the_new_pair(keys: Keys) -> None:
    grown = rotation.begin(keys, now=NOW)
    rotation.rewrap_some(grown, limit=3)
    document = vault.seal(case_id=uuid4(), kind=DocumentKind.FILE, payload={"n": 7}, readers=[READER], now=NOW)

    assert rotation.remaining(READER) == 4
    assert sorted(opened(grown)) == list(range(8))
    assert WrappedKey.objects.get(document_id=document.id).reader_key_id not in keys.private
    assert not rotation.finish(READER), "a pair that something is still wrapped under must stay"


def test_whoever_comes_back_after_it_was_killed_goes_on_with_only_a_passphrase(keys: Keys) -> None:
    rotation.rewrap_some(rotation.begin(keys, now=NOW), limit=3)

    fresh = holders.keys_of(LEAD, holders.private_of(LEAD, PASSPHRASE), READER)
    while rotation.rewrap_some(fresh, limit=3):
        pass

    assert rotation.finish(READER)
    assert sorted(opened(fresh)) == list(range(7))


def test_who_left_does_not_get_the_new_pair(keys: Keys) -> None:
    in_memory = holders.private_of(LEAVER, PASSPHRASE)
    holders.shut_out(LEAVER)
    rotation.want_rotation(READER, NOW)
    assert rotation.is_wanted(READER)

    rotate(keys)

    assert not rotation.is_wanted(READER)
    with pytest.raises(Unreadable):
        holders.keys_of(LEAVER, in_memory, READER)


def test_other_readers_are_left_alone(keys: Keys) -> None:
    before = set(WrappedKey.objects.filter(reader="ahr").values_list("id", "reader_key_id"))

    rotate(keys)

    assert set(WrappedKey.objects.filter(reader="ahr").values_list("id", "reader_key_id")) == before


def test_a_changed_row_stops_it_with_an_alarm_instead_of_being_skipped(keys: Keys) -> None:
    grown = rotation.begin(keys, now=NOW)
    row = WrappedKey.objects.filter(reader=READER).earliest("id")
    WrappedKey.objects.filter(pk=row.pk).update(wrapped=bytes(row.wrapped)[:-1] + b"\0\0")

    with pytest.raises(Unreadable):
        rotation.rewrap_some(grown)


def test_the_index_key_moves_along(keys: Keys) -> None:
    reader_key = ReaderKey.objects.get(reader=READER, retired_at=None)
    indexes.seal_index_key(bytes(range(32)), reader_key, now=NOW)

    rotate(keys)

    fresh = holders.keys_of(LEAD, holders.private_of(LEAD, PASSPHRASE), READER)
    assert indexes.index_key_of(fresh) == bytes(range(32))
    assert not IndexKeyGrant.objects.filter(reader_key_id=reader_key.id).exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_undo_nothing(keys: Keys) -> None:
    grown = rotation.begin(keys, now=NOW)
    barrier = Barrier(2)

    def press() -> None:
        barrier.wait()
        try:
            while rotation.rewrap_some(grown, limit=2):
                pass
        finally:
            connections.close_all()

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert rotation.finish(READER)
    assert sorted(opened(grown)) == list(range(7))
