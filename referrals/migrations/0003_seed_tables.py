"""Triage rules, facilities, ZIP codes, income lines and partners."""

from typing import Any

from django.db import migrations

from referrals.seeds import load_law


def seed(apps: Any, schema_editor: Any) -> None:
    load_law(apps)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0002_append_only_events"), ("providers", "0002_seed_tables")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
