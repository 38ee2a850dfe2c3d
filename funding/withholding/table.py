"""A table as the two halves of disclosure control see it: figures that add up, each with a number of its own. Pure."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex

Number = SupportsFloat | SupportsIndex

# A relation may miss zero by this part of the sizes it adds: figures may be doubles.
CLOSE = 1e-7


class TableError(ValueError):
    """What was given is no table: a figure below zero, a relation that does not hold, an index that is not there."""


class CannotProtect(ValueError):
    """Not even hiding every figure would protect these indexes."""

    def __init__(self, indexes: Collection[int]) -> None:
        self.indexes = tuple(sorted(indexes))
        super().__init__(f"Not even hiding everything protects the figures {', '.join(map(str, self.indexes))}.")


class NotSolved(Exception):
    """The solver gave no answer; the text is its own status."""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures, none below zero, and rows of (index, coefficient) whose sums over the figures are zero."""

    values: tuple[float, ...]
    rows: tuple[tuple[tuple[int, float], ...], ...]
    # Whether every figure and coefficient is a whole number.
    is_whole: bool

    @classmethod
    def of(cls, values: Sequence[Number], relations: Iterable[Mapping[int, Number]]) -> "Table":
        """Read the figures and the relations (`{index: coefficient}`). Raises TableError."""
        figures = tuple(float(value) for value in values)
        for index, figure in enumerate(figures):
            if not (math.isfinite(figure) and figure >= 0):
                raise TableError(f"Figure {index} is {figure}: figures are finite and not below zero.")
        rows = [_row(relation, len(figures)) for relation in relations]
        for number, row in enumerate(rows):
            _check_holds(number, row, figures)
        is_whole = all(figure.is_integer() for figure in figures) and all(
            coefficient.is_integer() for row in rows for _, coefficient in row
        )
        # Rows that say the same count once.
        return cls(figures, tuple(dict.fromkeys(row for row in rows if row)), is_whole)

    def indexes(self, given: Iterable[SupportsIndex]) -> frozenset[int]:
        """The same indexes as ints of this table. Raises TableError."""
        found = frozenset(index.__index__() for index in given)
        if strange := [index for index in found if not 0 <= index < len(self.values)]:
            raise TableError(f"There is no figure {min(strange)} among {len(self.values)}.")
        return found

    def parts(self, within: Collection[int]) -> list[tuple[list[int], list[dict[int, float]]]]:
        """`within` split into groups that no relation connects, each with its relations, restricted to `within`."""
        leader = {index: index for index in within}

        def find(index: int) -> int:
            while leader[index] != index:
                leader[index] = leader[leader[index]]
                index = leader[index]
            return index

        rows = [kept for row in self.rows if (kept := {index: factor for index, factor in row if index in leader})]
        for row in rows:
            first, *others = row
            for other in others:
                leader[find(other)] = find(first)
        groups: dict[int, tuple[list[int], list[dict[int, float]]]] = {}
        for index in sorted(leader):
            groups.setdefault(find(index), ([], []))[0].append(index)
        for row in rows:
            groups[find(next(iter(row)))][1].append(row)
        return list(groups.values())


def _row(relation: Mapping[int, Number], figures: int) -> tuple[tuple[int, float], ...]:
    row = []
    for given, coefficient in relation.items():
        index, factor = given.__index__(), float(coefficient)
        if not 0 <= index < figures:
            raise TableError(f"A relation names figure {index}, of which there is none among {figures}.")
        if not math.isfinite(factor):
            raise TableError(f"A relation has the coefficient {factor} for figure {index}.")
        if factor:
            row.append((index, factor))
    return tuple(sorted(row))


def _check_holds(number: int, row: tuple[tuple[int, float], ...], figures: tuple[float, ...]) -> None:
    terms = [factor * figures[index] for index, factor in row]
    if abs(math.fsum(terms)) > CLOSE * max(1.0, math.fsum(map(abs, terms))):
        raise TableError(f"Relation {number} adds up to {math.fsum(terms)}, not to zero.")
