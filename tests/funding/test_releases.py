"""A quarter is published once, after it is over, in order, from its stored text alone."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from accounts.roles import SYSTEM, Actor, Role
from funding import selectors
from funding.actions import make_release
from funding.models import Disbursement, Grant, Release, ReleasedDisbursement
from funding.policies import RefusedError
from funding.quarters import Quarter
from providers.models import Provider
from tests.funding.builders import FINANCE, NOW, commitment, grant, paid

APRIL = date(2026, 4, 20)
AUGUST = date(2026, 8, 20)

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> Grant:
    return grant(90_000_000)


def pay(city: Grant, on: date, **counts: int) -> None:
    for code, number in counts.items():
        for _ in range(number):
            paid(city, code=code, paid_on=on, cents=90_000)


def cases_of(release: Release) -> dict[str, int | None]:
    return {row["code"]: row["cases"] for row in json.loads(release.table)["providers"]}


def total_of(release: Release) -> tuple[int | None, int | None]:
    total = json.loads(release.table)["total"]
    return total["cases"], total["cents"]


def test_a_release_shows_each_provider_its_cases_and_money(city: Grant) -> None:
    pay(city, APRIL, AHR=20, VLN=11)

    release = make_release(quarter="2026Q2", by=FINANCE, now=NOW)

    assert json.loads(release.table) == {
        "quarter": "2026Q2",
        "smallest_count_shown": 11,
        "providers": [
            {"code": provider.code, "name": provider.name, "cases": cases, "cents": cases * 90_000}
            for provider in Provider.objects.order_by("code")
            if (cases := {"AHR": 20, "VLN": 11}.get(provider.code, 0)) is not None
        ],
        "total": {"cases": 31, "cents": 31 * 90_000},
    }
    assert release.sha256 == hashlib.sha256(release.table.encode()).hexdigest()
    assert ReleasedDisbursement.objects.filter(release=release).count() == 31


def test_a_small_cell_is_nowhere_in_the_release(city: Grant) -> None:
    pay(city, APRIL, AHR=20, VLN=12, ILCM=14, MMLA=7)

    release = make_release(quarter="2026Q2", by=FINANCE, now=NOW)

    assert cases_of(release) == {"AHR": 20, "BINGER": 0, "ILCM": None, "MMLA": None, "VLN": None}
    assert total_of(release) == (53, 53 * 90_000)


def test_a_case_counts_once_for_a_provider_however_many_stages_were_paid(city: Grant) -> None:
    pay(city, APRIL, AHR=10)
    one = paid(city, code="AHR", paid_on=APRIL, cents=90_000).commitment
    paid(city, code="AHR", paid_on=APRIL, cents=15_000, case_id=one.case_id, stage="advice")

    release = make_release(quarter="2026Q2", by=FINANCE, now=NOW)

    assert total_of(release) == (11, 11 * 90_000 + 15_000)


def test_a_provider_that_left_the_fund_is_counted(city: Grant) -> None:
    pay(city, APRIL, MMLA=12)
    Provider.objects.filter(code="MMLA").update(is_active=False)
    Provider.objects.filter(code="BINGER").update(is_active=False)

    assert cases_of(make_release(quarter="2026Q2", by=FINANCE, now=NOW)) == {"AHR": 0, "ILCM": 0, "MMLA": 12, "VLN": 0}


def test_only_totals_are_published_where_cells_would_tell_too_much(city: Grant) -> None:
    pay(city, APRIL, AHR=40, VLN=4, ILCM=7)

    release = make_release(quarter="2026Q2", by=FINANCE, now=NOW)

    # Three withheld cells would do, but for AHR, which knows that the other two have 11 together and 1 at least each.
    assert cases_of(release) == {}
    assert total_of(release) == (51, 51 * 90_000)
    assert ReleasedDisbursement.objects.count() == 51


def test_a_quarter_that_cannot_be_shown_is_counted_in_the_next(city: Grant) -> None:
    pay(city, APRIL, AHR=30, MMLA=4)
    pay(city, AUGUST, MMLA=8)

    first = make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    assert (total_of(first), cases_of(first)) == ((None, None), {})
    assert not ReleasedDisbursement.objects.exists()

    second = make_release(quarter="2026Q3", by=FINANCE, now=NOW)
    assert cases_of(second) == {"AHR": 30, "BINGER": 0, "ILCM": 0, "MMLA": 12, "VLN": 0}


def test_a_payment_recorded_late_is_counted_in_the_next_release_and_revises_none(city: Grant) -> None:
    pay(city, APRIL, AHR=11)
    first = make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    pay(city, APRIL, AHR=5)
    pay(city, AUGUST, AHR=6)

    second = make_release(quarter="2026Q3", by=FINANCE, now=NOW)

    assert total_of(Release.objects.get(pk=first.pk)) == (11, 11 * 90_000)
    assert total_of(second) == (11, 11 * 90_000)


def test_releases_count_disjoint_payments_and_in_the_end_every_one(city: Grant) -> None:
    pay(city, APRIL, AHR=15, VLN=13)
    make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    pay(city, AUGUST, AHR=12)
    make_release(quarter="2026Q3", by=FINANCE, now=NOW)

    assert ReleasedDisbursement.objects.count() == Disbursement.objects.count() == 40
    counted = ReleasedDisbursement.objects.first()
    assert counted is not None
    with pytest.raises(IntegrityError):
        ReleasedDisbursement.objects.create(release=counted.release, disbursement=counted.disbursement)


@pytest.mark.parametrize(
    ("moment", "is_over"),
    [(datetime(2026, 10, 1, 4, 59, tzinfo=UTC), False), (datetime(2026, 10, 1, 5, 0, tzinfo=UTC), True)],
)
def test_a_quarter_is_over_at_midnight_in_minneapolis(moment: datetime, is_over: bool) -> None:
    if is_over:
        make_release(quarter="2026Q3", by=FINANCE, now=moment)
    else:
        with pytest.raises(RefusedError, match="not over"):
            make_release(quarter="2026Q3", by=FINANCE, now=moment)


def test_quarters_are_released_once_and_in_order() -> None:
    make_release(quarter="2025Q4", by=FINANCE, now=NOW)

    with pytest.raises(RefusedError, match="2026Q1 comes first"):
        make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    make_release(quarter="2026Q1", by=FINANCE, now=NOW)
    for old in ("2025Q4", "2026Q1"):
        with pytest.raises(RefusedError, match="already released"):
            make_release(quarter=old, by=FINANCE, now=NOW)


def test_two_who_close_a_quarter_together_make_one_release(monkeypatch: pytest.MonkeyPatch, city: Grant) -> None:
    pay(city, APRIL, AHR=11)
    make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    # The second one looked before the first was done.
    monkeypatch.setattr("funding.actions.releases.check_may_close", lambda *args, **kwargs: None)

    with pytest.raises(RefusedError, match="already released"):
        make_release(quarter="2026Q2", by=FINANCE, now=NOW)
    assert ReleasedDisbursement.objects.count() == 11


@pytest.mark.parametrize("text", ["", "2026", "2026Q5", "2026q1", "2026Q1 ", "٢٠٢٦Q1", "Q1"])
def test_a_quarter_is_written_one_way(text: str) -> None:
    with pytest.raises(ValueError, match="like 2026Q3"):
        make_release(quarter=text, by=FINANCE, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.FINANCE, Role.APPROVER, Role.SYSTEM)])
def test_only_the_funds_money_people_publish(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        make_release(quarter="2026Q2", by=Actor(role, user_id=1), now=NOW)


def test_the_command_publishes_or_says_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("release", "2025Q4")
    assert capsys.readouterr().out.startswith("2025Q4 ")
    with pytest.raises(CommandError, match="already released"):
        call_command("release", "2025Q4")
    with pytest.raises(CommandError, match="like 2026Q3"):
        call_command("release", "last")


def test_the_stored_text_is_canonical_json(city: Grant) -> None:
    pay(city, APRIL, AHR=11)
    release = make_release(quarter="2026Q2", by=SYSTEM, now=NOW)

    again = json.dumps(json.loads(release.table), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again == release.table


@pytest.mark.parametrize(
    ("quarter", "first", "last", "following", "before"),
    [
        ("2026Q1", date(2026, 1, 1), date(2026, 3, 31), "2026Q2", "2025Q4"),
        ("2026Q4", date(2026, 10, 1), date(2026, 12, 31), "2027Q1", "2026Q3"),
    ],
)
def test_quarters_are_the_calendars(quarter: str, first: date, last: date, following: str, before: str) -> None:
    parsed = Quarter.parse(quarter)

    assert (parsed.first_day, parsed.last_day) == (first, last)
    assert (str(parsed.next), str(parsed.previous)) == (following, before)
    assert Quarter.of(first) == Quarter.of(last) == parsed


def test_the_quarter_to_close_is_the_one_after_the_last_release(city: Grant) -> None:
    assert selectors.quarter_to_close(NOW) is None
    pay(city, APRIL, AHR=1)
    offered: list[Any] = []
    while quarter := selectors.quarter_to_close(NOW):
        offered.append(str(quarter))
        make_release(quarter=str(quarter), by=FINANCE, now=NOW)

    assert offered == ["2026Q2", "2026Q3"]
    commitment(city)
