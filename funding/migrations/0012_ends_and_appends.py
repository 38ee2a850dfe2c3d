"""The end of a grant and of an allowance; one open bond and request a case; an entry that takes no more lines."""

from typing import Any

from django.db import migrations, models
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from funding.guards import guard_appends, guard_journal, unguard_on_sqlite
from privacy.append_only import refuse_changes, statements_to_drop

JOURNAL = "funding_journalentry"


def fill(apps: Any, schema_editor: Any) -> None:
    """Every posted entry says how many lines it has; every approved allowance by how much it raised the cap."""
    with schema_editor.connection.cursor() as cursor:
        for statement in statements_to_drop(JOURNAL, schema_editor.connection.vendor):
            cursor.execute(statement)
    line, entry, allowance = (apps.get_model("funding", name) for name in ("JournalLine", "JournalEntry", "Allowance"))
    lines = line.objects.filter(entry=OuterRef("pk")).order_by().values("entry").annotate(number=Count("pk"))
    entry.objects.update(line_count=Coalesce(Subquery(lines.values("number")), 0))
    allowance.objects.filter(state="approved").update(raised_cents=F("cents"))


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0011_what_is_signed"),
        ("providers", "0003_limits_of_room"),
    ]

    operations = [
        unguard_on_sqlite(),
        migrations.RemoveConstraint(
            model_name="allowance",
            name="allowance_decided_at_a_time",
        ),
        migrations.AddField(
            model_name="allowance",
            name="raised_cents",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="known_lines",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="grant",
            name="closed_out_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="grant",
            name="end_told_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="line_count",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="moneyrule",
            name="days_after_grant_end",
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
        migrations.AlterField(
            model_name="allowance",
            name="state",
            field=models.CharField(
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
        migrations.AddConstraint(
            model_name="allowance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("state", "asked")),
                    models.Q(
                        ("decided_at__isnull", False), ("state__in", ["approved", "refused", "withdrawn", "ended"])
                    ),
                    _connector="OR",
                ),
                name="allowance_decided_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="allowance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("raised_cents", 0),
                    models.Q(("raised_cents__lte", models.F("cents")), ("state__in", ["approved", "ended"])),
                    _connector="OR",
                ),
                name="allowance_raises_what_was_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="allowance",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "cap"), ("state", "asked")),
                fields=("case_id",),
                name="allowance_one_cap_asked_per_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="allowance",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "hardship"), ("state", "asked")),
                fields=("case_id", "provider", "reason"),
                name="allowance_one_hardship_asked_per_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="bond",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["asked", "posted"])),
                fields=("case_reference",),
                name="bond_one_open_per_case",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        # Tables that SQLite rebuilt have lost their triggers; the journal's were taken away to be filled.
        refuse_changes("funding_bankstatement", JOURNAL),
        guard_journal(),
        guard_appends(),
    ]
