"""What an order would yield: the rows of some cases, and only the fields the registry lets anybody read.

Models are found by the way that leads from them to a case: the case itself, a field of its id, or a row that has one.
"""

import json
from collections.abc import Collection, Iterator
from typing import IO, Any
from uuid import UUID

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import ForeignKey, Model

from privacy.published import level_of

CASE = "referrals.case"
_AT_ONCE = 500


def ways_to_case() -> dict[str, str]:
    """For each model that tells of a case, by label: the look-up that leads from it to the case's id."""
    models = {model._meta.label_lower: model for model in apps.get_models(include_auto_created=True)}
    ways = {label: way for label, model in models.items() if (way := _own_way(model))}
    # A row that belongs to such a row belongs to the case too, however far away.
    while found := {
        label: f"{field.name}__{ways[parent]}"
        for label, model in models.items()
        if label not in ways
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and (parent := field.related_model._meta.label_lower) in ways
    }:
        ways |= found
    return dict(sorted(ways.items()))


def rows_of_cases(case_ids: Collection[UUID]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, {column: value}) of every row of these cases, sealed columns left out."""
    identities = sorted(set(case_ids))
    for label, way in ways_to_case().items():
        model = apps.get_model(label)
        fields = [one for one in model._meta.local_fields if not level_of(model, one.name).is_sealed]
        for start in range(0, len(identities), _AT_ONCE):
            rows = model._default_manager.filter(**{f"{way}__in": identities[start : start + _AT_ONCE]}).order_by("pk")
            for row in rows.values_list(*(one.attname for one in fields)).iterator(chunk_size=_AT_ONCE):
                yield model._meta.db_table, {str(one.column): value for one, value in zip(fields, row, strict=True)}


def export(case_ids: Collection[UUID], to: IO[str]) -> int:
    """Write the rows of these cases as JSON lines; returns how many."""
    count = 0
    for table, row in rows_of_cases(case_ids):
        to.write(json.dumps({"table": table, "row": row}, cls=_Encoder, ensure_ascii=False) + "\n")
        count += 1
    return count


class _Encoder(DjangoJSONEncoder):
    """Also the few readable columns of bytes: public halves of keys, as hex."""

    def default(self, o: Any) -> Any:
        return bytes(o).hex() if isinstance(o, bytes | memoryview) else super().default(o)


def _own_way(model: type[Model]) -> str:
    if model._meta.label_lower == CASE:
        return "pk"
    for field in model._meta.local_fields:
        if field.name == "case_id":
            return "case_id"
        if isinstance(field, ForeignKey) and field.related_model._meta.label_lower == CASE and field.name == "case":
            return "case"
    return ""
