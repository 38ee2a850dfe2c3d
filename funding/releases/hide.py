"""Which figures of a new release are shown: the most that may be, else its margins. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

from funding.releases.book import THRESHOLD
from funding.releases.layout import ALL, Cell
from funding.releases.rules import System
from funding.withholding.pattern import smallest
from funding.withholding.table import CannotProtect, NotSolved

# A set that may be a tenth larger than the smallest is good enough, when the time for a proof is over.
MOST_OVER = 1.1


class Level(StrEnum):
    """How much of a quarter is shown."""

    TABLES = "tables"
    MARGINS = "margins"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Choice:
    """The cells of the new release that are hidden; why less than its tables is shown, in a few words."""

    level: Level
    hidden: frozenset[Cell]
    reason: str = ""


def choose(system: System, *, seconds: float) -> Choice:
    """The fewest hidden cells that protect against every reader; only margins where that is not found in time."""
    demands = [demand for reader in system.insiders for demand in system.primary(reader)]
    later = [demand for _, family in system.family_demands(demands) for demand in family]
    required = system.latent | {demand.index for demand in demands}
    try:
        pattern = smallest(system.table, frozenset(required), demands, later=later, fixed=system.fixed, seconds=seconds)
    except CannotProtect:
        return replace(margins(system), reason="not even hiding everything protects")
    except NotSolved:
        return replace(margins(system), reason="the choice did not end")
    published = {system.index[cell]: cell for cell in system.sheet.published}
    hidden = pattern.hidden & published.keys()
    spared = len(pattern.hidden) - pattern.least
    if spared and len(hidden) > MOST_OVER * (len(hidden) - spared):
        return replace(margins(system), reason="the choice did not end")
    return Choice(Level.TABLES, frozenset(published[index] for index in hidden))


def margins(system: System) -> Choice:
    """Totals of rows and tables alone; of a table with a small row only its grand total."""
    sheet = system.sheet
    with_small = {
        cell.table
        for cell in sheet.published
        if cell.row != ALL and cell.column == ALL and 0 < len(sheet.people[cell]) < THRESHOLD
    }
    hidden = [cell for cell in sheet.published if cell.column != ALL or (cell.table in with_small and cell.row != ALL)]
    return Choice(Level.MARGINS, frozenset(hidden))
