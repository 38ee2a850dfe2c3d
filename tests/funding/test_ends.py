"""When a grant, or what an allowance raised, is over: nothing stays promised of it, and nothing is a dead end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied

from accounts.roles import Actor, Role
from funding.actions import (
    BadLinesError,
    approve_allowance,
    approve_invoice,
    ask_allowance,
    award_grant,
    end_allowance,
    end_grants,
    follow_acceptances,
    prepare_invoice,
    release_expired,
    return_invoice,
    return_unspent,
    split_case,
    submit_invoice,
    withdraw_allowance,
)
from funding.approvals import digest_of
from funding.billing import Wanted
from funding.models import (
    Allowance,
    AllowanceKind,
    BudgetLine,
    CaseAccount,
    Commitment,
    CommitmentState,
    CostType,
    Grant,
    InvoiceState,
    MoneyRule,
    RequestState,
)
from funding.policies import RefusedError
from referrals.models import Case
from tests.factories import client_of, member, organization
from tests.funding.builders import (
    APPROVER,
    FINANCE,
    NOW,
    accepted,
    agreement,
    grant,
    left,
    payment,
    staff,
    started,
    submitted,
)

LATER = NOW + timedelta(hours=1)
END = date(2026, 12, 31)
# The rule leaves 30 days for invoices after the end.
LAST_TO_BILL = date(2027, 1, 30)

pytestmark = pytest.mark.django_db


def noon(day: date) -> datetime:
    """Noon in Minneapolis."""
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


def next_grant(cents: int = 1_000_000, **restrictions: object) -> Grant:
    """One that starts the day after the end."""
    return award_grant(
        funder=organization("city"),
        name="City 2027",
        award_cents=cents,
        starts_on=date(2027, 1, 1),
        ends_on=date(2027, 12, 31),
        by=FINANCE,
        now=NOW,
        restrictions=restrictions,
    )


@pytest.fixture
def case() -> Case:
    event = accepted()
    return event.case


@pytest.fixture
def ending(case: Case) -> Grant:
    """A grant with the case's first stage committed."""
    made = grant(1_000_000, ends_on=END)
    follow_acceptances(now=LATER)
    assert Commitment.objects.get().grant == made
    return made


def the_commitment() -> Commitment:
    return Commitment.objects.get(cost_type=CostType.STAGE)


@pytest.mark.parametrize(
    ("day", "moves"),
    [
        (END - timedelta(days=1), False),
        (END, False),
        (END + timedelta(days=1), False),
        (LAST_TO_BILL, False),
        (LAST_TO_BILL + timedelta(days=1), True),
    ],
)
def test_what_was_not_invoiced_goes_to_the_next_grant_when_its_days_are_over(
    ending: Grant, day: date, moves: bool
) -> None:
    following = next_grant()

    assert end_grants(now=noon(day)) == moves

    made = the_commitment()
    assert (made.state, made.grant) == (CommitmentState.OPEN, following if moves else ending)
    ending.refresh_from_db()
    following.refresh_from_db()
    counted = (0, 250_000) if moves else (250_000, 0)
    assert (ending.committed_cents, following.committed_cents) == counted
    assert (ending.closed_out_on is not None) is moves
    assert CaseAccount.objects.get().committed_cents == 250_000
    assert end_grants(now=noon(day)) == 0, "again changes nothing"


@pytest.mark.parametrize(("day", "is_told"), [(END - timedelta(days=1), 0), (END, 0), (END + timedelta(days=1), 1)])
def test_staff_are_told_of_the_end_once(
    ending: Grant, day: date, is_told: int, django_capture_on_commit_callbacks: object
) -> None:
    finance, provider, other = member(Role.FINANCE), member(Role.PROVIDER_LEAD), member(Role.PROVIDER_LEAD, "vln")
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            end_grants(now=noon(day))

    told = {one.to[0]: one.body for one in mail.outbox}
    assert len(mail.outbox) == 2 * is_told
    if is_told:
        assert "City 2026 ended on 2026-12-31. Open commitments: 1." in told[finance.email]
        assert "until 2027-01-30" in told[finance.email]
        assert "by 2027-01-30" in told[provider.email]
        assert "City" not in told[provider.email], "who pays is not the provider's to know by a mail"
        assert other.email not in told
    assert the_commitment().case_reference not in str(told)


def test_work_done_until_the_end_is_invoiced_after_it_and_paid(ending: Grant) -> None:
    next_grant()
    made = the_commitment()
    agreement()
    after = noon(LAST_TO_BILL)
    lines = [Wanted(1, made.case_reference, made.stage, END, made.cents)]
    invoice = submit_invoice(invoice=prepare_invoice(wanted=lines, by=staff(), now=after), by=staff(), now=after)

    end_grants(now=noon(LAST_TO_BILL + timedelta(days=1)))
    made.refresh_from_db()
    assert made.grant == ending, "what is on an invoice stays"
    signing = noon(LAST_TO_BILL + timedelta(days=9))
    for signer in (FINANCE, APPROVER):
        invoice = approve_invoice(invoice=invoice, seen=digest_of(invoice), by=signer, now=signing)
    assert invoice.state == InvoiceState.APPROVED


def test_work_done_after_the_end_is_refused_with_the_day_from_which_another_grant_pays(ending: Grant) -> None:
    next_grant()
    made = the_commitment()
    day = END + timedelta(days=1)
    lines = [Wanted(1, made.case_reference, made.stage, day, made.cents)]
    with pytest.raises(BadLinesError) as refused:
        prepare_invoice(wanted=lines, by=staff(), now=noon(day))
    assert "After 2027-01-30 another grant takes over" in refused.value.lines[0].reason

    moved = LAST_TO_BILL + timedelta(days=1)
    end_grants(now=noon(moved))

    assert prepare_invoice(wanted=lines, by=staff(), now=noon(moved)).lines.count() == 1


def test_an_invoice_returned_after_the_days_are_over_leaves_the_grant_with_the_next_run(ending: Grant) -> None:
    following = next_grant()
    invoice = submitted(the_commitment(), now=LATER)
    end_grants(now=noon(LAST_TO_BILL + timedelta(days=1)))
    return_invoice(invoice=invoice, reason="ask_us", by=FINANCE)

    assert end_grants(now=noon(LAST_TO_BILL + timedelta(days=2))) == 1
    assert the_commitment().grant == following


def test_without_a_next_grant_it_is_unfunded_until_one_comes(ending: Grant) -> None:
    after = LAST_TO_BILL + timedelta(days=1)
    assert end_grants(now=noon(after)) == 1
    assert the_commitment().state == CommitmentState.UNFUNDED

    following = award_grant(
        funder=organization("city"),
        name="late",
        award_cents=250_000,
        starts_on=after,
        ends_on=date(2027, 12, 31),
        by=FINANCE,
        now=noon(after),
    )
    follow_acceptances(now=noon(after))
    from funding.actions import fund_unfunded

    fund_unfunded(now=noon(after))

    assert (the_commitment().state, the_commitment().grant) == (CommitmentState.OPEN, following)


def test_a_next_grant_takes_over_only_what_it_allows(ending: Grant) -> None:
    next_grant(case_types=["PREP"])

    end_grants(now=noon(LAST_TO_BILL + timedelta(days=1)))

    assert the_commitment().state == CommitmentState.UNFUNDED


def test_a_case_whose_grants_ended_before_it_had_money_gets_it_from_one_that_runs(case: Case) -> None:
    grant(100_000, ends_on=END)
    follow_acceptances(now=LATER)
    assert the_commitment().state == CommitmentState.UNFUNDED
    following = next_grant()
    from funding.actions import fund_unfunded

    assert fund_unfunded(now=noon(END)) == 0
    assert fund_unfunded(now=noon(END + timedelta(days=1))) == 1

    assert the_commitment().grant == following


def test_nothing_more_is_promised_of_a_grant_that_is_closed_out(ending: Grant) -> None:
    end_grants(now=noon(LAST_TO_BILL + timedelta(days=1)))
    late = accepted(at=NOW + timedelta(minutes=5))

    follow_acceptances(now=noon(LAST_TO_BILL + timedelta(days=1)))

    assert Commitment.objects.get(case_id=late.case_id).state == CommitmentState.UNFUNDED


def test_the_split_of_a_case_is_over_when_one_of_its_grants_is(case: Case) -> None:
    first, second = grant(1_000_000, ends_on=END), grant(1_000_000, name="second", ends_on=date(2027, 6, 30))
    follow_acceptances(now=LATER)
    split_case(reference=case.reference, percents={first.pk: 50, second.pk: 50}, by=FINANCE, now=LATER)
    started(case, "bond", at=NOW + timedelta(minutes=30))
    follow_acceptances(now=LATER)
    bond = Commitment.objects.get(stage="bond")
    assert bond.shares.count() == 2

    end_grants(now=noon(LAST_TO_BILL + timedelta(days=1)))

    assert [(share.grant, share.cents) for share in bond.shares.all()] == [(second, bond.cents)]


def test_what_a_budget_line_held_is_given_back_with_its_grant(case: Case) -> None:
    from funding.actions import add_budget_line

    first = grant(1_000_000, ends_on=END)
    add_budget_line(grant=first, name="help", cost_type=CostType.STAGE, cents=500_000, by=FINANCE)
    follow_acceptances(now=LATER)
    assert BudgetLine.objects.get().committed_cents == 250_000

    end_grants(now=noon(LAST_TO_BILL + timedelta(days=1)))

    assert BudgetLine.objects.get().committed_cents == 0


def test_what_is_left_of_a_closed_out_grant_returns_to_its_funder(ending: Grant) -> None:
    next_grant()
    after = LAST_TO_BILL + timedelta(days=1)
    with pytest.raises(RefusedError, match="ends on"):
        return_unspent(grant=ending, on=END, by=FINANCE, now=noon(END))
    with pytest.raises(RefusedError, match="still committed"):
        return_unspent(grant=ending, on=END + timedelta(days=1), by=FINANCE, now=noon(after))

    end_grants(now=noon(after))

    assert return_unspent(grant=ending, on=after, by=FINANCE, now=noon(after)) == 1_000_000


def test_the_days_after_the_end_are_a_rule(ending: Grant) -> None:
    MoneyRule.objects.update(days_after_grant_end=0)
    following = next_grant()

    assert end_grants(now=noon(END)) == 0
    assert end_grants(now=noon(END + timedelta(days=1))) == 1
    assert the_commitment().grant == following


def ask(case: Case, kind: str = AllowanceKind.CAP, cents: int = 150_000, reason: str = "more_stages") -> Allowance:
    return ask_allowance(kind=kind, reference=case.reference, cents=cents, reason=reason, by=staff(), now=NOW)


def approve(allowance: Allowance) -> Allowance:
    for signer in (FINANCE, APPROVER):
        allowance = approve_allowance(allowance=allowance, seen=digest_of(allowance), by=signer, now=NOW)
    return allowance


def cap() -> int:
    return CaseAccount.objects.get().cap_cents


def test_a_raised_cap_is_lower_again_when_finance_ends_it(case: Case, ending: Grant) -> None:
    allowance = approve(ask(case))
    assert cap() == 800_000

    ended = end_allowance(allowance=allowance, by=APPROVER)

    assert (ended.state, ended.raised_cents, cap()) == (RequestState.ENDED, 0, 650_000)
    with pytest.raises(RefusedError):
        end_allowance(allowance=allowance, by=APPROVER)


def test_what_the_case_uses_of_a_raised_cap_goes_when_it_is_given_back(case: Case, ending: Grant) -> None:
    CaseAccount.objects.update(cap_cents=250_000)
    started(case, "bond", at=NOW + timedelta(minutes=1))
    follow_acceptances(now=LATER)
    allowance = approve(ask(case))
    assert not Commitment.objects.exclude(state=CommitmentState.OPEN).exists()
    assert cap() == 400_000

    assert end_allowance(allowance=allowance, by=FINANCE).raised_cents == 90_000
    assert cap() == 340_000
    release_expired(now=NOW + timedelta(days=400))

    assert cap() == 250_000
    allowance.refresh_from_db()
    assert allowance.raised_cents == 0


@pytest.mark.parametrize("kind", ["transfer", "close"])
def test_a_cap_raised_for_a_provider_is_lower_again_when_the_case_leaves_it(
    case: Case, ending: Grant, kind: str
) -> None:
    allowance = approve(ask(case))

    left(case, kind, at=LATER)
    follow_acceptances(now=LATER + timedelta(hours=1))

    allowance.refresh_from_db()
    assert (allowance.state, cap()) == (RequestState.ENDED, 650_000)


def test_a_hardship_that_is_never_billed_lowers_the_cap_again(case: Case, ending: Grant) -> None:
    allowance = approve(ask(case, AllowanceKind.HARDSHIP, 90_000, "filing_fee"))
    assert cap() == 740_000

    release_expired(now=NOW + timedelta(days=400))

    allowance.refresh_from_db()
    assert (allowance.state, allowance.raised_cents, cap()) == (RequestState.ENDED, 0, 650_000)


def test_a_hardship_that_is_paid_stays(case: Case, ending: Grant) -> None:
    approve(ask(case, AllowanceKind.HARDSHIP, 90_000, "filing_fee"))
    payment(Commitment.objects.get(cost_type=CostType.DIRECT), now=LATER)

    release_expired(now=NOW + timedelta(days=400))

    assert cap() == 740_000


def test_a_refused_or_withdrawn_request_raises_nothing(case: Case, ending: Grant) -> None:
    allowance = ask(case)
    approve_allowance(allowance=allowance, seen=digest_of(allowance), by=FINANCE, now=NOW)

    gone = withdraw_allowance(allowance=allowance, by=staff(), now=NOW)

    assert (gone.state, cap()) == (RequestState.WITHDRAWN, 650_000)
    with pytest.raises(RefusedError, match="decided before"):
        approve_allowance(allowance=allowance, seen=digest_of(allowance), by=APPROVER, now=NOW)
    assert ask(case).state == RequestState.ASKED, "it can be asked again"


def test_only_the_provider_that_asked_withdraws_and_only_the_office_ends(case: Case, ending: Grant) -> None:
    allowance = ask(case)
    for by in (staff("VLN"), FINANCE):
        with pytest.raises(PermissionDenied):
            withdraw_allowance(allowance=allowance, by=by, now=NOW)
    for role in Role:
        if role not in (Role.FINANCE, Role.APPROVER):
            with pytest.raises(PermissionDenied):
                end_allowance(allowance=allowance, by=Actor(role, user_id=5))


def test_the_same_is_asked_for_once_at_a_time(case: Case, ending: Grant) -> None:
    ask(case)
    with pytest.raises(RefusedError, match="not decided yet"):
        ask(case, reason="expert")
    ask(case, AllowanceKind.HARDSHIP, reason="expert")
    ask(case, AllowanceKind.HARDSHIP, reason="filing_fee")
    with pytest.raises(RefusedError, match="not decided yet"):
        ask(case, AllowanceKind.HARDSHIP, reason="expert")


def test_nothing_is_allowed_for_work_that_was_given_up(case: Case, ending: Grant) -> None:
    allowance = ask(case)
    left(case, "transfer", at=LATER)
    follow_acceptances(now=LATER + timedelta(hours=1))

    with pytest.raises(RefusedError, match="given up"):
        approve(allowance)
    with pytest.raises(RefusedError, match="given up"):
        ask(case, AllowanceKind.HARDSHIP)


def test_a_provider_withdraws_and_finance_ends_on_the_page(case: Case, ending: Grant) -> None:
    allowance = ask(case)
    provider, finance = client_of(member(Role.PROVIDER_STAFF)), client_of(member(Role.FINANCE))
    page = "/staff/allowances/"
    assert ">Withdraw<" in provider.get(page).content.decode()
    assert client_of(member(Role.PROVIDER_STAFF, "vln")).post(f"{page}{allowance.pk}/withdraw/").status_code == 404

    provider.post(f"{page}{allowance.pk}/withdraw/")
    again = approve(ask(case))
    assert "Lower the cap again" in finance.get(page).content.decode()
    finance.post(f"{page}{again.pk}/end/")

    assert set(Allowance.objects.values_list("state", flat=True)) == {RequestState.WITHDRAWN, RequestState.ENDED}
