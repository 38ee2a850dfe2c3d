"""The fund's price list."""

from typing import Any

from django.db import migrations

from funding.seeds import load


def seed(apps: Any, schema_editor: Any) -> None:
    load(apps)


class Migration(migrations.Migration):
    dependencies = [("funding", "0003_append_only_ledger")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
