"""Prints when a legal clock ends, as JSON; a code or day that cannot be counted is a sentence and exit code 1."""

import json
from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from referrals import deadlines
from referrals.actions.deadlines import rules_of
from referrals.business_time import CHICAGO
from referrals.deadlines import Moment, NotCounted


class Command(BaseCommand):
    help = "When the legal clock CODE ends that a day, or a time of America/Chicago, started: JSON."
    # The table that comes with the project counts where no database is there yet.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="such as BIA30, in any case")
        parser.add_argument("trigger", metavar="date-or-time", help="such as 2026-10-30, or 2026-11-21T22:15")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = deadlines.due(options["code"], _read(options["trigger"]), rules=_rules())
        except NotCounted as error:
            raise CommandError(str(error)) from None
        ends = {"raw": found.raw, "due": found.due, "safe_by": found.safe_by}
        shown = {"code": found.code} | {name: _shown(at) for name, at in ends.items()} | {"source": found.source}
        self.stdout.write(json.dumps(shown, indent=2))


def _read(text: str) -> Moment:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise NotCounted(f"{text} is no day such as 2026-10-30 and no time such as 2026-11-21T22:15.") from None


def _rules() -> list[deadlines.Rule]:
    """The database's rows; those of the project before `migrate` has made any."""
    try:
        return rules_of() or list(deadlines.packaged_rules())
    except DatabaseError:
        return list(deadlines.packaged_rules())


def _shown(at: Moment) -> str:
    return at.astimezone(CHICAGO).isoformat() if isinstance(at, datetime) else at.isoformat()
