"""Grants and prices for the fund's keeper; the ledger to look at."""

from typing import ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.access import actor_of
from funding.actions import add_budget_line, award_grant
from funding.actions.portal import switch_public_page
from funding.models import (
    AccountingMonth,
    AgreementPrice,
    Bond,
    BudgetLine,
    CaseAccount,
    Commitment,
    CommitmentShare,
    Disbursement,
    Grant,
    Invoice,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    MoneyRule,
    PaymentFile,
    PaymentItem,
    ProviderAgreement,
    PublicPageSwitch,
    Release,
    ReleaseMail,
    StagePrice,
)
from funding.policies import RefusedError, can_award, can_switch_public_page
from funding.table_forms import MoneyRuleForm, StagePriceForm
from providers.admin import CheckedRowAdmin, DatedRowAdmin
from web.editing import SavesWhatChanged


class ReadOnly(admin.ModelAdmin):
    """Rows to look at: whatever changes them is an action."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Grant)
class GrantAdmin(SavesWhatChanged):
    """A new grant is posted to the ledger; afterwards only its name may change."""

    list_display = ("name", "funder", "award_cents", "committed_cents", "starts_on", "ends_on")
    list_select_related = ("funder",)
    RESTRICTIONS = ("kind", "case_types", "cost_types", "custody", "residents_only", "admin_cap_percent")
    fields = ("funder", "name", "award_cents", "starts_on", "ends_on", *RESTRICTIONS)

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> tuple[str, ...]:
        return () if obj is None else ("funder", "award_cents", "starts_on", "ends_on", *self.RESTRICTIONS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request.user)
        return actor is not None and can_award(actor) and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Grant, form: ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        actor = actor_of(request.user)
        if actor is None:
            raise PermissionDenied("Only a member enters grants.")
        awarded = award_grant(
            funder=obj.funder,
            name=obj.name,
            award_cents=obj.award_cents,
            starts_on=obj.starts_on,
            ends_on=obj.ends_on,
            by=actor,
            restrictions={name: getattr(obj, name) for name in self.RESTRICTIONS},
        )
        obj.pk = awarded.pk


@admin.register(BudgetLine)
class BudgetLineAdmin(ReadOnly):
    """A line is added, within the award, and never changed."""

    list_display = ("grant", "name", "cost_type", "cents", "committed_cents")
    list_select_related = ("grant",)
    fields = ("grant", "name", "cost_type", "cents")

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request.user)
        return actor is not None and can_award(actor)

    def save_model(self, request: HttpRequest, obj: BudgetLine, form: ModelForm, change: bool) -> None:
        actor = actor_of(request.user)
        if actor is None:
            raise PermissionDenied("Only a member sets a budget.")
        try:
            made = add_budget_line(grant=obj.grant, name=obj.name, cost_type=obj.cost_type, cents=obj.cents, by=actor)
        except RefusedError as refused:
            raise PermissionDenied(str(refused)) from None
        obj.pk = made.pk


class PriceInline(admin.TabularInline):
    model = AgreementPrice
    extra = 1


@admin.register(ProviderAgreement)
class ProviderAgreementAdmin(DatedRowAdmin):
    """An agreement changes by ending its row and adding one from the same day on."""

    list_display = ("provider", "payee", "valid_from", "valid_to", "source")
    list_select_related = ("provider",)
    inlines: ClassVar = [PriceInline]


@admin.register(MoneyRule)
class MoneyRuleAdmin(CheckedRowAdmin):
    form = MoneyRuleForm
    list_display = ("valid_from", "valid_to", "case_cap_cents", "commitment_days", "days_after_close", "source")


@admin.register(StagePrice)
class StagePriceAdmin(CheckedRowAdmin):
    form = StagePriceForm
    list_display = ("case_type", "stage", "cents", "valid_from", "valid_to", "source")
    list_filter: ClassVar = ["case_type"]
    ordering = ("case_type", "valid_from")


class LineInline(admin.TabularInline):
    model = JournalLine
    extra = 0


@admin.register(JournalEntry)
class JournalAdmin(ReadOnly):
    list_display = ("posted_on", "description", "posted_by_user_id")
    inlines: ClassVar = [LineInline]


@admin.register(Commitment)
class CommitmentAdmin(ReadOnly):
    list_display = ("case_reference", "provider", "stage", "cents", "state", "committed_at")
    list_filter = ("state", "provider")
    list_select_related = ("provider",)


@admin.register(CaseAccount)
class CaseAccountAdmin(ReadOnly):
    list_display = ("case_reference", "committed_cents", "cap_cents")


@admin.register(CommitmentShare)
class CommitmentShareAdmin(ReadOnly):
    list_display = ("commitment", "grant", "cents")
    list_select_related = ("commitment", "grant")


class InvoiceLineInline(admin.TabularInline):
    model = InvoiceLine
    extra = 0
    fields = ("case_reference", "stage", "worked_on", "cents", "is_live")


@admin.register(Invoice)
class InvoiceAdmin(ReadOnly):
    list_display = ("number", "provider", "state", "revision", "submitted_at", "approved_at")
    list_filter = ("state", "provider")
    list_select_related = ("provider",)
    inlines: ClassVar = [InvoiceLineInline]


class PaymentItemInline(admin.TabularInline):
    model = PaymentItem
    extra = 0


@admin.register(PaymentFile)
class PaymentFileAdmin(ReadOnly):
    list_display = ("number", "pays_on", "cents", "sha256")
    exclude = ("content",)
    inlines: ClassVar = [PaymentItemInline]


@admin.register(Bond)
class BondAdmin(ReadOnly):
    list_display = ("case_reference", "pool", "cents", "payer_cents", "state")
    list_select_related = ("pool",)


@admin.register(AccountingMonth)
class AccountingMonthAdmin(ReadOnly):
    list_display = ("first_day", "is_closed", "closed_at")


@admin.register(Disbursement)
class DisbursementAdmin(ReadOnly):
    list_display = ("paid_on", "commitment", "recorded_by_user_id")
    list_select_related = ("commitment",)


@admin.register(Release)
class ReleaseAdmin(ReadOnly):
    list_display = ("quarter", "made_at", "sha256")


@admin.register(PublicPageSwitch)
class PublicPageSwitchAdmin(ReadOnly):
    """The page of releases that needs no sign-in: switched on or off by adding a line, and every line stays."""

    list_display = ("is_on", "switched_at", "switched_by_user_id")
    fields = ("is_on",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request.user)
        return actor is not None and can_switch_public_page(actor) and super(ReadOnly, self).has_add_permission(request)

    def save_model(self, request: HttpRequest, obj: PublicPageSwitch, form: ModelForm, change: bool) -> None:
        actor = actor_of(request.user)
        if actor is None:
            raise PermissionDenied("Only a member switches the public page.")
        obj.pk = switch_public_page(is_on=obj.is_on, by=actor).pk


@admin.register(ReleaseMail)
class ReleaseMailAdmin(ReadOnly):
    list_display = ("release", "user", "mailed_at")
    list_select_related = ("release", "user")
