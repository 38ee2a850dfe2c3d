"""An index to count a member's openings of the last hour by: the log of cases is long."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("referrals", "0005_seed_retention")]

    operations = [
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(condition=Q(kind="opened_document"), fields=["user_id", "at"], name="event_opened_by"),
        ),
    ]
