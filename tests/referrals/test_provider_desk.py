"""A provider's desk: what it holds is shown in pages, so that it costs as much with a thousand cases as with one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from referrals.models import Case
from referrals.selectors import offers
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/staff/offers/"


@pytest.fixture
def provider() -> Client:
    return factories.client_of(factories.member(Role.PROVIDER_STAFF, "ahr"))


def hold(number: int) -> list[Case]:
    """Cases that AHR holds, the first with the soonest next step."""
    factories.room("AHR", ceiling=600)
    cases = [factories.accepted_case() for _ in range(number)]
    for later, case in enumerate(cases):
        Case.objects.filter(pk=case.pk).update(state_due_at=timezone.now() + timedelta(hours=later))
    return cases


def test_held_cases_are_in_pages_the_soonest_next_step_first(provider: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "HELD_A_PAGE", 2)
    cases = hold(3)

    first, second = (provider.get(f"{URL}?page={number}").content.decode() for number in (1, 2))

    assert [case.reference in first for case in cases] == [True, True, False]
    assert [case.reference in second for case in cases] == [False, False, True]
    assert "Page 1 of 2" in first
    # Whatever stands in the address, there is a page.
    assert [provider.get(f"{URL}?page={odd}").status_code for odd in ("0", "99", "x", "")] == [200] * 4


def test_the_desk_costs_the_same_whatever_is_held(
    provider: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    monkeypatch.setattr(offers, "HELD_A_PAGE", 2)
    hold(1)
    provider.get(URL)
    with django_assert_max_num_queries(100) as few:
        provider.get(URL)
    hold(4)

    with django_assert_max_num_queries(len(few)):
        provider.get(URL)
