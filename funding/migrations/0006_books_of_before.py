"""The rules of a case's money; shares and case accounts of what was committed before; the journal's guards."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db import migrations

from funding.guards import guard_journal
from funding.quarters import day_of
from funding.seeds import load
from privacy.append_only import refuse_changes


def fill(apps: Any, schema_editor: Any) -> None:
    load(apps)
    commitment, share, account = (
        apps.get_model("funding", name) for name in ("Commitment", "CommitmentShare", "CaseAccount")
    )
    rule = apps.get_model("funding", "MoneyRule").objects.order_by("valid_from").first()
    cents: defaultdict[Any, int] = defaultdict(int)
    references: dict[Any, str] = {}
    for one in commitment.objects.exclude(state="released").iterator(chunk_size=1000):
        cents[one.case_id] += one.cents
        references[one.case_id] = one.case_reference
        if one.state != "paid" and one.expires_on is None:
            one.expires_on = day_of(one.committed_at) + timedelta(days=rule.commitment_days)
            one.save(update_fields=["expires_on"])
        if one.grant_id is not None:
            share.objects.get_or_create(commitment=one, grant_id=one.grant_id, defaults={"cents": one.cents})
    for case_id, committed in cents.items():
        account.objects.get_or_create(
            case_id=case_id,
            defaults={
                "case_reference": references[case_id],
                # What was promised before there was a cap is promised.
                "cap_cents": max(rule.case_cap_cents, committed),
                "committed_cents": committed,
            },
        )
    months = apps.get_model("funding", "AccountingMonth")
    for day in set(apps.get_model("funding", "JournalEntry").objects.values_list("posted_on", flat=True)):
        months.objects.get_or_create(first_day=day.replace(day=1))


class Migration(migrations.Migration):
    dependencies = [("funding", "0005_money_of_a_case")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        refuse_changes(
            "funding_approval",
            "funding_bankline",
            "funding_bankstatement",
            "funding_disbursement",
            "funding_followedevent",
            "funding_journalentry",
            "funding_journalline",
            "funding_paidline",
            "funding_paymentfile",
        ),
        guard_journal(),
    ]
