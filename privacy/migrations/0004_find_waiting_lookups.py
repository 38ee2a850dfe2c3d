"""An index to find the look-up documents by that wait for the worker: sealed documents are many."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("privacy", "0003_append_only_tombstones")]

    operations = [
        migrations.AddIndex(
            model_name="sealeddocument",
            index=models.Index(condition=Q(kind="lookup"), fields=["case_id"], name="lookup_waiting"),
        ),
    ]
