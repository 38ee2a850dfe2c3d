"""The clocks of the law, the tier they ask for, and a row for each next deadline that open cases have."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations

from referrals.seeds import load_deadline_rules, load_urgency_rules

CHICAGO = ZoneInfo("America/Chicago")


def seed(apps: Any, schema_editor: Any) -> None:
    load_deadline_rules(apps)
    load_urgency_rules(apps)


def keep_next_deadlines(apps: Any, schema_editor: Any) -> None:
    """What the answers of open cases said until now stood in one column; from here on it is counted from rows."""
    case, deadline = (apps.get_model("referrals", name) for name in ("Case", "CaseDeadline"))
    transfer = apps.get_model("referrals", "DeadlineRule").objects.filter(code="TRANSFER").earliest("valid_from")
    for one in case.objects.filter(closed_at__isnull=True, next_deadline__isnull=False).iterator():
        day = one.next_deadline.astimezone(CHICAGO).date()
        began = {}
        if one.next_deadline_code == "TRANSFER":
            at = one.next_deadline - timedelta(hours=transfer.n)
            began = {"rule": transfer, "trigger_at": at, "trigger_on": at.astimezone(CHICAGO).date()}
        deadline.objects.get_or_create(
            case=one,
            code=one.next_deadline_code,
            from_answers=True,
            defaults={
                **began,
                "raw": day,
                "due": day,
                "safe_by": day,
                "ends_at": one.next_deadline,
                "entered_at": one.opened_at,
                "entered_role": "system",
                "changed_at": one.opened_at,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("referrals", "0013_deadlines")]
    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(keep_next_deadlines, migrations.RunPython.noop),
    ]
