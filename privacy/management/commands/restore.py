"""`manage.py restore main|keys FILE`: a copy back into its database, with web, worker and beat stopped."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy import backups, restoring
from privacy.dumps.problems import BackupProblem


class Command(BaseCommand):
    help = (
        "Replaces a database by an encrypted copy and destroys again what was destroyed since. Stop everything first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=list(backups.ALIASES))
        parser.add_argument("file", type=Path)
        parser.add_argument("--identity", type=Path, required=True, metavar="FILE", help="an age identity file")
        parser.add_argument("--yes", action="store_true", help="replace what the database holds now")

    def handle(self, *args: Any, name: str, file: Path, identity: Path, yes: bool = False, **options: Any) -> None:
        try:
            copy = backups.SealedCopy(file, backups.identities(identity))
            if restoring.holds_data(name) and not yes:
                raise CommandError(f"The database {name} holds data, which would be lost. If you mean it, add --yes.")
            done = restoring.restore(name, copy)
        except BackupProblem as problem:
            raise CommandError(str(problem)) from None
        self._report(name, file, done)

    def _report(self, name: str, file: Path, done: restoring.Restored) -> None:
        tell = self.stdout.write
        tell(f"Restored: {name} from {file}.")
        tell(
            f"Destroyed again: {done.wraps_destroyed} wrapped keys, {done.drafts_destroyed} keys of drafts, "
            f"{done.rows_destroyed} codes and documents."
        )
        if done.people_shut_out:
            tell(f"Shut out: {done.people_shut_out} people whom this main database does not have as members.")
        if done.documents_without_keys:
            tell(
                f"Lost: {done.documents_without_keys} documents younger than this copy; nobody can open them any more."
            )
        if done.wraps_without_documents:
            tell(
                f"Not in this copy: {done.wraps_without_documents} documents. If a younger copy of main has them, "
                "restore that one before a worker runs: an hour later it sweeps their keys."
            )
        for reader in done.locked_out:
            tell(f"Locked out: the key of {reader} is not in keys. Restore the other database of the same night too.")
        if not done.log_is_intact:
            raise CommandError(
                "The log of destroyed keys was changed or has a gap: do not let anybody in before you know why."
            )
        tell(f"The log of destroyed keys is whole: {done.log_lines} lines.")
