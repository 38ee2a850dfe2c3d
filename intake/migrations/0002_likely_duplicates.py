import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0001_initial"),
        ("referrals", "0010_more_tasks"),
    ]

    operations = [
        migrations.CreateModel(
            name="LikelyDuplicate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "matched_by",
                    models.CharField(
                        choices=[
                            ("a_number", "The same A-number"),
                            ("person", "Two names that sound the same, and the same birth day"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "To be compared"),
                            ("not_same", "Not the same person"),
                            ("merged", "The same person, joined"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_user_id", models.BigIntegerField(null=True)),
                (
                    "one",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="referrals.case"
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="referrals.case"
                    ),
                ),
            ],
            options={
                "ordering": ("found_at", "pk"),
                "constraints": [
                    models.UniqueConstraint(fields=("one", "other"), name="one_row_per_pair"),
                    models.CheckConstraint(condition=models.Q(("one__lt", models.F("other"))), name="pair_in_order"),
                    models.CheckConstraint(
                        condition=models.Q(("state", "open"), ("decided_at__isnull", False), _connector="XOR"),
                        name="pair_decided_at_a_time",
                    ),
                ],
            },
        ),
    ]
