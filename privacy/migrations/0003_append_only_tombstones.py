"""Triggers that keep both logs of what was destroyed from being changed."""

from django.db import migrations

from privacy.append_only import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("privacy", "0002_vault")]
    operations = [
        refuse_changes("privacy_tombstone"),
        refuse_changes("privacy_keytombstone", model_name="keytombstone"),
    ]
