"""How a page of the admin saves."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class SavesWhatChanged(admin.ModelAdmin):
    """Writes the fields that were changed on the page and no other.

    What a worker counted on the row since the page's request read it (room in use, money committed) stays counted.
    """

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=columns.intersection(form.changed_data))
