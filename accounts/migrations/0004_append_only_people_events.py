"""A trigger that keeps an organization's log of its people from being changed."""

from django.db import migrations

from privacy.append_only import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_vault")]
    operations = [refuse_changes("accounts_peopleevent")]
