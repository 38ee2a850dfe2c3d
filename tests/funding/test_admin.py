"""The tables of money in the editor: whole tables, grants and budgets by the actions, the books to look at only."""

from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models.signals import pre_save
from django.test import Client

from accounts.roles import Role
from funding.models import BudgetLine, Grant, JournalLine, MoneyRule, ProviderAgreement, StagePrice
from providers.models import Provider
from tests.factories import client_of, member, organization
from tests.funding.builders import grant

pytestmark = pytest.mark.django_db

EDITED = {"grant", "budgetline", "stageprice", "provideragreement", "moneyrule", "publicpageswitch"}


@pytest.fixture
def operator() -> Client:
    return client_of(member(Role.OPERATOR, is_staff=True, is_superuser=True))


def test_the_books_are_only_looked_at(operator: Client) -> None:
    models = [model for model in admin.site._registry if model._meta.app_label == "funding"]
    assert len(models) > 12

    for model in models:
        name = str(model._meta.model_name)
        status = operator.get(f"/staff/admin/funding/{name}/add/").status_code
        assert status == (200 if name in EDITED else 403), name


def test_a_grant_entered_here_is_posted_with_its_restrictions(operator: Client) -> None:
    written = {
        "funder": organization("city").pk,
        "name": "City 2027",
        "award_cents": 500,
        "starts_on": "2027-01-01",
        "ends_on": "2027-12-31",
        "kind": "program",
        "case_types": '["DET-HAB"]',
        "cost_types": "[]",
        "custody": "held",
        "residents_only": "on",
        "admin_cap_percent": 10,
    }

    assert operator.post("/staff/admin/funding/grant/add/", written).status_code == 302

    made = Grant.objects.get()
    assert (made.case_types, made.custody, made.residents_only, made.admin_cap_percent) == (
        ["DET-HAB"],
        "held",
        True,
        10,
    )
    assert JournalLine.objects.filter(grant=made).count() == 2


def test_a_budget_line_entered_here_is_within_the_award(operator: Client) -> None:
    city = grant(100)
    written = {"grant": city.pk, "name": "Lawyers", "cost_type": "stage", "cents": 100}

    assert operator.post("/staff/admin/funding/budgetline/add/", written).status_code == 302
    assert operator.post("/staff/admin/funding/budgetline/add/", written | {"name": "More"}).status_code == 403

    assert BudgetLine.objects.get().name == "Lawyers"
    city.refresh_from_db()
    assert city.budgeted_cents == 100


@pytest.mark.parametrize("payee", ["=AHR-1", "+1", "-1", "@AHR", "\tAHR", 'AHR"1', "AHR,1", "AHR'1", " AHR"])
def test_a_payee_that_the_banks_file_cannot_hold_is_refused_on_entry(payee: str) -> None:
    made = ProviderAgreement(
        provider=Provider.objects.get(code="AHR"), payee=payee, valid_from=date(2026, 1, 1), source="test"
    )

    with pytest.raises(ValidationError, match="Letters, digits"):
        made.full_clean()
    made.payee = "AHR-1"
    made.full_clean()


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (MoneyRule, {"valid_to": "2026-11-01"}),
        (StagePrice, {"valid_to": "2026-11-01"}),
    ],
)
def test_no_day_is_left_without_rules_or_a_price(operator: Client, model: Any, changes: dict[str, Any]) -> None:
    row = model.objects.filter(**({"case_type": "*"} if model is StagePrice else {})).get()
    written = {
        field.name: getattr(row, field.name) or "" for field in model._meta.fields if field.name not in ("id", *changes)
    }

    response = operator.post(f"/staff/admin/funding/{model._meta.model_name}/{row.pk}/change/", written | changes)

    assert response.status_code == 200
    assert "the table has a gap" in response.content.decode()
    row.refresh_from_db()
    assert row.valid_to is None


def test_money_committed_while_a_grant_is_renamed_stays_committed(operator: Client) -> None:
    city = grant(100)

    def committed_by_a_worker(**_: Any) -> None:
        Grant.objects.filter(pk=city.pk).update(committed_cents=40)

    pre_save.connect(committed_by_a_worker, sender=Grant)
    try:
        saved = operator.post(f"/staff/admin/funding/grant/{city.pk}/change/", {"name": "The City"})
    finally:
        pre_save.disconnect(committed_by_a_worker, sender=Grant)

    assert saved.status_code == 302
    city.refresh_from_db()
    assert (city.name, city.committed_cents) == ("The City", 40)
    Grant.objects.filter(pk=city.pk).update(committed_cents=0)
