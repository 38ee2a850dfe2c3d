"""Who is asked third for family petitions and citizenship, for tables that were made before it was seeded."""

from typing import Any

from django.db import migrations

from providers.seeds import add_last_step, load_providers


def seed(apps: Any, schema_editor: Any) -> None:
    load_providers(apps)
    for case_type in ("FAM", "NATZ"):
        # An order that somebody has changed since is theirs.
        add_last_step(apps, case_type, before=("VLN", "ILCM"), code="IIMN")


class Migration(migrations.Migration):
    dependencies = [("providers", "0003_limits_of_room")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
