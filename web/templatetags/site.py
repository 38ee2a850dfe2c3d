"""What the base templates and the form templates need."""

import re
from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select, Textarea, Widget
from django.http import HttpRequest
from django.template import Context
from django.urls import translate_url
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from web import shortcuts
from web.languages import DRAFT_LANGUAGES
from web.navigation import StaffLink, links_of

register = template.Library()


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """This page in one language, by the language's own name."""

    code: str
    name: str
    href: str
    is_current: bool


@register.filter
def has_shortcuts(request: HttpRequest) -> bool:
    """`{% if request|has_shortcuts %}`: whether single keys work in this browser."""
    return shortcuts.are_on(request)


@register.simple_tag(takes_context=True)
def language_links(context: Context) -> list[LanguageLink]:
    """This page in every language; the start page of the language where the page has no address of its own."""
    request = context.get("request")
    here = request.path if request else "/"
    current = get_language()
    links = []
    for code, name in settings.LANGUAGES:
        there = translate_url(here, code)
        if there == here and code != current:
            there = f"/{code}/"
        links.append(LanguageLink(code, name, there, code == current))
    return links


@register.simple_tag(takes_context=True)
def staff_links(context: Context) -> list[StaffLink]:
    """The rooms that the signed-in member's role opens."""
    request = context.get("request")
    return links_of(request) if request else []


@register.filter
def dialable(number: str) -> str:
    """A US number as a `tel:` link wants it: +1 and ten digits."""
    digits = re.sub(r"\D", "", number)
    return f"+1{digits}" if len(digits) == 10 else f"+{digits}"


@register.filter
def is_draft_language(code: str) -> bool:
    """Whether no person has checked the texts in this language yet."""
    return code in DRAFT_LANGUAGES


@register.simple_tag
def choice_kind(field: BoundField) -> str:
    """`radio` or `checkbox` for a group of choices drawn one by one, else nothing."""
    if isinstance(field.field.widget, CheckboxSelectMultiple):
        return "checkbox"
    return "radio" if isinstance(field.field.widget, RadioSelect) else ""


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether the field is one box to tick, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def control(field: BoundField, css_class: str = "") -> SafeString:
    """The field's control with the USWDS class of its kind, keeping the classes its widget asks for."""
    widget = field.field.widget
    if not css_class:
        css_class = _class_of(widget)
    attrs: dict[str, Any] = {"class": f"{css_class} {widget.attrs.get('class', '')}".strip()}
    if field.errors and css_class in ("usa-input", "usa-textarea", "usa-select"):
        attrs["class"] += f" {css_class}--error"
    return field.as_widget(attrs=attrs)


def _class_of(widget: Widget) -> str:
    if isinstance(widget, Textarea):
        return "usa-textarea"
    return "usa-select" if isinstance(widget, Select) else "usa-input"
