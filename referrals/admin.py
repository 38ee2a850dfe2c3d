"""The tables a lawyer may change. Cases, events, offers and decisions are not here: actions alone change them."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from providers.admin import CheckedRowAdmin, DatedRowAdmin
from providers.table_forms import CheckedRowForm
from referrals import duty_admin  # noqa: F401 (registers the rota)
from referrals.actions.deadlines import recount_after_commit
from referrals.forms.retention import RetentionRuleForm
from referrals.forms.tables import (
    ClinicCaseTypeForm,
    DeadlineRuleForm,
    FacilityForm,
    IncomeLineForm,
    ReferralPartnerForm,
    ResidencyZipForm,
    StageForm,
    TriageRuleForm,
    UrgencyRuleForm,
)
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


@admin.register(TriageRule)
class TriageRuleAdmin(CheckedRowAdmin):
    form = TriageRuleForm
    list_display = ("position", "code", "sentence", "valid_from", "valid_to")


@admin.register(UrgencyRule)
class UrgencyRuleAdmin(CheckedRowAdmin):
    form = UrgencyRuleForm
    list_display = ("position", "tier", "reason", "sentence", "valid_from", "valid_to")


@admin.register(IncomeLine)
class IncomeLineAdmin(CheckedRowAdmin):
    form = IncomeLineForm
    list_display = ("valid_from", "valid_to", "first_person", "each_additional", "percent", "hardship_percent")


@admin.register(ResidencyZip)
class ResidencyZipAdmin(CheckedRowAdmin):
    form = ResidencyZipForm
    list_display = ("zip_code", "verdict", "part_of_city", "valid_from", "valid_to")
    list_filter: ClassVar = ["verdict", "part_of_city"]
    search_fields = ("zip_code",)


@admin.register(Facility)
class FacilityAdmin(CheckedRowAdmin):
    form = FacilityForm
    list_display = ("name", "custody", "us_state", "circuit", "valid_from", "valid_to")
    search_fields = ("code", "name")


@admin.register(ReferralPartner)
class ReferralPartnerAdmin(CheckedRowAdmin):
    form = ReferralPartnerForm
    list_display = ("name", "phone", "helps_with", "valid_from", "valid_to")


@admin.register(ClinicCaseType)
class ClinicCaseTypeAdmin(CheckedRowAdmin):
    form = ClinicCaseTypeForm
    list_display = ("case_type", "valid_from", "valid_to")


@admin.register(Stage)
class StageAdmin(CheckedRowAdmin):
    form = StageForm
    list_display = ("position", "code", "name", "valid_from", "valid_to")


@admin.register(RetentionRule)
class RetentionRuleAdmin(DatedRowAdmin):
    form = RetentionRuleForm
    list_display = ("code", "trigger", "kinds", "readers", "days", "ends_case", "valid_from", "valid_to")
    list_filter: ClassVar = ["trigger", "valid_from"]


@admin.register(DeadlineRule)
class DeadlineRuleAdmin(CheckedRowAdmin):
    """Every change counts the clocks of open cases and of certification requests again."""

    form = DeadlineRuleForm
    list_display = ("code", "n", "unit", "roll", "actor", "status", "status_on", "valid_from", "valid_to")
    list_filter: ClassVar = ["status", "actor", "valid_from"]
    search_fields = ("code", "meaning")

    def save_model(self, request: HttpRequest, obj: Model, form: CheckedRowForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        recount_after_commit()
