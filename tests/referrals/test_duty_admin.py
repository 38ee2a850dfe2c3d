"""The rota in the admin: only the hotline's people, only those with a phone, only shifts that end after they begin."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from referrals.models import DutyPage, DutyPhone, DutyShift
from tests import factories

pytestmark = pytest.mark.django_db

PHONES = "/staff/admin/referrals/dutyphone/"
SHIFTS = "/staff/admin/referrals/dutyshift/"
PAGES = "/staff/admin/referrals/dutypage/"


@pytest.fixture
def client() -> Client:
    return factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))


def add_phone(client: Client, user: User, phone: str) -> Any:
    return client.post(f"{PHONES}add/", {"user": user.pk, "phone": phone})


def add_shift(client: Client, user: User, begins: str = "2026-11-17 17:00", ends: str = "2026-11-18 09:00") -> Any:
    (day, at), (last_day, last_at) = begins.split(), ends.split()
    given = {"begins_at_0": day, "begins_at_1": at, "ends_at_0": last_day, "ends_at_1": last_at, "rank": "1"}
    return client.post(f"{SHIFTS}add/", {"user": user.pk, **given})


def test_a_shift_is_given_to_somebody_with_a_phone(client: Client) -> None:
    user = factories.member(Role.COORDINATOR)

    assert add_shift(client, user).status_code == 200
    assert not DutyShift.objects.exists()
    assert add_phone(client, user, "612-555-0161").status_code == 302
    assert add_shift(client, user).status_code == 302
    assert DutyPhone.objects.get().phone == "+16125550161"
    assert DutyShift.objects.get().user == user


@pytest.mark.parametrize("phone", ["", "12", "call me"])
def test_what_cannot_be_rung_is_no_phone(client: Client, phone: str) -> None:
    assert add_phone(client, factories.member(Role.COORDINATOR), phone).status_code == 200
    assert not DutyPhone.objects.exists()


@pytest.mark.parametrize("role", [Role.PROVIDER_STAFF, Role.FINANCE, Role.FUNDER])
def test_only_the_hotlines_people_are_on_call(client: Client, role: Role) -> None:
    assert add_phone(client, factories.member(role), "612-555-0161").status_code == 200
    assert not DutyPhone.objects.exists()


def test_a_shift_ends_after_it_begins(client: Client) -> None:
    user = factories.member(Role.COORDINATOR)
    add_phone(client, user, "612-555-0161")

    answer = add_shift(client, user, begins="2026-11-18 09:00", ends="2026-11-17 17:00")

    assert "A shift ends after it begins." in answer.content.decode()
    assert not DutyShift.objects.exists()


def test_who_was_paged_is_there_to_look_at_only(client: Client) -> None:
    assert client.get(PAGES).status_code == 200
    assert client.get(f"{PAGES}add/").status_code == 403
    assert not DutyPage.objects.exists()
