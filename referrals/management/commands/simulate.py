"""`manage.py simulate`: a year of the hotline under one policy, on a scratch database (docs/matching.md)."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from referrals.simulation.policies import PolicyName
from referrals.simulation.report import lines
from referrals.simulation.scratch import Run, RunFailed, results


class Command(BaseCommand):
    help = "Plays a surge year with the real actions on a scratch database and says who was placed in time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weeks", type=int, default=52)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--policy", choices=[str(name) for name in PolicyName], default=str(PolicyName.OURS))
        parser.add_argument("--room", type=float, default=0.6, help="room as a share of the year's demand (0.6)")
        parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures are written")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["weeks"] < 1 or options["room"] <= 0:
            raise CommandError("A run takes a week or more, and some room.")
        run = Run(options["policy"], options["seed"], options["weeks"], options["room"])
        try:
            (result,) = results([run])
        except RunFailed as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            options["json"].write_text(json.dumps(result, indent=2) + "\n")
        for line in lines(result):
            self.stdout.write(line)
