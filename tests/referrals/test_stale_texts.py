"""What still waits for the morning when a case goes on says nothing that is over by then."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.roles import Role
from notifications.models import Message
from referrals.actions import close, record_facts, reopen, request_info, screen_out
from referrals.facts import Facts
from referrals.models import Case, State
from tests import factories as make

pytestmark = pytest.mark.django_db

# 22:10 in Minneapolis: whatever is queued now leaves at eight.
LATE = datetime(2026, 11, 18, 4, 10, tzinfo=UTC)
SOON = timedelta(minutes=20)


def waiting(case: Case) -> list[str]:
    return sorted(Message.objects.filter(case_id=case.pk, state="queued").values_list("template", flat=True))


def reasons(case: Case, template: str) -> list[str]:
    return list(Message.objects.filter(case_id=case.pk, template=template).values_list("reason", flat=True))


def asked(facts: Facts) -> Case:
    """Something is missing, and the family is told that somebody will call."""
    case = make.case(facts, now=LATE)
    make.contact(case)
    request_info(case=case, by=make.actor(Role.COORDINATOR), now=LATE)
    assert waiting(case) == ["request_info"]
    return case


def test_nobody_promises_a_call_for_what_has_arrived_meanwhile() -> None:
    case = asked(make.held_facts(zip_code="", taken="earlier", place="sherburne"))

    known = make.held_facts(taken="earlier", place="sherburne")
    record_facts(case=case, facts=known, by=make.SYSTEM, now=LATE + SOON)

    assert "request_info" not in waiting(case)
    assert reasons(case, "request_info") == ["superseded"]


def test_a_case_taken_up_again_is_not_said_to_be_done() -> None:
    make.room()
    case = make.represented_case(now=LATE)
    make.contact(case)
    lead = make.actor(Role.HOTLINE_LEAD)
    close(case=case, outcome="advice", by=lead, now=LATE)
    assert waiting(case) == ["closed"]

    reopen(case=case, reason="decided_wrongly", by=lead, now=LATE + SOON)

    assert "closed" not in waiting(case)
    assert reasons(case, "closed") == ["superseded"]


def test_a_case_taken_up_again_is_not_sent_to_others() -> None:
    case = make.case(make.held_facts(zip_code="", taken="earlier", place="sherburne"), now=LATE)
    make.contact(case)
    lead = make.actor(Role.HOTLINE_LEAD)
    screen_out(case=case, reason="income", referred_to=make.partner(), by=lead, now=LATE)
    assert waiting(case) == ["screened_out"]

    reopen(case=case, reason="decided_wrongly", by=lead, now=LATE + SOON)

    assert Case.objects.get(pk=case.pk).state != State.NOT_ELIGIBLE
    assert "screened_out" not in waiting(case)
