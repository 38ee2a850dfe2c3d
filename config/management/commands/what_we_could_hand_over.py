"""Writes docs/what-we-could-hand-over.md, or with --check fails when it is not what the registry says."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.hand_over import document
from privacy.published import Unclassified


class Command(BaseCommand):
    help = "Writes docs/what-we-could-hand-over.md from the field registry; --check only compares."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "what-we-could-hand-over.md"
        try:
            written = document()
        except Unclassified as missing:
            raise CommandError(f"{missing}: classify it first.") from None
        if options["check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != written:
                raise CommandError(
                    "docs/what-we-could-hand-over.md is out of date: run `manage.py what_we_could_hand_over`."
                )
        else:
            path.write_text(written, encoding="utf-8")
