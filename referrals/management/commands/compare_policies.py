"""`manage.py compare_policies`: every policy on the same years, as the table and the picture of docs/matching.md."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from referrals.simulation.picture import draw
from referrals.simulation.policies import PolicyName
from referrals.simulation.scratch import Run, RunFailed, results
from referrals.simulation.table import by_policy, table


class Command(BaseCommand):
    help = "Plays the same years under every policy; prints the table, and draws the picture."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weeks", type=int, default=52)
        parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
        parser.add_argument("--room", type=float, default=0.6, help="room as a share of the year's demand (0.6)")
        parser.add_argument(
            "--json",
            type=Path,
            metavar="FILE",
            help="where all the figures are written; what it holds already is not played again",
        )
        parser.add_argument("--svg", type=Path, metavar="FILE", help="where the picture is written")

    def handle(self, *args: Any, **options: Any) -> None:
        runs = [
            Run(str(policy), seed, options["weeks"], options["room"])
            for seed in options["seeds"]
            for policy in PolicyName
        ]
        kept = json.loads(options["json"].read_text()) if options["json"] and options["json"].exists() else []
        played = {_run_of(result): result for result in kept}
        try:
            for result in results([run for run in runs if run not in played], at_once=os.cpu_count() or 1):
                played[_run_of(result)] = result
                self.stderr.write(f"{result['policy']}, seed {result['seed']}: {result['run_seconds']} s")
                if options["json"]:
                    options["json"].write_text(json.dumps(list(played.values()), indent=2) + "\n")
        except RunFailed as error:
            raise CommandError(str(error)) from None
        found = [played[run] for run in runs]
        if options["svg"]:
            title = f"Held people placed before safe_by, {options['weeks']} weeks"
            options["svg"].write_text(draw(by_policy(found, "placed_before_safe_by"), title=title))
        self.stdout.write(table(found))


def _run_of(result: dict[str, Any]) -> Run:
    return Run(result["policy"], result["seed"], result["weeks"], result["room_share"])
