"""An entry is inserted after its lines; SQLite too refuses one that has not all of them."""

from django.db import migrations

from funding.guards import guard_appends


class Migration(migrations.Migration):
    dependencies = [("funding", "0014_asked_releases")]
    operations = [guard_appends()]
