"""Grants and prices for the fund's keeper; the ledger to look at."""

from typing import ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.access import actor_of
from funding.actions import award_grant
from funding.models import (
    Commitment,
    Disbursement,
    Grant,
    JournalEntry,
    JournalLine,
    Release,
    StagePrice,
)
from funding.policies import can_award


class ReadOnly(admin.ModelAdmin):
    """Rows to look at: whatever changes them is an action."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Grant)
class GrantAdmin(admin.ModelAdmin):
    """A new grant is posted to the ledger; afterwards only its name may change."""

    list_display = ("name", "funder", "award_cents", "committed_cents", "starts_on", "ends_on")
    list_select_related = ("funder",)
    fields = ("funder", "name", "award_cents", "starts_on", "ends_on")

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> tuple[str, ...]:
        return () if obj is None else ("funder", "award_cents", "starts_on", "ends_on")

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
        )
        obj.pk = awarded.pk


@admin.register(StagePrice)
class StagePriceAdmin(admin.ModelAdmin):
    """A price changes by ending its row and adding one from the same day on."""

    list_display = ("case_type", "stage", "cents", "valid_from", "valid_to", "source")
    list_filter = ("case_type",)
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


@admin.register(Disbursement)
class DisbursementAdmin(ReadOnly):
    list_display = ("paid_on", "commitment", "recorded_by_user_id")
    list_select_related = ("commitment",)


@admin.register(Release)
class ReleaseAdmin(ReadOnly):
    list_display = ("quarter", "made_at", "sha256")
