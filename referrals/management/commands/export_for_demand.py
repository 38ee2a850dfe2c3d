"""Writes what is handed over for a legal demand that two people have released: the published list's fields, no more."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from privacy.exports import export
from referrals.demands import standing_holds
from referrals.models import Case, DemandState, LegalDemand


class Command(BaseCommand):
    help = "Writes the readable rows of a released demand's cases to a new file, as JSON lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("demand", help="the demand's id, as in the address of its page")
        parser.add_argument("--case", action="append", default=[], help="one of its cases; repeat it; without: all")
        parser.add_argument("--to", required=True, type=Path, help="the file to write; it must not exist")

    def handle(self, *args: Any, **options: Any) -> None:
        demand = self._released(options["demand"])
        cases = self._cases(demand, options["case"])
        try:
            handle = os.open(options["to"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{options['to']} cannot be written: {error.strerror}.") from None
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            rows = export([case.pk for case in cases], file)
        self.stdout.write(f"{rows} rows of {len(cases)} cases written to {options['to']}.")

    @staticmethod
    def _released(demand_id: str) -> LegalDemand:
        try:
            demand = LegalDemand.objects.filter(pk=UUID(demand_id)).first()
        except (ValueError, ValidationError):
            demand = None
        if demand is None:
            raise CommandError("There is no such demand in the register.")
        if demand.state != DemandState.RELEASED:
            raise CommandError("This demand is not released by two people: nothing is written.")
        return demand

    @staticmethod
    def _cases(demand: LegalDemand, references: list[str]) -> list[Case]:
        if demand.asks_for_all:
            held = Case.objects.filter(pk__in=standing_holds(demand).values("case_id"))
        else:
            held = demand.cases.all()
        found = held.filter(reference__in=references) if references else held
        if missing := set(references) - {case.reference for case in found}:
            raise CommandError(f"The demand does not ask for {', '.join(sorted(missing))}: nothing is written.")
        if not found:
            raise CommandError("The demand asks for no case of ours: nothing is written.")
        return list(found)
