"""Demo money: grants, two past quarters of made-up cases paid and released, invoices to sign and to pay."""

import random
from datetime import date, datetime, time, timedelta
from uuid import uuid4

from accounts.models import Membership, Organization, OrganizationKind
from accounts.roles import PROVIDER_ROLES, Actor, Role
from funding import demo_history
from funding.actions import (
    approve_bond,
    approve_invoice,
    ask_allowance,
    ask_bond,
    award_grant,
    follow_acceptances,
    make_payment,
    make_release,
    prepare_invoice,
    submit_invoice,
)
from funding.actions.room import place
from funding.approvals import digest_of
from funding.billing import Wanted, billable
from funding.models import (
    AllowanceKind,
    AllowanceReason,
    Commitment,
    CommitmentState,
    Grant,
    GrantKind,
    Invoice,
    ProviderAgreement,
    StagePrice,
)
from funding.quarters import CHICAGO, Quarter, day_of
from providers.models import Provider

FUNDERS = [
    ("city", "City of Minneapolis", "City of Minneapolis 2026", 40_000_000),
    ("mpls-foundation", "Minneapolis Foundation", "Minneapolis Foundation 2026", 25_000_000),
]


def seed(now: datetime) -> None:
    """Awards the grants, pays and releases the two quarters before the present one, and leaves work for today.

    Needs a sign-in of finance, of an approver and of each provider that is paid.
    """
    finance = _member(Role.FINANCE)
    last = Quarter.of(day_of(now)).previous
    quarters = (last.previous, last)
    for slug, organization, name, cents in FUNDERS:
        funder, _ = Organization.objects.get_or_create(
            slug=slug, defaults={"name": organization, "kind": OrganizationKind.FUNDER}
        )
        award_grant(
            funder=funder,
            name=name,
            award_cents=cents,
            starts_on=date(quarters[0].year, 1, 1),
            ends_on=date(now.year + 1, 12, 31),
            by=finance,
            now=now,
        )
    _bond_pool(quarters[0], now, finance)
    for provider in Provider.objects.order_by("code"):
        ProviderAgreement.objects.get_or_create(
            provider=provider,
            valid_from=date(quarters[0].year, 1, 1),
            defaults={"payee": f"{provider.code}-001", "source": "Demo"},
        )
    chance = random.Random(2026)  # noqa: S311 (made-up data, the same in every demo)
    demo_history.make(quarters, chance=chance, now=now)
    follow_acceptances(now=now)
    for quarter in quarters:
        for provider in Provider.objects.filter(code__in=demo_history.TAKEN).order_by("code"):
            _pay(provider, chance, quarter)
        made_at = min(now, _noon(quarter.next.first_day) + timedelta(days=4))
        make_release(quarter=str(quarter), by=finance, now=made_at)
    _work_for_today(chance, now)


def _bond_pool(quarter: Quarter, now: datetime, finance: Actor) -> None:
    award_grant(
        funder=Organization.objects.get(slug=FUNDERS[1][0]),
        name="Bond pool",
        award_cents=6_000_000,
        starts_on=date(quarter.year, 1, 1),
        ends_on=date(now.year + 4, 12, 31),
        by=finance,
        now=now,
        restrictions={"kind": GrantKind.BOND_POOL},
    )


def _pay(provider: Provider, chance: random.Random, quarter: Quarter) -> None:
    """An invoice with every case taken so far, signed and paid on one of the quarter's last days."""
    paid_on = quarter.last_day - timedelta(days=chance.randrange(3, 12))
    made = [one for one in billable(provider) if one.committed_at <= _noon(paid_on)]
    if not made:
        return
    invoice = _sent(provider, made, _noon(paid_on))
    for role in (Role.FINANCE, Role.APPROVER):
        approve_invoice(invoice=invoice, seen=digest_of(invoice), by=_member(role), now=_noon(paid_on))
    make_payment(invoices=[invoice.pk], pays_on=paid_on, by=_member(Role.FINANCE), now=_noon(paid_on))


def _work_for_today(chance: random.Random, now: datetime) -> None:
    """Of AHR an invoice that waits for both signatures, of VLN one that finance has signed, of ILCM one to be paid."""
    follow_acceptances(now=now)
    for code, roles in (("AHR", ()), ("VLN", (Role.FINANCE,)), ("ILCM", (Role.FINANCE, Role.APPROVER))):
        provider = Provider.objects.get(code=code)
        made = [_commitment(provider, chance, day_of(now) - timedelta(days=days)) for days in (9, 6, 5)]
        invoice = _sent(provider, made, now)
        for role in roles:
            approve_invoice(invoice=invoice, seen=digest_of(invoice), by=_member(role), now=now)
        # Some stages that can still be billed.
        for days in (4, 3):
            _commitment(provider, chance, day_of(now) - timedelta(days=days))
    provider = Provider.objects.get(code="AHR")
    by = _staff(provider)
    if by is not None:
        _ask_for_more(provider, by, now)


def _ask_for_more(provider: Provider, by: Actor, now: datetime) -> None:
    """A fee that a family cannot pay, a bond to sign, and one that is out."""
    reference, other = (one.case_reference for one in billable(provider)[:2])
    ask_allowance(
        kind=AllowanceKind.HARDSHIP,
        reference=reference,
        cents=90_000,
        reason=AllowanceReason.FILING_FEE,
        by=by,
        now=now,
    )
    pool = Grant.objects.filter(kind=GrantKind.BOND_POOL).order_by("pk")[:1].get()
    ask_bond(pool=pool, reference=reference, cents=500_000, by=by, now=now)
    out = ask_bond(pool=pool, reference=other, cents=750_000, payer_cents=150_000, receipt="R1042", by=by, now=now)
    for role in (Role.FINANCE, Role.APPROVER):
        approve_bond(bond=out, seen=digest_of(out), by=_member(role), now=now)


def _commitment(provider: Provider, chance: random.Random, accepted_on: date) -> Commitment:
    """A made-up case's first stage, funded."""
    case_type = chance.choice(demo_history.CASE_TYPES[provider.code])
    price = StagePrice.objects.on(accepted_on).get(case_type=case_type)
    letters = "".join(chance.choices(demo_history.SYMBOLS, k=6))
    commitment = Commitment(
        case_id=uuid4(),
        case_reference=f"{letters[:3]}-{letters[3:]}",
        provider=provider,
        stage=price.stage,
        cents=price.cents,
        accepted_event=uuid4(),
        committed_at=_noon(accepted_on),
        expires_on=accepted_on + timedelta(days=365),
        case_type=case_type,
    )
    place(commitment)
    if commitment.state != CommitmentState.OPEN:
        raise LookupError("The demo's grants are too small for its made-up cases.")
    return commitment


def _sent(provider: Provider, commitments: list[Commitment], now: datetime) -> Invoice:
    by = _staff(provider) or Actor(Role.PROVIDER_STAFF, user_id=0, organization_id=provider.organization_id)
    lines = [
        Wanted(number, one.case_reference, one.stage, day_of(one.committed_at), one.cents)
        for number, one in enumerate(commitments, start=1)
    ]
    return submit_invoice(invoice=prepare_invoice(wanted=lines, by=by, now=now), by=by, now=now)


def _member(role: Role) -> Actor:
    return Membership.objects.filter(role=role).order_by("pk")[:1].get().actor()


def _staff(provider: Provider) -> Actor | None:
    """Somebody who works there and bills its cases."""
    of_provider = Membership.objects.filter(organization=provider.organization, role__in=PROVIDER_ROLES)
    member = of_provider.order_by("pk").first()
    return member.actor() if member else None


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=CHICAGO)
