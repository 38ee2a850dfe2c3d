"""Releases of four tables, as documents; the one-margin releases of before are dropped.

Those were never given to anybody. What they counted is counted again, in the first release of the new kind.
"""

import django.db.models.deletion
from django.db import migrations, models

from privacy.append_only import refuse_changes

LEVELS = [("tables", "Tables"), ("margins", "Totals only"), ("nothing", "Nothing")]
FORMATS = [("json", "JSON"), ("csv", "CSV"), ("xlsx", "Spreadsheet"), ("pdf", "PDF")]


def id_field() -> tuple[str, models.Field]:
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def release(name: str) -> tuple[str, models.Field]:
    link = models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name=name, to="funding.release")
    return ("release", link)


class Migration(migrations.Migration):
    dependencies = [("funding", "0008_mends_failed_events")]
    operations = [
        migrations.DeleteModel("ReleasedDisbursement"),
        migrations.DeleteModel("Release"),
        migrations.CreateModel(
            name="Release",
            fields=[
                id_field(),
                ("quarter", models.CharField(max_length=6, unique=True)),
                ("level", models.CharField(choices=LEVELS, max_length=8)),
                ("reasons", models.JSONField(blank=True, default=list)),
                ("made_at", models.DateTimeField()),
                ("previous_sha256", models.CharField(blank=True, max_length=64)),
                ("sha256", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ("-quarter",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("level__in", ["tables", "margins", "nothing"])),
                        name="release_level_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReleaseDocument",
            fields=[
                id_field(),
                ("edition", models.CharField(blank=True, max_length=50)),
                ("format", models.CharField(choices=FORMATS, max_length=4)),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                release("documents"),
            ],
            options={
                "ordering": ("release", "edition", "format"),
                "constraints": [
                    models.UniqueConstraint(fields=("release", "edition", "format"), name="one_document_per_edition"),
                    models.CheckConstraint(
                        condition=models.Q(("format__in", ["json", "csv", "xlsx", "pdf"])),
                        name="release_format_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CountedFact",
            fields=[id_field(), ("fact", models.CharField(max_length=120, unique=True)), release("facts")],
        ),
        migrations.CreateModel(
            name="WaitingLink",
            fields=[
                id_field(),
                ("reader", models.CharField(blank=True, max_length=20)),
                ("waiting", models.PositiveIntegerField()),
                ("lowest", models.PositiveIntegerField()),
                ("highest", models.PositiveIntegerField(null=True)),
                ("above", models.PositiveIntegerField()),
                ("below", models.PositiveIntegerField()),
                release("links"),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("release", "reader"), name="one_link_per_reader"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lowest__lte", models.F("waiting")),
                            models.Q(
                                ("highest__isnull", True),
                                ("highest__gte", models.F("waiting")),
                                _connector="OR",
                            ),
                        ),
                        name="waiting_within_its_bounds",
                    ),
                ]
            },
        ),
        refuse_changes("funding_release", "funding_releasedocument", "funding_countedfact", "funding_waitinglink"),
    ]
