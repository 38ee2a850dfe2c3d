"""A chart is drawn from what is shown alone: a withheld figure has no length, a zero no bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.portal.charts import WIDTH, bars, chart_of, drawn, languages
from funding.portal.tables import tables_of
from tests.funding.portal.documents import document


def test_the_longest_bar_is_the_largest_figure_and_the_others_are_in_proportion() -> None:
    chart = bars("x", "X", [("a", 50), ("b", 100), ("c", 0)])

    assert [bar.width for bar in chart.bars] == [WIDTH / 2, WIDTH, 0.0]
    assert not chart.has_withheld


def test_a_withheld_figure_is_no_zero() -> None:
    chart = bars("x", "X", [("a", None), ("b", 0)])

    withheld, zero = chart.bars
    assert (withheld.is_withheld, withheld.text, withheld.width) == (True, "withheld", WIDTH)
    assert (zero.is_withheld, zero.text, zero.width) == (False, "0", 0.0)
    assert chart.has_withheld


figures = st.lists(st.one_of(st.none(), st.integers(0, 10**9)), min_size=1, max_size=8)


@given(figures)
def test_every_withheld_figure_is_drawn_alike_and_none_sets_the_scale(values: list[int | None]) -> None:
    chart = bars("x", "X", [(str(number), value) for number, value in enumerate(values)])

    assert {bar.width for bar in chart.bars if bar.is_withheld} <= {float(WIDTH)}
    shown = [(value, bar) for value, bar in zip(values, chart.bars, strict=True) if value is not None]
    alone = bars("x", "X", [(bar.label, value) for value, bar in shown])
    assert [bar.width for _, bar in shown] == [bar.width for bar in alone.bars]
    assert all(0 <= bar.width <= WIDTH for bar in chart.bars)
    assert all((bar.width > 0) == bool(value) for value, bar in shown)


@given(figures)
def test_bars_do_not_touch_and_fit_the_drawing(values: list[int | None]) -> None:
    chart = bars("x", "X", [(str(number), value) for number, value in enumerate(values)])

    for above, below in zip(chart.bars, chart.bars[1:], strict=False):
        assert above.base <= below.label_y - 13
    assert chart.bars[-1].base == chart.height


def test_the_description_says_all_the_figures() -> None:
    chart = bars("x", "X", [("Release", 125_050), ("Advice", None)], is_money=True)

    assert chart.description == "Release: $1,250.50; Advice: withheld."


def test_below_zero_there_is_no_bar() -> None:
    with pytest.raises(ValueError, match="below zero"):
        bars("x", "X", [("a", -1)])


def test_the_charts_of_a_release_say_what_its_tables_say() -> None:
    steps, outcomes, money, places = tables_of(document(), {})

    for table, first in ((steps, "80"), (outcomes, "14"), (money, "$30,000"), (places, "12")):
        chart = chart_of(table, table.code)
        assert chart is not None
        assert chart.bars[0].text == first
    spoken = languages(places, "languages")
    assert spoken is not None
    assert [bar.text for bar in spoken.bars] == ["20", "30", "0", "withheld", "withheld"]


def test_where_nothing_happened_there_is_nothing_to_draw() -> None:
    assert drawn("x", "X", [("a", 0), ("b", 0)]) is None
    assert drawn("x", "X", [("a", 0), ("b", None)]) is not None


def test_one_figure_is_no_chart() -> None:
    (table,) = tables_of(
        document(figures=[{"table": "steps", "row": "opened", "column": "all", "measure": "count", "figure": 12}]), {}
    )

    assert chart_of(table, "x") is None
