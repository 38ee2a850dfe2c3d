"""What a grant, a budget line, a cap and a split let pass; allowances and bonds by two people."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.roles import Actor, Role
from funding import ledger, selectors
from funding.actions import (
    BadLinesError,
    add_budget_line,
    approve_allowance,
    approve_bond,
    ask_allowance,
    award_grant,
    follow_acceptances,
    refuse_allowance,
    refuse_bond,
    release_expired,
    return_invoice,
    return_unspent,
    spend_on_administration,
    split_case,
    submit_invoice,
)
from funding.actions.grants import fund_one
from funding.actions.room import Need, _take_from, allows
from funding.approvals import digest_of
from funding.billing import NOT_YOURS
from funding.models import (
    Account,
    Allowance,
    AllowanceKind,
    AllowanceReason,
    BudgetLine,
    CaseAccount,
    Commitment,
    CommitmentShare,
    CommitmentState,
    CostType,
    Grant,
    GrantKind,
    HeldOrNot,
    JournalLine,
    RequestState,
)
from funding.policies import RefusedError
from referrals.models import Case, Custody, Residency
from tests.factories import organization
from tests.funding.builders import (
    APPROVER,
    FINANCE,
    NOW,
    accepted,
    bond,
    commitment,
    draft,
    grant,
    payment,
    staff,
    started,
    submitted,
)

TODAY = date(2026, 11, 17)
LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.django_db


def need(**changes: Any) -> Need:
    given: dict[str, Any] = {
        "case_id": uuid4(),
        "day": TODAY,
        "cents": 1,
        "cost_type": CostType.STAGE,
        "case_type": "DET-HAB",
        "is_held": True,
        "is_resident": True,
    }
    return Need(**given | changes)


@pytest.mark.parametrize(
    ("restriction", "fits", "does_not"),
    [
        ({}, {}, {"day": date(2025, 12, 31)}),
        ({}, {"day": date(2026, 1, 1)}, {"day": date(2028, 1, 1)}),
        ({"case_types": ["DET-HAB"]}, {}, {"case_type": "PREP"}),
        ({"cost_types": ["stage"]}, {}, {"cost_type": CostType.DIRECT}),
        ({"custody": HeldOrNot.HELD}, {}, {"is_held": False}),
        ({"custody": HeldOrNot.HELD}, {}, {"is_held": None}),
        ({"custody": HeldOrNot.NOT_HELD}, {"is_held": False}, {"is_held": True}),
        ({"custody": HeldOrNot.NOT_HELD}, {"is_held": False}, {"is_held": None}),
        ({"residents_only": True}, {}, {"is_resident": False}),
        ({"residents_only": True}, {}, {"is_resident": None}),
        ({"residents_only": False}, {"is_resident": None}, {"day": date(2028, 1, 1)}),
    ],
)
def test_a_grant_pays_for_what_its_restrictions_allow(
    restriction: dict[str, Any], fits: dict[str, Any], does_not: dict[str, Any]
) -> None:
    one = grant(**restriction)

    assert allows(one, need(**fits))
    assert not allows(one, need(**does_not))


def test_a_bond_pool_pays_for_no_lawyer() -> None:
    assert not allows(grant(kind=GrantKind.BOND_POOL), need())


def test_money_for_a_case_is_looked_for_by_what_was_known_of_it_when_the_stage_began() -> None:
    held = grant(name="held", custody=HeldOrNot.HELD, ends_on=date(2027, 1, 1))
    residents = grant(name="residents", residents_only=True, ends_on=date(2027, 6, 1))
    events = [accepted() for _ in range(3)]
    for event, custody, residency in zip(
        events,
        (Custody.ICE_MN, Custody.RELEASED, Custody.UNKNOWN),
        (Residency.OUTSIDE, Residency.IN, Residency.UNKNOWN),
        strict=True,
    ):
        Case.objects.filter(pk=event.case_id).update(custody=custody, residency=residency)

    follow_acceptances(now=NOW)

    grants = [Commitment.objects.get(accepted_event=event.pk).grant for event in events]
    assert grants == [held, residents, None]


def test_a_grant_with_a_budget_spends_by_its_lines_alone() -> None:
    city = grant(1_000_000, ends_on=date(2027, 1, 1))
    add_budget_line(grant=city, name="Lawyers", cost_type=CostType.STAGE, cents=250_000, by=FINANCE)
    add_budget_line(grant=city, name="Fees", cost_type=CostType.DIRECT, cents=100_000, by=FINANCE)
    other = grant(name="other")
    for minute in range(2):
        accepted(at=NOW + timedelta(minutes=minute))

    follow_acceptances(now=LATER)

    assert [one.grant for one in Commitment.objects.order_by("committed_at")] == [city, other]
    line = CommitmentShare.objects.get(grant=city).budget_line
    assert line is not None
    assert (line.name, line.committed_cents) == ("Lawyers", 250_000)
    release_expired(now=NOW + timedelta(days=400))
    line.refresh_from_db()
    assert line.committed_cents == 0


def test_the_lines_of_a_budget_are_within_the_award() -> None:
    city = grant(100)
    add_budget_line(grant=city, name="a", cost_type=CostType.STAGE, cents=60, by=FINANCE)

    with pytest.raises(RefusedError, match="more than the award"):
        add_budget_line(grant=city, name="b", cost_type=CostType.STAGE, cents=41, by=FINANCE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=city.pk).update(budgeted_cents=101)


def test_a_budget_is_set_before_money_is_committed() -> None:
    city = grant()
    commitment(city)

    with pytest.raises(RefusedError, match="too late"):
        add_budget_line(grant=city, name="a", cost_type=CostType.STAGE, cents=1, by=FINANCE)


def test_administration_is_bounded_by_its_cap_and_the_days_of_the_grant() -> None:
    city = grant(100_000, admin_cap_percent=10)

    spend_on_administration(grant=city, cents=10_000, on=TODAY, finance=FINANCE, approver=APPROVER, now=NOW)

    with pytest.raises(RefusedError, match="leaves for administration"):
        spend_on_administration(grant=city, cents=1, on=TODAY, finance=FINANCE, approver=APPROVER, now=NOW)
    with pytest.raises(RefusedError, match="runs 2026-01-01"):
        spend_on_administration(grant=city, cents=1, on=date(2025, 12, 31), finance=FINANCE, approver=APPROVER, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=city.pk).update(admin_cents=10_001)
    assert ledger.trial_balance()[Account.ADMIN_EXPENSE] == 10_000


@pytest.mark.parametrize(
    ("restrictions", "on", "cents", "reason"),
    [
        ({"kind": GrantKind.BOND_POOL}, TODAY, 1, "bond pool"),
        ({"cost_types": [CostType.STAGE]}, TODAY, 1, "does not pay administration"),
        ({}, date(2026, 11, 18), 1, "future"),
        ({}, TODAY, 0, "more than nothing"),
    ],
)
def test_administration_is_refused(restrictions: dict[str, Any], on: date, cents: int, reason: str) -> None:
    city = grant(100_000, admin_cap_percent=10, **restrictions)

    with pytest.raises(RefusedError, match=reason):
        spend_on_administration(grant=city, cents=cents, on=on, finance=FINANCE, approver=APPROVER, now=NOW)


def test_administration_takes_two_people() -> None:
    same = Actor(Role.APPROVER, user_id=FINANCE.user_id)

    with pytest.raises(PermissionDenied, match="two people"):
        spend_on_administration(
            grant=grant(100_000, admin_cap_percent=10), cents=1, on=TODAY, finance=FINANCE, approver=same, now=NOW
        )


def test_administration_takes_the_line_of_a_budget_that_is_for_it() -> None:
    city = grant(100_000, admin_cap_percent=10)
    add_budget_line(grant=city, name="office", cost_type=CostType.ADMIN, cents=5_000, by=FINANCE)

    spend_on_administration(grant=city, cents=4_000, on=TODAY, finance=FINANCE, approver=APPROVER, now=NOW)
    with pytest.raises(RefusedError, match="lines leave less"), transaction.atomic():
        spend_on_administration(grant=city, cents=1_001, on=TODAY, finance=FINANCE, approver=APPROVER, now=NOW)

    assert city.budget_lines.get().committed_cents == 4_000


def test_a_budget_made_after_the_grant_was_read_is_kept_to() -> None:
    read_before = grant()
    line = add_budget_line(grant=read_before, name="help", cost_type=CostType.STAGE, cents=300, by=FINANCE)
    assert read_before.budgeted_cents == 0

    share = _take_from(read_before, 300, CostType.STAGE)

    assert share is not None
    assert share.line == line
    assert _take_from(read_before, 1, CostType.STAGE) is None
    # No commitment stands behind it.
    Grant.objects.update(committed_cents=0)
    BudgetLine.objects.update(committed_cents=0)


def test_what_a_grant_paid_and_has_left_counts_its_shares_its_administration_and_what_it_gave_back() -> None:
    first, second = grant(100_000, admin_cap_percent=10), grant(100_000, name="second")
    made = commitment(first, cents=60_000)
    CommitmentShare.objects.filter(commitment=made).update(cents=40_000)
    CommitmentShare.objects.create(commitment=made, grant=second, cents=20_000)
    Grant.objects.filter(pk=first.pk).update(committed_cents=40_000)
    Grant.objects.filter(pk=second.pk).update(committed_cents=20_000, returned_cents=5_000)
    spend_on_administration(grant=first, cents=1_000, on=TODAY, finance=FINANCE, approver=APPROVER, now=NOW)
    payment(made)

    found = {(one.grant.pk, one.paid_cents, one.left_cents) for one in selectors.grants()}
    assert found == {(first.pk, 41_000, 59_000), (second.pk, 20_000, 75_000)}


def test_whatever_funds_or_releases_waits_for_its_turn_before_any_row() -> None:
    """Else it holds rows that a followed transfer wants, and wants rows that this holds."""
    late = commitment(grant(), expires_on=date(2026, 11, 1))
    waiting = commitment(None)
    asked = ask_allowance(
        kind=AllowanceKind.CAP,
        reference=waiting.case_reference,
        cents=1,
        reason=AllowanceReason.MORE_STAGES,
        by=staff(),
        now=NOW,
    )
    tries: list[Any] = [
        lambda: release_expired(now=NOW),
        lambda: fund_one(waiting.pk, day=TODAY),
        lambda: approve_allowance(allowance=asked, seen=digest_of(asked), by=FINANCE, now=NOW),
    ]
    for attempt in tries:
        with CaptureQueriesContext(connection) as queries:
            attempt()
        locking = [
            query["sql"]
            for query in queries
            if "advisory" in query["sql"] or "FOR UPDATE" in query["sql"] or query["sql"].startswith("UPDATE")
        ]
        assert "pg_advisory_xact_lock" in locking[0]
        assert len(locking) > 1
    late.refresh_from_db()
    assert late.state == CommitmentState.RELEASED


@pytest.mark.parametrize("is_returned", [False, True])
def test_a_draft_or_a_returned_invoice_holds_no_money_and_names_the_line_that_lost_it(is_returned: bool) -> None:
    made = commitment(grant(), expires_on=TODAY)
    invoice = submitted(made) if is_returned else draft(made)
    if is_returned:
        assert release_expired(now=NOW + timedelta(days=1)) == 0
        return_invoice(invoice=invoice, reason="ask_us", by=FINANCE)
    assert release_expired(now=NOW + timedelta(days=1)) == 1

    with pytest.raises(BadLinesError) as refused:
        submit_invoice(invoice=invoice, by=staff(), now=NOW + timedelta(days=1))

    assert [(line.number, line.reason[:37]) for line in refused.value.lines] == [
        (1, "The money was given to other cases: t")
    ]


def test_what_a_grant_has_not_spent_goes_back_once_nothing_of_it_is_committed() -> None:
    city = grant(1_000_000, ends_on=date(2026, 11, 10))
    made = commitment(city, committed_at=NOW - timedelta(days=20))
    with pytest.raises(RefusedError, match="ends on"):
        return_unspent(grant=city, on=date(2026, 11, 10), by=FINANCE, now=NOW)
    with pytest.raises(RefusedError, match="still committed"):
        return_unspent(grant=city, on=TODAY, by=FINANCE, now=NOW)
    payment(made)

    assert return_unspent(grant=city, on=TODAY, by=FINANCE, now=NOW) == 750_000
    assert return_unspent(grant=city, on=TODAY, by=FINANCE, now=NOW) == 0

    assert ledger.trial_balance()[Account.CASH] == 0
    accepted(at=NOW - timedelta(days=15))
    follow_acceptances(now=NOW)
    assert Commitment.objects.get(state=CommitmentState.UNFUNDED).grant is None


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.FINANCE, Role.OPERATOR)])
def test_only_finance_and_the_operator_set_what_a_grant_is_for(role: Role) -> None:
    city, by = grant(), Actor(role, user_id=3)
    tries: list[Any] = [
        lambda: add_budget_line(grant=city, name="a", cost_type=CostType.STAGE, cents=1, by=by),
        lambda: spend_on_administration(grant=city, cents=1, on=TODAY, finance=by, approver=APPROVER, now=NOW),
        lambda: spend_on_administration(grant=city, cents=1, on=TODAY, finance=FINANCE, approver=FINANCE, now=NOW),
        lambda: return_unspent(grant=city, on=TODAY, by=by, now=NOW),
        lambda: split_case(reference="K7M-4QD", percents={}, by=by, now=NOW),
    ]
    for attempt in tries:
        with pytest.raises(PermissionDenied):
            attempt()


@pytest.fixture
def case() -> Case:
    """A case with a commitment of AHR's."""
    event = accepted()
    follow_acceptances(now=NOW)
    return event.case


def test_a_split_case_adds_up_to_the_cent_and_is_all_or_nothing(case: Case) -> None:
    first, second = grant(name="first", ends_on=date(2027, 1, 1)), grant(80_000, name="second")
    Commitment.objects.filter(case_id=case.pk)
    split_case(reference=case.reference, percents={first.pk: 67, second.pk: 33}, by=FINANCE, now=NOW)
    started(case, "bond", at=LATER)
    follow_acceptances(now=LATER)

    made = Commitment.objects.get(stage="bond")
    assert dict(made.shares.values_list("grant__name", "cents")) == {"first": 60_300, "second": 29_700}
    assert made.grant == first
    # The second grant has no room for its third of 2,500: no part of it is taken.
    held = Commitment.objects.get(stage="habeas")
    assert (held.state, held.shares.count()) == (CommitmentState.UNFUNDED, 0)


def test_a_payment_of_a_split_stage_is_posted_to_each_grant(case: Case) -> None:
    first, second = grant(name="first", ends_on=date(2027, 1, 1)), grant(name="second")
    split_case(reference=case.reference, percents={first.pk: 50, second.pk: 50}, by=FINANCE, now=NOW)

    payment(Commitment.objects.get())

    expense = JournalLine.objects.filter(account=Account.PROGRAM_EXPENSE).order_by("grant_id")
    assert list(expense.values_list("grant__name", "debit_cents", "cost_type")) == [
        ("first", 125_000, "stage"),
        ("second", 125_000, "stage"),
    ]


@pytest.mark.parametrize("percents", [(60, 39), (60, 41), (100,), (101, -1)])
def test_the_parts_of_a_split_are_several_and_add_up_to_a_hundred(case: Case, percents: tuple[int, ...]) -> None:
    grants = [grant(1, name=str(number)) for number in range(len(percents))]

    with pytest.raises(RefusedError, match="100 percent"):
        split_case(
            reference=case.reference,
            percents={one.pk: part for one, part in zip(grants, percents, strict=True)},
            by=FINANCE,
            now=NOW,
        )


def _ask(case: Case, kind: AllowanceKind = AllowanceKind.CAP, cents: int = 150_000, code: str = "AHR") -> Allowance:
    return ask_allowance(
        kind=kind, reference=case.reference, cents=cents, reason=AllowanceReason.MORE_STAGES, by=staff(code), now=NOW
    )


def _sign(allowance: Allowance, by: Actor) -> Allowance:
    return approve_allowance(allowance=allowance, seen=digest_of(allowance), by=by, now=LATER)


def test_a_higher_cap_by_two_signatures_funds_what_waited_for_it(case: Case) -> None:
    city = grant()
    for number, stage in enumerate(["bond", "merits prep", "merits hearing"], start=1):
        started(case, stage, at=NOW + timedelta(minutes=number))
    follow_acceptances(now=LATER)
    allowance = _ask(case)

    assert _sign(allowance, FINANCE).state == RequestState.ASKED
    assert Commitment.objects.filter(is_over_cap=True).count() == 1
    assert _sign(allowance, APPROVER).state == RequestState.APPROVED

    assert not Commitment.objects.exclude(state=CommitmentState.OPEN).exists()
    city.refresh_from_db()
    assert city.committed_cents == 740_000
    assert CaseAccount.objects.get().cap_cents == 800_000


def test_hardship_commits_a_direct_cost_above_the_cap(case: Case) -> None:
    grant(cost_types=["direct"])
    CaseAccount.objects.update(cap_cents=250_000)
    allowance = _ask(case, AllowanceKind.HARDSHIP, 90_000)
    _sign(allowance, APPROVER)

    _sign(allowance, FINANCE)

    made = Commitment.objects.get(cost_type=CostType.DIRECT)
    assert (made.stage, made.cents, made.state) == ("direct cost 1", 90_000, CommitmentState.OPEN)
    payment(made, now=LATER)
    assert JournalLine.objects.get(account=Account.PROGRAM_EXPENSE).cost_type == CostType.DIRECT


def test_one_refusal_ends_it(case: Case) -> None:
    allowance = _ask(case)
    _sign(allowance, FINANCE)

    assert refuse_allowance(allowance=allowance, by=APPROVER, now=LATER).state == RequestState.REFUSED
    with pytest.raises(RefusedError, match="decided before"):
        _sign(allowance, APPROVER)
    assert CaseAccount.objects.get().cap_cents == 650_000


def test_a_provider_asks_for_its_own_cases_alone(case: Case) -> None:
    for reference in (case.reference, "ZZZ-ZZZ"):
        with pytest.raises(RefusedError, match=NOT_YOURS):
            ask_allowance(
                kind=AllowanceKind.CAP,
                reference=reference,
                cents=1,
                reason=AllowanceReason.EXPERT,
                by=staff("VLN"),
                now=NOW,
            )


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.FINANCE, Role.APPROVER)])
def test_no_other_role_decides_on_allowances_and_bonds(case: Case, role: Role) -> None:
    allowance, by = _ask(case), Actor(role, user_id=3)
    asked = bond(case)
    tries: list[Any] = [
        lambda: _sign(allowance, by),
        lambda: refuse_allowance(allowance=allowance, by=by, now=NOW),
        lambda: approve_bond(bond=asked, seen=digest_of(asked), by=by, now=NOW),
        lambda: refuse_bond(bond=asked, by=by),
    ]
    for attempt in tries:
        with pytest.raises(PermissionDenied):
            attempt()


def test_the_database_keeps_a_case_within_its_cap(case: Case) -> None:
    with pytest.raises(IntegrityError, match="case_never_over_its_cap"), transaction.atomic():
        CaseAccount.objects.filter(case_id=case.pk).update(committed_cents=650_001)


def test_an_award_says_what_it_is_restricted_to() -> None:
    made = award_grant(
        funder=organization("city"),
        name="x",
        award_cents=5,
        starts_on=TODAY,
        ends_on=date(2027, 1, 1),
        by=FINANCE,
        now=NOW,
        restrictions={"case_types": ["DET-HAB"], "admin_cap_percent": 5},
    )

    assert (made.case_types, made.admin_cap_percent) == (["DET-HAB"], 5)
