"""A release's file as tables: its own figures in the layout's order, and one word for what is withheld."""

import json

import pytest

from funding.portal.document import read
from funding.portal.tables import in_order, own_money, tables_of, written
from funding.portal.words import column_label, quarter_words, row_label
from funding.releases.layout import ALL, CENTS, LANGUAGES, OUTCOMES, PARTS, PURPOSES, STEPS
from funding.releases.words import LABELS
from tests.funding.portal.documents import body, document

NAMES = {"AHR": "The Advocates", "VLN": "Volunteer Lawyers"}


def texts(table_code: str) -> dict[str, list[str]]:
    table = next(one for one in tables_of(document(), NAMES) if one.code == table_code)
    return {row.label: [figure.text for figure in row.figures] for row in table.rows}


def test_every_code_of_the_layout_has_words() -> None:
    for code in (*STEPS, *PURPOSES, *PARTS):
        assert row_label("steps", code, {}) != code
    for code in (*OUTCOMES, *PURPOSES, *LANGUAGES):
        assert column_label(code) != code


def test_the_tables_come_in_the_order_of_a_case_with_the_definitions_of_the_file() -> None:
    tables = tables_of(document(), NAMES)

    assert [table.code for table in tables] == ["steps", "outcomes", "money", "places"]
    assert [table.definition for table in tables] == [f"What {table.code} counts." for table in tables]


def test_what_is_withheld_has_one_word_and_a_zero_is_a_zero() -> None:
    assert texts("steps") == {
        LABELS["opened"]: ["80"],
        LABELS["placed"]: ["55"],
        LABELS["left"]: ["12"],
        LABELS["waiting"]: ["withheld"],
    }
    assert texts("outcomes")["The Advocates"] == ["14", "withheld", "0", "withheld", "12", "40"]
    assert texts("money")[LABELS["running"]] == ["0", "$1,250.50"]
    assert texts("money")[LABELS["advice"]] == ["withheld", "withheld"]


def test_rows_and_columns_stand_in_the_layouts_order_with_the_totals_last() -> None:
    outcomes, money, places = tables_of(document(), NAMES)[1:]

    assert list(outcomes.heads) == [*(LABELS[code] for code in OUTCOMES), "All"]
    assert [row.label for row in outcomes.rows] == ["The Advocates", "Volunteer Lawyers", "All providers"]
    assert [row.label for row in money.rows] == [*(LABELS[code] for code in PURPOSES), "All purposes"]
    assert [row.label for row in places.rows] == [*(LABELS[code] for code in PARTS), "All parts"]
    for table in (outcomes, money, places):
        assert [row.is_total for row in table.rows] == [False] * (len(table.rows) - 1) + [True]


def test_the_public_file_has_no_row_of_a_funder_to_show() -> None:
    assert own_money(document()) is None


def test_a_funders_own_table_is_its_own_row_and_no_other() -> None:
    own = document(edition="city")
    table = own_money(own)

    assert table is not None
    assert [row.figures[1].text for row in table.rows] == [
        "$30,000",
        "withheld",
        "withheld",
        "$0",
        "$0",
        "$60,000",
    ]
    # The table of all funders together stays what it is.
    assert next(one for one in tables_of(own, {}) if one.code == "money").rows[-1].figures[1].text == "$95,000"


def test_what_is_not_in_the_file_is_not_on_the_page() -> None:
    given = body()
    given["figures"] = [one for one in given["figures"] if one["table"] == "steps" and one["row"] != "left"]

    (table,) = tables_of(read(json.dumps(given).encode()), NAMES)

    assert [row.label for row in table.rows] == [LABELS["opened"], LABELS["placed"], LABELS["waiting"]]


def test_of_a_quarter_with_nothing_there_is_no_table() -> None:
    silent = document(level="nothing", edition="city")

    assert tables_of(silent, NAMES) == []
    assert own_money(silent) is None


def test_a_code_from_another_time_is_shown_as_it_is() -> None:
    assert row_label("outcomes", "GONE", NAMES) == "GONE"
    assert column_label("new-purpose") == "new-purpose"
    assert in_order([ALL, "x", "b", "a"], ("a", "b")) == ["a", "b", "x", ALL]


@pytest.mark.parametrize(
    ("value", "is_money", "text"),
    [(0, False, "0"), (1234, False, "1,234"), (None, True, "withheld"), (0, True, "$0"), (1234, True, "$12.34")],
)
def test_figures_are_written_as_people_read_them(value: int | None, is_money: bool, text: str) -> None:
    assert written(value, is_money=is_money) == text


def test_an_unknown_figure_is_none_whatever_it_is_about() -> None:
    assert document().figure("money", "another-funder", ALL, CENTS) is None


@pytest.mark.parametrize("bad", [b"", b"{}", b'{"quarter": "2026Q3"}'])
def test_what_is_no_release_is_refused(bad: bytes) -> None:
    with pytest.raises((KeyError, ValueError)):
        read(bad)


def test_a_quarter_in_words() -> None:
    assert quarter_words("2026Q3") == "July to September 2026"
