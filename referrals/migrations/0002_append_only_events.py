"""The case's event log refuses UPDATE, DELETE and TRUNCATE."""

from django.db import migrations

from privacy.append_only import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial")]
    operations = [refuse_changes("referrals_caseevent")]
