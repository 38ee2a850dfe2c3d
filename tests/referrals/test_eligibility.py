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


# The whole lines that the Department of Health and Human Services printed: 90 FR 5917, 91 FR 1797.
PRINTED = {
    date(2026, 1, 12): [15650, 21150, 26650, 32150, 37650, 43150, 48650, 54150, 59650, 65150],
    date(2026, 1, 13): [15960, 21640, 27320, 33000, 38680, 44360, 50040, 55720, 61400, 67080],
}


@pytest.mark.parametrize("day", PRINTED)
@pytest.mark.parametrize("household", range(1, 11))
def test_each_years_line_at_each_size_of_household_ends_exactly_at_200_and_300_percent(
    day: date, household: int
) -> None:
    poverty = PRINTED[day][household - 1]
    line = IncomeLine.objects.on(day).get()

    assert (line.limit(household), line.hardship_limit(household)) == (2 * poverty, 3 * poverty)


@pytest.mark.parametrize(
    ("zip_code", "verdict"),
    [
        ("55407", Residency.IN),
        ("55423", Residency.STRADDLING),
        ("55111", Residency.OUTSIDE),
        ("55101", Residency.OUTSIDE),
        # Boxes and businesses: they say nothing of where somebody lives.
        ("55440", Residency.UNKNOWN),
        ("55480", Residency.UNKNOWN),
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
        ("55480", YesNo.YES, Residency.PRESUMED),
        ("55480", YesNo.NO, Residency.OUTSIDE),
        ("55480", YesNo.UNKNOWN, Residency.UNKNOWN),
    ],
)
def test_the_familys_word_counts_where_the_zip_leaves_it_open(zip_code: str, says_city: YesNo, verdict: str) -> None:
    row = ResidencyZip.objects.on(date(2026, 11, 23)).filter(zip_code=zip_code).first()

    assert residency(Facts(zip_code=zip_code, in_city=says_city), row) == verdict
