"""Whether the books are whole, and are what the case log says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from funding import ledger
from funding.book_audit import differences, differences_from_log
from funding.releases.freezing import changed


class Command(BaseCommand):
    help = "Compares what is counted with its rows, and the commitments with the whole case log; fails on a difference."

    def handle(self, *args: Any, **options: Any) -> None:
        found = [*differences(), *differences_from_log(timezone.now())]
        if balance := sum(ledger.trial_balance().values()):
            found.append(f"the trial balance is {balance}")
        found += [f"the release of {quarter} is not what was published" for quarter in changed()]
        for one in found:
            self.stderr.write(one)
        if found:
            raise CommandError(f"{len(found)} differences")
        self.stdout.write("The books are whole.")
