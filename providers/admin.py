"""Providers, their programs and the dated tables of case types and offer orders.

Room is not here: ceilings and pauses are set on /staff/room/, where the waitlist hears of them.
"""

from typing import ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from providers.models import CaseType, OfferPlace, Program, Provider


class DatedRowAdmin(admin.ModelAdmin):
    """A row that decided something stays: it ends by its `valid_to`, and a new one begins."""

    list_filter: ClassVar = ["valid_from"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Provider)
class ProviderAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "is_primary", "is_active", "has_on_call")

    def has_delete_permission(self, request: HttpRequest, obj: Provider | None = None) -> bool:
        return False


class ProgramForm(forms.ModelForm):
    """What a program serves."""

    languages = forms.MultipleChoiceField(
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Served without an interpreter; none ticked means any language.",
    )

    class Meta:
        model = Program
        fields = ("provider", "kind", "languages", "takes_minors")


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin):
    form = ProgramForm
    list_display = ("provider", "kind", "ceiling", "in_use", "paused_at", "takes_minors")
    list_select_related = ("provider",)
    readonly_fields = ("ceiling", "in_use", "paused_at", "last_offer_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Program | None = None) -> tuple[str, ...]:
        # Offers and room hang on what a program is; a new kind of work is a new program.
        return (*self.readonly_fields, "provider", "kind") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Program | None = None) -> bool:
        return False


@admin.register(CaseType)
class CaseTypeAdmin(DatedRowAdmin):
    list_display = ("code", "plain_name", "points", "detained", "valid_from", "valid_to")
    search_fields = ("code", "plain_name", "meaning")


@admin.register(OfferPlace)
class OfferPlaceAdmin(DatedRowAdmin):
    list_display = ("case_type", "position", "program", "limited_scope", "valid_from", "valid_to")
    list_filter: ClassVar = ["case_type", "valid_from"]
    list_select_related = ("program__provider",)
