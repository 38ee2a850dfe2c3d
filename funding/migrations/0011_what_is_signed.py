"""Whom an invoice pays and which funder signs it is signed too; every account that changed an invoice is its maker."""

from typing import Any

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from funding.seeds import RULES, RULES_FROM
from privacy.append_only import refuse_changes


def fill(apps: Any, schema_editor: Any) -> None:
    rules = apps.get_model("funding", "MoneyRule").objects.filter(valid_from=RULES_FROM, funder_signature_cents=None)
    rules.update(funder_signature_cents=RULES["funder_signature_cents"], source=RULES["source"])
    maker = apps.get_model("funding", "InvoiceMaker")
    for invoice in apps.get_model("funding", "Invoice").objects.iterator(chunk_size=1000):
        for user_id in {invoice.created_by_user_id, invoice.changed_by_user_id}:
            maker.objects.get_or_create(invoice=invoice, user_id=user_id)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_append_only_people_events"),
        ("funding", "0010_portal"),
    ]

    operations = [
        migrations.CreateModel(
            name="InvoiceMaker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user_id", models.BigIntegerField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="approval",
            name="approval_by_the_funds_office",
        ),
        migrations.RemoveConstraint(
            model_name="approval",
            name="approval_invoice_once_per_role",
        ),
        migrations.RemoveConstraint(
            model_name="approval",
            name="approval_allowance_once_per_role",
        ),
        migrations.RemoveConstraint(
            model_name="approval",
            name="approval_bond_once_per_role",
        ),
        migrations.AddField(
            model_name="approval",
            name="funder",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organization"
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="payee",
            field=models.CharField(blank=True, db_default="", default="", max_length=15),
        ),
        migrations.AddField(
            model_name="invoice",
            name="payee_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=22),
        ),
        migrations.AddField(
            model_name="moneyrule",
            name="funder_signature_cents",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="provideragreement",
            name="payee",
            field=models.CharField(
                max_length=15,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[A-Za-z0-9][A-Za-z0-9 ./-]{0,14}\\Z", "Letters, digits, blanks and ./- alone, no blank first."
                    )
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("funder__isnull", True), ("role__in", ["finance", "approver"])),
                    models.Q(("funder__isnull", False), ("invoice__isnull", False), ("role", "funder")),
                    _connector="OR",
                ),
                name="approval_by_the_funds_office",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                fields=("invoice", "sha256", "funder"), name="approval_invoice_once_per_funder"
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role__in", ["finance", "approver"])),
                fields=("invoice", "sha256", "role"),
                name="approval_invoice_once_per_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role__in", ["finance", "approver"])),
                fields=("allowance", "sha256", "role"),
                name="approval_allowance_once_per_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role__in", ["finance", "approver"])),
                fields=("bond", "sha256", "role"),
                name="approval_bond_once_per_role",
            ),
        ),
        migrations.AddField(
            model_name="invoicemaker",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="makers", to="funding.invoice"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicemaker",
            constraint=models.UniqueConstraint(fields=("invoice", "user_id"), name="invoicemaker_once"),
        ),
        # A table that SQLite rebuilt has lost its triggers.
        refuse_changes("funding_approval", "funding_invoicemaker"),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
