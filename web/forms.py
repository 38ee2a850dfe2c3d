"""How forms are drawn, and the fields that Django has no accessible control for."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class PageFormRenderer(TemplatesSetting):
    """Fields with label, hint, error and control in the order a screen reader should read them."""

    field_template_name = "web/forms/field.html"


class DayWidget(forms.MultiWidget):
    """Three short boxes for month, day and year: quicker and surer on any phone than a calendar."""

    template_name = "web/forms/day.html"
    use_fieldset = True
    parts: ClassVar = [
        ("month", _("Month"), {"maxlength": 2}),
        ("day", _("Day"), {"maxlength": 2}),
        ("year", _("Year"), {"maxlength": 4}),
    ]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        boxes = [
            forms.TextInput({"inputmode": "numeric", "autocomplete": "off", **limits})
            for _name, _label, limits in self.parts
        ]
        super().__init__(boxes, attrs)

    def decompress(self, value: date | str | None) -> list[Any]:
        day = date.fromisoformat(value) if isinstance(value, str) and value else value
        return [day.month, day.day, day.year] if isinstance(day, date) else [None, None, None]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for box, (_name, label, _limits) in zip(context["widget"]["subwidgets"], self.parts, strict=True):
            box["label"] = label
            box["attrs"].pop("required", None)
        return context


class DayField(forms.MultiValueField):
    """A day typed as month, day and year; cleans to a `date`, or None where it may be left out."""

    widget = DayWidget
    default_error_messages: ClassVar = {
        "incomplete": _("Write the month, the day and the year, for example 5 28 2001."),
        "invalid": _("This day does not exist. Check the month, the day and the year."),
    }

    def __init__(self, **kwargs: Any) -> None:
        boxes = [forms.CharField(required=False, max_length=4) for _part in DayWidget.parts]
        super().__init__(boxes, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str] | None) -> date | None:
        parts = [part.strip() for part in data_list or []]
        if not any(parts):
            return None
        if not all(parts):
            raise ValidationError(self.error_messages["incomplete"], code="incomplete")
        try:
            month, day, year = (int(part) for part in parts)
            if year < 1000:
                raise ValueError("a year of fewer than four digits")
            return date(year, month, day)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
