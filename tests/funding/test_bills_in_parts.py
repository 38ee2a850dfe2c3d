"""A bill that is sent in parts is one bill to the funder that would have signed it whole."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from funding.actions import (
    add_lines,
    approve_invoice,
    invoices,
    make_payment,
    return_invoice,
    submit_invoice,
    withdraw_invoice,
)
from funding.approvals import digest_of, funders_to_sign
from funding.cosigning_reads import MOST, to_cosign
from funding.models import Grant, Invoice, InvoiceState, MoneyRule
from funding.policies import RefusedError
from funding.quarters import day_of
from tests.factories import client_of, member, organization
from tests.funding.builders import APPROVER, FINANCE, NOW, commitment, draft, grant, staff, submitted, wanted
from tests.funding.test_cosigning import PAGE, funder, other_funder_of, rule, sign

pytestmark = pytest.mark.django_db

HABEAS = 250_000


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def city() -> Grant:
    """With a rule of $5,000: two cases pass without the City's signature, a third does not."""
    rule(2 * HABEAS)
    return grant(90_000_000)


def bill(of: Grant, cases: int, *, code: str = "AHR", at: datetime = NOW) -> Invoice:
    return submitted(*[commitment(of, code=code, committed_at=at) for _ in range(cases)], now=at)


def is_asked(invoice: Invoice) -> bool:
    return bool(funders_to_sign(Invoice.objects.get(pk=invoice.pk)))


def test_a_bill_in_two_parts_is_signed_by_its_funder_as_one_is(city: Grant) -> None:
    first, second = bill(city, 2), bill(city, 2)

    assert (is_asked(first), is_asked(second)) == (False, True)
    assert sign(sign(second, FINANCE), APPROVER).state == InvoiceState.SUBMITTED
    with pytest.raises(RefusedError):
        make_payment(invoices=[second.pk], pays_on=day_of(NOW), by=FINANCE, now=NOW)
    assert sign(second, funder()).state == InvoiceState.APPROVED


def test_one_that_grows_after_another_was_sent_is_counted_with_it(city: Grant) -> None:
    first, second = bill(city, 1), bill(city, 1)
    assert (is_asked(first), is_asked(second)) == (False, False)

    add_lines(invoice=first, wanted=[wanted(commitment(city))], by=staff(), now=NOW)

    assert (is_asked(first), is_asked(second)) == (True, False)


def test_a_draft_that_grows_counts_nothing_yet(city: Grant) -> None:
    bill(city, 2)
    growing = draft(commitment(city))

    add_lines(invoice=growing, wanted=[wanted(commitment(city))], by=staff(), now=NOW)

    assert not is_asked(growing)


def test_one_that_is_overtaken_while_it_waits_for_its_turn_counts_the_other(
    city: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = draft(commitment(city), commitment(city)), draft(commitment(city), commitment(city))
    ticks = iter(NOW + timedelta(seconds=tick) for tick in range(100))
    monkeypatch.setattr(timezone, "now", lambda: next(ticks))
    waits = invoices.wait_for_turn

    def overtaken() -> None:
        monkeypatch.setattr(invoices, "wait_for_turn", waits)
        submit_invoice(invoice=second, by=staff())

    monkeypatch.setattr(invoices, "wait_for_turn", overtaken)
    submit_invoice(invoice=first, by=staff())

    assert (is_asked(first), is_asked(second)) == (True, False)


def test_however_small_the_parts_no_more_than_the_amount_passes_unsigned(city: Grant) -> None:
    parts = [bill(city, 1) for _ in range(6)]

    unsigned = [part for part in parts if not is_asked(part)]
    assert len(unsigned) * HABEAS == 2 * HABEAS


@pytest.mark.parametrize(
    ("days", "before", "counts"),
    [
        (30, timedelta(days=30), False),
        (30, timedelta(days=30) - timedelta(seconds=1), True),
        (0, timedelta(0), False),
        (1, timedelta(hours=23), True),
    ],
)
def test_what_was_sent_within_the_days_of_the_rule_counts(
    city: Grant, days: int, before: timedelta, counts: bool
) -> None:
    MoneyRule.objects.update(funder_signature_days=days)
    bill(city, 2, at=NOW - before)

    assert is_asked(bill(city, 1)) is counts


def test_another_providers_bills_and_another_funders_money_do_not_count(city: Grant) -> None:
    second = other_funder_of(grant(90_000_000, name="second"))
    bill(city, 2, code="VLN")
    bill(second, 2)

    assert not is_asked(bill(city, 1))
    assert funders_to_sign(bill(second, 1)) == {second.funder_id: HABEAS}


def test_what_its_funder_signed_is_not_counted_again(city: Grant) -> None:
    large = bill(city, 3)
    for by in (FINANCE, APPROVER, funder()):
        sign(large, by)

    assert not is_asked(bill(city, 1))


def test_a_void_signature_of_its_funder_is_none(city: Grant) -> None:
    large = bill(city, 3)
    sign(large, funder())

    assert is_asked(bill(city, 1)), "it is not approved: what was signed may still change"


def test_what_was_taken_back_before_does_not_count(city: Grant) -> None:
    for end in (
        lambda invoice: withdraw_invoice(invoice=invoice, by=staff()),
        lambda invoice: return_invoice(invoice=invoice, reason="ask_us", by=FINANCE),
    ):
        end(bill(city, 2))

    assert not is_asked(bill(city, 2))


def test_one_that_is_sent_again_counts_what_went_before_it_now(city: Grant) -> None:
    first = bill(city, 2)
    return_invoice(invoice=first, reason="ask_us", by=FINANCE)
    second = bill(city, 2)
    assert not is_asked(second)

    submit_invoice(invoice=first, by=staff(), now=NOW)

    assert (is_asked(first), is_asked(second)) == (True, False)


def test_what_becomes_of_an_earlier_one_voids_no_signature_of_a_later_one(city: Grant) -> None:
    first, second = bill(city, 2), bill(city, 2)
    sign(second, FINANCE)
    signed = digest_of(Invoice.objects.get(pk=second.pk))

    return_invoice(invoice=first, reason="ask_us", by=FINANCE)

    assert digest_of(Invoice.objects.get(pk=second.pk)) == signed


def test_a_draft_counts_when_it_is_sent(city: Grant) -> None:
    waiting = draft(commitment(city))
    bill(city, 2)
    assert not is_asked(waiting)

    assert is_asked(submit_invoice(invoice=waiting, by=staff(), now=NOW))


def test_its_funder_is_told_that_it_is_more_together_and_not_by_how_much(city: Grant) -> None:
    bill(city, 2)
    bill(city, 1)

    (seen,) = to_cosign(organization("city").pk)
    text = client_of(member(Role.FUNDER)).get(PAGE).content.decode()

    assert (seen.cents, seen.parts, seen.days) == (None, [], 30)
    assert "With what it sent in the 30 days before: more than $5,000" in text
    assert "of fewer than 11 cases" in text
    assert "$7,500" not in text
    assert "$2,500" not in text


def test_a_large_one_behind_many_small_ones_is_on_the_page(city: Grant) -> None:
    MoneyRule.objects.update(funder_signature_days=0)
    for _ in range(MOST + 1):
        bill(city, 1)
    large = bill(city, 3)

    assert [one.pk for one in to_cosign(organization("city").pk)] == [large.pk]
    answer = client_of(member(Role.FUNDER)).post(f"{PAGE}{large.pk}/", {"seen": digest_of(large)})
    assert answer.status_code == 302
    assert large.approvals.count() == 1


def test_a_signature_that_the_rule_asks_for_is_of_an_account_of_that_funder(city: Grant) -> None:
    bill(city, 2)
    second = bill(city, 2)

    with pytest.raises(Exception, match="own grants"):
        approve_invoice(invoice=second, seen=digest_of(second), by=funder("foundation", 9), now=NOW)
