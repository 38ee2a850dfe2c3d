"""Accounts, organizations and roles in the admin."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.roles import Role
from tests.factories import client_of, member

pytestmark = pytest.mark.django_db


def test_only_those_marked_for_it_open_the_admin(client: Client) -> None:
    stranger = client.get("/staff/admin/", follow=True)
    coordinator = client_of(member(Role.COORDINATOR)).get("/staff/admin/", follow=True)

    assert stranger.redirect_chain[-1][0].startswith("/staff/sign-in/")
    assert coordinator.status_code == 403


def test_an_operator_makes_an_account_with_its_role() -> None:
    operator = client_of(member(Role.OPERATOR, is_staff=True, is_superuser=True))
    organization = Organization.objects.create(slug="admin-test", name="Admin test", kind="hotline")

    response = operator.post(
        "/staff/admin/accounts/user/add/",
        {
            "email": "New.Member@Example.org",
            "name": "Nora Newmember",
            "password1": "a first passphrase here",
            "password2": "a first passphrase here",
            "membership-TOTAL_FORMS": "1",
            "membership-INITIAL_FORMS": "0",
            "membership-0-organization": organization.pk,
            "membership-0-role": "coordinator",
        },
    )

    assert response.status_code == 302
    made = User.objects.get(email="new.member@example.org")
    assert made.membership.role == Role.COORDINATOR
    assert made.check_password("a first passphrase here")


@pytest.mark.parametrize("table", ["user", "organization", "membership"])
def test_the_tables_open_and_show_no_password(table: str) -> None:
    user = member(Role.OPERATOR, is_staff=True, is_superuser=True)
    operator = client_of(user)
    row = {"user": user.pk, "organization": user.membership.organization_id, "membership": user.membership.pk}[table]

    listed = operator.get(f"/staff/admin/accounts/{table}/")
    opened = operator.get(f"/staff/admin/accounts/{table}/{row}/change/")

    assert (listed.status_code, opened.status_code) == (200, 200)
    assert b'name="password' not in opened.content


def test_accounts_are_switched_off_never_deleted() -> None:
    user = member(Role.OPERATOR, is_staff=True, is_superuser=True)

    assert client_of(user).get(f"/staff/admin/accounts/user/{user.pk}/delete/").status_code == 403
