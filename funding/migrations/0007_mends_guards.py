"""No line into a closed month by way of an old entry, and no closed month opened again."""

from django.db import migrations

from funding.guards import guard_journal


class Migration(migrations.Migration):
    dependencies = [("funding", "0006_books_of_before")]
    operations = [guard_journal()]
