"""The hotline and the fund's office."""

from typing import Any

from django.db import migrations

from accounts.seeds import load


def seed(apps: Any, schema_editor: Any) -> None:
    load(apps)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
