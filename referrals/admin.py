"""The tables a lawyer may change. Cases, events, offers and decisions are not here: actions alone change them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from providers.admin import CheckedRowAdmin, DatedRowAdmin
from providers.models import CaseType
from providers.table_forms import CheckedRowForm
from referrals.actions.deadlines import recount_after_commit
from referrals.models import (
    ClinicCaseType,
    DeadlineRule,
    Facility,
    IncomeLine,
    ReferralPartner,
    ResidencyZip,
    RetentionRule,
    Stage,
    TriageRule,
    UrgencyRule,
)
from referrals.models.stage import ANY_TYPE
from referrals.retention_form import RetentionRuleForm
from referrals.rule_tables import faults_of
from referrals.tables import faults_of_triage, faults_of_urgency
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
        return self._codes("deadlines", 'A list of deadline codes, such as ["BIA30"].')

    def _codes(self, field: str, fault: str) -> list[str]:
        codes = self.cleaned_data[field] or []
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise forms.ValidationError(fault)
        return codes

    def faults_with(self, changes: list[Any]) -> list[str]:
        return faults_of_triage(changes)


@admin.register(TriageRule)
class TriageRuleAdmin(CheckedRowAdmin):
    form = TriageRuleForm
    list_display = ("position", "code", "sentence", "valid_from", "valid_to")


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


@admin.register(UrgencyRule)
class UrgencyRuleAdmin(CheckedRowAdmin):
    form = UrgencyRuleForm
    list_display = ("position", "tier", "reason", "sentence", "valid_from", "valid_to")


@admin.register(IncomeLine)
class IncomeLineAdmin(DatedRowAdmin):
    list_display = ("valid_from", "valid_to", "first_person", "each_additional", "percent", "hardship_percent")


@admin.register(ResidencyZip)
class ResidencyZipAdmin(DatedRowAdmin):
    list_display = ("zip_code", "verdict", "part_of_city", "valid_from", "valid_to")
    list_filter: ClassVar = ["verdict", "part_of_city"]
    search_fields = ("zip_code",)


@admin.register(Facility)
class FacilityAdmin(DatedRowAdmin):
    list_display = ("name", "custody", "us_state", "circuit", "valid_from", "valid_to")
    search_fields = ("code", "name")


@admin.register(ReferralPartner)
class ReferralPartnerAdmin(DatedRowAdmin):
    list_display = ("name", "phone", "helps_with", "valid_from", "valid_to")


@admin.register(ClinicCaseType)
class ClinicCaseTypeAdmin(DatedRowAdmin):
    list_display = ("case_type", "valid_from", "valid_to")


class StageForm(forms.ModelForm):
    """A stage whose case types exist."""

    class Meta:
        model = Stage
        fields = ("position", "code", "name", "case_types", "first_for", "valid_from", "valid_to", "source")

    def clean_case_types(self) -> Any:
        return self._known("case_types")

    def clean_first_for(self) -> Any:
        return self._known("first_for")

    def _known(self, field: str) -> list[str]:
        codes = self.cleaned_data[field] or []
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise forms.ValidationError('A list of case-type codes, such as ["REM-DET"], or ["*"] for any.')
        known = {ANY_TYPE, *CaseType.objects.values_list("code", flat=True)}
        if unknown := [code for code in codes if code not in known]:
            raise forms.ValidationError(f"No case type is called {', '.join(unknown)}.")
        return codes


@admin.register(Stage)
class StageAdmin(DatedRowAdmin):
    form = StageForm
    list_display = ("position", "code", "name", "valid_from", "valid_to")


@admin.register(RetentionRule)
class RetentionRuleAdmin(DatedRowAdmin):
    form = RetentionRuleForm
    list_display = ("code", "trigger", "kinds", "readers", "days", "ends_case", "valid_from", "valid_to")
    list_filter: ClassVar = ["trigger", "valid_from"]


class DeadlineRuleForm(forms.ModelForm):
    """A clock whose code is written as everywhere."""

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


@admin.register(DeadlineRule)
class DeadlineRuleAdmin(DatedRowAdmin):
    """Every change counts the clocks of open cases again."""

    form = DeadlineRuleForm
    list_display = ("code", "n", "unit", "roll", "actor", "status", "status_on", "valid_from", "valid_to")
    list_filter: ClassVar = ["status", "actor", "valid_from"]
    search_fields = ("code", "meaning")

    def save_model(self, request: HttpRequest, obj: DeadlineRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        recount_after_commit()
