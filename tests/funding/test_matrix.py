"""Roles × pages × objects of invoices, payments and terms: who opens what, and whose."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

from accounts.roles import MEMBER_ROLES, Role
from funding import ledger
from funding.actions import ask_allowance, ask_bond
from funding.actions.administration import approve_administration, ask_administration
from funding.approvals import digest_of
from funding.models import (
    AccountingMonth,
    AdministrationCost,
    AllowanceKind,
    AllowanceReason,
    Bond,
    GrantKind,
    Invoice,
    MoneyRule,
    PaymentFile,
    PaymentItem,
)
from funding.urls import urlpatterns
from tests.factories import client_of, member
from tests.funding.builders import (
    APPROVER,
    FINANCE,
    NOW,
    approved,
    commitment,
    draft,
    grant,
    paid,
    payment,
    staff,
    submitted,
)

pytestmark = pytest.mark.django_db

PROVIDERS = {Role.PROVIDER_STAFF, Role.PROVIDER_LEAD}
OFFICE = {Role.FINANCE, Role.APPROVER}
READERS = OFFICE | {Role.AUDITOR}
FINANCE_ALONE = {Role.FINANCE}
# Every route of the package: who opens it, when the object is of the member's own provider.
OPENS: dict[str, set[Role]] = {
    "money": OFFICE,
    "publish": OFFICE,
    "close_month": FINANCE_ALONE,
    "splits": OFFICE,
    "administration": OFFICE,
    "decide_administration": OFFICE,
    "give_back": FINANCE_ALONE,
    "journal": READERS,
    "reverse_entry": FINANCE_ALONE,
    "invoices": READERS | PROVIDERS,
    "new_invoice": PROVIDERS,
    "import_invoice": PROVIDERS,
    "invoice": READERS | PROVIDERS,
    "remove_line": PROVIDERS,
    "submit_invoice": PROVIDERS,
    "withdraw_invoice": PROVIDERS,
    "approve_invoice": OFFICE,
    "return_invoice": OFFICE,
    "reopen_invoice": OFFICE,
    "to_cosign": {Role.FUNDER},
    "cosign": {Role.FUNDER},
    "payments": READERS,
    "payment_file": FINANCE_ALONE,
    "return_payment": FINANCE_ALONE,
    "statements": FINANCE_ALONE,
    "allowances": READERS | PROVIDERS,
    "decide_allowance": OFFICE,
    "withdraw_allowance": PROVIDERS,
    "bonds": READERS | PROVIDERS,
    "decide_bond": OFFICE,
    "end_bond": FINANCE_ALONE,
}
POSTS = {
    "publish",
    "close_month",
    "remove_line",
    "submit_invoice",
    "withdraw_invoice",
    "approve_invoice",
    "return_invoice",
    "decide_administration",
    "reopen_invoice",
    "cosign",
    "decide_allowance",
    "withdraw_allowance",
    "decide_bond",
}
# Routes of releases, whose matrices are in test_portal and test_public_page.
RELEASES = {"funders", "edition_file", "reports"}


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def _invoice_path(suffix: str = "") -> str:
    made = submitted(commitment(grant()))
    return f"/staff/invoices/{made.pk}/{suffix.format(line=made.lines.get().pk)}"


def _to_cosign_path() -> str:
    """A large invoice on the City's money."""
    MoneyRule.objects.update(funder_signature_cents=1)
    return f"/staff/to-sign/{submitted(commitment(grant())).pk}/"


def _item() -> PaymentItem:
    payment(commitment(grant()))
    return PaymentItem.objects.get()


def _allowance_path() -> str:
    made = commitment(grant())
    allowance = ask_allowance(
        kind=AllowanceKind.CAP,
        reference=made.case_reference,
        cents=1,
        reason=AllowanceReason.EXPERT,
        by=staff(),
        now=NOW,
    )
    return f"/staff/allowances/{allowance.pk}/refuse/"


def _bond() -> Bond:
    made = commitment(grant())
    return ask_bond(pool=grant(kind=GrantKind.BOND_POOL), reference=made.case_reference, cents=1, by=staff(), now=NOW)


def _month_path() -> str:
    grant()
    month, _ = AccountingMonth.objects.get_or_create(first_day=date(2026, 10, 1))
    return f"/staff/money/months/{month.pk}/close/"


def _cost() -> AdministrationCost:
    of = grant(admin_cap_percent=10)
    return ask_administration(grant=of, cents=1, on=date(2026, 11, 5), by=FINANCE, now=NOW)


def _reversal_path() -> str:
    cost = approve_administration(cost=_cost(), by=APPROVER, now=NOW)
    return f"/staff/money/journal/{cost.entry_id}/reverse/"


PATHS: dict[str, Callable[[], str]] = {
    "administration": lambda: "/staff/money/administration/",
    "decide_administration": lambda: f"/staff/money/administration/{_cost().pk}/refuse/",
    "give_back": lambda: f"/staff/money/grants/{grant().pk}/return/",
    "journal": lambda: "/staff/money/journal/",
    "reverse_entry": _reversal_path,
    "money": lambda: "/staff/money/",
    "publish": lambda: "/staff/money/publish/",
    "close_month": _month_path,
    "splits": lambda: "/staff/money/splits/",
    "invoices": lambda: "/staff/invoices/",
    "new_invoice": lambda: "/staff/invoices/new/",
    "import_invoice": lambda: "/staff/invoices/import/",
    "invoice": _invoice_path,
    "remove_line": lambda: _invoice_path("lines/{line}/remove/"),
    "submit_invoice": lambda: _invoice_path("send/"),
    "withdraw_invoice": lambda: _invoice_path("withdraw/"),
    "approve_invoice": lambda: _invoice_path("sign/"),
    "return_invoice": lambda: _invoice_path("return/"),
    "reopen_invoice": lambda: _invoice_path("reopen/"),
    "to_cosign": lambda: "/staff/to-sign/",
    "cosign": _to_cosign_path,
    "payments": lambda: "/staff/payments/",
    "payment_file": lambda: f"/staff/payments/{_item().file_id}.csv",
    "return_payment": lambda: f"/staff/payments/items/{_item().pk}/return/",
    "statements": lambda: "/staff/payments/statements/",
    "allowances": lambda: "/staff/allowances/",
    "decide_allowance": _allowance_path,
    "withdraw_allowance": lambda: _allowance_path().replace("refuse", "withdraw"),
    "bonds": lambda: "/staff/bonds/",
    "decide_bond": lambda: f"/staff/bonds/{_bond().pk}/decide/refuse/",
    "end_bond": lambda: f"/staff/bonds/{_bond().pk}/end/refund/",
}


def test_every_route_of_the_package_is_in_the_matrix() -> None:
    names = {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    assert names - {name for name in names if name in RELEASES or str(name).startswith(("release", "report"))} >= set(
        OPENS
    )
    staff_routes = {one.name for one in urlpatterns if str(one.pattern).startswith("staff/")}
    assert staff_routes == set(OPENS) == set(PATHS)


def _ask(client: Client, page: str, path: str) -> int:
    return (client.post(path) if page in POSTS else client.get(path)).status_code


@pytest.mark.parametrize("page", OPENS)
def test_a_page_opens_for_its_roles_and_no_other(page: str) -> None:
    """One test for all roles of a page: each asks for the same object, which AHR's staff made."""
    path = PATHS[page]()

    for role in MEMBER_ROLES:
        status = _ask(client_of(member(role)), page, path)
        expected = 403 if role not in OPENS[page] else 302 if page in POSTS else 200
        assert status == expected, (role, page)


@pytest.mark.parametrize("page", OPENS)
def test_a_stranger_is_sent_to_the_sign_in_page(page: str) -> None:
    path = PATHS[page]()

    response = Client().post(path) if page in POSTS else Client().get(path)

    assert response.status_code == 302
    assert response["Location"].startswith("/staff/sign-in/")


OF_ONE_PROVIDER = ["invoice", "remove_line", "submit_invoice", "withdraw_invoice"]


@pytest.mark.parametrize("role", sorted(PROVIDERS))
@pytest.mark.parametrize("page", OF_ONE_PROVIDER)
def test_another_providers_invoice_is_as_one_that_does_not_exist(page: str, role: Role) -> None:
    path = PATHS[page]()
    nowhere = path.replace(str(Invoice.objects.get().pk), str(uuid4()))
    client = client_of(member(role, "vln"))

    def body(of: str) -> str:
        response = client.post(of) if page in POSTS else client.get(of)
        assert response.status_code == 404
        # Each page has a token of its own.
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())

    assert body(path) == body(nowhere)


def test_a_draft_is_its_providers_alone() -> None:
    made = draft(commitment(grant()))
    path = f"/staff/invoices/{made.pk}/"

    for role in READERS:
        client = client_of(member(role))
        assert client.get(path).status_code == 404
        assert made.number not in client.get("/staff/invoices/").content.decode()
    assert client_of(member(Role.PROVIDER_STAFF)).get(path).status_code == 200


def test_lists_show_a_provider_its_own_and_the_office_all() -> None:
    city = grant()
    pool = grant(kind=GrantKind.BOND_POOL)
    references = {}
    for code in ("AHR", "VLN"):
        made = commitment(city, code=code)
        references[code] = made.case_reference
        submitted(made)
        by = staff(code)
        ask_allowance(
            kind=AllowanceKind.CAP,
            reference=made.case_reference,
            cents=1,
            reason=AllowanceReason.EXPERT,
            by=by,
            now=NOW,
        )
        ask_bond(pool=pool, reference=made.case_reference, cents=1, by=by, now=NOW)
    ours, office = client_of(member(Role.PROVIDER_STAFF)), client_of(member(Role.APPROVER))

    for path, mine, theirs in (
        ("/staff/invoices/", "AHR-00001", "VLN-00001"),
        ("/staff/allowances/", references["AHR"], references["VLN"]),
        ("/staff/bonds/", references["AHR"], references["VLN"]),
    ):
        own = ours.get(path).content.decode()
        assert mine in own
        assert theirs not in own
        every = office.get(path).content.decode()
        assert mine in every
        assert theirs in every


def test_an_invoice_goes_through_the_pages_to_the_bank() -> None:
    city = grant()
    made = commitment(city)
    paid(city, code="AHR", paid_on=date(2026, 11, 9))
    provider, finance, approver = (
        client_of(member(role)) for role in (Role.PROVIDER_STAFF, Role.FINANCE, Role.APPROVER)
    )
    typed = {"stages": [str(made.pk)], "day_0": "11", "day_1": "17", "day_2": "2026"}

    response = provider.post("/staff/invoices/new/", typed)
    path = response["Location"]
    provider.post(f"{path}send/")
    for client in (finance, approver):
        page = client.get(path).content.decode()
        assert "Sign $2,500" in page
        client.post(f"{path}sign/", {"seen": digest_of(Invoice.objects.latest("created_at"))})
    invoice = Invoice.objects.get(pk=path.split("/")[-2])
    assert invoice.state == "approved"
    pays = {"invoices": [str(invoice.pk)], "pays_on_0": "11", "pays_on_1": "17", "pays_on_2": "2026"}
    assert finance.post("/staff/payments/", pays).status_code == 302

    file = PaymentFile.objects.latest("number")
    download = finance.get(f"/staff/payments/{file.pk}.csv")
    assert download.content.decode() == file.content
    assert download["Content-Disposition"] == f'attachment; filename="payment-file-{file.number:08}.csv"'
    assert "Paid" in provider.get(path).content.decode()


def test_who_has_signed_is_not_asked_again_and_nobody_is_asked_to_sign_a_draft() -> None:
    invoice = submitted(commitment(grant()))
    finance = client_of(member(Role.FINANCE))
    path = f"/staff/invoices/{invoice.pk}/"

    finance.post(f"{path}sign/", {"seen": digest_of(invoice)})

    assert ">Sign $" not in finance.get(path).content.decode()
    assert ">Sign $" in client_of(member(Role.APPROVER)).get(path).content.decode()


def test_a_signature_for_an_older_page_is_refused_with_a_sentence() -> None:
    invoice = submitted(commitment(grant()))
    finance = client_of(member(Role.FINANCE))

    response = finance.post(f"/staff/invoices/{invoice.pk}/sign/", {"seen": "0" * 64}, follow=True)

    assert "changed after you opened" in response.content.decode()


def test_a_bad_file_is_answered_on_the_page_line_by_line() -> None:
    provider = client_of(member(Role.PROVIDER_STAFF))
    content = b'case,stage,date,amount\nZZZ-ZZZ,habeas,2026-11-17,2500\nMaria Fixture,habeas,2026-11-17,"2500,00"\n'

    response = provider.post("/staff/invoices/import/", {"file": SimpleUploadedFile("Maria.csv", content)})

    assert response.status_code == 400
    text = response.content.decode()
    assert "Line 2, ZZZ-ZZZ: No case with this reference is yours." in text
    assert "Line 3: This is not a case reference" in text
    assert "Maria" not in text
    assert not Invoice.objects.exists()


def test_months_are_closed_one_after_the_other_from_the_money_page() -> None:
    grant()
    AccountingMonth.objects.get_or_create(first_day=date(2026, 10, 1))
    finance = client_of(member(Role.FINANCE))
    january = AccountingMonth.objects.get(first_day=date(2026, 1, 1))
    october = AccountingMonth.objects.get(first_day=date(2026, 10, 1))
    assert "Close January 2026 for good" in finance.get("/staff/money/").content.decode()

    finance.post(f"/staff/money/months/{october.pk}/close/")
    assert not ledger.is_closed(date(2026, 10, 1))
    finance.post(f"/staff/money/months/{january.pk}/close/")

    assert ledger.is_closed(date(2026, 1, 31))
    assert "Close October 2026 for good" in finance.get("/staff/money/").content.decode()


def test_a_month_that_is_not_over_is_not_closed() -> None:
    paid(grant(), code="AHR", paid_on=date(2026, 11, 9))
    ledger.close_month(date(2026, 1, 1), by=FINANCE, now=NOW)

    assert "for good" not in client_of(member(Role.FINANCE)).get("/staff/money/").content.decode()


@pytest.mark.parametrize("rows", [2, 12])
@pytest.mark.parametrize(
    ("path", "role", "queries"),
    [
        ("/staff/invoices/", Role.FINANCE, 6),
        ("/staff/invoices/", Role.PROVIDER_STAFF, 9),
        ("/staff/payments/", Role.FINANCE, 9),
        ("/staff/payments/statements/", Role.FINANCE, 8),
        ("/staff/allowances/", Role.FINANCE, 9),
        ("/staff/bonds/", Role.FINANCE, 9),
        ("/staff/money/splits/", Role.FINANCE, 7),
    ],
)
def test_a_list_costs_the_same_few_queries(
    path: str, role: Role, queries: int, rows: int, django_assert_max_num_queries: Any
) -> None:
    city, pool = grant(90_000_000), grant(90_000_000, kind=GrantKind.BOND_POOL)
    for number in range(rows):
        made = commitment(city)
        if number % 2:
            payment(made)
        else:
            approved(made)
        ask_allowance(
            kind=AllowanceKind.CAP,
            reference=made.case_reference,
            cents=1,
            reason=AllowanceReason.EXPERT,
            by=staff(),
            now=NOW,
        )
        ask_bond(pool=pool, reference=made.case_reference, cents=1, by=staff(), now=NOW)
    client = client_of(member(role))
    client.get(path)

    with django_assert_max_num_queries(queries):
        assert client.get(path).status_code == 200
