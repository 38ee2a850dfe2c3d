"""The fields of HSDS 3.1 as this project reads the standard: name → kind; kept by hand, and checked strictly.

Kinds: `text`, `number`, `uuid`, `uri`, `email`, `instant` (RFC 3339), `day` (YYYY-MM-DD), `clock` (HH:MM with an
offset), `a|b` (one of), `>name` (a record of that table), `[name]` (a list of them). `!` behind a name: required.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

FIELDS: dict[str, dict[str, str]] = {
    "organization_list": {
        "id!": "uuid",
        "name!": "text",
        "alternate_name": "text",
        "description!": "text",
        "email": "email",
        "website": "uri",
        "tax_status": "text",
        "tax_id": "text",
        "year_incorporated": "number",
        "legal_status": "text",
        "logo": "text",
        "uri": "uri",
        "parent_organization_id": "uuid",
    },
    "service_list": {
        "id!": "uuid",
        "organization_id": "uuid",
        "program_id": "uuid",
        "name!": "text",
        "alternate_name": "text",
        "description": "text",
        "url": "uri",
        "email": "email",
        "status!": "active|inactive|defunct|temporarily closed",
        "interpretation_services": "text",
        "application_process": "text",
        "fees_description": "text",
        "wait_time": "text",
        "fees": "text",
        "accreditations": "text",
        "eligibility_description": "text",
        "minimum_age": "number",
        "maximum_age": "number",
        "assured_date": "day",
        "assurer_email": "email",
        "licenses": "text",
        "alert": "text",
        "last_modified": "instant",
        "organization": ">organization_list",
    },
    "service_at_location_list": {
        "id!": "uuid",
        "service_id": "uuid",
        "location_id": "uuid",
        "description": "text",
        "location": ">location",
    },
    "location": {
        "id!": "uuid",
        "location_type!": "physical|postal|virtual",
        "url": "uri",
        "organization_id": "uuid",
        "name": "text",
        "alternate_name": "text",
        "description": "text",
        "transportation": "text",
        "latitude": "number",
        "longitude": "number",
        "external_identifier": "text",
        "external_identifier_type": "text",
    },
    "phone": {
        "id!": "uuid",
        "location_id": "uuid",
        "service_id": "uuid",
        "organization_id": "uuid",
        "contact_id": "uuid",
        "service_at_location_id": "uuid",
        "number!": "text",
        "extension": "number",
        "type": "text",
        "description": "text",
    },
    "schedule": {
        "id!": "uuid",
        "service_id": "uuid",
        "location_id": "uuid",
        "service_at_location_id": "uuid",
        "valid_from": "day",
        "valid_to": "day",
        "dtstart": "day",
        "timezone": "number",
        "until": "day",
        "count": "number",
        "wkst": "MO|TU|WE|TH|FR|SA|SU",
        "freq": "WEEKLY|MONTHLY",
        "interval": "number",
        "byday": "text",
        "byweekno": "text",
        "bymonthday": "text",
        "byyearday": "text",
        "description": "text",
        "opens_at": "clock",
        "closes_at": "clock",
        "schedule_link": "uri",
        "attending_type": "text",
        "notes": "text",
    },
    "language": {
        "id!": "uuid",
        "service_id": "uuid",
        "location_id": "uuid",
        "phone_id": "uuid",
        "name": "text",
        "code": "text",
        "note": "text",
    },
    "unit": {"id!": "uuid", "name!": "text", "scheme": "text", "identifier": "text", "uri": "uri"},
    "service_capacity": {
        "id!": "uuid",
        "service_id": "uuid",
        "unit!": ">unit",
        "unit_id": "uuid",
        "available!": "number",
        "maximum": "number",
        "description": "text",
        "updated!": "instant",
    },
    "taxonomy": {"id!": "uuid", "name!": "text", "description!": "text", "uri": "uri", "version": "text"},
    "taxonomy_term": {
        "id!": "uuid",
        "code": "text",
        "name!": "text",
        "description!": "text",
        "parent_id": "uuid",
        "taxonomy": "text",
        "taxonomy_detail": ">taxonomy",
        "language": "text",
        "taxonomy_id": "uuid",
        "term_uri": "uri",
    },
    "attribute": {
        "id!": "uuid",
        "link_id": "uuid",
        "taxonomy_term_id": "uuid",
        "link_type": "text",
        "link_entity": "text",
        "value": "text",
        "taxonomy_term": ">taxonomy_term",
        "label": "text",
    },
}
FIELDS["organization"] = FIELDS["organization_list"] | {"phones": "[phone]", "locations": "[location]"}
FIELDS["service_at_location"] = FIELDS["service_at_location_list"] | {"phones": "[phone]", "schedules": "[schedule]"}
FIELDS["service"] = FIELDS["service_list"] | {
    "phones": "[phone]",
    "schedules": "[schedule]",
    "service_at_locations": "[service_at_location_list]",
    "languages": "[language]",
    "capacities": "[service_capacity]",
    "attributes": "[attribute]",
}


def faults(record: Any, table: str, where: str = "") -> Iterator[str]:
    """Everything in a record that the standard does not know or does not allow."""
    where = where or table
    if not isinstance(record, dict):
        yield f"{where} is no record"
        return
    fields = {name.rstrip("!"): kind for name, kind in FIELDS[table].items()}
    yield from (f"{where} lacks {name[:-1]}" for name in FIELDS[table] if name[-1] == "!" and name[:-1] not in record)
    for name, value in record.items():
        if name not in fields:
            yield f"{where}.{name} is unknown"
        else:
            yield from _faults_of_value(value, fields[name], f"{where}.{name}")


def _faults_of_value(value: Any, kind: str, where: str) -> Iterator[str]:
    if kind[0] == ">":
        yield from faults(value, kind[1:], where)
    elif kind[0] == "[":
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        for number, one in enumerate(value):
            yield from faults(one, kind[1:-1], f"{where}[{number}]")
    elif kind == "number":
        if type(value) not in (int, float):
            yield f"{where} is no number"
    elif not isinstance(value, str) or not _is(value, kind):
        yield f"{where} is no {kind}: {value!r}"


def _is(value: str, kind: str) -> bool:
    try:
        match kind:
            case "text":
                return value != ""
            case "uuid":
                return str(UUID(value)) == value
            case "uri":
                return bool(urlsplit(value).scheme and urlsplit(value).netloc)
            case "email":
                return re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None
            case "day":
                return date.fromisoformat(value).isoformat() == value
            case "instant":
                return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value) is not None and bool(
                    datetime.fromisoformat(value)
                )
            case "clock":
                return re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d[+-][01]\d:[0-5]\d", value) is not None
            case _:
                return value in kind.split("|")
    except ValueError:
        return False
