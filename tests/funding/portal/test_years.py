"""A year is the sum of what its quarters show, and of nothing else."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.portal.years import Line, Sum, own_money, sum_of, year_of
from funding.releases.layout import ALL, CENTS, STEPS
from tests.funding.portal.documents import document, figure, money


def steps(quarter: str, *values: int | None) -> list[dict[str, object]]:
    return [figure("steps", step, ALL, value) for step, value in zip(STEPS, values, strict=True)]


def test_quarters_are_added_and_a_withheld_one_makes_it_at_least() -> None:
    assert sum_of([12, 30]) == Sum(42)
    assert sum_of([12, 30]).text == "42"
    assert sum_of([12, None]).text == "at least 12"
    assert sum_of([None, None]).text == "withheld"
    assert sum_of([]).text == "withheld"
    assert sum_of([1_000_000, 0], is_money=True).text == "$10,000"
    assert sum_of([0, None]).text == "at least 0"


shown = st.one_of(st.none(), st.integers(0, 500))


@given(st.lists(shown, min_size=1, max_size=4), st.data())
def test_a_withheld_quarter_leaves_no_trace_in_the_year(values: list[int | None], data: st.DataObject) -> None:
    """Whatever the true figure behind a withheld one is, the year is the same: it is computed from the file alone."""
    quarters = [f"2026Q{number}" for number in range(1, len(values) + 1)]
    documents = [
        document(quarter, figures=steps(quarter, value, None, None, None))
        for quarter, value in zip(quarters, values, strict=True)
    ]
    told = year_of(2026, data.draw(st.permutations(documents)))

    opened = told.steps[0]
    assert [text for _, text in opened.cells] == ["withheld" if value is None else str(value) for value in values]
    known = [value for value in values if value is not None]
    assert opened.total == (Sum(sum(known), is_least=None in values) if known else Sum(None))


def by_label(lines: object) -> dict[str, Line]:
    return {line.label: line for line in lines}  # type: ignore[attr-defined]


def test_money_is_added_to_the_cent_by_purpose_and_in_all() -> None:
    figures = money(ALL, [12, 20, None, None, 0, 60], [101, 202, None, None, 0, 999])
    told = year_of(2026, [document("2026Q1", figures=figures), document("2026Q2", figures=figures)])

    lines = by_label(told.money)
    assert lines["Release"].total == Sum(202, is_money=True)
    assert lines["All purposes"].total.text == "$19.98"
    assert lines["All purposes"].is_total
    assert lines["Costs"].total.text == "withheld"
    assert by_label(told.stages)["Hearings"].total.text == "40"


def test_who_waits_and_medians_are_not_added_up() -> None:
    told = year_of(
        2026,
        [
            document("2026Q1", figures=steps("2026Q1", 50, 20, 12, 18), median_hours=12),
            document("2026Q2", figures=steps("2026Q2", 40, 20, 12, 26), median_hours=None),
        ],
    )

    people, hours = told.waits
    assert (people.total.text, [text for _, text in people.cells]) == ("26", ["18", "26"])
    assert (hours.total.text, [text for _, text in hours.cells]) == ("withheld", ["12", "withheld"])


def test_a_quarter_of_which_nothing_was_published_makes_every_sum_at_least() -> None:
    silent = dataclasses.replace(document("2026Q2"), level="nothing", figures={}, median_hours=None)

    told = year_of(2026, [document("2026Q1"), silent])

    assert told.steps[0].total.text == "at least 80"
    assert by_label(told.money)["All purposes"].total.text == "at least $95,000"
    assert told.missing == ["2026Q3", "2026Q4"]


def test_a_quarter_of_another_year_is_refused() -> None:
    with pytest.raises(ValueError, match="another year"):
        year_of(2026, [document("2025Q4")])


def test_a_funders_year_is_its_own_rows() -> None:
    lines = by_label(own_money([document("2026Q2", edition="city"), document("2026Q1", edition="city")]))

    assert lines["All purposes"].total.text == "$120,000"
    assert lines["Hearings"].total.text == "withheld"
    assert document(edition="city").figure("money", "city", ALL, CENTS) == 6_000_000
