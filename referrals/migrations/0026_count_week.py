"""How many new cases each program was offered in the week the count begins, so that it is right from the first day."""

from typing import Any

from django.db import migrations
from django.utils import timezone

from providers.days import monday_of, start_of


def count_week(apps: Any, schema_editor: Any) -> None:
    offers = apps.get_model("referrals", "Offer").objects.filter(state__in=["live", "accepted", "handed_on"])
    monday = monday_of(timezone.now())
    for program in apps.get_model("providers", "Program").objects.filter(week__isnull=True):
        if count := offers.filter(program_id=program.pk, offered_at__gte=start_of(monday)).count():
            program.week, program.week_count = monday, count
            program.save(update_fields=["week", "week_count"])


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0025_conflict_holds_and_room_audit"),
        ("providers", "0003_limits_of_room"),
    ]
    operations = [migrations.RunPython(count_week, migrations.RunPython.noop)]
