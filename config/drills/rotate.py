"""`drill rotate`: a key pair changed under thousands of documents, with the process killed half-way."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from django.utils import timezone

from config.drills import office, processes
from privacy import holders, rotation, vault
from privacy.models import DocumentKind, KeyGrant, ReaderKey, SealedDocument, WrappedKey

COUNT = 10_000
READER = "hotline"
_AT_ONCE = 100
# Into the child's third batch: something is done, much is left.
_KILLED_AFTER = 3


def run(count: int, report: Callable[[str], None]) -> bool:
    """Whether `count` wraps were all made anew, none lost, none left on the old pair, although the process died."""
    now = timezone.now()
    of = office.open_offices(now)[READER]
    _seal(count, now)
    old = set(of.keys.private)
    rotation.begin(of.keys, now=now)
    killed_at = _rewrap_until_killed(of.holder, of.passphrase)
    report(f"killed -9 with {killed_at:,} of {count:,} still under the old pair")
    keys = holders.keys_of(of.holder, holders.private_of(of.holder, of.passphrase), READER)
    while rotation.rewrap_some(keys):
        pass
    finished = rotation.finish(READER)
    unreadable = _unreadable(holders.keys_of(of.holder, holders.private_of(of.holder, of.passphrase), READER))
    on_old = WrappedKey.objects.filter(reader_key_id__in=old).count()
    kept = ReaderKey.objects.filter(id__in=old).count() + KeyGrant.objects.filter(reader_key_id__in=old).count()
    rows = WrappedKey.objects.filter(reader=READER).count()
    report(f"{rows:,} rows wrapped anew, {unreadable:,} unreadable, {on_old:,} on the old pair, {kept:,} of it kept")
    return finished and 0 < killed_at < count and rows == count and unreadable == on_old == kept == 0


def _seal(count: int, now: datetime) -> None:
    left = count
    while left:
        many = min(left, _AT_ONCE)
        parts = [
            vault.Part(DocumentKind.NOTES, {"drill": left - number}, [READER], subject=uuid4())
            for number in range(many)
        ]
        vault.seal_all(case_id=uuid4(), parts=parts, now=now)
        left -= many


def _rewrap_until_killed(holder: str, passphrase: str) -> int:
    child = processes.start("config.drills.rewrapper", processes.environment(), holder, READER)
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("the child has no pipes")
    child.stdin.write(f"{passphrase}\n")
    child.stdin.flush()
    for _ in range(_KILLED_AFTER):
        if not child.stdout.readline():
            raise RuntimeError(f"the process to be killed did not get to work: {child.communicate()[1][-500:]}")
    child.kill()
    child.communicate()
    return rotation.remaining(READER)


def _unreadable(keys: vault.Keys) -> int:
    lost = 0
    for document in SealedDocument.objects.filter(kind=DocumentKind.NOTES).iterator(chunk_size=1000):
        try:
            vault.open_document(document, keys=keys)
        except vault.Unreadable:
            lost += 1
    return lost
