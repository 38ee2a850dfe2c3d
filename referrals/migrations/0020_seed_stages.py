"""The stages of the work."""

from typing import Any

from django.db import migrations

from referrals.seeds import load_stages


def seed(apps: Any, schema_editor: Any) -> None:
    load_stages(apps)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0019_stages")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
