"""Bars from the figures of a table: where each is drawn. Pure; funding/templates/funding/portal/chart.html draws them.

A withheld figure is a hatched bar over the whole width with its word: its length says nothing. A zero has no bar. The
bars are drawn to the largest figure that is shown, so that they tell nothing that the table beside them does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from funding.portal.tables import Figure, Table, written

# In the units of the drawing; a phone shows about one to a pixel.
WIDTH = 340
LABEL = 18
BAR = 16
GAP = 12
# Narrower than this a bar could not be seen.
LEAST = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure: its label stands on `label_y`, the bar from `y` down; the figure's text in the label's line."""

    label: str
    text: str
    label_y: int
    y: int
    width: float
    is_withheld: bool

    @property
    def base(self) -> int:
        """Where the bar ends below."""
        return self.y + BAR


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars below each other. `name` is unique on the page and an XML name; `description` says all the figures."""

    name: str
    title: str
    description: str
    bars: Sequence[Bar]
    width: int
    height: int
    bar_height: int = BAR

    @property
    def has_withheld(self) -> bool:
        return any(bar.is_withheld for bar in self.bars)


def bars(name: str, title: str, figures: Sequence[tuple[str, int | None]], *, is_money: bool = False) -> Chart:
    """The chart of these figures, in their order; none may be below zero (ValueError)."""
    shown = [value for _, value in figures if value is not None]
    if shown and min(shown) < 0:
        raise ValueError("A bar has no length below zero.")
    most = max(shown, default=0)
    step = LABEL + BAR + GAP
    placed = [
        Bar(
            label=label,
            text=written(value, is_money=is_money),
            label_y=number * step + LABEL - 5,
            y=number * step + LABEL,
            width=_width(value, most),
            is_withheld=value is None,
        )
        for number, (label, value) in enumerate(figures)
    ]
    told = "; ".join(f"{bar.label}: {bar.text}" for bar in placed)
    return Chart(name, title, f"{told}.", placed, WIDTH, max(1, len(placed) * step - GAP))


def _width(value: int | None, most: int) -> float:
    if value is None:
        return float(WIDTH)
    return round(max(LEAST, WIDTH * value / most), 1) if value else 0.0


def chart_of(table: Table, name: str) -> Chart | None:
    """The chart of a release's table: steps, money by purpose, or the totals of the columns or rows of a crossed one.

    None where it would have one bar or none, or where nothing happened.
    """
    if table.code == "outcomes":
        figures = [(figure.head, figure.value) for figure in _total(table)[:-1]]
        return drawn(name, "How cases ended, all providers", figures)
    if table.code == "places":
        figures = [(row.label, row.figures[-1].value) for row in table.rows if not row.is_total]
        return drawn(name, "Where people live", figures)
    if table.code == "money":
        figures = [(row.label, row.figures[-1].value) for row in table.rows if not row.is_total]
        return drawn(name, "Money by purpose", figures, is_money=True)
    return drawn(name, table.title, [(row.label, row.figures[0].value) for row in table.rows])


def drawn(name: str, title: str, figures: Sequence[tuple[str, int | None]], *, is_money: bool = False) -> Chart | None:
    """A chart of two bars or more, of which one at least is drawn."""
    is_drawn = len(figures) > 1 and any(value != 0 for _, value in figures)
    return bars(name, title, figures, is_money=is_money) if is_drawn else None


def _total(table: Table) -> Sequence[Figure]:
    return next((row.figures for row in table.rows if row.is_total), ())


def languages(table: Table, name: str) -> Chart | None:
    """Of the table of places, the second side: the languages of everybody."""
    return drawn(name, "Languages", [(figure.head, figure.value) for figure in _total(table)[:-1]])
