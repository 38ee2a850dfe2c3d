from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0004_find_waiting_lookups"),
    ]

    operations = [
        migrations.AddField(
            model_name="returncode",
            name="contact_id",
            field=models.UUIDField(null=True),
        ),
    ]
