"""Residency by ZIP and income by the poverty guideline; equal to the line is eligible."""

from datetime import date

import pytest

from referrals.eligibility import income, residency, system_may_screen_in
from referrals.facts import Facts, YesNo
from referrals.models import IncomeLine, IncomeVerdict, Residency, ResidencyZip

pytestmark = pytest.mark.django_db


def line_on(day: date) -> IncomeLine:
    return IncomeLine.objects.on(day).get()


# domain figures: 91 FR 1797 (2026), 90 FR 5917 (2025).
@pytest.mark.parametrize(
    ("day", "household", "limit"),
    [
        (date(2026, 2, 1), 1, 31_920),
        (date(2026, 2, 1), 4, 66_000),
        (date(2026, 2, 1), 8, 111_440),
        (date(2026, 1, 12), 4, 64_300),
        (date(2026, 1, 13), 4, 66_000),
        (date(2026, 2, 1), 9, 122_800),
    ],
)
def test_the_line_is_twice_the_guideline_of_the_day(day: date, household: int, limit: int) -> None:
    assert line_on(day).limit(household) == limit


@pytest.mark.parametrize(
    ("monthly", "verdict"),
    [
        (0, IncomeVerdict.WITHIN),
        (5_500, IncomeVerdict.WITHIN),
        (5_501, IncomeVerdict.HARDSHIP),
        (8_250, IncomeVerdict.HARDSHIP),
        (8_251, IncomeVerdict.OVER),
    ],
)
def test_income_at_a_line_is_within_it(monthly: int, verdict: str) -> None:
    facts = Facts(household=4, monthly_income=monthly)
    assert income(facts, line_on(date(2026, 2, 1)), is_held=True) == verdict


def test_unknown_income_is_presumed_only_for_somebody_held() -> None:
    line = line_on(date(2026, 2, 1))
    assert income(Facts(), line, is_held=True) == IncomeVerdict.PRESUMED
    assert income(Facts(), line, is_held=False) == IncomeVerdict.UNKNOWN
    assert income(Facts(income_is_over=True), line, is_held=True) == IncomeVerdict.OVER


@pytest.mark.parametrize(
    ("zip_code", "verdict"),
    [
        ("55407", Residency.IN),
        ("55423", Residency.STRADDLING),
        ("55111", Residency.OUTSIDE),
        ("55101", Residency.OUTSIDE),
        ("", Residency.UNKNOWN),
    ],
)
def test_the_zip_decides_residency(zip_code: str, verdict: str) -> None:
    row = ResidencyZip.objects.on(date(2026, 11, 23)).filter(zip_code=zip_code).first()
    assert residency(Facts(zip_code=zip_code), row) == verdict


def test_the_machine_passes_only_what_is_clear() -> None:
    passed = {
        (home, money)
        for home in Residency.values
        for money in IncomeVerdict.values
        if system_may_screen_in(home, money)
    }
    assert passed == {
        ("in", "within"),
        ("in", "presumed"),
        ("presumed", "within"),
        ("presumed", "presumed"),
    }


@pytest.mark.parametrize(
    ("zip_code", "says_city", "verdict"),
    [
        ("55423", YesNo.YES, Residency.PRESUMED),
        ("55423", YesNo.NO, Residency.OUTSIDE),
        ("", YesNo.NO, Residency.OUTSIDE),
        ("", YesNo.UNKNOWN, Residency.UNKNOWN),
        ("", YesNo.YES, Residency.PRESUMED),
        # "Minneapolis" in an address proves nothing where the ZIP lies outside.
        ("55425", YesNo.YES, Residency.OUTSIDE),
        ("55407", YesNo.NO, Residency.IN),
    ],
)
def test_the_familys_word_counts_where_the_zip_leaves_it_open(zip_code: str, says_city: YesNo, verdict: str) -> None:
    row = ResidencyZip.objects.on(date(2026, 11, 23)).filter(zip_code=zip_code).first()

    assert residency(Facts(zip_code=zip_code, in_city=says_city), row) == verdict
