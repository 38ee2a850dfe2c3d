"""Residency and income verdicts, and whether the system may screen a case in by itself. Pure.

The machine refuses nobody: what it cannot pass goes to a coordinator.
"""

from referrals.facts import Facts, YesNo
from referrals.models.case import IncomeVerdict
from referrals.models.rules import IncomeLine, Residency, ResidencyZip


def residency(facts: Facts, row: ResidencyZip | None) -> Residency:
    """What the home ZIP where the person lived when taken says; `row` is that ZIP's row of the table.

    Where the ZIP crosses the city line, or is not known, the family's own word decides; a ZIP outside stays outside. Of
    nobody outside the machine says no: a person looks.
    """
    verdict = Residency.UNKNOWN
    if facts.zip_code:
        verdict = Residency(row.verdict) if row else Residency.OUTSIDE
    if verdict not in (Residency.UNKNOWN, Residency.STRADDLING):
        return verdict
    by_word = {YesNo.YES: Residency.PRESUMED, YesNo.NO: Residency.OUTSIDE}
    return by_word.get(facts.in_city, verdict)


def income(facts: Facts, line: IncomeLine, *, is_held: bool) -> IncomeVerdict:
    """Yearly income (the top of the monthly band times 12) against the line for the household: equal is within.

    `monthly_income` None with `income_is_over` means above the highest band. Between the line and the hardship line a
    coordinator may pass the case with a reason.
    """
    if facts.income_is_over:
        return IncomeVerdict.OVER
    if facts.monthly_income is None or facts.household is None:
        return IncomeVerdict.PRESUMED if is_held else IncomeVerdict.UNKNOWN
    yearly = facts.monthly_income * 12
    if yearly <= line.limit(facts.household):
        return IncomeVerdict.WITHIN
    return IncomeVerdict.HARDSHIP if yearly <= line.hardship_limit(facts.household) else IncomeVerdict.OVER


def system_may_screen_in(residency_verdict: str, income_verdict: str) -> bool:
    """Residency in or presumed, and income within the line or presumed for a held person."""
    return residency_verdict in (Residency.IN, Residency.PRESUMED) and income_verdict in (
        IncomeVerdict.WITHIN,
        IncomeVerdict.PRESUMED,
    )
