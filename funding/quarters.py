"""Quarters of the calendar year, by the fund's days (America/Chicago)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

CHICAGO = ZoneInfo("America/Chicago")


def day_of(moment: datetime) -> date:
    """The fund's day at a moment."""
    return moment.astimezone(CHICAGO).date()


@dataclass(frozen=True, order=True, slots=True)
class Quarter:
    """Such as 2026Q3: July to September 2026."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Reads `2026Q3`; raises ValueError for anything else."""
        if not (match := re.fullmatch(r"(20[0-9]{2})Q([1-4])", text)):
            raise ValueError("A quarter is written like 2026Q3.")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month + 2) // 3)

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        return self.next.first_day - timedelta(days=1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def previous(self) -> "Quarter":
        return Quarter.of(self.first_day - timedelta(days=1))
