"""Tables to protect and to attack, and an attack in fractions, written apart from the one that is tested."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

import highspy
from hypothesis import strategies as st

Row = dict[int, int]


@dataclass(frozen=True)
class Book:
    """Figures that keep every relation."""

    values: list[int]
    relations: list[Row]

    @property
    def small(self) -> set[int]:
        return {index for index, value in enumerate(self.values) if 0 < value < 11}


def with_margins(sizes: Sequence[int], inner: Sequence[int]) -> Book:
    """A table of so many sides, whose last place on every side is the total. `inner`: its cells, last side fastest."""
    full = [size + 1 for size in sizes]
    number = {place: index for index, place in enumerate(product(*map(range, full)))}
    values = [0] * len(number)
    for place, value in zip(product(*map(range, sizes)), inner, strict=True):
        for totalled in product(*((at, size) for at, size in zip(place, sizes, strict=True))):
            values[number[totalled]] += value
    relations = []
    for side, size in enumerate(sizes):
        for place, total in number.items():
            if place[side] == size:
                parts = [number[(*place[:side], at, *place[side + 1 :])] for at in range(size)]
                relations.append({**dict.fromkeys(parts, 1), total: -1})
    return Book(values, relations)


@st.composite
def margins(draw: st.DrawFn, sides: Sequence[Sequence[int]] = ((2, 2), (2, 3), (3, 3))) -> Book:
    sizes = draw(st.sampled_from(sides))
    cell = st.one_of(st.just(0), st.integers(1, 10), st.integers(11, 40))
    return with_margins(sizes, draw(st.lists(cell, min_size=math.prod(sizes), max_size=math.prod(sizes))))


@st.composite
def books(draw: st.DrawFn, *, most: int = 9) -> Book:
    """Figures with relations of any coefficients, some in no relation, some zero."""
    values = draw(st.lists(st.one_of(st.just(0), st.integers(1, 60)), min_size=2, max_size=most - 2))
    relations: list[Row] = []
    for _ in range(draw(st.integers(1, most - len(values)))):
        parts = draw(st.lists(st.sampled_from(range(len(values))), min_size=1, max_size=4, unique=True))
        row = {part: draw(st.sampled_from([1, 1, 1, -1, 2, 3, -3, 40])) for part in parts}
        total = sum(factor * values[part] for part, factor in row.items())
        relations.append({**row, len(values): -1 if total >= 0 else 1})
        values.append(abs(total))
    return Book(values, relations)


def exact_bounds(book: Book, hidden: Collection[int]) -> dict[int, tuple[float, float]]:
    """What `attack` must find: the corners and the endless directions of all tables that agree, in fractions."""
    columns = sorted(hidden)
    rows = [[Fraction(row.get(index, 0)) for index in columns] for row in book.relations]
    known: list[Fraction] = [
        Fraction(-sum(factor * book.values[index] for index, factor in row.items() if index not in hidden))
        for row in book.relations
    ]
    corners = list(_corners(rows, known, len(columns)))
    # Directions in which nothing falls, of length 1.
    still = [Fraction(0)] * len(rows)
    directions = list(_corners([*rows, [Fraction(1)] * len(columns)], [*still, Fraction(1)], len(columns)))
    found = {}
    for number, index in enumerate(columns):
        endless = any(direction[number] > 0 for direction in directions)
        found[index] = (
            float(min(corner[number] for corner in corners)),
            math.inf if endless else float(max(corner[number] for corner in corners)),
        )
    return found


def _corners(rows: list[list[Fraction]], right: list[Fraction], columns: int) -> Iterator[list[Fraction]]:
    for count in range(min(columns, len(rows)) + 1):
        for chosen in combinations(range(columns), count):
            solution = _only_solution([[row[column] for column in chosen] for row in rows], right)
            if solution is not None and all(part >= 0 for part in solution):
                corner = [Fraction(0)] * columns
                for column, part in zip(chosen, solution, strict=True):
                    corner[column] = part
                yield corner


def _only_solution(rows: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """The solution of the equations, if there is exactly one."""
    work = [[*row, value] for row, value in zip(rows, right, strict=True)]
    width = len(rows[0]) if rows else 0
    top = 0
    for column in range(width):
        pivot = next((number for number in range(top, len(work)) if work[number][column]), None)
        if pivot is None:
            return None
        work[top], work[pivot] = work[pivot], work[top]
        work[top] = [entry / work[top][column] for entry in work[top]]
        for number, row in enumerate(work):
            if number != top and row[column]:
                work[number] = [a - row[column] * b for a, b in zip(row, work[top], strict=True)]
        top += 1
    if any(row[-1] for row in work[top:]):
        return None
    return [work[number][-1] for number in range(width)]


def fewest_by_one_program(book: Book, unsafe: Collection[int], spread: float) -> int:
    """The fewest figures to hide in a table of two sides, by one integer program that names every step it allows.

    There no figure ever needs to move further than the one that is protected, so that `spread` bounds every step.
    """
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    hide = [model.addBinary() for _ in book.values]
    for index in unsafe:
        model.addConstr(hide[index] == 1)
        ends = []
        for _ in range(2):
            steps = [model.addVariable(-spread, spread) for _ in book.values]
            for number, step in enumerate(steps):
                model.addConstr(step <= spread * hide[number])
                model.addConstr(step >= -min(spread, book.values[number]) * hide[number])
            for row in book.relations:
                model.addConstr(sum(factor * steps[one] for one, factor in row.items()) == 0)
            ends.append(steps[index])
        model.addConstr(ends[0] - ends[1] >= spread)
    model.minimize(sum(hide))
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return round(model.getObjectiveValue())
