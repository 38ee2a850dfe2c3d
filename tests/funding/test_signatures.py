"""What is signed is what is paid, to whom it was signed for, and by people none of whom made it or signs twice."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import Actor, Role
from accounts.same_person import address_of, same_person
from accounts.second_factor import add_app
from funding.actions import (
    BadLinesError,
    add_lines,
    approve_allowance,
    approve_invoice,
    ask_allowance,
    make_payment,
    remove_line,
    reopen_invoice,
    return_invoice,
    return_payment,
    submit_invoice,
    withdraw_invoice,
)
from funding.approvals import digest_of, makers_of, signatures
from funding.models import (
    AllowanceKind,
    AllowanceReason,
    Commitment,
    Invoice,
    InvoiceMaker,
    InvoiceState,
    PaymentFile,
    PaymentItem,
    ProviderAgreement,
    ReturnReason,
)
from funding.policies import RefusedError
from providers.models import Provider
from tests.factories import member
from tests.funding.builders import (
    APPROVER,
    FINANCE,
    NOW,
    agreement,
    approved,
    commitment,
    draft,
    grant,
    payment,
    staff,
    submitted,
    wanted,
)

TODAY = date(2026, 11, 17)

pytestmark = pytest.mark.django_db


def sign(invoice: Invoice, by: Actor, now: datetime = NOW) -> Invoice:
    return approve_invoice(invoice=invoice, seen=digest_of(Invoice.objects.get(pk=invoice.pk)), by=by, now=now)


def pay(invoice: Invoice) -> PaymentFile:
    return make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=NOW)


def _other_number() -> None:
    ProviderAgreement.objects.update(payee="THIEF-9")


def _other_name() -> None:
    Provider.objects.filter(code="AHR").update(name="Another Office")


def _newer_agreement() -> None:
    agreement_of = Provider.objects.get(code="AHR")
    ProviderAgreement.objects.create(provider=agreement_of, payee="NEW-1", valid_from=TODAY, source="test")


def _no_agreement() -> None:
    ProviderAgreement.objects.update(valid_to=TODAY)


PAYEE_CHANGES = [_other_number, _other_name, _newer_agreement]


@pytest.mark.parametrize("change", [*PAYEE_CHANGES, _no_agreement])
def test_a_payee_that_changed_after_the_signatures_is_not_paid(change: Any) -> None:
    invoice = approved(commitment(grant()))
    change()

    with pytest.raises(RefusedError, match=r"payee|agreement"):
        pay(invoice)
    assert not PaymentFile.objects.exists()


@pytest.mark.parametrize("field", ["payee", "payee_name"])
def test_the_payee_is_in_what_is_signed(field: str) -> None:
    invoice = approved(commitment(grant()))
    Invoice.objects.update(**{field: "THIEF"})
    ProviderAgreement.objects.update(payee="THIEF")
    Provider.objects.filter(code="AHR").update(name="THIEF")

    with pytest.raises(RefusedError, match="not what was signed"):
        pay(invoice)


@pytest.mark.parametrize("change", PAYEE_CHANGES)
def test_an_invoice_whose_signatures_are_void_is_signed_again_for_the_new_payee(change: Any) -> None:
    invoice = approved(commitment(grant()))
    change()

    back = reopen_invoice(invoice=invoice, by=FINANCE, now=NOW)
    assert (back.state, signatures(back, digest_of(back))) == (InvoiceState.SUBMITTED, [])
    sign(sign(back, APPROVER), FINANCE)

    assert pay(invoice).cents == 250_000


def test_an_invoice_whose_signatures_are_void_can_be_returned() -> None:
    invoice = approved(commitment(grant()))
    _no_agreement()

    back = reopen_invoice(invoice=invoice, by=APPROVER, now=NOW)
    with pytest.raises(RefusedError, match="no agreement"):
        sign(back, FINANCE)

    assert return_invoice(invoice=back, reason=ReturnReason.ASK_US, by=FINANCE).state == InvoiceState.RETURNED


def test_what_was_changed_in_the_tables_can_be_signed_again_as_it_is_by_now() -> None:
    invoice = approved(commitment(grant()))
    Invoice.objects.update(revision=9)

    sign(sign(reopen_invoice(invoice=invoice, by=FINANCE, now=NOW), FINANCE), APPROVER)

    assert pay(invoice).cents == 250_000


@pytest.mark.parametrize("is_paid", [False, True])
def test_signatures_that_stand_are_not_taken_back(is_paid: bool) -> None:
    made = commitment(grant())
    invoice = approved(made)
    if is_paid:
        pay(invoice)

    with pytest.raises(RefusedError):
        reopen_invoice(invoice=invoice, by=FINANCE, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.FINANCE, Role.APPROVER)])
def test_only_the_funds_office_lets_an_invoice_be_signed_again(role: Role) -> None:
    invoice = approved(commitment(grant()))
    _other_number()

    with pytest.raises(PermissionDenied):
        reopen_invoice(
            invoice=invoice,
            by=Actor(role, user_id=5, organization_id=invoice.provider.organization_id),
            now=NOW,
        )


def test_a_payee_that_changed_between_both_signatures_voids_the_first() -> None:
    invoice = submitted(commitment(grant()))
    sign(invoice, FINANCE)
    _other_number()

    with pytest.raises(RefusedError, match="Whom the bank pays has changed"):
        sign(invoice, APPROVER)
    invoice.refresh_from_db()
    assert invoice.payee == "THIEF-9"
    assert sign(invoice, APPROVER).state == InvoiceState.SUBMITTED, "finance has not signed for this payee"
    assert sign(invoice, FINANCE).state == InvoiceState.APPROVED


def test_what_came_back_is_signed_again_for_another_payee_and_paid() -> None:
    made = commitment(grant())
    payment(made)
    item = PaymentItem.objects.get()
    return_payment(item=item, on=TODAY, by=FINANCE, now=NOW)
    _other_number()
    invoice = Invoice.objects.get()
    with pytest.raises(RefusedError, match="another payee"):
        pay(invoice)

    back = reopen_invoice(invoice=invoice, by=FINANCE, now=NOW)
    line = back.lines.get().pk
    attempts: list[Any] = [
        lambda: remove_line(invoice=back, line_id=line, by=staff()),
        lambda: withdraw_invoice(invoice=back, by=staff()),
    ]
    for attempt in attempts:
        with pytest.raises(RefusedError, match="came back"):
            attempt()
    sent_back = return_invoice(invoice=back, reason=ReturnReason.ASK_US, by=APPROVER)
    sign(sign(submit_invoice(invoice=sent_back, by=staff(), now=NOW), FINANCE), APPROVER)

    assert "THIEF-9" in pay(invoice).content
    with pytest.raises(RefusedError, match="does not wait"):
        sign(invoice, FINANCE)


def test_a_stage_that_is_paid_by_one_invoice_is_not_billed_by_another() -> None:
    made = commitment(grant())
    payment(made)

    with pytest.raises(BadLinesError):
        draft(made)


def test_everyone_who_ever_changed_an_invoice_is_a_maker() -> None:
    city = grant()
    invoice = draft(commitment(city))
    home = invoice.provider.organization_id
    for number in (78, 79):
        by = Actor(Role.PROVIDER_LEAD, user_id=number, organization_id=home)
        add_lines(invoice=invoice, wanted=[wanted(commitment(city))], by=by, now=NOW)
    submit_invoice(invoice=invoice, by=staff(), now=NOW)
    invoice.refresh_from_db()

    assert makers_of(invoice) == {77, 78, 79}
    for maker in (77, 78, 79):
        with pytest.raises(PermissionDenied, match="prepared"):
            sign(invoice, Actor(Role.FINANCE, user_id=maker))


def test_who_made_an_invoice_stays_written() -> None:
    draft(commitment(grant()))

    for change in (lambda: InvoiceMaker.objects.update(user_id=1), lambda: InvoiceMaker.objects.all().delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def _same_address(user: User, other: User) -> None:
    User.objects.filter(pk=other.pk).update(email=user.email.replace("@", "+approver@").upper())


def _same_second_address(user: User, other: User) -> None:
    EmailAddress.objects.create(user=other, email=user.email)


def _same_secret(user: User, other: User) -> None:
    for one in (user, other):
        add_app(one, "JBSWY3DPEHPK3PXP")


def _same_name(user: User, other: User) -> None:
    User.objects.filter(pk=other.pk).update(name=f" {user.name.upper()}")


SAME = [_same_address, _same_second_address, _same_secret, _same_name]


@pytest.mark.parametrize("make_same", SAME)
def test_two_accounts_of_one_person_are_one_signature(make_same: Any) -> None:
    finance, approver = member(Role.FINANCE), member(Role.APPROVER)
    make_same(finance, approver)
    invoice = submitted(commitment(grant()))
    sign(invoice, finance.membership.actor())

    with pytest.raises(RefusedError, match="by another account of yours"):
        sign(invoice, approver.membership.actor())

    other = member(Role.APPROVER).membership.actor()
    assert sign(invoice, other).state == InvoiceState.APPROVED


@pytest.mark.parametrize("make_same", SAME)
def test_a_makers_other_account_does_not_sign(make_same: Any) -> None:
    maker, approver = member(Role.PROVIDER_STAFF), member(Role.APPROVER)
    make_same(maker, approver)
    made = commitment(grant())
    allowance = ask_allowance(
        kind=AllowanceKind.CAP,
        reference=made.case_reference,
        cents=1,
        reason=AllowanceReason.EXPERT,
        by=maker.membership.actor(),
        now=NOW,
    )

    with pytest.raises(PermissionDenied, match="prepared"):
        approve_allowance(allowance=allowance, seen=digest_of(allowance), by=approver.membership.actor(), now=NOW)


def test_two_people_are_not_taken_for_one() -> None:
    users = [member(Role.FINANCE), member(Role.APPROVER), member(Role.AUDITOR)]
    add_app(users[0], "JBSWY3DPEHPK3PXP")
    add_app(users[1], "JBSWY3DPEHPK3PXQ")

    assert same_person(users[0].pk, [user.pk for user in users[1:]]) == set()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Ann.Berg@fund.example", "annberg+approver@FUND.example", True),
        ("ann@fund.example", "ann@city.example", False),
        ("ann@fund.example", "anna@fund.example", False),
    ],
)
def test_addresses_of_one_mailbox_are_one(one: str, other: str, is_same: bool) -> None:
    assert (address_of(one) == address_of(other)) is is_same


def test_an_agreement_that_ends_tomorrow_pays_today() -> None:
    invoice = approved(commitment(grant()))
    ProviderAgreement.objects.update(valid_to=TODAY + timedelta(days=1))

    assert pay(invoice).cents == 250_000
    assert Commitment.objects.get().state == "paid"
    assert agreement().payee == "AHR-1"
