"""The log of texts: states and codes, read-only. There is nothing to read in it of what was sent or to whom."""

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import Message


@admin.register(Message)
class MessageLog(admin.ModelAdmin):
    """For whoever runs the server: what left, what did not, and why."""

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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False
