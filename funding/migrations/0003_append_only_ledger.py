"""What was posted, paid and released refuses UPDATE, DELETE and TRUNCATE."""

from django.db import migrations

from privacy.append_only import refuse_changes


class Migration(migrations.Migration):
    dependencies = [("funding", "0002_commitment_follows_the_case")]
    operations = [
        refuse_changes(
            "funding_journalentry",
            "funding_journalline",
            "funding_disbursement",
            "funding_release",
            "funding_releaseddisbursement",
        )
    ]
