"""Bringing a copy back: check it, replace the database, destroy again what was destroyed since, say what is lost."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.models import Max, Model

from privacy import dumps, tombstones
from privacy.backups import ALIASES, SealedCopy
from privacy.dumps.problems import BackupProblem
from privacy.holders import member_holder, shut_out
from privacy.models import (
    DraftKey,
    HolderKey,
    KeyGrant,
    KeyTombstone,
    ReaderKey,
    ReturnCode,
    SealedDocument,
    Tombstone,
    WrappedKey,
)
from privacy.readers import WORKER

# The table by which a copy of this database is told from one of the other.
_OWN_TABLE: dict[str, type[Model]] = {"main": SealedDocument, "keys": WrappedKey}
_MEMBERS = "member "
_OTHER = {"main": "keys", "keys": "main"}


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did and what it could not bring back."""

    # What came back with the copy and was destroyed again: codes and documents of ended cases, wrapped keys, keys of
    # drafts, and the keys of people who are not members any more (or, in this copy of main, not yet).
    rows_destroyed: int
    wraps_destroyed: int
    drafts_destroyed: int
    people_shut_out: int
    log_lines: int
    log_is_intact: bool
    # Documents younger than the copy of `keys`, and wraps younger than the copy of the main database.
    documents_without_keys: int
    wraps_without_documents: int
    # Organizations whose key in use nobody in `keys` can open.
    locked_out: list[str]


def holds_data(name: str) -> bool:
    """Whether there is anything in the database that a restore would replace."""
    signs: dict[str, list[type[Model]]] = {
        "main": [get_user_model(), SealedDocument, ReturnCode, ReaderKey, Tombstone],
        "keys": [WrappedKey, HolderKey, DraftKey, KeyTombstone],
    }
    tables = _tables(name)
    return any(model._meta.db_table in tables and model._default_manager.exists() for model in signs[name])


def restore(name: str, copy: SealedCopy) -> Restored:
    """Replace the database by the copy and replay the log of what was destroyed; raises `BackupProblem`.

    Until the copy was read to its end and found to be one of this database, nothing is touched.
    """
    alias = ALIASES[name]
    dumps.check(alias, copy.feed, table=_OWN_TABLE[name]._meta.db_table)
    if others := dumps.others_connected(alias):
        raise BackupProblem(f"Somebody else is connected to {name} ({others}): stop web, worker and beat first.")
    other = _OTHER[name]
    if _OWN_TABLE[other]._meta.db_table not in _tables(other):
        raise BackupProblem(f"The database {other} has no tables yet: run migrate on both, then restore.")
    public_keys = _before(name)
    dumps.load(alias, copy.feed)
    # The copy may be of an earlier version.
    call_command("migrate", database=alias, interactive=False, verbosity=0)
    return _after(name, public_keys)


def _before(name: str) -> list[ReaderKey]:
    """Have the other database know every line of the log; returns the readers' public keys of today, if there are."""
    if not holds_data(name):
        return []
    try:
        tombstones.copy_to_keys()
        tombstones.replay_into_main()
        return list(ReaderKey.objects.all())
    except DatabaseError:
        raise BackupProblem(
            f"The log of destroyed keys in {name} cannot be read as it is now: if nothing of it is to be saved, "
            "restore into an empty database."
        ) from None


def _after(name: str, public_keys: list[ReaderKey]) -> Restored:
    newest = {
        "main": SealedDocument.objects.aggregate(at=Max("created_at"))["at"],
        "keys": WrappedKey.objects.aggregate(at=Max("created_at"))["at"],
    }
    rows, wraps = tombstones.replay_into_main(), tombstones.replay_into_keys()
    if name == "main":
        _keep_public_keys(public_keys)
        # Whoever signed out since stays signed out.
        Session.objects.all().delete()
    return Restored(
        rows_destroyed=rows,
        wraps_destroyed=wraps,
        # Beside a main database that is still empty nobody would be a member and no draft open.
        drafts_destroyed=_destroy_ended_drafts() if name == "keys" and holds_data("main") else 0,
        people_shut_out=_shut_out_again() if holds_data("main") else 0,
        log_lines=Tombstone.objects.count(),
        log_is_intact=tombstones.is_intact(),
        documents_without_keys=_documents_after(newest["keys"]) if name == "keys" else 0,
        wraps_without_documents=_wraps_after(newest["main"]) if name == "main" else 0,
        locked_out=_locked_out(),
    )


def _keep_public_keys(of_today: list[ReaderKey]) -> None:
    """Where a reader's pair was rotated since the copy, today's public key is the one that `keys` still opens with."""
    live = _live_key_ids()
    for restored in ReaderKey.objects.filter(retired_at=None).exclude(id__in=live):
        rows = [key for key in of_today if key.reader == restored.reader]
        if any(key.retired_at is None and key.id in live for key in rows):
            ReaderKey.objects.filter(reader=restored.reader).delete()
            ReaderKey.objects.bulk_create(rows)
        elif restored.reader == WORKER and WrappedKey.objects.filter(reader=WORKER).exists():
            # The worker publishes the pair of its file when it starts; this one it would refuse to work beside.
            ReaderKey.objects.filter(reader=WORKER).delete()


def _destroy_ended_drafts() -> int:
    """The keys of drafts that were sent or ran out: no code leads to them any more."""
    open_drafts = set(ReturnCode.objects.exclude(draft_id=None).values_list("draft_id", flat=True))
    ended = set(DraftKey.objects.values_list("draft_id", flat=True)) - open_drafts
    return DraftKey.objects.filter(draft_id__in=ended).delete()[0]


def _shut_out_again() -> int:
    """Keys of members who are not there (their number may be given to somebody else), or were removed."""
    active = get_user_model()._default_manager.filter(is_active=True).values_list("pk", flat=True)
    gone = set(HolderKey.objects.filter(holder__startswith=_MEMBERS).values_list("holder", flat=True))
    gone -= {member_holder(pk) for pk in active}
    for holder in gone:
        shut_out(holder)
    return len(gone)


def _live_key_ids() -> set[UUID]:
    """The pairs that somebody can open: by a grant, or by the worker's file, which has what its wraps are under."""
    workers = WrappedKey.objects.filter(reader=WORKER).values_list("reader_key_id", flat=True).distinct()
    return {*KeyGrant.objects.values_list("reader_key_id", flat=True).distinct(), *workers}


def _locked_out() -> list[str]:
    in_use = ReaderKey.objects.filter(retired_at=None).exclude(reader=WORKER).exclude(id__in=_live_key_ids())
    return sorted(in_use.values_list("reader", flat=True))


def _documents_after(newest_wrap: datetime | None) -> int:
    """Documents sealed after the copy, which has no wraps of them; those destroyed since are gone from main."""
    documents = SealedDocument.objects.all()
    return documents.filter(created_at__gt=newest_wrap).count() if newest_wrap else documents.count()


def _wraps_after(newest_document: datetime | None) -> int:
    """Wraps whose document was sealed after the copy and is therefore not in it."""
    wraps = WrappedKey.objects.all()
    if newest_document:
        wraps = wraps.filter(created_at__gt=newest_document)
    documents = wraps.order_by().values_list("document_id", flat=True).distinct()
    there = SealedDocument.objects.filter(id__in=list(documents)).count()
    return documents.count() - there


def _tables(name: str) -> set[str]:
    return set(connections[ALIASES[name]].introspection.table_names())
