"""The sixteen triage rules, and how people held can be reached; an older table of rules ends on the day these begin."""

from datetime import date
from typing import Any

from django.db import migrations

from referrals.seeds import load_contact_rules, load_triage_rules

BEGINS = date(2026, 11, 25)


def seed(apps: Any, schema_editor: Any) -> None:
    rules = apps.get_model("referrals", "TriageRule").objects
    if rules.exists():
        # Cases point to the rule that decided them: it stays, and stops deciding.
        rules.filter(valid_to__isnull=True).update(valid_to=BEGINS)
        load_triage_rules(apps, BEGINS)
    else:
        load_triage_rules(apps)
    load_contact_rules(apps)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0008_triage_fields")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
