"""Copies come back whole, and what was destroyed since stays destroyed."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections
from django.utils import timezone

from accounts.roles import Role
from privacy import backups, destruction, draft_keys, dumps, holders, return_codes, rotation, tombstones, vault
from privacy.models import (
    DocumentKind,
    DraftKey,
    HolderKey,
    KeyTombstone,
    ReaderKey,
    ReturnCode,
    Tombstone,
    WrappedKey,
)
from referrals.models import CaseEvent
from tests import factories
from tests.privacy.copies import (
    NAMES,
    NOW,
    PAYLOAD,
    Fund,
    documents_of,
    empty_database,
    is_readable,
    sealed_case,
    shred,
)

# Copies are made by other programs, which see only what is committed.
committed = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@committed
def test_an_older_copy_of_keys_brings_no_destroyed_key_back(fund: Fund, tmp_path: Path) -> None:
    kept, ended = sealed_case(), sealed_case()
    of_kept, of_ended = documents_of(kept), documents_of(ended)
    copies = fund.backup()
    shred(ended, NOW + timedelta(days=1))

    with empty_database("keys", tmp_path):
        said = fund.restore("keys", copies["keys"])

        assert is_readable(of_kept)
        assert is_readable(of_kept, "worker")
        assert not is_readable(of_ended)
        assert not WrappedKey.objects.filter(case_id=ended).exists()
        assert KeyTombstone.objects.count() == Tombstone.objects.count() == 1
        assert tombstones.is_intact()
    assert "Destroyed again: 4 wrapped keys" in said
    assert "The log of destroyed keys is whole: 1 lines." in said


@committed
def test_an_older_copy_of_main_beside_todays_keys_opens_nothing_that_was_destroyed(fund: Fund, tmp_path: Path) -> None:
    kept, ended = sealed_case(), sealed_case()
    of_ended = documents_of(ended)
    copies = fund.backup()
    shred(ended, NOW + timedelta(days=1))

    with empty_database("default", tmp_path):
        said = fund.restore("main", copies["main"])

        assert is_readable(documents_of(kept))
        assert not is_readable(of_ended)
        assert documents_of(ended) == []
        assert list(ReturnCode.objects.values_list("case_id", flat=True)) == [kept]
        assert Tombstone.objects.count() == KeyTombstone.objects.count() == 1
        assert tombstones.is_intact()
    assert "Destroyed again: 0 wrapped keys, 0 keys of drafts, 3 codes and documents." in said


@committed
@pytest.mark.parametrize("order", [["main", "keys"], ["keys", "main"]])
def test_older_copies_of_both_in_either_order_bring_nothing_back(fund: Fund, tmp_path: Path, order: list[str]) -> None:
    kept, ended = sealed_case(), sealed_case()
    of_ended = documents_of(ended)
    copies = fund.backup()
    shred(ended, NOW + timedelta(days=1))
    todays = fund.folder / "today"
    todays.mkdir()
    call_command("backup", "--to", str(todays), stdout=StringIO())

    with empty_database("default", tmp_path), empty_database("keys", tmp_path):
        for name, alias in NAMES.items():
            today = backups.SealedCopy(next(todays.glob(f"{name}-*")), backups.identities(fund.identities[0]))
            dumps.load(alias, today.feed)
        for name in order:
            fund.restore(name, copies[name], yes=True)

        assert is_readable(documents_of(kept))
        assert not is_readable(of_ended)
        assert not WrappedKey.objects.filter(case_id=ended).exists()
        assert Tombstone.objects.count() == KeyTombstone.objects.count() == 1
        assert tombstones.is_intact()


@committed
def test_a_line_that_only_the_replaced_main_had_is_not_forgotten(
    fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = sealed_case()
    copies = fund.backup()

    with empty_database("default", tmp_path):
        fund.restore("main", copies["main"])
        with monkeypatch.context() as crash:
            # As when the process dies between the two databases.
            crash.setattr("privacy.destruction.tombstones.copy_to_keys", lambda: 0)
            shred(ended, NOW + timedelta(days=1))
        assert not KeyTombstone.objects.exists()

        fund.restore("main", copies["main"], yes=True)

        assert Tombstone.objects.count() == KeyTombstone.objects.count() == 1
        assert documents_of(ended) == []


@committed
def test_a_restored_database_is_the_same_in_rows_triggers_and_sequences(fund: Fund, tmp_path: Path) -> None:
    factories.case()
    shred(sealed_case())
    Group.objects.create(name="before")
    tables = [one for one in connections["default"].introspection.table_names() if one != "django_session"]
    before = {table: rows_of(table) for table in tables}
    copies = fund.backup()

    with empty_database("default", tmp_path):
        fund.restore("main", copies["main"])

        assert {table: rows_of(table) for table in tables} == before
        for log in (CaseEvent, Tombstone):
            with pytest.raises(IntegrityError, match="append-only"):
                log.objects.update(**{"reason": "x"} if log is Tombstone else {"kind": "x"})
            with pytest.raises(IntegrityError, match="append-only"):
                log.objects.all()._raw_delete("default")
        assert Group.objects.create(name="after").pk > Group.objects.get(name="before").pk


def rows_of(table: str) -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return int(cursor.fetchone()[0])


@committed
def test_documents_that_were_destroyed_for_everyone_are_not_told_as_lost(fund: Fund, tmp_path: Path) -> None:
    sealed_case()
    copies = fund.backup()
    younger = sealed_case(NOW + timedelta(hours=1))
    destruction.destroy_wraps(case_id=younger, kinds=[DocumentKind.CONTACT], now=NOW + timedelta(hours=2))

    with empty_database("keys", tmp_path):
        assert "Lost: 1 documents" in fund.restore("keys", copies["keys"])


@committed
def test_documents_that_the_copy_of_main_does_not_have_are_told(fund: Fund, tmp_path: Path) -> None:
    sealed_case()
    copies = fund.backup()
    sealed_case(NOW + timedelta(hours=1))

    with empty_database("default", tmp_path):
        assert "Not in this copy: 2 documents." in fund.restore("main", copies["main"])


@committed
def test_either_person_can_restore(fund: Fund, tmp_path: Path) -> None:
    copies = fund.backup()

    for person in (0, 1):
        with empty_database("keys", tmp_path):
            assert "Restored: keys" in fund.restore("keys", copies["keys"], person=person)


@committed
def test_a_main_copy_from_before_a_rotation_opens_with_the_keys_of_today(fund: Fund, tmp_path: Path) -> None:
    now = timezone.now()
    holder, private = "recovery hotline", holders.make_holder("recovery hotline", factories.PASSPHRASE, now=now)
    keys = holders.make_reader("hotline", [holder], now=now)
    case_id = sealed_case(now)
    copies = fund.backup()

    with empty_database("default", tmp_path):
        fund.restore("main", copies["main"])
        grown = rotation.begin(keys, now=now)
        assert rotation.rewrap_some(grown) == 2
        rotation.finish("hotline")

        said = fund.restore("main", copies["main"], yes=True)

        opened = holders.keys_of(holder, private, "hotline")
        assert [vault.open_document(one, keys=opened) for one in documents_of(case_id)] == [PAYLOAD] * 2
        assert ReaderKey.objects.get(reader="hotline").id in opened.private
    assert "Locked out: the key of hotline" not in said


@committed
def test_a_copy_of_keys_from_before_a_rotation_says_who_is_locked_out(fund: Fund, tmp_path: Path) -> None:
    now = timezone.now()
    holders.make_holder("recovery hotline", factories.PASSPHRASE, now=now)
    keys = holders.make_reader("hotline", ["recovery hotline"], now=now)
    copies = fund.backup()
    rotation.begin(keys, now=now)
    rotation.finish("hotline")

    with empty_database("keys", tmp_path):
        assert "Locked out: the key of hotline" in fund.restore("keys", copies["keys"])


@committed
def test_the_worker_may_publish_its_key_again_after_a_copy_from_before_its_rotation(fund: Fund, tmp_path: Path) -> None:
    sealed_case()
    copies = fund.backup()
    newer = uuid4()

    with empty_database("default", tmp_path):
        WrappedKey.objects.filter(reader="worker").update(reader_key_id=newer)
        fund.restore("main", copies["main"])

        assert not ReaderKey.objects.filter(reader="worker").exists()


@committed
def test_who_was_removed_since_the_copy_of_keys_stays_out(fund: Fund, tmp_path: Path) -> None:
    stays, goes = factories.member(Role.COORDINATOR), factories.member(Role.COORDINATOR)
    for user in (stays, goes):
        factories.let_into_vault(user, "hotline")
    copies = fund.backup()
    holders.shut_out(holders.member_holder(goes.pk))
    goes.is_active = False
    goes.save()

    with empty_database("keys", tmp_path):
        said = fund.restore("keys", copies["keys"])

        assert list(HolderKey.objects.values_list("holder", flat=True)) == [holders.member_holder(stays.pk)]
    assert "Shut out: 1 people" in said


@committed
def test_members_keys_survive_when_keys_is_restored_before_main(fund: Fund, tmp_path: Path) -> None:
    user = factories.member(Role.COORDINATOR)
    factories.let_into_vault(user, "hotline")
    draft_id = uuid4()
    draft_keys.create(draft_id=draft_id, code_key=bytes(32), now=NOW)
    return_codes.register(lookup_id=bytes(16), draft_id=draft_id, expires_at=NOW, now=NOW)
    copies = fund.backup()

    with empty_database("default", tmp_path), empty_database("keys", tmp_path):
        call_command("migrate", database="default", interactive=False, verbosity=0)
        fund.restore("keys", copies["keys"])
        fund.restore("main", copies["main"])

        assert holders.has_key(holders.member_holder(user.pk))
        assert DraftKey.objects.filter(draft_id=draft_id).exists()


@committed
def test_keys_of_drafts_that_are_over_do_not_come_back(fund: Fund, tmp_path: Path) -> None:
    open_draft, sent = uuid4(), uuid4()
    for draft_id in (open_draft, sent):
        draft_keys.create(draft_id=draft_id, code_key=bytes(32), now=NOW)
    return_codes.register(lookup_id=bytes(16), draft_id=open_draft, expires_at=NOW, now=NOW)
    copies = fund.backup()

    with empty_database("keys", tmp_path):
        fund.restore("keys", copies["keys"])

        assert list(DraftKey.objects.values_list("draft_id", flat=True)) == [open_draft]


@committed
def test_nobody_is_signed_in_after_main_was_restored(fund: Fund, tmp_path: Path) -> None:
    factories.client_of(factories.member(Role.COORDINATOR))
    assert Session.objects.exists()
    copies = fund.backup()

    with empty_database("default", tmp_path):
        fund.restore("main", copies["main"])

        assert not Session.objects.exists()


@committed
def test_a_changed_line_of_the_log_is_told_and_the_command_fails(fund: Fund, tmp_path: Path) -> None:
    shred(sealed_case())
    copies = fund.backup()

    with empty_database("keys", tmp_path):
        fund.restore("keys", copies["keys"])
        KeyTombstone.objects.bulk_create(
            [KeyTombstone(sequence=2, case_hash="0" * 64, at=NOW, reason="x", destroyed=FORGED, hash="1" * 64)]
        )
        forged = fund.backup()

        with pytest.raises(CommandError, match="changed or has a gap"):
            fund.restore("keys", forged["keys"], yes=True)


FORGED = {"kinds": [], "readers": [], "keep_readers": [], "ends_case": False, "until": NOW.isoformat(), "documents": []}
