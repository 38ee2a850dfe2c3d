"""Grants, acceptances and payments for the tests of money."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.db.models import F

from accounts.roles import SYSTEM, Actor, Role
from funding.actions import approve_invoice, ask_bond, award_grant, make_payment, prepare_invoice, submit_invoice
from funding.approvals import digest_of
from funding.billing import Wanted
from funding.models import (
    Bond,
    CaseAccount,
    Commitment,
    CommitmentShare,
    CommitmentState,
    Disbursement,
    Grant,
    GrantKind,
    Invoice,
    PaymentFile,
    ProviderAgreement,
)
from funding.quarters import CHICAGO, day_of
from providers.models import Provider
from referrals import events
from referrals.models import Case, CaseEvent, Channel, State, Urgency
from tests.factories import organization

# A Tuesday at 10:00 in Minneapolis.
NOW = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
FINANCE = Actor(Role.FINANCE, user_id=1)
APPROVER = Actor(Role.APPROVER, user_id=2)

_numbers = count(1)


def reference() -> str:
    """One that no other test row has, in the shape of a case's."""
    number = next(_numbers)
    return f"T{number // 1000:02}-{number % 1000:03}"


def grant(
    cents: int = 10_000_000, *, name: str = "City 2026", ends_on: date = date(2027, 12, 31), **restrictions: Any
) -> Grant:
    """A grant from the start of 2026 on."""
    return award_grant(
        funder=organization("city"),
        name=name,
        award_cents=cents,
        starts_on=date(2026, 1, 1),
        ends_on=ends_on,
        by=FINANCE,
        now=NOW,
        restrictions=restrictions,
    )


def case(case_type: str = "DET-HAB", *, at: datetime = NOW) -> Case:
    return Case.objects.create(
        reference=reference(),
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
        "case_reference": reference(),
        "provider": Provider.objects.get(code=changes.pop("code", "AHR")),
        "grant": of,
        "stage": "habeas",
        "cents": 250_000,
        "state": CommitmentState.OPEN if of else CommitmentState.UNFUNDED,
        "accepted_event": uuid4(),
        "committed_at": NOW,
    }
    made = Commitment.objects.create(**given | changes)
    if made.state == CommitmentState.RELEASED:
        return made
    account, _ = CaseAccount.objects.get_or_create(
        case_id=made.case_id, defaults={"case_reference": made.case_reference, "cap_cents": 650_000}
    )
    CaseAccount.objects.filter(pk=account.pk).update(committed_cents=F("committed_cents") + made.cents)
    if made.grant is not None:
        Grant.objects.filter(pk=made.grant.pk).update(committed_cents=F("committed_cents") + made.cents)
        CommitmentShare.objects.create(commitment=made, grant=made.grant, cents=made.cents)
    return made


def started(
    of: Case,
    stage: str,
    *,
    provider: str = "AHR",
    case_type: str = "DET-HAB",
    at: datetime = NOW,
) -> CaseEvent:
    """A stage that a provider began, in the case's event log."""
    detail = {"stage": stage, "offer": str(uuid4()), "program": 1, "provider": provider, "case_type": case_type}
    return events.record(case=of, kind="stage_started", by=SYSTEM, now=at, detail=detail)


def staff(code: str = "AHR") -> Actor:
    """Somebody who works for the provider."""
    return Actor(Role.PROVIDER_STAFF, user_id=77, organization_id=Provider.objects.get(code=code).organization_id)


def agreement(code: str = "AHR", **fields: Any) -> ProviderAgreement:
    """The provider's contract since the start of 2026; the one it has if there is one."""
    made, _ = ProviderAgreement.objects.get_or_create(
        provider=Provider.objects.get(code=code),
        valid_from=date(2026, 1, 1),
        defaults={"payee": f"{code}-1", "source": "test"} | fields,
    )
    return made


def wanted(of: Commitment, *, day: date | None = None, number: int = 1, cents: int | None = None) -> Wanted:
    """The line of an invoice that bills this commitment."""
    day = day or day_of(of.committed_at)
    return Wanted(number, of.case_reference, of.stage, day, of.cents if cents is None else cents)


def draft(*commitments: Commitment, now: datetime = NOW) -> Invoice:
    """An invoice that its provider is preparing, with an agreement behind it."""
    agreement(commitments[0].provider.code)
    lines = [wanted(one, number=number) for number, one in enumerate(commitments, start=1)]
    return prepare_invoice(wanted=lines, by=staff(commitments[0].provider.code), now=now)


def submitted(*commitments: Commitment, now: datetime = NOW) -> Invoice:
    """An invoice that waits for both signatures."""
    return submit_invoice(invoice=draft(*commitments, now=now), by=staff(commitments[0].provider.code), now=now)


def approved(*commitments: Commitment, now: datetime = NOW) -> Invoice:
    """An invoice that finance and an approver have signed."""
    invoice = submitted(*commitments, now=now)
    for signer in (FINANCE, APPROVER):
        invoice = approve_invoice(invoice=invoice, seen=digest_of(invoice), by=signer, now=now)
    return invoice


def payment(*commitments: Commitment, on: date | None = None, now: datetime = NOW) -> PaymentFile:
    """The file that pays these commitments of one provider, by an invoice of their own."""
    agreement(commitments[0].provider.code)
    invoice = approved(*commitments, now=now)
    return make_payment(invoices=[invoice.pk], pays_on=on or day_of(now), by=FINANCE, now=now)


def paid(of: Grant, *, code: str, paid_on: date, **changes: Any) -> Disbursement:
    """A payment on its day for a case accepted ten days earlier."""
    at = datetime(paid_on.year, paid_on.month, paid_on.day, 12, tzinfo=CHICAGO)
    made = commitment(of, code=code, committed_at=at - timedelta(days=10), **changes)
    payment(made, on=paid_on, now=at)
    return Disbursement.objects.get(commitment=made)


def pool(cents: int = 1_000_000) -> Grant:
    """The bond pool: the one there is, or a new one."""
    return Grant.objects.filter(kind=GrantKind.BOND_POOL).first() or grant(cents, name="pool", kind=GrantKind.BOND_POOL)


def bond(of: Case, cents: int = 750_000, payer_cents: int = 0) -> Bond:
    """A bond that AHR asks the pool for."""
    receipt = "R1" if payer_cents else ""
    return ask_bond(
        pool=pool(), reference=of.reference, cents=cents, payer_cents=payer_cents, receipt=receipt, by=staff(), now=NOW
    )
