"""`manage.py drill NAME`: an exercise that proves a promise, on scratch databases, never the installation's own."""

import time
from argparse import ArgumentParser
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

import config.drills
from config.drills.desks import StoryBroken
from config.drills.scratch import CannotPrepare, installation
from privacy.dumps.problems import BackupProblem


def drills() -> dict[str, ModuleType]:
    """Every module of config/drills that can be run, by the name it is called by."""
    modules = [import_module(f"config.drills.{found.name}") for found in iter_modules(config.drills.__path__)]
    return {
        module.__name__.rpartition(".")[2].replace("_", "-"): module for module in modules if hasattr(module, "run")
    }


class Command(BaseCommand):
    help = "Runs a drill on scratch databases; without a name, says which there are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("--count", type=int, help="how many families, rows or cases; each drill has its own number")

    def handle(self, *args: Any, **options: Any) -> None:
        known = drills()
        if not options["name"]:
            for name, module in known.items():
                summary = (module.__doc__ or "").strip().splitlines()[0].rpartition(": ")[2]
                self.stdout.write(f"{name:<12} {summary}")
            return
        if options["name"] not in known:
            raise CommandError(f"There is no drill “{options['name']}”; there are {', '.join(known)}.")
        module = known[options["name"]]
        # None is no number given; 0 is one, and wrong.
        count = module.COUNT if options["count"] is None else options["count"]
        if count < 1:
            raise CommandError("The number must be 1 or more.")
        began = time.monotonic()
        try:
            with installation():
                passed = module.run(count, self._say)
        except (CannotPrepare, BackupProblem) as error:
            raise CommandError(str(error)) from None
        except StoryBroken as error:
            raise CommandError(f"The drill could not be played to its end: {error}.") from error
        took = f"{options['name']}, {count}, {time.monotonic() - began:.0f} s"
        if not passed:
            raise CommandError(f"The drill failed ({took}).")
        self._say(f"Passed ({took}).")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
