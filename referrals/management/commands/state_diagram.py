"""Writes docs/state-machine.md, or with --check fails when it is not what the code says."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from referrals.diagram import document


class Command(BaseCommand):
    help = "Writes docs/state-machine.md from the code; --check only compares."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "state-machine.md"
        if options["check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != document():
                raise CommandError("docs/state-machine.md is out of date: run `manage.py state_diagram`.")
        else:
            path.write_text(document(), encoding="utf-8")
