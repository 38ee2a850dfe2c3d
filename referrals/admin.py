"""The tables a lawyer may change. Cases, events, offers and decisions are not here: actions alone change them."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from providers.admin import DatedRowAdmin
from providers.models import CaseType
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
from referrals.triage import VOCABULARY
from referrals.urgency import HOURS, TIER_VOCABULARY, TO_SAFE_BY


def faults_of(
    condition: Any, vocabulary: Mapping[str, frozenset[str]] = VOCABULARY, hours: Collection[str] = ()
) -> list[str]:
    """What keeps a rule's condition from being one; empty for a good one. `hours` are facts to hold against a most."""
    if not isinstance(condition, list):
        return ["The condition is a list of tests."]
    faults = []
    for number, test in enumerate(condition, 1):
        if isinstance(test, dict) and set(test) == {"fact", "at_most"}:
            faults += _faults_of_hours(number, test, hours)
        elif not isinstance(test, dict) or set(test) != {"fact", "in"}:
            faults.append(f'Test {number} is not of the form {{"fact": name, "in": [values]}}.')
        elif not isinstance(test["fact"], str) or test["fact"] not in vocabulary:
            faults.append(f"Test {number}: no fact is called {test['fact']!r}; there are {', '.join(vocabulary)}.")
        elif not isinstance(test["in"], list) or not test["in"]:
            faults.append(f"Test {number}: “in” is a list of at least one value.")
        elif unknown := [value for value in test["in"] if str(value) not in vocabulary[test["fact"]]]:
            allowed = ", ".join(sorted(vocabulary[test["fact"]]))
            faults.append(f"Test {number}: {unknown} is no answer to {test['fact']}; there are {allowed}.")
        elif not all(isinstance(value, str) for value in test["in"]):
            faults.append(f"Test {number}: values are written in quotes.")
    return faults


def _faults_of_hours(number: int, test: dict[str, Any], hours: Collection[str]) -> list[str]:
    if not isinstance(test["fact"], str) or test["fact"] not in hours:
        return [f"Test {number}: {test['fact']!r} is no number of hours."]
    # True is an int too.
    is_number = type(test["at_most"]) is int and test["at_most"] >= 0
    return [] if is_number else [f"Test {number}: “at_most” is a whole number of hours."]


class TriageRuleForm(forms.ModelForm):
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


@admin.register(TriageRule)
class TriageRuleAdmin(DatedRowAdmin):
    form = TriageRuleForm
    list_display = ("position", "code", "sentence", "valid_from", "valid_to")


class UrgencyRuleForm(forms.ModelForm):
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


@admin.register(UrgencyRule)
class UrgencyRuleAdmin(DatedRowAdmin):
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
    """A stage whose case types exist, each with at most one first stage."""

    class Meta:
        model = Stage
        fields = ("position", "code", "name", "case_types", "first_for", "valid_from", "valid_to", "source")

    def clean_case_types(self) -> Any:
        return self._known("case_types")

    def clean_first_for(self) -> Any:
        return self._known("first_for")

    def _known(self, field: str) -> list[str]:
        codes = self.cleaned_data[field] or []
        if not isinstance(codes, list):
            raise forms.ValidationError('A list of case-type codes, such as ["REM-DET"], or ["*"] for any.')
        known = {ANY_TYPE, *CaseType.objects.values_list("code", flat=True)}
        if unknown := [str(code) for code in codes if code not in known]:
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
