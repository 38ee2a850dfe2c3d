"""Closes a quarter and publishes its tables: `manage.py release 2026Q3`. Run again it says what was published then."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.roles import SYSTEM
from funding.actions import make_release
from funding.models import Release
from funding.policies import RefusedError
from funding.quarters import day_of
from funding.releases.freezing import changed


class Command(BaseCommand):
    help = "Close a quarter and publish its tables for funders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("quarter", help="such as 2026Q3")

    def handle(self, *args: Any, **options: Any) -> None:
        quarter = options["quarter"]
        release = Release.objects.filter(quarter=quarter).first()
        if release is not None:
            # Frozen: a second run, of a clock or of whoever did not see the first one end, finds the same bytes.
            if quarter in changed():
                raise CommandError(f"{quarter} is not what was published any more: run audit_books.")
            self.stderr.write(f"{quarter} was released on {day_of(release.made_at)}; nothing was made again.")
        else:
            try:
                release = make_release(quarter=quarter, by=SYSTEM)
            except (RefusedError, ValueError) as refused:
                raise CommandError(str(refused)) from None
        self.stdout.write(f"{release.quarter} {release.level} {release.sha256}")
        for reason in release.reasons:
            self.stdout.write(reason)
