"""What is due is gone: wraps first, then rows, a line in the log; never under a hold, never twice, never half."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from privacy import destruction, holds, return_codes, selectors, tasks, tombstones, vault
from privacy.indexes import write_indexes
from privacy.models import (
    BlindIndex,
    DocumentKind,
    KeyDestruction,
    KeyTombstone,
    LegalHold,
    ReturnCode,
    SealedDocument,
    Tombstone,
    WrappedKey,
)
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
READERS = ["worker", "hotline", "ahr"]


def sealed_case() -> UUID:
    """A case with a contact and a file, a return code and an index row."""
    case_id, draft_id = uuid4(), uuid4()
    parts = [vault.Part(kind, {"said": str(kind)}, READERS) for kind in (DocumentKind.CONTACT, DocumentKind.FILE)]
    vault.seal_all(case_id=case_id, parts=parts, now=NOW)
    return_codes.register(lookup_id=uuid4().bytes, draft_id=draft_id, expires_at=NOW, now=NOW)
    return_codes.attach_case(draft_id=draft_id, case_id=case_id)
    write_indexes(case_id, b"k" * 32, [("phone", "+16125550142")])
    return case_id


def end(case_id: UUID, *, due_at: datetime = NOW) -> KeyDestruction:
    return destruction.schedule(case_id=case_id, reason="closed", due_at=due_at, now=NOW, ends_case=True)


def readers_of(case_id: UUID, kind: DocumentKind) -> set[str]:
    return set(WrappedKey.objects.filter(case_id=case_id, kind=kind).values_list("reader", flat=True))


def what_is_left(case_id: UUID) -> dict[str, int]:
    models: list[Any] = [WrappedKey, SealedDocument, ReturnCode, BlindIndex]
    return {model.__name__: model.objects.filter(case_id=case_id).count() for model in models}


NOTHING = {"WrappedKey": 0, "SealedDocument": 0, "ReturnCode": 0, "BlindIndex": 0}
EVERYTHING = {"WrappedKey": 6, "SealedDocument": 2, "ReturnCode": 1, "BlindIndex": 1}


def test_nothing_is_destroyed_before_its_time() -> None:
    case_id = sealed_case()
    end(case_id, due_at=NOW + DAY)

    assert destruction.carry_out_due(NOW + DAY - timedelta(seconds=1)) == 0
    assert what_is_left(case_id) == EVERYTHING


def test_a_case_that_ends_leaves_nothing_but_a_line_in_both_logs() -> None:
    case_id, other = sealed_case(), sealed_case()
    documents = sorted(str(document.pk) for document in SealedDocument.objects.filter(case_id=case_id))
    end(case_id)

    assert destruction.carry_out_due(NOW) == 1

    assert what_is_left(case_id) == NOTHING
    assert what_is_left(other) == EVERYTHING
    (line,) = Tombstone.objects.all()
    assert line.destroyed == {
        "kinds": [],
        "readers": [],
        "keep_readers": [],
        "ends_case": True,
        "until": NOW.isoformat(),
        "documents": documents,
        "wraps": 6,
        "indexes": 1,
        "codes": 1,
    }
    assert KeyTombstone.objects.get().hash == line.hash
    assert str(case_id) not in str(line.destroyed) + line.case_hash


def test_a_document_kept_in_a_backup_does_not_open_any_more() -> None:
    case_id = sealed_case()
    backed_up = list(SealedDocument.objects.filter(case_id=case_id))
    end(case_id)
    destruction.carry_out_due(NOW)

    for document in backed_up:
        for reader in READERS:
            with pytest.raises(vault.Unreadable):
                vault.open_document(document, keys=keys_for(reader))


def test_one_reader_loses_one_kind_and_the_document_stays_for_the_others() -> None:
    case_id = sealed_case()
    destruction.schedule(
        case_id=case_id, reason="file", due_at=NOW, now=NOW, kinds=[DocumentKind.FILE], readers=["hotline"]
    )

    destruction.carry_out_due(NOW)

    assert readers_of(case_id, DocumentKind.FILE) == {"worker", "ahr"}
    assert readers_of(case_id, DocumentKind.CONTACT) == set(READERS)
    assert SealedDocument.objects.filter(case_id=case_id).count() == 2


def test_a_kind_that_nobody_reads_any_more_is_not_kept_as_noise() -> None:
    case_id = sealed_case()
    destruction.schedule(case_id=case_id, reason="contact", due_at=NOW, now=NOW, kinds=[DocumentKind.CONTACT])

    destruction.carry_out_due(NOW)

    assert SealedDocument.objects.get(case_id=case_id).kind == DocumentKind.FILE
    assert ReturnCode.objects.filter(case_id=case_id).exists()


def test_what_was_sealed_after_the_schedule_was_written_dies_with_it() -> None:
    case_id = sealed_case()
    end(case_id, due_at=NOW + DAY)
    vault.seal(case_id=case_id, kind=DocumentKind.NOTES, payload={"note": "x"}, readers=READERS, now=NOW + DAY / 2)

    destruction.carry_out_due(NOW + DAY)

    assert what_is_left(case_id) == NOTHING


def test_a_case_taken_up_again_keeps_what_was_not_yet_due() -> None:
    case_id = sealed_case()
    end(case_id, due_at=NOW + DAY)

    assert destruction.cancel_scheduled(case_id, NOW) == 1

    assert destruction.carry_out_due(NOW + 2 * DAY) == 0
    assert what_is_left(case_id) == EVERYTHING


def test_one_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = sealed_case(), sealed_case()
    end(bad)
    end(good)
    real = destruction._wraps_of

    def broken(intent: KeyDestruction) -> Any:
        if intent.case_id == bad:
            raise DatabaseError("the keys database is away")
        return real(intent)

    monkeypatch.setattr(destruction, "_wraps_of", broken)

    assert destruction.carry_out_due(NOW) == 1
    assert (what_is_left(bad), what_is_left(good)) == (EVERYTHING, NOTHING)


def test_killed_between_the_two_databases_the_sweep_finishes_and_the_log_names_the_documents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case_id = sealed_case()
    documents = sorted(str(document.pk) for document in SealedDocument.objects.filter(case_id=case_id))
    intent = end(case_id)

    def killed(**_line: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tombstones, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            destruction.carry_out(intent, NOW)
    # Unreadable already, although the main database says nothing of it yet.
    assert what_is_left(case_id) == {"WrappedKey": 0, "SealedDocument": 2, "ReturnCode": 1, "BlindIndex": 0}
    assert not Tombstone.objects.exists()

    tasks.sweep_orphans()

    assert what_is_left(case_id) == NOTHING
    assert Tombstone.objects.get().destroyed["documents"] == documents
    assert KeyTombstone.objects.count() == 1


def test_done_twice_is_done_once() -> None:
    case_id = sealed_case()
    intent = end(case_id)

    assert destruction.carry_out(intent, NOW)
    assert not destruction.carry_out(intent, NOW)

    assert Tombstone.objects.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_many_at_once_destroy_each_case_once() -> None:
    case_ids = [sealed_case() for _ in range(6)]
    for case_id in case_ids:
        end(case_id)
    together = Barrier(4)

    def run() -> int:
        try:
            together.wait(timeout=10)
            return destruction.carry_out_due(NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = sum(future.result() for future in [pool.submit(run) for _ in range(4)])

    assert done == Tombstone.objects.count() == len(case_ids)
    assert tombstones.is_intact()
    assert not WrappedKey.objects.exists()


def test_a_hold_stops_what_is_scheduled_and_its_end_lets_it_go_on() -> None:
    case_id = sealed_case()
    end(case_id)
    holds.place(case_id=case_id, by_user_id=1, now=NOW)

    assert destruction.carry_out_due(NOW + 400 * DAY) == 0
    assert what_is_left(case_id) == EVERYTHING

    holds.lift(case_id=case_id, by_user_id=1, now=NOW + 400 * DAY)
    assert destruction.carry_out_due(NOW + 400 * DAY) == 1
    assert what_is_left(case_id) == NOTHING


def test_a_hold_placed_after_the_due_ones_were_read_still_stops_them() -> None:
    case_id = sealed_case()
    intent = end(case_id)
    read_before = list(destruction.due(NOW))
    holds.place(case_id=case_id, by_user_id=1, now=NOW)

    assert read_before == [intent]
    assert not destruction.carry_out(intent, NOW)
    assert what_is_left(case_id) == EVERYTHING


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
@pytest.mark.parametrize("change", ["hold", "take up again"])
def test_who_stops_a_destruction_that_is_running_waits_for_its_end(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = sealed_case()
    intent = end(case_id)
    is_inside, may_go_on = Barrier(2), Barrier(2)
    real: Callable[..., Any] = tombstones.write

    def slow(**line: Any) -> Any:
        is_inside.wait(timeout=10)
        may_go_on.wait(timeout=10)
        return real(**line)

    monkeypatch.setattr(tombstones, "write", slow)

    def destroy() -> bool:
        try:
            return destruction.carry_out(intent, NOW)
        finally:
            connections.close_all()

    def stop() -> datetime:
        try:
            if change == "hold":
                holds.place(case_id=case_id, by_user_id=1, now=NOW)
            else:
                destruction.cancel_scheduled(case_id, NOW)
            return timezone.now()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        destroying = pool.submit(destroy)
        is_inside.wait(timeout=10)
        stopping = pool.submit(stop)
        with pytest.raises(TimeoutError):
            stopping.result(timeout=0.5)
        may_go_on.wait(timeout=10)
        assert destroying.result(timeout=10)
        stopping.result(timeout=10)

    # It was destroyed before it was held, and says so; never after.
    intent.refresh_from_db()
    assert (intent.carried_out_at, intent.cancelled_at) == (NOW, None)
    assert what_is_left(case_id) == NOTHING


def test_access_taken_away_by_a_transition_is_not_stopped_by_a_hold() -> None:
    case_id = sealed_case()
    holds.place(case_id=case_id, by_user_id=1, now=NOW)
    destruction.destroy_wraps(case_id=case_id, keep_readers=["worker", "hotline"], now=NOW)

    destruction.carry_out_due(NOW)

    assert readers_of(case_id, DocumentKind.FILE) == {"worker", "hotline"}
    assert SealedDocument.objects.filter(case_id=case_id).count() == 2


def test_a_demands_hold_and_ones_own_stand_apart() -> None:
    case_id, demand_id = sealed_case(), uuid4()
    end(case_id)
    assert holds.place(case_id=case_id, by_user_id=1, now=NOW)
    assert holds.place(case_id=case_id, by_user_id=1, demand_id=demand_id, now=NOW)
    assert not holds.place(case_id=case_id, by_user_id=2, demand_id=demand_id, now=NOW)

    assert holds.lift(case_id=case_id, by_user_id=1, now=NOW + DAY)
    assert not holds.lift(case_id=case_id, by_user_id=1, now=NOW + DAY)
    assert destruction.carry_out_due(NOW + 2 * DAY) == 0

    assert holds.lift(case_id=case_id, by_user_id=1, demand_id=demand_id, now=NOW + DAY)
    assert destruction.carry_out_due(NOW + 2 * DAY) == 1


def test_a_case_is_held_since_its_oldest_hold() -> None:
    case_id = uuid4()
    assert selectors.held_since(case_id) is None
    holds.place(case_id=case_id, by_user_id=1, demand_id=uuid4(), now=NOW)
    holds.place(case_id=case_id, by_user_id=1, now=NOW + DAY)

    assert selectors.held_since(case_id) == NOW
    holds.lift(case_id=case_id, by_user_id=1, now=NOW + DAY)
    assert selectors.held_since(case_id) == NOW


def test_what_is_past_due_is_known_by_its_age_and_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    end(sealed_case(), due_at=NOW - 2 * DAY)
    end(sealed_case(), due_at=NOW + DAY)

    with django_assert_num_queries(1):
        assert selectors.oldest_past_due(NOW) == 2 * DAY

    destruction.carry_out_due(NOW)
    assert selectors.oldest_past_due(NOW) is None


def test_a_held_case_is_not_past_due_and_counts_from_the_end_of_its_hold() -> None:
    case_id = sealed_case()
    end(case_id, due_at=NOW - 5 * DAY)
    holds.place(case_id=case_id, by_user_id=1, now=NOW - 6 * DAY)
    assert selectors.oldest_past_due(NOW) is None

    holds.lift(case_id=case_id, by_user_id=1, now=NOW - timedelta(hours=2))
    assert selectors.oldest_past_due(NOW) == timedelta(hours=2)


def test_a_hold_lifted_before_it_was_due_does_not_postpone_it() -> None:
    case_id = sealed_case()
    end(case_id, due_at=NOW - DAY)
    holds.place(case_id=case_id, by_user_id=1, now=NOW - 6 * DAY)
    holds.lift(case_id=case_id, by_user_id=1, now=NOW - 5 * DAY)

    assert selectors.oldest_past_due(NOW) == DAY


def test_the_page_reads_what_is_scheduled_and_when_something_was_destroyed() -> None:
    case_id = sealed_case()
    destruction.schedule(
        case_id=case_id, reason="file", due_at=NOW, now=NOW, kinds=[DocumentKind.FILE], readers=["hotline"]
    )
    end(case_id, due_at=NOW + DAY)
    destruction.destroy_wraps(case_id=case_id, keep_readers=READERS, now=NOW)

    assert selectors.scheduled_of(case_id) == [
        selectors.Due(NOW, [DocumentKind.FILE], ["hotline"]),
        selectors.Due(NOW + DAY, [], []),
    ]
    assert selectors.destroyed_at(case_id) is None
    destruction.carry_out_due(NOW)
    assert selectors.destroyed_at(case_id) == NOW


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_after_the_night_the_bytes_of_a_destroyed_key_are_in_no_file_of_its_table() -> None:
    other, case_id = sealed_case(), sealed_case()
    doomed = bytes(WrappedKey.objects.filter(case_id=case_id)[0].wrapped)
    kept = bytes(WrappedKey.objects.filter(case_id=other)[0].wrapped)
    assert doomed in table_file()
    end(case_id)
    destruction.carry_out_due(NOW)
    with connections["keys"].cursor() as cursor:
        cursor.execute(f"VACUUM {WrappedKey._meta.db_table}")
    # The reason why the table is written anew: the row is gone, and its bytes are not.
    assert doomed in table_file()

    tasks.shred_due()

    assert doomed not in table_file()
    assert kept in table_file()


def table_file() -> bytes:
    """The file PostgreSQL keeps the wrapped keys in, as it is on the disk."""
    with connections["keys"].cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_read_binary_file(pg_relation_filepath(%s))", [WrappedKey._meta.db_table])
        return bytes(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_table_that_somebody_holds_is_left_for_the_next_night(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tasks, "_LOCK_TIMEOUT", "100ms")
    reading, done = Barrier(2), Barrier(2)

    def read() -> None:
        try:
            with transaction.atomic(using="keys"):
                WrappedKey.objects.count()
                reading.wait(timeout=10)
                done.wait(timeout=30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        reading.wait(timeout=10)
        tasks.clear_deleted_rows()
        done.wait(timeout=10)
        reader.result(timeout=10)

    assert "privacy_wrappedkey is not cleared of deleted rows tonight" in caplog.text
    with connections["keys"].cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_role_that_may_not_clear_a_table_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    tasks.clear_deleted_rows()
    assert "grant MAINTAIN" not in caplog.text
    with connections["keys"].cursor() as cursor:
        cursor.execute("CREATE ROLE only_rows")
        cursor.execute("GRANT USAGE ON SCHEMA public TO only_rows")
        cursor.execute("GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA public TO only_rows")
        cursor.execute("SET ROLE only_rows")
    try:
        tasks.clear_deleted_rows()
    finally:
        with connections["keys"].cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP OWNED BY only_rows")
            cursor.execute("DROP ROLE only_rows")

    assert "privacy_wrappedkey is not cleared of deleted rows: grant MAINTAIN on it to the worker's role" in caplog.text


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_the_night_reports_a_log_that_was_changed(caplog: pytest.LogCaptureFixture) -> None:
    end(sealed_case(), due_at=timezone.now() - DAY)
    tasks.shred_due()
    assert "the log of destroyed keys" not in caplog.text

    forged = Tombstone.objects.get()
    Tombstone(
        sequence=2, case_hash=forged.case_hash, at=NOW, reason="x", destroyed={}, previous_hash="", hash="x"
    ).save(force_insert=True)
    tasks.shred_due()

    assert "the log of destroyed keys was changed or has lost lines" in caplog.text


@settings(max_examples=40)
@given(
    hold=st.booleans(),
    intents=st.lists(
        st.tuples(
            st.sets(st.sampled_from([DocumentKind.CONTACT, DocumentKind.FILE])),
            st.sets(st.sampled_from(READERS)),
            st.integers(min_value=-2, max_value=2),
        ),
        max_size=4,
    ),
)
def test_whatever_is_scheduled_only_what_is_due_and_named_is_gone(
    hold: bool, intents: list[tuple[set[DocumentKind], set[str], int]]
) -> None:
    case_id = sealed_case()
    left = {(kind, reader) for kind in (DocumentKind.CONTACT, DocumentKind.FILE) for reader in READERS}
    for kinds, readers, days in intents:
        destruction.schedule(
            case_id=case_id, reason="rule", due_at=NOW + days * DAY, now=NOW, kinds=kinds, readers=readers
        )
        if days <= 0 and not hold:
            left -= {
                (kind, reader) for kind, reader in left if kind in (kinds or {kind}) and reader in (readers or {reader})
            }
    if hold:
        holds.place(case_id=case_id, by_user_id=1, now=NOW)

    destruction.carry_out_due(NOW)

    wraps = WrappedKey.objects.filter(case_id=case_id).values_list("kind", "reader")
    assert {(DocumentKind(kind), reader) for kind, reader in wraps} == left
    LegalHold.objects.filter(case_id=case_id).delete()
