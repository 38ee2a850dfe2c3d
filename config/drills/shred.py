"""`drill shred`: yesterday's backups restored after today's destruction; nothing that was purged may come back."""

import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pyrage
from django.conf import settings
from django.utils import timezone

from accounts.roles import FAMILY
from config.drills import office
from intake.demo import ANSWERS, file_request
from privacy import backups, destruction, restoring, vault, worker_key
from privacy.models import ReturnCode, SealedDocument
from privacy.readers import Keys
from referrals.actions import withdraw

COUNT = 40
# Longer ago than any rule of the retention table waits.
ENDED_BEFORE = timedelta(days=100)


def run(count: int, report: Callable[[str], None]) -> bool:
    """Whether no purged document opens and no purged code is found, after restoring either database's old copy."""
    now = timezone.now()
    everybody = [of.keys for of in office.open_offices(now).values()] + [worker_key.load().keys()]
    cases = [
        file_request(
            ANSWERS
            | {
                "place": "whipple",
                "names": f"Drill Person {number}",
                "caller_name": "Drill Caller",
                "phone": f"612-555-01{number % 100:02}",
                "text_language": "en",
            },
            language="en",
            now=now - ENDED_BEFORE,
        )
        for number in range(count)
    ]
    purged, kept = {case.pk for case in cases[::2]}, {case.pk for case in cases[1::2]}
    for case in cases[::2]:
        withdraw(case=case, by=FAMILY, now=now - ENDED_BEFORE)
    identity, before = pyrage.x25519.Identity.generate(), settings.BACKUP_RECIPIENTS
    settings.BACKUP_RECIPIENTS = [str(identity.to_public())]
    try:
        with tempfile.TemporaryDirectory() as folder:
            copies = {name: backups.write(name, Path(folder), now=now) for name in backups.ALIASES}
            could_open = _opened(purged, everybody)
            destroyed = destruction.carry_out_due(now)
            report(
                f"yesterday {could_open} documents of {len(purged)} ended cases opened; {destroyed} rules carried out"
            )
            results = [could_open > 0]
            for name, path in copies.items():
                restoring.restore(name, backups.SealedCopy(path, [identity]))
                opened, codes = _opened(purged, everybody), ReturnCode.objects.filter(case_id__in=purged).count()
                alive = _opened(kept, everybody)
                report(
                    f"yesterday's copy of {name} restored: {opened} purged documents open, {codes} purged codes are "
                    f"found; {alive} documents of {len(kept)} other cases open"
                )
                results += [opened == 0, codes == 0, alive >= len(kept)]
            return all(results)
    finally:
        settings.BACKUP_RECIPIENTS = before


def _opened(cases: Iterable[UUID], everybody: list[Keys]) -> int:
    """How many documents of these cases somebody can still open."""
    return sum(
        any(_opens(document, keys) for keys in everybody)
        for document in SealedDocument.objects.filter(case_id__in=cases)
    )


def _opens(document: SealedDocument, keys: Keys) -> bool:
    try:
        vault.open_document(document, keys=keys)
    except vault.Unreadable:
        return False
    return True
