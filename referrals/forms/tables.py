"""Forms of the tables a lawyer may change: what would leave one with a fault is refused, with the row named."""

from typing import Any

from django import forms

from providers.models import CaseType
from providers.table_forms import CheckedRowForm
from referrals.models import (
    ClinicCaseType,
    DeadlineRule,
    Facility,
    IncomeLine,
    ReferralPartner,
    ResidencyZip,
    Stage,
    TriageRule,
    UrgencyRule,
)
from referrals.rule_tables import faults_of
from referrals.tables import faults_of_clocks, faults_of_rows, faults_of_stages, faults_of_triage, faults_of_urgency
from referrals.urgency import HOURS, TIER_VOCABULARY, TO_SAFE_BY


class TriageRuleForm(CheckedRowForm):
    """A rule whose every word triage understands."""

    class Meta:
        model = TriageRule
        fields = (
            "position",
            "code",
            "secondary",
            "condition",
            "sentence",
            "ask",
            "only_adds",
            "deadlines",
            "valid_from",
            "valid_to",
            "source",
        )

    def clean_condition(self) -> Any:
        # An emptied box means no test: such a rule holds for everybody, as the last one should.
        condition = self.cleaned_data["condition"] or []
        if faults := faults_of(condition):
            raise forms.ValidationError(faults)
        return condition

    def clean_secondary(self) -> Any:
        return self._codes("secondary", 'A list of case-type codes, such as ["REM-DET"].')

    def clean_deadlines(self) -> Any:
        codes = self._codes("deadlines", 'A list of deadline codes, such as ["BIA30"].')
        known = set(DeadlineRule.objects.values_list("code", flat=True))
        if unknown := [code for code in codes if code not in known]:
            raise forms.ValidationError(f"No clock is called {', '.join(unknown)}.")
        return codes

    def _codes(self, field: str, fault: str) -> list[str]:
        codes = self.cleaned_data[field] or []
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise forms.ValidationError(fault)
        return codes

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_triage(changes)


class UrgencyRuleForm(CheckedRowForm):
    """A row whose every word is understood, with a tier that exists."""

    class Meta:
        model = UrgencyRule
        fields = ("position", "tier", "reason", "condition", "sentence", "valid_from", "valid_to", "source")

    def clean_condition(self) -> Any:
        condition = self.cleaned_data["condition"] or []
        if faults := faults_of(condition, TIER_VOCABULARY, HOURS):
            raise forms.ValidationError(faults)
        facts = {test["fact"] for test in condition}
        if TO_SAFE_BY in facts and facts != {TO_SAFE_BY}:
            raise forms.ValidationError(f"{TO_SAFE_BY} stands alone in its row: it is counted without the answers.")
        return condition

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_urgency(changes)


class IncomeLineForm(CheckedRowForm):
    """One line for every day, today and later."""

    class Meta:
        model = IncomeLine
        fields = (
            "first_person",
            "each_additional",
            "percent",
            "hardship_percent",
            "valid_from",
            "valid_to",
            "source",
        )

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_rows(changes, place=lambda _: "Income line", always=["Income line"])


class ResidencyZipForm(CheckedRowForm):
    class Meta:
        model = ResidencyZip
        fields = ("zip_code", "verdict", "part_of_city", "valid_from", "valid_to", "source")

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_rows(changes, place=lambda row: f"ZIP {row.zip_code}")


class FacilityForm(CheckedRowForm):
    class Meta:
        model = Facility
        fields = (
            "code",
            "name",
            "custody",
            "us_state",
            "circuit",
            "phone",
            "takes_calls",
            "call_vendor",
            "legal_calls",
            "mail",
            "visits",
            "messages_are_private",
            "valid_from",
            "valid_to",
            "source",
        )

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_rows(changes, place=lambda row: f"Facility {row.code}")


class ReferralPartnerForm(CheckedRowForm):
    class Meta:
        model = ReferralPartner
        fields = ("code", "name", "phone", "helps_with", "helps_outside_city", "valid_from", "valid_to", "source")

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_rows(changes, place=lambda row: f"Partner {row.code}")


class ClinicCaseTypeForm(CheckedRowForm):
    """A case type that exists and whose people are not held."""

    class Meta:
        model = ClinicCaseType
        fields = ("case_type", "valid_from", "valid_to", "source")

    def clean_case_type(self) -> str:
        code: str = self.cleaned_data["case_type"]
        rows = CaseType.objects.filter(code=code)
        if not rows:
            raise forms.ValidationError(f"No case type is called {code}.")
        if any(row.detained for row in rows):
            raise forms.ValidationError(f"{code} is a case type of people who are held: they cannot come to a clinic.")
        return code

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_rows(changes, place=lambda row: f"Clinic for {row.case_type}")


class StageForm(CheckedRowForm):
    """A stage whose case types exist; the work on each type begins with one stage."""

    class Meta:
        model = Stage
        fields = ("position", "code", "name", "case_types", "first_for", "valid_from", "valid_to", "source")

    def clean_case_types(self) -> list[str]:
        return self._codes("case_types")

    def clean_first_for(self) -> list[str]:
        return self._codes("first_for")

    def _codes(self, field: str) -> list[str]:
        codes = self.cleaned_data[field] or []
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise forms.ValidationError('A list of case-type codes, such as ["REM-DET"], or ["*"] for any.')
        return codes

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_stages(changes)


class DeadlineRuleForm(CheckedRowForm):
    """A clock whose code is written as everywhere; one that runs somewhere always has a row."""

    class Meta:
        model = DeadlineRule
        fields = (
            "code",
            "trigger",
            "starts",
            "n",
            "unit",
            "roll",
            "actor",
            "days_early",
            "meaning",
            "note",
            "status",
            "status_on",
            "valid_from",
            "valid_to",
            "source",
        )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_clocks(changes)
