"""Closes a quarter and publishes its tables: `manage.py release 2026Q3`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.roles import SYSTEM
from funding.actions import make_release
from funding.policies import RefusedError


class Command(BaseCommand):
    help = "Close a quarter and publish its tables for funders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("quarter", help="such as 2026Q3")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            release = make_release(quarter=options["quarter"], by=SYSTEM)
        except (RefusedError, ValueError) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{release.quarter} {release.level} {release.sha256}")
        for reason in release.reasons:
            self.stdout.write(reason)
