"""The retention schedule."""

from typing import Any

from django.db import migrations

from referrals.seeds import load_retention


def seed(apps: Any, schema_editor: Any) -> None:
    load_retention(apps)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0004_vault")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
