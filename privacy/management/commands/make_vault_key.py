"""Makes the key file of an installation's vault."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.keyring import make_key_file


class Command(BaseCommand):
    help = "Write a new vault key to PATH (mode 0600). Keep a copy apart from every backup of the databases."
    # The check this command answers would stop it.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            make_key_file(path)
        except FileExistsError:
            raise CommandError(f"{path} exists, and a key that sealed something must not be replaced.") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"Wrote {path}. Whoever has it and the keys database reads every file: guard it.")
