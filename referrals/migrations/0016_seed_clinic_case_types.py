"""The case types a clinic can serve."""

from typing import Any

from django.db import migrations

from referrals.seeds import load_clinic_case_types


def seed(apps: Any, schema_editor: Any) -> None:
    load_clinic_case_types(apps)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0015_locator_certifications_clinics")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
