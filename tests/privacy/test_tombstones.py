"""The log of what was destroyed: no line can be changed or lost unseen, and a restored copy dies again by it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connections, transaction
from django.forms import model_to_dict

from privacy import append_only, destruction, return_codes, tombstones, vault
from privacy.indexes import write_indexes
from privacy.models import BlindIndex, DocumentKind, KeyTombstone, ReturnCode, SealedDocument, Tombstone, WrappedKey

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
READERS = ["worker", "hotline", "ahr"]


def sealed_case(now: datetime = NOW) -> UUID:
    case_id = uuid4()
    for kind in (DocumentKind.CONTACT, DocumentKind.FILE):
        vault.seal(case_id=case_id, kind=kind, payload={"said": "x"}, readers=READERS, now=now)
    draft_id = uuid4()
    return_codes.register(lookup_id=uuid4().bytes, draft_id=draft_id, expires_at=now, now=now)
    return_codes.attach_case(draft_id=draft_id, case_id=case_id)
    write_indexes(case_id, b"k" * 32, [("phone", "+16125550142")])
    return case_id


def shred(case_id: UUID, **changes: Any) -> None:
    given: dict[str, Any] = {"reason": "closed", "due_at": NOW, "now": NOW, "ends_case": True}
    destruction.schedule(case_id=case_id, **given | changes)
    destruction.carry_out_due(NOW)


@pytest.fixture
def three_lines() -> None:
    for _ in range(3):
        shred(sealed_case())


def allowed(model: Any, change: Callable[[Any], None]) -> None:
    """Does to the table what its triggers forbid, as its owner could."""
    alias = "keys" if model is KeyTombstone else "default"
    append_only.drop_all(connections[alias])
    try:
        change(model.objects.using(alias))
    finally:
        append_only.create_all(connections[alias])


def lines(model: Any) -> list[dict[str, Any]]:
    return [model_to_dict(line) for line in model.objects.order_by("sequence")]


@pytest.mark.usefixtures("three_lines")
def test_both_copies_say_the_same_and_hold() -> None:
    assert [line.sequence for line in Tombstone.objects.order_by("sequence")] == [1, 2, 3]
    assert lines(Tombstone) == lines(KeyTombstone)
    assert tombstones.is_intact()


def test_an_empty_log_is_whole() -> None:
    assert tombstones.is_intact()


@pytest.mark.usefixtures("three_lines")
@pytest.mark.parametrize("model", [Tombstone, KeyTombstone])
def test_the_database_refuses_to_change_or_delete_a_line(model: Any) -> None:
    alias = "keys" if model is KeyTombstone else "default"
    for change in (lambda: model.objects.filter(sequence=2).update(reason="x"), lambda: model.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic(using=alias):
            change()


CHANGES: dict[str, Callable[[Any], Any]] = {
    "another reason": lambda rows: rows.filter(sequence=2).update(reason="x"),
    "another case": lambda rows: rows.filter(sequence=2).update(case_hash="0" * 64),
    "another time": lambda rows: rows.filter(sequence=2).update(at=NOW + timedelta(seconds=1)),
    "other documents": lambda rows: rows.filter(sequence=2).update(destroyed={"documents": []}),
    "another hash": lambda rows: rows.filter(sequence=2).update(hash="0" * 64),
    "another link": lambda rows: rows.filter(sequence=3).update(previous_hash=""),
    "the first line gone": lambda rows: rows.filter(sequence=1).delete(),
    "a middle line gone": lambda rows: rows.filter(sequence=2).delete(),
}


@pytest.mark.usefixtures("three_lines")
@pytest.mark.parametrize("model", [Tombstone, KeyTombstone])
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_or_deleted_line_is_found_in_either_copy(change: str, model: Any) -> None:
    allowed(model, CHANGES[change])

    assert not tombstones.is_intact()


@pytest.mark.usefixtures("three_lines")
def test_a_log_that_lost_its_end_is_found_by_its_copy() -> None:
    allowed(Tombstone, lambda rows: rows.filter(sequence=3).delete())

    assert not tombstones.is_intact()


@pytest.mark.usefixtures("three_lines")
def test_a_log_written_anew_is_found_by_its_copy() -> None:
    def forge(rows: Any) -> None:
        rows.all().delete()
        for _ in range(3):
            tombstones.write(case_id=uuid4(), reason="closed", destroyed={}, now=NOW)

    allowed(Tombstone, forge)

    assert tombstones._chain_holds(Tombstone.objects.order_by("sequence"))
    assert not tombstones.is_intact()


def test_a_copy_that_lags_behind_is_brought_up_to_date() -> None:
    tombstones.write(case_id=uuid4(), reason="closed", destroyed={}, now=NOW)

    assert tombstones.is_intact()
    assert tombstones.copy_to_keys() == 1
    assert tombstones.copy_to_keys() == 0
    assert lines(Tombstone) == lines(KeyTombstone)


def test_a_line_holds_whatever_clock_its_writer_had() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-6)))

    tombstones.write(case_id=uuid4(), reason="closed", destroyed={}, now=elsewhere)

    assert tombstones.is_intact()


def test_the_log_names_no_case() -> None:
    case_id = sealed_case()
    shred(case_id)

    told = str(lines(Tombstone))

    assert str(case_id) not in told
    assert case_id.hex not in told
    assert tombstones.case_hash(case_id) in told


def kept_keys() -> list[Any]:
    return [*WrappedKey.objects.all(), *BlindIndex.objects.all()]


def bring_back(rows: list[Any]) -> None:
    """What restoring yesterday's copy does to rows that were deleted since."""
    for row in rows:
        type(row).objects.bulk_create([row], ignore_conflicts=True)


def test_restored_keys_of_ended_cases_are_destroyed_again_and_no_others() -> None:
    ended, living = sealed_case(), sealed_case()
    yesterday = kept_keys()
    shred(ended)
    bring_back(yesterday)
    assert WrappedKey.objects.filter(case_id=ended).count() == 6

    assert tombstones.replay_into_keys() == 6

    assert not WrappedKey.objects.filter(case_id=ended).exists()
    assert not BlindIndex.objects.filter(case_id=ended).exists()
    assert WrappedKey.objects.filter(case_id=living).count() == 6
    assert BlindIndex.objects.filter(case_id=living).exists()
    assert tombstones.replay_into_keys() == 0


def test_restored_keys_die_for_the_readers_and_kinds_the_log_names() -> None:
    case_id = sealed_case()
    yesterday = kept_keys()
    shred(case_id, reason="file", kinds=[DocumentKind.FILE], readers=["hotline"], ends_case=False)
    destruction.destroy_wraps(case_id=case_id, keep_readers=["worker", "hotline"], now=NOW)
    destruction.carry_out_due(NOW)
    bring_back(yesterday)

    tombstones.replay_into_keys()

    left = set(WrappedKey.objects.filter(case_id=case_id).values_list("kind", "reader"))
    assert left == {("contact", "worker"), ("contact", "hotline"), ("file", "worker")}
    assert BlindIndex.objects.filter(case_id=case_id).exists()


def test_a_file_begun_anew_outlives_the_replay() -> None:
    case_id = sealed_case()
    shred(case_id)
    later = NOW + timedelta(days=1)
    vault.seal(case_id=case_id, kind=DocumentKind.CONTACT, payload={"said": "y"}, readers=READERS, now=later)

    assert tombstones.replay_into_keys() == 0
    tombstones.replay_into_main()

    assert WrappedKey.objects.filter(case_id=case_id).count() == 3
    assert SealedDocument.objects.filter(case_id=case_id).count() == 1


def test_restored_codes_and_documents_of_ended_cases_go_again_and_the_log_comes_back() -> None:
    ended, living = sealed_case(), sealed_case()
    yesterday = [*SealedDocument.objects.all(), *ReturnCode.objects.all()]
    shred(ended)
    bring_back(yesterday)
    allowed(Tombstone, lambda rows: rows.all().delete())

    assert tombstones.replay_into_main() == 3

    assert not SealedDocument.objects.filter(case_id=ended).exists()
    assert not ReturnCode.objects.filter(case_id=ended).exists()
    assert SealedDocument.objects.filter(case_id=living).count() == 2
    assert ReturnCode.objects.filter(case_id=living).exists()
    assert lines(Tombstone) == lines(KeyTombstone)
    assert tombstones.is_intact()
