"""The rule for whoever wants to know and not a lawyer, for tables of rules that were made before it."""

from typing import Any

from django.db import migrations

from referrals.seeds import load_triage_rules

CATCH_ALL = 190


def seed(apps: Any, schema_editor: Any) -> None:
    newest = apps.get_model("referrals", "TriageRule").objects.filter(position=CATCH_ALL, valid_to__isnull=True)
    for rule in newest:
        load_triage_rules(apps, rule.valid_from)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0011_urgency_rules")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
