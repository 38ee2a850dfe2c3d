"""Places outside the 5th and 8th Circuits, and the ZIP codes of boxes, for tables made before they were seeded."""

from typing import Any

from django.db import migrations

from referrals.seeds import load_facilities, load_zip_codes


def seed(apps: Any, schema_editor: Any) -> None:
    load_facilities(apps)
    load_zip_codes(apps)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0035_call_of_a_night")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
