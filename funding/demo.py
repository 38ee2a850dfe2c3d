"""Demo money: two grants, and two past quarters of made-up payments with their releases."""

import random
from datetime import date, datetime, time, timedelta
from uuid import uuid4

from accounts.models import Membership, Organization, OrganizationKind
from accounts.roles import Actor, Role
from funding.actions import award_grant, make_release, record_disbursement
from funding.actions.grants import take_room
from funding.models import Commitment, CommitmentState, Grant, StagePrice
from funding.quarters import CHICAGO, Quarter, day_of
from providers.models import Provider

FUNDERS = [
    ("city", "City of Minneapolis", "City of Minneapolis 2026", 40_000_000),
    ("mpls-foundation", "Minneapolis Foundation", "Minneapolis Foundation 2026", 25_000_000),
]
# Paid cases of the two past quarters, by provider: large cells, a small one that others hide with it, none.
CASES = {"AHR": (21, 24), "VLN": (14, 17), "ILCM": (12, 13), "MMLA": (4, 11), "BINGER": (0, 3)}
# The case types these made-up cases were of.
CASE_TYPES = {
    "AHR": ("DET-HAB", "DET-BOND", "ER-CF"),
    "VLN": ("PREP", "U-VISA", "REM-ND"),
    "ILCM": ("MTR", "BIA", "DET-BOND"),
    "MMLA": ("REM-ND", "DET-BOND", "U-VISA"),
    "BINGER": ("DET-HAB",),
}
SYMBOLS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def seed(now: datetime) -> None:
    """Awards the grants, then pays and releases the two quarters before the present one; needs a finance sign-in."""
    finance = Membership.objects.filter(role=Role.FINANCE).order_by("pk")[:1].get().actor()
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
    chance = random.Random(2026)  # noqa: S311 (made-up data, the same in every demo)
    for index, quarter in enumerate(quarters):
        for code, counts in CASES.items():
            provider = Provider.objects.get(code=code)
            for _ in range(counts[index]):
                _paid_case(provider, chance, quarter, finance)
        made_at = min(now, _noon(quarter.next.first_day) + timedelta(days=4))
        make_release(quarter=str(quarter), by=finance, now=made_at)


def _paid_case(provider: Provider, chance: random.Random, quarter: Quarter, finance: Actor) -> None:
    accepted_on = quarter.first_day + timedelta(days=chance.randrange(60))
    paid_on = accepted_on + timedelta(days=chance.randrange(10, 28))
    case_type = chance.choice(CASE_TYPES[provider.code])
    price = StagePrice.objects.on(accepted_on).get(case_type=case_type)
    letters = "".join(chance.choices(SYMBOLS, k=6))
    commitment = Commitment.objects.create(
        case_id=uuid4(),
        case_reference=f"{letters[:3]}-{letters[3:]}",
        provider=provider,
        grant=_grant(accepted_on, price.cents),
        stage=price.stage,
        cents=price.cents,
        state=CommitmentState.OPEN,
        accepted_event=uuid4(),
        committed_at=_noon(accepted_on),
    )
    record_disbursement(commitment=commitment, paid_on=paid_on, by=finance, now=_noon(paid_on))


def _grant(day: date, cents: int) -> Grant:
    grant = take_room(day, cents)
    if grant is None:
        raise LookupError("The demo's grants are too small for its made-up cases.")
    return grant


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=CHICAGO)
