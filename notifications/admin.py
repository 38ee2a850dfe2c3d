"""For whoever runs the server: what left, what did not and why, and the switch that keeps texts from leaving.

There is nothing to read in it of what was sent or to whom.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from notifications import stops
from notifications.models import CarrierReport, Message, OperatorPage, Sender, SendingStop, StopReason
from notifications.texts import OF_MESSAGES


class ReadOnly(admin.ModelAdmin):
    """Looked at, never changed by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReportsOnIt(admin.TabularInline):
    model = CarrierReport
    fields = readonly_fields = ("carrier_id", "status", "error_code", "at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Message)
class MessageLog(ReadOnly):
    """What left, what did not, and why."""

    list_display = (
        "id",
        "template",
        "language",
        "state",
        "reason",
        "error_code",
        "attempts",
        "send_after",
        "state_since",
    )
    list_filter = ("state", "template", "language")
    search_fields = ("=id", "=carrier_id")
    date_hierarchy = "created_at"
    inlines = (ReportsOnIt,)


class StopForm(forms.ModelForm):
    """Which texts are to stay here until the stop is lifted."""

    template = forms.ChoiceField(
        label="Texts",
        required=False,
        choices=[(stops.EVERYTHING, "Every text"), *((name, name) for name in OF_MESSAGES)],
        help_text="They wait two hours; then coordinators call the families. Urgent texts are stopped too.",
    )

    class Meta:
        model = SendingStop
        fields = ("template",)

    def clean_template(self) -> str:
        template: str = self.cleaned_data["template"]
        if template in stops.in_force():
            raise forms.ValidationError("These texts are stopped already.")
        return template


@admin.register(SendingStop)
class KillSwitch(admin.ModelAdmin):
    """Add one to stop texts; choose “Let these texts go again” to lift it. What was stopped when is kept."""

    form = StopForm
    list_display = ("__str__", "reason", "placed_at", "placed_by_user_id", "lifted_at", "lifted_by_user_id")
    actions = ("lift",)

    def save_model(self, request: HttpRequest, obj: SendingStop, form: StopForm, change: bool) -> None:
        obj.reason, obj.placed_at, obj.placed_by_user_id = StopReason.BY_HAND, timezone.now(), request.user.pk
        super().save_model(request, obj, form, change)

    @admin.action(description="Let these texts go again", permissions=["add"])
    def lift(self, request: HttpRequest, chosen: QuerySet[SendingStop]) -> None:
        now = timezone.now()
        lifted = sum(stops.lift(stop.pk, by_user_id=request.user.pk or 0, now=now) for stop in chosen)
        self.message_user(request, f"Lifted: {lifted}.", messages.SUCCESS if lifted else messages.WARNING)

    def has_change_permission(self, request: HttpRequest, obj: SendingStop | None = None) -> bool:
        # The list, for its action; a stop itself is placed and lifted, never rewritten.
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: SendingStop | None = None) -> bool:
        return False


@admin.register(OperatorPage)
class PageLog(ReadOnly):
    list_display = ("error_code", "template", "at", "mailed_at")


@admin.register(Sender)
class SenderLog(ReadOnly):
    list_display = ("number", "next_turn_at")
