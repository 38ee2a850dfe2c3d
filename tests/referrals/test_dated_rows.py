"""The smaller dated tables: no gap, no overlap, no unknown code, and no second beginning of the same work."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.utils.timezone import localdate

from accounts.roles import Role
from providers.rule_tables import KnownType
from referrals.dated_rows import Row, StageRow, broken_rows, row_faults, stage_faults
from referrals.models import ClinicCaseType, Facility, IncomeLine, ReferralPartner, ResidencyZip, Stage, TriageRule
from tests import factories

D = date(2026, 1, 1)
LATER = date(2027, 3, 1)
LINE = Row("Income line", D)
TYPES = [KnownType("BIA", D), KnownType("PREP", D)]
ADVICE = StageRow("advice", ("*",), ("*",), D)
APPEAL = StageRow("appeal", ("BIA",), ("BIA",), D)


@pytest.mark.parametrize(
    ("rows", "always", "named"),
    [
        ([LINE], ["Income line"], ""),
        ([replace(LINE, valid_to=LATER), replace(LINE, valid_from=LATER)], ["Income line"], ""),
        ([replace(LINE, valid_to=LATER)], [], ""),
        ([], ["Income line"], "gap"),
        ([replace(LINE, valid_to=LATER)], ["Income line"], "gap"),
        ([replace(LINE, valid_from=LATER)], ["Income line"], "gap"),
        ([replace(LINE, valid_to=LATER), replace(LINE, valid_from=LATER + timedelta(days=1))], ["Income line"], "gap"),
        ([LINE, replace(LINE, valid_from=LATER)], [], "two rows"),
    ],
)
def test_a_table_has_one_row_a_day_and_none_is_missing(rows: list[Row], always: list[str], named: str) -> None:
    found = list(row_faults(rows, D, always=always))

    assert ([named in one for one in found] == [True]) if named else not found


def test_the_rows_of_a_clock_follow_each_other_in_the_past_too() -> None:
    first = Row("Clock BIA30", D, date(2026, 6, 1))

    assert not list(broken_rows([first, Row("Clock BIA30", date(2026, 6, 1))]))
    for begins, says in ((date(2026, 5, 1), "overlap"), (date(2026, 7, 1), "no row counts")):
        (found,) = broken_rows([Row("Clock BIA30", begins), first])
        assert says in found
        assert "from 2026-01-01" in found


@pytest.mark.parametrize(
    ("stages", "named"),
    [
        ([ADVICE, APPEAL], ""),
        ([APPEAL], "none begins the work of PREP"),
        ([ADVICE, replace(APPEAL, valid_from=LATER), APPEAL], "Stage appeal: two rows"),
        ([ADVICE, APPEAL, replace(APPEAL, code="motion")], "Stage motion: Stage appeal begins the work of BIA already"),
        ([ADVICE, replace(APPEAL, case_types=("BIA", "NOPE"))], "Stage appeal: there is no case type NOPE"),
        ([ADVICE, replace(APPEAL, case_types=("PREP",))], "Stage appeal: it begins the work of BIA and does not fit"),
    ],
)
def test_the_work_on_a_case_type_begins_with_one_stage_that_fits(stages: list[StageRow], named: str) -> None:
    found = list(stage_faults(stages, TYPES, D))

    assert bool(found) == bool(named), found
    assert any(named in one for one in found) or not named


@pytest.fixture
def operator(db: None) -> Client:
    return factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))


def sent_of(row: Any, **changes: Any) -> dict[str, Any]:
    written = model_to_dict(row, exclude=["id"])
    for name in ("case_types", "first_for"):
        if name in written:
            written[name] = str(written[name]).replace("'", '"')
    return {name: "" if value is None else value for name, value in written.items()} | changes


def save(client: Client, row: Any, **changes: Any) -> str:
    """The page that refuses, or nothing where the row was saved."""
    place = f"{row.pk}/change" if row.pk else "add"
    answer = client.post(f"/staff/admin/referrals/{row._meta.model_name}/{place}/", sent_of(row, **changes))
    return answer.content.decode() if answer.status_code == 200 else ""


@pytest.mark.parametrize("model", [IncomeLine, ResidencyZip, Facility, ReferralPartner, ClinicCaseType, Stage])
def test_every_table_refuses_two_rows_on_one_day_and_replaces_one_in_a_step(operator: Client, model: Any) -> None:
    row = model.objects.filter(valid_to__isnull=True).first()
    day = localdate() + timedelta(days=10)
    again = model.objects.get(pk=row.pk)
    again.pk, again.valid_from = None, day

    assert "two rows are valid on the same day" in save(operator, again)
    assert not save(operator, row, begins_on=day)

    row.refresh_from_db()
    new = model.objects.latest("pk")
    assert (row.valid_to, new.valid_from, new.valid_to) == (day, day, None)


def test_the_line_that_says_who_is_poor_enough_never_ends(operator: Client) -> None:
    row = IncomeLine.objects.get(valid_to__isnull=True)

    assert "the table has a gap" in save(operator, row, valid_to=localdate() + timedelta(days=10))


def test_a_clinic_serves_case_types_that_exist_and_whose_people_can_come(operator: Client) -> None:
    row = ClinicCaseType(valid_from=D, source="a test")

    assert "No case type is called NOPE" in save(operator, row, case_type="NOPE")
    assert "people who are held" in save(operator, row, case_type="DET-HAB")


def test_a_rule_starts_only_clocks_that_there_are(operator: Client) -> None:
    row = TriageRule.objects.filter(valid_to__isnull=True).first()
    assert row
    sent = {"condition": "[]", "secondary": "[]", "deadlines": '["BIA31"]'}

    assert "No clock is called BIA31" in save(operator, row, **sent)
