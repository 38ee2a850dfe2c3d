"""`manage.py deadline`: JSON, the database's rows, and a sentence for what cannot be counted."""

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from referrals.management.commands import deadline
from referrals.models import DeadlineRule


def counted(*words: str) -> dict[str, str]:
    out = StringIO()
    call_command("deadline", *words, stdout=out)
    found: dict[str, str] = json.loads(out.getvalue())
    return found


@pytest.mark.django_db
def test_a_day_in_any_case_of_the_code() -> None:
    assert counted("bia30", "2026-10-30") == {
        "code": "BIA30",
        "raw": "2026-11-29",
        "due": "2026-11-30",
        "safe_by": "2026-11-27",
        "source": "8 CFR 1003.38(b)",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("moment", ["2026-11-21T22:15", "2026-11-22T04:15Z", "2026-11-21 22:15-06:00"])
def test_hours_have_their_offset(moment: str) -> None:
    found = counted("CUST48", moment)
    assert found["due"] == "2026-11-23T22:15:00-06:00"
    assert datetime.fromisoformat(found["due"]).utcoffset() == timedelta(hours=-6)


@pytest.mark.django_db
def test_the_databases_row_counts() -> None:
    DeadlineRule.objects.filter(code="BIA30").update(n=10, source="A lawyer")
    assert counted("BIA30", "2026-10-30")["raw"] == "2026-11-09"
    assert counted("BIA30", "2026-10-30")["source"] == "A lawyer"


def test_without_a_database_the_table_of_the_project_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("no such table")

    monkeypatch.setattr(deadline, "rules_of", away)
    assert counted("BIA30", "2026-10-30")["due"] == "2026-11-30"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("NOPE", "2026-10-30"), "no deadline with the code NOPE"),
        (("BIA30", "soon"), "soon is no day"),
        (("BIA30", "2026-02-30"), "is no day"),
        (("BOND", "2026-10-30"), "no last day"),
        (("CUST48", "2026-10-30"), "time of day"),
        (("BIA30", "9999-12-31"), "outside the calendar"),
    ],
)
def test_what_cannot_be_counted_is_a_sentence(words: tuple[str, str], says: str) -> None:
    with pytest.raises(CommandError, match=says) as refused:
        counted(*words)
    assert refused.value.returncode == 1
