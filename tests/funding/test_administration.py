"""Administration's cost is signed by two; what finance typed wrong is taken back with what it counted."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from accounts.roles import Actor, Role
from funding import ledger
from funding.actions import add_budget_line, return_unspent
from funding.actions.administration import (
    approve_administration,
    ask_administration,
    refuse_administration,
    take_back,
)
from funding.book_audit import differences
from funding.ledger import ClosedMonthError, NotReversibleError, close_month
from funding.models import Account, AdministrationCost, BudgetLine, CostType, Grant, JournalEntry, RequestState
from funding.policies import RefusedError
from tests.factories import client_of, member
from tests.funding.builders import APPROVER, FINANCE, NOW, commitment, grant, paid

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 5)
PAGE = "/staff/money/administration/"
JOURNAL = "/staff/money/journal/"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def city(**more: Any) -> Grant:
    return grant(10_000_000, admin_cap_percent=10, **more)


def asked(of: Grant | None = None, cents: int = 400_000) -> AdministrationCost:
    return ask_administration(grant=of or city(), cents=cents, on=DAY, by=FINANCE, now=NOW)


def approved(of: Grant | None = None, cents: int = 400_000) -> AdministrationCost:
    return approve_administration(cost=asked(of, cents), by=APPROVER, now=NOW)


def entry_of(cost: AdministrationCost) -> JournalEntry:
    assert cost.entry is not None
    return cost.entry


def test_nothing_is_posted_before_the_second_signature() -> None:
    cost = asked()
    assert JournalEntry.objects.count() == 1, "the award"

    cost = approve_administration(cost=cost, by=APPROVER, now=NOW)

    assert cost.state == RequestState.APPROVED
    assert ledger.trial_balance()[Account.ADMIN_EXPENSE] == 400_000
    cost.grant.refresh_from_db()
    assert (cost.grant.admin_cents, cost.grant.committed_cents) == (400_000, 400_000)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.FINANCE])
def test_only_finance_asks(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        ask_administration(grant=city(), cents=1, on=DAY, by=Actor(role, user_id=5), now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.APPROVER])
def test_only_an_approver_signs(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        approve_administration(cost=asked(), by=Actor(role, user_id=5), now=NOW)


def test_one_account_is_not_two_people() -> None:
    with pytest.raises(PermissionDenied):
        approve_administration(cost=asked(), by=Actor(Role.APPROVER, user_id=FINANCE.user_id), now=NOW)
    assert AdministrationCost.objects.get().state == RequestState.ASKED


def test_what_is_decided_is_decided() -> None:
    refused = refuse_administration(cost=asked(), by=FINANCE, now=NOW)
    with pytest.raises(RefusedError, match="Refused"):
        approve_administration(cost=refused, by=APPROVER, now=NOW)
    with pytest.raises(RefusedError, match="Approved"):
        approve_administration(cost=approved(city(name="two")), by=APPROVER, now=NOW)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cents": 0}, "more than nothing"),
        ({"on": date(2026, 11, 18)}, "future"),
        ({"on": date(2025, 12, 31)}, "runs 2026-01-01"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_asked(changes: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"grant": city(), "cents": 100, "on": DAY} | changes
    with pytest.raises(RefusedError, match=words):
        ask_administration(**given, by=FINANCE, now=NOW)


def test_a_bond_pool_carries_none() -> None:
    with pytest.raises(RefusedError, match="bond pool"):
        ask_administration(grant=grant(kind="bond_pool"), cents=1, on=DAY, by=FINANCE, now=NOW)


def test_over_the_cap_stays_to_be_signed() -> None:
    cost = asked(cents=1_000_001)
    with pytest.raises(RefusedError, match="More than the grant leaves"):
        approve_administration(cost=cost, by=APPROVER, now=NOW)
    assert AdministrationCost.objects.get().state == RequestState.ASKED


def test_a_cost_taken_back_makes_room_again_in_grant_and_budget() -> None:
    of = city()
    for name in ("Office", "Audit"):
        add_budget_line(grant=of, name=name, cost_type=CostType.ADMIN, cents=300_000, by=FINANCE)
    first, second = approved(of, 250_000), approved(of, 200_000)

    take_back(entry=entry_of(first), on=DAY + timedelta(days=1), by=FINANCE, now=NOW)

    of.refresh_from_db()
    assert (of.admin_cents, of.committed_cents) == (200_000, 200_000)
    assert sum(BudgetLine.objects.values_list("committed_cents", flat=True)) == 200_000
    assert ledger.trial_balance()[Account.ADMIN_EXPENSE] == second.cents
    assert differences() == []


def test_a_posting_is_taken_back_once() -> None:
    entry = entry_of(approved())
    take_back(entry=entry, on=DAY, by=FINANCE, now=NOW)

    with pytest.raises(NotReversibleError):
        take_back(entry=entry, on=DAY, by=FINANCE, now=NOW)
    assert differences() == []
    assert Grant.objects.get().admin_cents == 0


def test_money_that_went_back_to_a_funder_is_had_again() -> None:
    of = grant(1_000_000, ends_on=date(2026, 10, 31))
    assert return_unspent(grant=of, on=DAY, by=FINANCE, now=NOW) == 1_000_000
    entry = JournalEntry.objects.get(description="Returned to the funder")

    take_back(entry=entry, on=DAY, by=FINANCE, now=NOW)

    of.refresh_from_db()
    assert of.returned_cents == 0
    assert ledger.trial_balance()[Account.CASH] == 1_000_000


def test_awards_payments_and_reversals_are_not_taken_back_here() -> None:
    paid(city(), code="AHR", paid_on=DAY)
    cost = approved(Grant.objects.get(), 100)
    take_back(entry=entry_of(cost), on=DAY, by=FINANCE, now=NOW)

    for entry in JournalEntry.objects.exclude(pk=entry_of(cost).pk):
        with pytest.raises(RefusedError, match="not taken back here"):
            take_back(entry=entry, on=DAY + timedelta(days=1), by=FINANCE, now=NOW)


def test_the_day_of_a_correction_is_in_an_open_month_from_the_posting_on() -> None:
    entry = entry_of(approved())
    for day in (DAY - timedelta(days=1), date(2026, 11, 18)):
        with pytest.raises(RefusedError, match="between"):
            take_back(entry=entry, on=day, by=FINANCE, now=NOW)
    close_month(DAY, by=FINANCE, now=NOW)
    with pytest.raises(ClosedMonthError):
        take_back(entry=entry, on=DAY, by=FINANCE, now=NOW)
    assert Grant.objects.get().admin_cents == 400_000


@pytest.mark.parametrize("role", [role for role in Role if role != Role.FINANCE])
def test_only_finance_takes_back(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        take_back(entry=entry_of(approved()), on=DAY, by=Actor(role, user_id=5), now=NOW)


@pytest.fixture
def finance() -> Client:
    return client_of(member(Role.FINANCE))


def typed(day: date, **more: str) -> dict[str, str]:
    return {"day_0": str(day.month), "day_1": str(day.day), "day_2": str(day.year)} | more


def test_from_asking_on_the_page_to_posting(finance: Client) -> None:
    of = city()
    written = {"grant": str(of.pk), "cents": "4000.00", "on_0": "11", "on_1": "5", "on_2": "2026"}

    assert finance.post(PAGE, written).status_code == 302
    cost = AdministrationCost.objects.get()
    assert "Take back" in finance.get(PAGE).content.decode()
    assert f"{PAGE}{cost.pk}/approve/" not in finance.get(PAGE).content.decode()
    assert finance.post(f"{PAGE}{cost.pk}/approve/").status_code == 403

    approver = client_of(member(Role.APPROVER))
    assert f"{PAGE}{cost.pk}/approve/" in approver.get(PAGE).content.decode()
    assert approver.post(f"{PAGE}{cost.pk}/approve/").status_code == 302
    cost.refresh_from_db()
    assert (cost.state, cost.cents) == (RequestState.APPROVED, 400_000)


@pytest.mark.parametrize("amount", ["", "0", "12,50", "-3", "much"])
def test_a_wrong_amount_is_named_and_nothing_is_asked(finance: Client, amount: str) -> None:
    of = city()
    written = {"grant": str(of.pk), "cents": amount, "on_0": "11", "on_1": "5", "on_2": "2026"}

    answer = finance.post(PAGE, written)

    assert answer.status_code == 400
    assert "error-summary" in answer.content.decode()
    assert not AdministrationCost.objects.exists()


def test_returning_what_is_unspent_shows_the_amount_first(finance: Client) -> None:
    of = grant(1_000_000, ends_on=date(2026, 10, 31))
    path = f"/staff/money/grants/{of.pk}/return/"

    assert "Return $10,000 to" in finance.get(path).content.decode()
    too_early = finance.post(path, typed(date(2026, 10, 31)))
    assert too_early.status_code == 400
    assert "ends on 2026-10-31" in too_early.content.decode()

    assert finance.post(path, typed(DAY)).status_code == 302
    of.refresh_from_db()
    assert of.returned_cents == 1_000_000


def test_while_something_is_committed_nothing_goes_back(finance: Client) -> None:
    of = grant(1_000_000, ends_on=date(2026, 10, 31))
    commitment(of, cents=100)

    answer = finance.post(f"/staff/money/grants/{of.pk}/return/", typed(DAY))

    assert answer.status_code == 400
    assert "still committed" in answer.content.decode()


def test_taking_back_from_the_journal(finance: Client) -> None:
    entry = entry_of(approved())
    page = finance.get(JOURNAL).content.decode()
    assert page.count("Take back<") == 1
    path = f"{JOURNAL}{entry.pk}/reverse/"
    assert "Take it back" in finance.get(path).content.decode()

    assert finance.post(path, typed(DAY)).status_code == 302

    assert JournalEntry.objects.filter(reverses=entry).exists()
    assert "Take back<" not in finance.get(JOURNAL).content.decode()
    assert finance.get(path).status_code == 404
    again = finance.post(path, typed(DAY))
    assert again.status_code == 400
    assert "already reversed" in again.content.decode()


def test_a_posting_of_another_kind_has_no_page_to_take_it_back(finance: Client) -> None:
    city()
    assert finance.get(f"{JOURNAL}{JournalEntry.objects.get().pk}/reverse/").status_code == 404


@pytest.mark.parametrize("rows", [3, 70])
@pytest.mark.parametrize("path", [PAGE, JOURNAL])
def test_the_pages_cost_the_same_few_queries(
    finance: Client, rows: int, path: str, django_assert_num_queries: Any
) -> None:
    of = city()
    for _ in range(rows):
        approved(of, 100)
    finance.get(path)

    with django_assert_num_queries(6 if path == PAGE else 5):
        assert finance.get(path).status_code == 200
