"""The published list: every column of every table of both databases, by how much it tells.

Built from the registry and the installed models, and compared with the databases themselves by `manage.py drill
subpoena`: whatever the list leaves out, an export would show.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connections, models, router

from privacy.registry import NOTES, REGISTRY, WITHOUT_MODEL, Level


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the database names it; `note` is empty where the name says it all."""

    name: str
    level: Level
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the database `alias` ("default" is the main one)."""

    alias: str
    name: str
    note: str
    columns: tuple[Column, ...]

    def of(self, level: Level) -> list[Column]:
        return [column for column in self.columns if column.level == level]


class Unclassified(LookupError):
    """A field of which the registry does not say what it holds."""


def published_list() -> list[Table]:
    """Every table, main database first, by name; raises `Unclassified`."""
    tables = [*_of_models(), *_without_model()]
    return sorted(tables, key=lambda table: (list(connections).index(table.alias), table.name))


def level_of(model: type[models.Model], field: str) -> Level:
    """What the registry says of a field of a model; raises `Unclassified`."""
    label = model._meta.label_lower
    try:
        return REGISTRY[label][field]
    except KeyError:
        raise Unclassified(f"privacy/registry.py does not say what {label}.{field} holds") from None


def _of_models() -> Iterator[Table]:
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        label = model._meta.label_lower
        columns = tuple(
            Column(str(field.column), level_of(model, field.name), NOTES.get(f"{label}.{field.name}", ""))
            for field in model._meta.local_fields
        )
        for alias in connections:
            if router.allow_migrate_model(alias, model):
                yield Table(alias, model._meta.db_table, NOTES.get(label, ""), columns)


def _without_model() -> Iterator[Table]:
    for name, levels in WITHOUT_MODEL.items():
        columns = tuple(Column(column, level) for column, level in levels.items())
        for alias in connections:
            yield Table(alias, name, NOTES.get(name, ""), columns)
