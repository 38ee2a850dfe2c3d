"""What a provider sent shortly before counts with an invoice, for the signature of its funder."""

from typing import Any

from django.db import migrations, models

from funding.seeds import RULES, RULES_FROM


def tell_source(apps: Any, schema_editor: Any) -> None:
    """The row of the first day says what it proposes; one that somebody changed keeps its words."""
    rules = apps.get_model("funding", "MoneyRule").objects.filter(valid_from=RULES_FROM)
    rules.filter(source__startswith="Fund's proposal, Nov 2026").update(source=RULES["source"])


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0012_ends_and_appends"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="sent_before",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="moneyrule",
            name="funder_signature_days",
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
        migrations.RunPython(tell_source, migrations.RunPython.noop),
    ]
