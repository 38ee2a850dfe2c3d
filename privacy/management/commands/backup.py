"""`manage.py backup`: an encrypted copy of each database, and away with the old ones. Run it every night."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from privacy import backups
from privacy.dumps.problems import BackupProblem


class Command(BaseCommand):
    help = (
        "Writes a copy of each database, encrypted for BACKUP_RECIPIENTS, and removes copies older than "
        + " and ".join(f"{kept.days} days ({name})" for name, kept in backups.KEEP.items())
        + "."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, metavar="DIR", help="the folder (else BACKUP_FOLDER)")

    def handle(self, *args: Any, to: Path | None = None, **options: Any) -> None:
        if to is None and not settings.BACKUP_FOLDER:
            raise CommandError("Say where to with --to DIR, or set BACKUP_FOLDER.")
        folder = to or Path(settings.BACKUP_FOLDER)
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder: make it, or mount what belongs there.")
        now = timezone.now()
        for name in backups.ALIASES:
            try:
                path = backups.write(name, folder, now=now)
                # Only now: without a new copy the old ones stay.
                removed = backups.prune(name, folder, now=now)
            except BackupProblem as problem:
                raise CommandError(f"No copy of {name} was written. {problem}") from None
            self.stdout.write(f"Written: {path} ({path.stat().st_size:,} bytes)")
            for old in removed:
                self.stdout.write(f"Removed: {old}")
