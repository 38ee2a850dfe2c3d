"""Case types, providers, programs and offer orders."""

from typing import Any

from django.db import migrations

from providers.seeds import load


def seed(apps: Any, schema_editor: Any) -> None:
    load(apps)


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_initial"), ("accounts", "0002_seed_organizations")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
