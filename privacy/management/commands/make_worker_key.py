"""`manage.py make_worker_key PATH`: the key file of the worker, made once for an installation."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.worker_key import make_file


class Command(BaseCommand):
    help = "Writes a new worker key to PATH (mode 0600). Give the file to the worker alone, never to the web process."
    # The file it makes is what the checks ask for.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            make_file(path)
        except FileExistsError:
            raise CommandError(f"{path} is there already: what is sealed to it would be lost with it.") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"Written: {path}. Keep a copy apart from all backups; without it texts cannot be sent.")
