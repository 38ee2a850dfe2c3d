from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0007_take_back"),
    ]

    operations = [
        migrations.AddField(
            model_name="returncode",
            name="first_case_id",
            field=models.UUIDField(null=True),
        ),
    ]
