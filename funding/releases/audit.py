"""The audit of a release as it was rendered: what is read back is attacked as every reader would. Pure.

It is a second look, not an independent one: the layout, the readers, what is unsafe and the linear bounds are the same
code as the choice of what to hide uses, and a mistake in them is made twice. Its own are that it starts from what the
documents show, that it looks for whole tables, and the sums of single rows.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from funding.releases.book import THRESHOLD
from funding.releases.layout import COUNT, Cell, belongs
from funding.releases.rules import Named, System
from funding.withholding.demands import Demand
from funding.withholding.intervals import intervals
from funding.withholding.table import NotSolved, Table
from funding.withholding.whole import Pool, Whole

# A bound may miss what is asked for by so much: the solver's figures are doubles.
CLOSE = 1e-6
# The most that one question about whole numbers may take.
SECONDS_A_QUESTION = 5.0


@dataclass(frozen=True, slots=True)
class Breach:
    """What a reader learns that it must not: the kind, the reader, the place; never the figure."""

    kind: str
    reader: str
    cell: Cell | None


@dataclass
class Report:
    """Every breach, and how much was asked."""

    breaches: list[Breach] = field(default_factory=list)
    readers: int = 0
    intervals: int = 0
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        return not self.breaches


def audit(system: System, editions: Mapping[str, Sequence[Mapping[Cell, int]]], *, seconds: float) -> Report:
    """Attack a release as its documents show it: by edition, the cells of each document.

    The documents of an edition show the same. Whoever reads one is taken to have read all of them. After `seconds`
    without an end the release has failed.
    """
    report = Report()
    started = time.monotonic()
    visible: dict[Cell, int] = {}
    for edition, documents in editions.items():
        for one in documents:
            if dict(one) != dict(documents[0]):
                report.breaches.append(Breach("the documents differ", "anybody", None))
            for cell, value in one.items():
                if cell not in system.index or system.table.values[system.index[cell]] != value:
                    report.breaches.append(Breach("not the ledger's figure", "anybody", cell))
                elif not belongs(cell, edition):
                    report.breaches.append(Breach("another edition's figure", "anybody", cell))
            visible.update(one)
    seen = frozenset(system.index[cell] for cell in visible if cell in system.index) | system.fixed
    pool = Pool(system.table.values)
    try:
        demands: list[Demand] = []
        for reader in system.insiders:
            asked = [*system.primary(reader)]
            demands += asked
            _attack(report, system, seen, pool, reader, asked)
            _residues(report, system, seen, reader)
            _check_time(started, seconds)
        for family, asked in system.family_demands(demands):
            _attack(report, system, seen, pool, family, asked)
            _check_time(started, seconds)
    except (TimeoutError, NotSolved):
        report.breaches.append(Breach("the audit did not end", "anybody", None))
    report.seconds = time.monotonic() - started
    return report


def _check_time(started: float, seconds: float) -> None:
    if time.monotonic() - started > seconds:
        raise TimeoutError


def _attack(
    report: Report, system: System, seen: frozenset[int], pool: Pool, named: Named, demands: Sequence[Demand]
) -> None:
    report.readers += 1
    hidden = frozenset(range(len(system.cells))) - seen - named.reader.known
    values = named.reader.rest(system.table)
    rest = Table(tuple(values), system.table.rows, system.table.is_whole)
    found = intervals(rest, hidden, {demand.index for demand in demands} & hidden)
    own = np.array(system.table.values) - values
    whole = Whole(system.table, hidden, own, pool, named.reader.known | seen, seconds=SECONDS_A_QUESTION)
    for demand in demands:
        cell = system.cells[demand.index]
        if demand.index not in hidden:
            report.breaches.append(Breach("shown", named.name, cell))
            continue
        report.intervals += 1
        low, high = found[demand.index]
        lowest, highest = values[demand.index] - demand.below, values[demand.index] + demand.above
        if high - low <= CLOSE:
            report.breaches.append(Breach("recovered", named.name, cell))
        elif low > lowest + CLOSE or high < highest - CLOSE:
            report.breaches.append(Breach("narrowed", named.name, cell))
        elif not _can_be(whole, demand.index, lowest + own[demand.index], highest + own[demand.index]):
            report.breaches.append(Breach("narrowed in whole numbers", named.name, cell))


def _can_be(whole: Whole, index: int, lowest: float, highest: float) -> bool:
    """Whether whole tables reach both ends, rounded inwards: no count or cent is a fraction."""
    return whole.can_be(index, most=math.ceil(lowest - CLOSE)) and whole.can_be(
        index, least=math.floor(highest + CLOSE)
    )


def _residues(report: Report, system: System, seen: frozenset[int], named: Named) -> None:
    """Whatever single relations give an insider by subtraction is 0 or at least eleven."""
    values = named.reader.rest(system.table)
    for row in system.sums:
        left = [index for index in row if index not in seen and index not in named.reader.known]
        if len({row[index] for index in left}) != 1 or any(system.cells[index].measure != COUNT for index in left):
            continue
        if 0 < sum(values[index] for index in left) < THRESHOLD:
            report.breaches.append(Breach("a sum of few", named.name, system.cells[left[0]]))
