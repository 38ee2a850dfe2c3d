"""Who reads releases, and what administration costs: the switch of the public page refuses UPDATE and DELETE."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from privacy.append_only import refuse_changes


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0009_frozen_releases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicPageSwitch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_on", models.BooleanField(verbose_name="anybody may read the releases")),
                ("switched_at", models.DateTimeField()),
                ("switched_by_user_id", models.BigIntegerField()),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ReleaseMailWish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_wanted", models.BooleanField()),
                ("said_at", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AdministrationCost",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("cents", models.PositiveIntegerField()),
                ("spent_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "To be signed"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                            ("ended", "Over"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("asked_by_user_id", models.BigIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("decided_by_user_id", models.BigIntegerField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "entry",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="funding.journalentry",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="administration_costs",
                        to="funding.grant",
                    ),
                ),
            ],
            options={
                "ordering": ("-asked_at",),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("cents__gt", 0)), name="administration_is_money"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True), ("decided_by_user_id__isnull", True), ("state", "asked")
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by_user_id__isnull", False),
                                ("state__in", ["approved", "refused"]),
                            ),
                            _connector="OR",
                        ),
                        name="administration_decided_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "approved"), _negated=True),
                            models.Q(("decided_by_user_id", models.F("asked_by_user_id")), _negated=True),
                            _connector="OR",
                        ),
                        name="administration_signed_by_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("entry__isnull", False), ("state", "approved")),
                            models.Q(models.Q(("state", "approved"), _negated=True), ("entry__isnull", True)),
                            _connector="OR",
                        ),
                        name="administration_posted_when_approved",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReleaseMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mailed_at", models.DateTimeField(null=True)),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="funding.release"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("release", "user"), name="releasemail_one_per_member")],
            },
        ),
        refuse_changes("funding_publicpageswitch"),
    ]
