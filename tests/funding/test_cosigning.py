"""Above the rule's amount a funder signs what its own grants pay, and sees no case and no small group by it."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.roles import Actor, Role
from funding.actions import approve_allowance, approve_invoice, ask_allowance, make_payment
from funding.approvals import digest_of, funders_to_sign, is_fully_signed
from funding.cosigning_reads import Part, parts_of, to_cosign
from funding.models import (
    AllowanceKind,
    AllowanceReason,
    Approval,
    Commitment,
    CommitmentShare,
    Grant,
    Invoice,
    InvoiceState,
    MoneyRule,
)
from funding.policies import RefusedError
from tests.factories import client_of, member, organization
from tests.funding.builders import APPROVER, FINANCE, NOW, approved, commitment, grant, submitted

TODAY = date(2026, 11, 17)
PAGE = "/staff/to-sign/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def rule(cents: int | None) -> None:
    MoneyRule.objects.update(funder_signature_cents=cents)


def other_funder_of(made: Grant) -> Grant:
    Grant.objects.filter(pk=made.pk).update(funder=organization("foundation"))
    made.refresh_from_db()
    return made


def funder(slug: str = "city", user_id: int = 901) -> Actor:
    return Actor(Role.FUNDER, user_id=user_id, organization_id=organization(slug).pk)


def sign(invoice: Invoice, by: Actor) -> Invoice:
    return approve_invoice(invoice=invoice, seen=digest_of(Invoice.objects.get(pk=invoice.pk)), by=by, now=NOW)


@pytest.mark.parametrize(("above", "is_asked"), [(None, False), (250_000, False), (249_999, True)])
def test_a_funder_signs_what_is_more_than_the_rule_of_its_day(above: int | None, is_asked: bool) -> None:
    rule(above)
    invoice = submitted(commitment(grant()))

    assert bool(funders_to_sign(invoice)) is is_asked
    state = sign(sign(invoice, FINANCE), APPROVER).state
    assert state == (InvoiceState.SUBMITTED if is_asked else InvoiceState.APPROVED)
    if is_asked:
        assert sign(invoice, funder()).state == InvoiceState.APPROVED
    assert make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=NOW).cents == 250_000


def test_the_rule_asks_for_more_than_eleven_cases_money() -> None:
    row = MoneyRule.objects.get()
    assert row.funder_signature_cents is not None
    assert row.funder_signature_cents > 11 * row.case_cap_cents
    assert "funder" in row.source


def test_the_signatures_come_in_any_order() -> None:
    rule(1)
    invoice = submitted(commitment(grant()))

    assert sign(sign(sign(invoice, funder()), APPROVER), FINANCE).state == InvoiceState.APPROVED


def test_each_funder_that_carries_so_much_signs_and_no_other() -> None:
    rule(300_000)
    city, second, small = grant(), other_funder_of(grant(name="second")), grant(name="small")
    Grant.objects.filter(pk=small.pk).update(funder=organization("third"))
    invoice = submitted(
        *[commitment(city) for _ in range(2)], *[commitment(second) for _ in range(2)], commitment(small)
    )
    sign(sign(invoice, FINANCE), APPROVER)

    with pytest.raises(PermissionDenied, match="own grants"):
        sign(invoice, funder("third"))
    assert sign(invoice, funder()).state == InvoiceState.SUBMITTED
    with pytest.raises(RefusedError, match="Your side has signed"):
        sign(invoice, funder(user_id=902))
    assert sign(invoice, funder("foundation", 903)).state == InvoiceState.APPROVED


def test_what_a_funder_has_not_signed_is_not_paid_whatever_the_tables_say() -> None:
    rule(None)
    invoice = approved(commitment(grant()))
    rule(1)

    with pytest.raises(RefusedError, match="not what was signed"):
        make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=NOW)
    Invoice.objects.update(approved_sha256=digest_of(invoice))
    assert not is_fully_signed(invoice, digest_of(invoice))
    with pytest.raises(RefusedError, match="not what was signed"):
        make_payment(invoices=[invoice.pk], pays_on=TODAY, by=FINANCE, now=NOW)


def test_a_funder_signs_no_allowance() -> None:
    made = commitment(grant())
    home = Actor(Role.PROVIDER_STAFF, user_id=77, organization_id=made.provider.organization_id)
    asked = ask_allowance(
        kind=AllowanceKind.CAP,
        reference=made.case_reference,
        cents=10_000_000,
        reason=AllowanceReason.EXPERT,
        by=home,
        now=NOW,
    )

    with pytest.raises(PermissionDenied):
        approve_allowance(allowance=asked, seen=digest_of(asked), by=funder(), now=NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "funder"},
        {"role": "finance", "funder": True},
    ],
)
def test_the_database_knows_a_funders_signature_by_its_organization(fields: dict[str, Any]) -> None:
    invoice = submitted(commitment(grant()))
    given = fields | ({"funder": organization("city")} if "funder" in fields else {})

    with pytest.raises(IntegrityError, match="funds_office"), transaction.atomic():
        Approval.objects.create(invoice=invoice, sha256="0" * 64, user_id=5, prepared_by_user_id=77, at=NOW, **given)


def _large(cases: dict[str, int], of: Grant | None = None) -> Invoice:
    city = of or grant(90_000_000)
    return submitted(*[commitment(city, stage=stage) for stage, number in cases.items() for _ in range(number)])


def test_a_funder_sees_the_money_of_its_own_grants_by_stage_and_no_case() -> None:
    rule(300_000)
    city, second = grant(90_000_000), other_funder_of(grant(90_000_000, name="second"))
    made = [commitment(city) for _ in range(11)]
    made += [commitment(city, stage="bond", cents=90_000) for _ in range(11)]
    made += [commitment(second) for _ in range(12)]
    submitted(*made)

    text = client_of(member(Role.FUNDER)).get(PAGE).content.decode()

    assert "$37,400" in text, "its own grants' total"
    assert "$27,500" in text
    assert "$9,900" in text
    assert "$30,000" not in text, "the other funder's"
    assert "$67,400" not in text
    assert not [one.case_reference for one in made if one.case_reference in text]


@pytest.mark.parametrize(
    ("cases", "parts"),
    [
        ({"habeas": 11}, [("habeas", 11)]),
        ({"habeas": 12, "bond": 10}, []),
        ({"habeas": 12, "bond": 10, "appeal": 1}, [("habeas", 12), ("", 11)]),
        ({"habeas": 20, "bond": 12, "appeal": 1}, [("habeas", 20), ("", 13)]),
        ({"habeas": 10, "bond": 10}, []),
    ],
)
def test_a_stage_of_few_cases_is_added_to_others(cases: dict[str, int], parts: list[tuple[str, int]]) -> None:
    cents = dict(cases)
    found = parts_of(cents, {stage: {uuid4() for _ in range(number)} for stage, number in cases.items()})

    assert found == [Part(*one) for one in parts]


def test_a_stage_that_few_more_cases_hide_behind_is_not_told_by_subtraction() -> None:
    """The same cases in two stages are not more cases."""
    ten = {uuid4() for _ in range(10)}
    cases = {"habeas": {uuid4() for _ in range(12)}, "bond": ten, "appeal": ten}

    assert parts_of({"habeas": 5, "bond": 2, "appeal": 1}, cases) == []


def test_of_few_cases_a_funder_is_told_only_that_it_is_more() -> None:
    rule(1_000_000)
    _large({"habeas": 10})

    (seen,) = to_cosign(organization("city").pk)
    text = client_of(member(Role.FUNDER)).get(PAGE).content.decode()

    assert (seen.cents, seen.parts) == (None, [])
    assert "more than $10,000" in text
    assert "$25,000" not in text


def test_a_case_that_two_grants_carry_is_shown_as_each_ones_part() -> None:
    rule(300_000)
    city = grant(90_000_000)
    second = other_funder_of(grant(90_000_000, name="second"))
    invoice = _large({"habeas": 11}, city)
    for share in CommitmentShare.objects.all():
        CommitmentShare.objects.filter(pk=share.pk).update(cents=F("cents") - 100_000)
        CommitmentShare.objects.create(commitment=share.commitment, grant=second, cents=100_000)
    Grant.objects.filter(pk=city.pk).update(committed_cents=11 * 150_000)
    Grant.objects.filter(pk=second.pk).update(committed_cents=11 * 100_000)

    assert funders_to_sign(invoice) == {city.funder_id: 1_650_000, second.funder_id: 1_100_000}
    assert [one.cents for one in to_cosign(second.funder_id)] == [1_100_000]


def test_one_funder_cannot_tell_that_another_exists() -> None:
    rule(1)
    invoice = submitted(commitment(other_funder_of(grant())))
    client = client_of(member(Role.FUNDER))

    assert "No invoice waits for you" in client.get(PAGE).content.decode()
    theirs = client.post(f"{PAGE}{invoice.pk}/", {"seen": digest_of(invoice)})
    nowhere = client.post(f"{PAGE}{uuid4()}/")
    assert (theirs.status_code, nowhere.status_code) == (404, 404)
    assert not Approval.objects.exists()


def test_a_funder_signs_on_the_page_what_the_page_showed() -> None:
    rule(1)
    invoice = submitted(commitment(grant()))
    client = client_of(member(Role.FUNDER))
    assert (
        "changed after you opened"
        in client.post(f"{PAGE}{invoice.pk}/", {"seen": "0" * 64}, follow=True).content.decode()
    )

    response = client.post(f"{PAGE}{invoice.pk}/", {"seen": digest_of(invoice)}, follow=True)

    text = response.content.decode()
    assert "Your organization has signed it." in text
    assert ">Sign<" not in text
    assert Commitment.objects.get().case_reference not in text


@pytest.mark.parametrize("invoices", [1, 6])
def test_what_waits_costs_as_much_for_each_invoice_and_no_more(
    invoices: int, django_assert_max_num_queries: Any
) -> None:
    rule(1)
    city = grant(90_000_000)
    for _ in range(invoices):
        submitted(commitment(city))
    client = client_of(member(Role.FUNDER))
    client.get(PAGE)

    with django_assert_max_num_queries(8 + 12 * invoices):
        assert client.get(PAGE).status_code == 200
