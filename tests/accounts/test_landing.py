"""`/staff/` sends each role to the page its day begins with."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import MEMBER_ROLES, Role
from tests.factories import client_of, member

pytestmark = pytest.mark.django_db
FIRST = {
    Role.COORDINATOR: "/staff/cases/",
    Role.HOTLINE_LEAD: "/staff/cases/",
    Role.PROVIDER_STAFF: "/staff/offers/",
    Role.PROVIDER_LEAD: "/staff/offers/",
    Role.FINANCE: "/staff/money/",
    Role.APPROVER: "/staff/money/",
    Role.FUNDER: "/funders/",
    Role.AUDITOR: "/funders/",
    Role.OPERATOR: "/staff/admin/",
}


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_role_lands_on_its_own_page(role: Role) -> None:
    response = client_of(member(role)).get("/staff/")

    assert response.headers["Location"] == FIRST[role]


def test_a_stranger_is_sent_to_the_sign_in_page(client: Client) -> None:
    assert client.get("/staff/").headers["Location"] == "/staff/sign-in/?next=/staff/"


def test_an_account_without_a_role_is_refused() -> None:
    user = User.objects.create_user("roleless@example.org", name="Rolf Roleless")

    assert client_of(user).get("/staff/").status_code == 403
