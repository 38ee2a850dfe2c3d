"""Grants, acceptances and payments for the tests of money."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from accounts.roles import SYSTEM, Actor, Role
from funding.actions import award_grant, record_disbursement
from funding.models import Commitment, CommitmentState, Disbursement, Grant
from funding.quarters import CHICAGO
from providers.models import Provider
from referrals import events
from referrals.models import Case, CaseEvent, Channel, State, Urgency
from tests.factories import organization

# A Tuesday at 10:00 in Minneapolis.
NOW = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
FINANCE = Actor(Role.FINANCE, user_id=1)

_numbers = count(1)


def grant(cents: int = 10_000_000, *, name: str = "City 2026", ends_on: date = date(2027, 12, 31)) -> Grant:
    """A grant from the start of 2026 on."""
    return award_grant(
        funder=organization("city"),
        name=name,
        award_cents=cents,
        starts_on=date(2026, 1, 1),
        ends_on=ends_on,
        by=FINANCE,
        now=NOW,
    )


def case(case_type: str = "DET-HAB", *, at: datetime = NOW) -> Case:
    return Case.objects.create(
        reference=f"T{next(_numbers):06}",
        channel=Channel.WEB,
        language="es",
        state=State.ACCEPTED,
        state_since=at,
        state_due_at=at + timedelta(days=3),
        opened_at=at,
        case_type=case_type,
        urgency=Urgency.T0,
        urgency_reason="taken",
    )


def accepted(
    of: Case | None = None, *, provider: str = "AHR", case_type: str = "DET-HAB", at: datetime = NOW
) -> CaseEvent:
    """An acceptance in the event log of a new case, or of the one given."""
    return events.record(
        case=of or case(case_type, at=at),
        kind="accept",
        by=SYSTEM,
        now=at,
        detail={"offer": str(uuid4()), "program": 1, "provider": provider, "case_type": case_type},
        from_state=State.OFFERED,
        to_state=State.ACCEPTED,
    )


def left(of: Case, kind: str, *, from_state: str = State.ACCEPTED, at: datetime) -> CaseEvent:
    """The case leaves its provider."""
    return events.record(case=of, kind=kind, by=SYSTEM, now=at, from_state=from_state, to_state=State.SCREENED)


def commitment(of: Grant | None, **changes: Any) -> Commitment:
    """An open commitment of AHR's, accepted at NOW, without a case behind it; unfunded without a grant."""
    given: dict[str, Any] = {
        "case_id": uuid4(),
        "case_reference": f"T{next(_numbers):06}",
        "provider": Provider.objects.get(code=changes.pop("code", "AHR")),
        "grant": of,
        "stage": "habeas",
        "cents": 250_000,
        "state": CommitmentState.OPEN if of else CommitmentState.UNFUNDED,
        "accepted_event": uuid4(),
        "committed_at": NOW,
    }
    return Commitment.objects.create(**given | changes)


def paid(of: Grant, *, code: str, paid_on: date, **changes: Any) -> Disbursement:
    """A payment recorded on its day for a case accepted ten days earlier."""
    at = datetime(paid_on.year, paid_on.month, paid_on.day, 12, tzinfo=CHICAGO)
    made = commitment(of, code=code, committed_at=at - timedelta(days=10), **changes)
    return record_disbursement(commitment=made, paid_on=paid_on, by=FINANCE, now=at)
