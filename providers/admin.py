"""Providers, their programs and the dated tables of case types and offer orders.

Room is not here: ceilings and pauses are set on /staff/room/, where the waitlist hears of them.
"""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from providers.actions import ask_again
from providers.models import CaseType, OfferPlace, Program, Provider
from providers.table_forms import ORDER_FIELDS, CaseTypeForm, CheckedRowForm, OfferPlaceForm, OrderForm, ProviderForm
from web.editing import SavesWhatChanged


class DatedRowAdmin(admin.ModelAdmin):
    """A row that decided something stays: it ends by its `valid_to`, and a new one begins."""

    list_filter: ClassVar = ["valid_from"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class CheckedRowAdmin(DatedRowAdmin):
    """A table that is checked as a whole; where a row is replaced, its end and its successor are saved together."""

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        # A row that is not there yet replaces none.
        return [name for name in super().get_fields(request, obj) if obj or name != "begins_on"]

    def save_model(self, request: HttpRequest, obj: Model, form: CheckedRowForm, change: bool) -> None:
        with transaction.atomic():
            if form.replaced is not None:
                form.replaced.save(update_fields=["valid_to"])
            super().save_model(request, obj, form, change)


@admin.register(Provider)
class ProviderAdmin(SavesWhatChanged):
    form = ProviderForm
    list_display = ("code", "name", "is_primary", "is_active", "has_on_call")

    def save_model(self, request: HttpRequest, obj: Provider, form: ProviderForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        ask_again(obj.programs.all(), timezone.now())

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
class ProgramAdmin(SavesWhatChanged):
    form = ProgramForm
    list_display = ("provider", "kind", "ceiling", "in_use", "paused_at", "takes_minors")
    list_select_related = ("provider",)
    readonly_fields = ("ceiling", "in_use", "paused_at", "last_offer_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Program | None = None) -> tuple[str, ...]:
        # Offers and room hang on what a program is; a new kind of work is a new program.
        return (*self.readonly_fields, "provider", "kind") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Program, form: ProgramForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        # Whom it takes is whom it has room for.
        ask_again(Program.objects.filter(pk=obj.pk), timezone.now())

    def has_delete_permission(self, request: HttpRequest, obj: Program | None = None) -> bool:
        return False


@admin.register(CaseType)
class CaseTypeAdmin(CheckedRowAdmin):
    form = CaseTypeForm
    list_display = ("code", "plain_name", "points", "detained", "valid_from", "valid_to")
    search_fields = ("code", "plain_name", "meaning")


@admin.register(OfferPlace)
class OfferPlaceAdmin(CheckedRowAdmin):
    """Adding begins a whole order from a day on; a single step is corrected or replaced on its own page."""

    form = OfferPlaceForm
    list_display = ("case_type", "position", "program", "limited_scope", "valid_from", "valid_to")
    list_filter: ClassVar = ["case_type", "valid_from"]
    list_select_related = ("program__provider",)

    def get_form(self, request: HttpRequest, obj: OfferPlace | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else OrderForm

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return super().get_fields(request, obj) if obj else ORDER_FIELDS

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        first, *others = form.beginning
        with transaction.atomic():
            for one in form.ending:
                one.save(update_fields=["valid_to"])
            for name in ("position", "program", "limited_scope"):
                setattr(obj, name, getattr(first, name))
            obj.save()
            for one in others:
                one.save()
