"""How forms are drawn."""

from django.forms.renderers import TemplatesSetting


class PageFormRenderer(TemplatesSetting):
    """Fields with label, hint, error and control in the order a screen reader should read them."""

    field_template_name = "web/forms/field.html"
