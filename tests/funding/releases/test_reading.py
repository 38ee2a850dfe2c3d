"""A quarter's book is what the case log and the journal say, each fact in one quarter only."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.roles import SYSTEM
from funding import ledger
from funding.actions import spend_on_administration
from funding.models import Account, Disbursement, JournalLine
from funding.quarters import Quarter, day_of
from funding.releases.book import Closed, Left
from funding.releases.layout import ALL, CENTS, OUTCOMES, PURPOSES, lay_out
from funding.releases.reading import GROUP_OF, PURPOSE_OF, read_book
from referrals import events
from referrals.actions.endings import Outcome
from referrals.models import Case, Stage, State
from tests.funding.builders import APPROVER, FINANCE, NOW, accepted, case, grant, left, paid

pytestmark = pytest.mark.django_db
Q2, Q3, Q4 = (Quarter.parse(f"2026Q{number}") for number in (2, 3, 4))
MAY = datetime(2026, 5, 5, 15, tzinfo=UTC)
AUGUST = datetime(2026, 8, 20, 15, tzinfo=UTC)


def close(of: Case, outcome: str, at: datetime) -> None:
    events.record(
        case=of,
        kind="close",
        by=SYSTEM,
        now=at,
        from_state=State.ACCEPTED,
        to_state=State.CLOSED,
        detail={"outcome": outcome},
    )


def test_every_outcome_and_every_stage_has_its_column() -> None:
    assert set(GROUP_OF) == set(Outcome.values)
    assert set(GROUP_OF.values()) == set(OUTCOMES)
    assert set(PURPOSE_OF) == set(Stage.objects.values_list("code", flat=True))
    assert set(PURPOSE_OF.values()) < set(PURPOSES)


def test_a_case_is_opened_placed_and_closed_in_the_quarters_of_its_log() -> None:
    one = case(at=MAY)
    accepted(one, provider="VLN", at=MAY + timedelta(hours=7))
    close(one, "bond_granted", AUGUST)

    spring = read_book(Q2)
    summer = read_book(Q3, spring.facts)

    assert ([o.language for o in spring.opened], [(p.provider, p.hours) for p in spring.placed]) == (
        ["es"],
        [("VLN", 7.0)],
    )
    assert spring.closed == []
    assert summer.closed == [Closed(f"closed {one.pk}", str(one.pk), "VLN", "released")]
    assert (summer.opened, summer.placed, list(summer.waiting_before)) == ([], [], [])
    assert read_book(Q4, spring.facts + summer.facts).facts == []


def test_who_waits_is_placed_or_leaves_later_and_only_once() -> None:
    waits, leaves = case(at=MAY), case(at=MAY)
    spring = read_book(Q2)
    accepted(waits, at=AUGUST)
    left(leaves, "withdraw", from_state=State.RECEIVED, at=AUGUST)

    summer = read_book(Q3, spring.facts)

    assert {*summer.waiting_before} == {str(waits.pk), str(leaves.pk)}
    assert [one.person for one in summer.placed] == [str(waits.pk)]
    assert summer.left == [Left(f"left {leaves.pk}", str(leaves.pk))]
    accepted(leaves, at=NOW)
    assert read_book(Q4, spring.facts + summer.facts).facts == []


def test_money_is_the_ledgers_to_the_cent_and_what_came_back_is_below_zero() -> None:
    city = grant(90_000_000, admin_cap_percent=10)
    for number in range(3):
        paid(city, code="AHR", paid_on=day_of(MAY), cents=90_000 + number, stage="bond")
    spend_on_administration(grant=city, cents=12_345, on=day_of(MAY), finance=FINANCE, approver=APPROVER, now=NOW)
    spring = read_book(Q2)
    back = Disbursement.objects.order_by("id")[0]
    ledger.reverse(back.entry, on=day_of(AUGUST), by=FINANCE, now=NOW)
    # Recorded after the spring's release, of a day in spring.
    paid(city, code="VLN", paid_on=day_of(MAY), cents=20_000, stage="preparedness")

    summer = read_book(Q3, spring.facts)

    assert sorted((one.purpose, one.provider, one.cents) for one in spring.paid) == [
        *[("release", "AHR", 90_000 + number) for number in range(3)],
        ("running", "", 12_345),
    ]
    assert sorted((one.purpose, one.cents) for one in summer.paid) == [("advice", 20_000), ("release", -90_000)]
    assert [one.person for one in summer.paid if one.cents < 0] == [str(back.commitment.case_id)]
    expenses = JournalLine.objects.filter(account__in=[Account.PROGRAM_EXPENSE, Account.ADMIN_EXPENSE])
    in_ledger = sum(line.debit_cents - line.credit_cents for line in expenses)
    assert sum(one.cents for one in (*spring.paid, *summer.paid)) == in_ledger
    sheet = lay_out(spring, "2026Q2")
    assert sheet.values[sheet.cell("money", ALL, ALL, CENTS)] == sum(one.cents for one in spring.paid)
