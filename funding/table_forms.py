"""Forms of the dated tables of money: what would leave a day without a price or rules is refused."""

from typing import Any

from funding.models import MoneyRule, StagePrice
from funding.prices import ANY_OTHER_TYPE
from providers.table_forms import CheckedRowForm
from referrals.tables import faults_of_rows


class StagePriceForm(CheckedRowForm):
    """One price a day for a case type, and always one for every other."""

    class Meta:
        model = StagePrice
        fields = ("case_type", "stage", "cents", "valid_from", "valid_to", "source")

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_rows(
            changes, place=lambda row: f"Price of {row.case_type}", always=[f"Price of {ANY_OTHER_TYPE}"]
        )


class MoneyRuleForm(CheckedRowForm):
    """Rules for every day, today and later."""

    class Meta:
        model = MoneyRule
        fields = (
            "case_cap_cents",
            "commitment_days",
            "days_after_close",
            "days_after_grant_end",
            "funder_signature_cents",
            "funder_signature_days",
            "valid_from",
            "valid_to",
            "source",
        )

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_rows(changes, place=lambda _: "Money rules", always=["Money rules"])
