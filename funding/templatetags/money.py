"""Money on pages."""

from collections.abc import Mapping
from typing import Any

from django import template

from funding.amounts import dollars

register = template.Library()
register.filter("dollars", dollars)


@register.filter
def signed_dollars(cents: int) -> str:
    """Cents as dollars, with a minus in front of what left."""
    return f"−{dollars(-cents)}" if cents < 0 else dollars(cents)


@register.filter
def of(mapping: Mapping[Any, str], key: Any) -> str:
    """The mapping's value for the key, or nothing."""
    return mapping.get(key, "")
