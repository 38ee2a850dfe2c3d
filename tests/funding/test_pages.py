"""The money page: who may enter, what it shows, what it costs; closing a quarter from it; the demo's books."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import MEMBER_ROLES, Role
from funding import demo
from funding.book_audit import differences
from funding.models import AskedRelease, Commitment, CommitmentState, Invoice, Release
from funding.tasks import make_asked_release
from tests.factories import client_of, member
from tests.funding.builders import NOW, commitment, grant, paid

pytestmark = pytest.mark.django_db

MONEY = "/staff/money/"
PUBLISH = "/staff/money/publish/"
FUNDERS = "/funders/"
OPENS = {
    MONEY: {Role.FINANCE, Role.APPROVER},
    PUBLISH: {Role.FINANCE, Role.APPROVER},
}


@pytest.fixture(autouse=True)
def _today(time_machine_at_now: None) -> None:
    """Every page sees the same day."""


@pytest.fixture
def time_machine_at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def finance() -> Client:
    return client_of(member(Role.FINANCE))


@pytest.mark.parametrize("page", OPENS)
@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_a_page_opens_for_its_roles_and_no_other(page: str, role: Role) -> None:
    url = page
    client = client_of(member(role))

    status = (client.post(url) if page == PUBLISH else client.get(url)).status_code

    assert status == (403 if role not in OPENS[page] else 302 if page == PUBLISH else 200)


@pytest.mark.parametrize("page", OPENS)
def test_a_stranger_is_sent_to_the_sign_in_page(page: str) -> None:
    url = page

    response = Client().post(url) if page == PUBLISH else Client().get(url)

    assert response.status_code == 302
    assert response["Location"].startswith("/staff/sign-in/")


def test_the_money_page_shows_unfunded_first_and_what_is_left(finance: Client) -> None:
    city = grant(1_000_000)
    paid(city, code="AHR", paid_on=date(2026, 11, 16), cents=15_050)
    open_one = commitment(city, committed_at=NOW - timedelta(days=30))
    unfunded = commitment(None)
    commitment(city, state=CommitmentState.RELEASED)

    response = finance.get(MONEY)

    text = response.content.decode()
    assert "1 commitment without money: $2,500" in text
    assert text.index(unfunded.case_reference) < text.index(open_one.case_reference)
    for figure in ("$10,000", "$2,650.50", "$150.50", "$7,349.50"):
        assert f'class="number">{figure}</td>' in text


def test_closing_a_quarter_from_the_money_page(finance: Client) -> None:
    city = grant()
    for _ in range(11):
        paid(city, code="AHR", paid_on=date(2026, 8, 3))
    assert "Close quarter 2026Q3 and publish" in finance.get(MONEY).content.decode()

    response = finance.post(PUBLISH, {"quarter": "2026Q3"}, follow=True)

    assert response.redirect_chain == [(MONEY, 302)]
    assert "2026Q3 is being closed" in response.content.decode()
    assert not Release.objects.exists()
    assert "Close quarter" not in response.content.decode()

    make_asked_release(str(AskedRelease.objects.get().pk))

    text = finance.get(MONEY).content.decode()
    assert "is being closed" not in text
    assert 'href="/funders/2026Q3/"' in text
    assert "Close quarter" not in text
    assert "$27,500" in finance.get(FUNDERS).content.decode()


@pytest.mark.parametrize("quarter", ["2026Q4", "nonsense", "", "2026Q3\x00"])
def test_a_quarter_that_cannot_be_closed_is_answered_with_a_sentence(finance: Client, quarter: str) -> None:
    response = finance.post(PUBLISH, {"quarter": quarter}, follow=True)

    assert response.redirect_chain == [(MONEY, 302)]
    assert "panel--alert" in response.content.decode()
    assert not Release.objects.exists()
    assert not AskedRelease.objects.exists()


def test_the_demo_seeds_two_released_quarters_within_its_grants() -> None:
    for role in (Role.FINANCE, Role.APPROVER, Role.PROVIDER_STAFF):
        member(role)

    demo.seed(NOW)

    assert list(Release.objects.values_list("quarter", flat=True)) == ["2026Q3", "2026Q2"]
    assert Commitment.objects.filter(state=CommitmentState.PAID).count() >= 60
    text = client_of(member(Role.FUNDER)).get(FUNDERS).content.decode()
    assert "2026Q3, the newest" in text
    assert "withheld" in text
    assert {*Release.objects.values_list("level", flat=True)} == {"tables"}
    waits = Counter(Invoice.objects.values_list("state", flat=True))
    assert (waits["submitted"], waits["approved"]) == (2, 1), "there is something to sign and something to pay"
    assert differences() == []


@pytest.mark.parametrize("rows", [3, 130])
def test_the_money_page_costs_the_same_few_queries(finance: Client, rows: int, django_assert_num_queries: Any) -> None:
    city = grant(90_000_000)
    for number in range(rows):
        commitment(city if number % 2 else None)
    finance.get(MONEY)

    with django_assert_num_queries(13):
        assert finance.get(MONEY).status_code == 200


def test_on_a_phone_every_row_is_a_card_that_names_its_values(finance: Client) -> None:
    commitment(grant())

    page = finance.get(MONEY).content.decode()

    assert page.count('class="table table--cards"') == page.count("<table") == 2
    assert page.count("<td") == page.count('<td role="cell" data-label="') > 0
