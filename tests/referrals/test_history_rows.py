"""The bench's rows are written by SQL alone: they must name every column that the models grew since."""

import re

import pytest
from django.apps import apps
from django.db.models import AutoField, Model

from tests.bench import history_rows

INSERTS = {
    f"{name} {table}": (table, {column.strip() for column in columns.split(",")})
    for name, text in sorted(vars(history_rows).items())
    if isinstance(text, str)
    for table, columns in re.findall(r"INSERT INTO (\w+) \(\s*([^)]*)\)", text)
}
MODELS: dict[str, type[Model]] = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


@pytest.mark.parametrize("insert", INSERTS)
def test_every_row_has_all_that_the_table_needs(insert: str) -> None:
    table, named = INSERTS[insert]
    fields = MODELS[table]._meta.local_concrete_fields
    needed = {
        field.column for field in fields if not (field.null or isinstance(field, AutoField) or field.has_db_default())
    }

    assert needed <= named, needed - named
    assert named <= {field.column for field in fields}
