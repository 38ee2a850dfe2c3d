"""How the OpenAPI schema describes the directory: the envelope in full, the records by what identifies them.

The records' own schema is the standard's (schema/compiled of openreferral/specification, 3.1).
"""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

_UUID = {"type": "string", "format": "uuid"}
_TEXT = {"type": "string"}


def record(name: str, *required: str) -> dict[str, Any]:
    """A record of HSDS 3.1 with the fields it cannot be without."""
    properties = {field: _UUID if field == "id" else _TEXT for field in required}
    return {
        "type": "object",
        "description": f"`{name}` of HSDS 3.1.",
        "properties": properties,
        "required": list(required),
        "additionalProperties": {},
    }


ORGANIZATION = record("organization", "id", "name", "description")
SERVICE = record("service", "id", "name", "status")
AT_LOCATION = record("service_at_location", "id")
TAXONOMY = record("taxonomy", "id", "name", "description")
TERM = record("taxonomy_term", "id", "name", "description")
PROBLEM = {"type": "object", "properties": {"detail": _TEXT}, "required": ["detail"]}
ROOT = {
    "type": "object",
    "properties": {
        "version": _TEXT,
        "profile": {"type": "string", "format": "uri"},
        "openapi_url": {"type": "string", "format": "uri"},
    },
    "required": ["version", "profile", "openapi_url"],
}
_COUNTS = ("total_items", "total_pages", "page_number", "size")
_FLAGS = ("first_page", "last_page", "empty")


def page_of(shown: dict[str, Any]) -> dict[str, Any]:
    """The standard's envelope around a page of records."""
    properties: dict[str, Any] = {name: {"type": "integer"} for name in _COUNTS}
    properties |= {name: {"type": "boolean"} for name in _FLAGS}
    properties["contents"] = {"type": "array", "items": shown}
    return {"type": "object", "properties": properties, "required": list(properties)}


PAGE = OpenApiParameter("page", OpenApiTypes.INT, description="From 1.")
PER_PAGE = OpenApiParameter("per_page", OpenApiTypes.INT, description="Records a page, 1 to 100; 50 if not given.")
FULL = OpenApiParameter("full", OpenApiTypes.BOOL, description="Each record with everything that belongs to it.")
OF_ORGANIZATION = OpenApiParameter("organization_id", OpenApiTypes.UUID)
WITH_TERM = OpenApiParameter("taxonomy_term_id", OpenApiTypes.UUID)
OF_TAXONOMY = OpenApiParameter("taxonomy_id", OpenApiTypes.UUID)
