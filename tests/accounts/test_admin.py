"""Accounts, organizations and roles in the admin."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, Organization, PeopleEvent, PeopleEventKind, User
from accounts.roles import Role
from privacy.holders import has_key, member_holder
from privacy.rotation import is_wanted
from tests.factories import client_of, let_into_vault, member

pytestmark = pytest.mark.django_db


def test_only_those_marked_for_it_open_the_admin(client: Client) -> None:
    stranger = client.get("/staff/admin/", follow=True)
    coordinator = client_of(member(Role.COORDINATOR)).get("/staff/admin/", follow=True)

    assert stranger.redirect_chain[-1][0].startswith("/staff/sign-in/")
    assert coordinator.status_code == 403


def test_accounts_and_roles_come_by_invitation_alone() -> None:
    operator = client_of(member(Role.OPERATOR, is_staff=True, is_superuser=True))

    answers = [operator.get(f"/staff/admin/accounts/{table}/add/") for table in ("user", "membership")]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_the_admin_gives_no_account_a_second_address() -> None:
    """allauth sends the link to a new password to any address of an account."""
    operator = client_of(member(Role.OPERATOR, is_staff=True, is_superuser=True))

    assert operator.get("/staff/admin/account/emailaddress/").status_code == 404


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


def form_of(user: User, **changes: object) -> dict[str, object]:
    """What the admin's page of an account sends; False means a box without a tick."""
    sent = {
        "email": user.email,
        "name": user.name,
        "is_active": True,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "membership-TOTAL_FORMS": "1",
        "membership-INITIAL_FORMS": "1",
        "membership-0-id": user.membership.pk,
        "membership-0-user": user.pk,
        **changes,
    }
    return {name: value for name, value in sent.items() if value is not False}


@pytest.fixture
def operator() -> Client:
    return client_of(member(Role.OPERATOR, is_staff=True, is_superuser=True))


def change(operator: Client, user: User, **changes: object) -> Any:
    return operator.post(f"/staff/admin/accounts/user/{user.pk}/change/", form_of(user, **changes), follow=True)


class TestAMemberWhoReadsFiles:
    def test_is_removed_by_the_admin_as_by_a_lead(self, operator: Client) -> None:
        gone, staying = member(Role.PROVIDER_STAFF), member(Role.PROVIDER_LEAD)
        let_into_vault(gone, "ahr")
        let_into_vault(staying, "ahr")
        theirs = client_of(gone, unlocked=False)

        change(operator, gone, is_active=False)

        gone.refresh_from_db()
        assert not gone.is_active
        assert not has_key(member_holder(gone.pk))
        assert is_wanted("ahr")
        assert theirs.get("/staff/team/").headers["Location"].startswith("/staff/sign-in/")
        assert PeopleEvent.objects.get(kind=PeopleEventKind.REMOVED).organization.slug == "ahr"

    def test_is_not_removed_while_nobody_else_could_open_the_files(self, operator: Client) -> None:
        last = member(Role.PROVIDER_LEAD)
        let_into_vault(last, "ahr")

        page = change(operator, last, is_active=False)

        last.refresh_from_db()
        assert last.is_active
        assert "nobody could open the files any more" in page.content.decode()

    def test_gets_no_other_address_name_or_powers_there(self, operator: Client) -> None:
        user = member(Role.COORDINATOR)

        change(operator, user, email="keeper@test.example", name="Test Other", is_staff=True, is_superuser=True)

        after = User.objects.get(pk=user.pk)
        assert (after.email, after.name) == (user.email, user.name)
        assert (after.is_staff, after.is_superuser) == (False, False)

    def test_gets_no_other_organization_or_role_there(self, operator: Client) -> None:
        membership = member(Role.COORDINATOR).membership
        changed = {"user": membership.user_id, "role": "hotline_lead", "organization": membership.organization_id}
        inline = {
            "membership-0-organization": Organization.objects.get(slug="ahr").pk,
            "membership-0-role": "provider_lead",
            "membership-0-DELETE": "on",
        }

        direct = operator.post(f"/staff/admin/accounts/membership/{membership.pk}/change/", changed)
        deleted = operator.post(f"/staff/admin/accounts/membership/{membership.pk}/delete/", {"post": "yes"})
        change(operator, membership.user, **inline)

        after = Membership.objects.get(pk=membership.pk)
        assert (direct.status_code, deleted.status_code) == (403, 403)
        assert (after.role, after.organization_id) == (membership.role, membership.organization_id)


def test_an_account_of_the_office_is_changed_in_the_admin(operator: Client) -> None:
    user = member(Role.FINANCE)

    change(operator, user, email="Finance.New@Test.Example", is_staff=True)

    user.refresh_from_db()
    assert (user.email, user.is_staff, user.is_active) == ("finance.new@test.example", True, True)


def test_removed_is_removed_in_the_admin_too(operator: Client) -> None:
    user = member(Role.FINANCE)
    change(operator, user, is_active=False)
    user.refresh_from_db()

    again = change(operator, user, is_active=True)

    user.refresh_from_db()
    assert again.status_code == 403
    assert (user.is_active, user.has_usable_password()) == (False, False)


def test_nobody_switches_off_their_own_account_in_the_admin() -> None:
    user = member(Role.OPERATOR, is_staff=True, is_superuser=True)
    member(Role.OPERATOR, is_staff=True, is_superuser=True)

    page = change(client_of(user), user, is_active=False)

    user.refresh_from_db()
    assert user.is_active
    assert "Another operator removes you" in page.content.decode()


def test_an_organization_keeps_its_name_in_the_vault(operator: Client) -> None:
    row = Organization.objects.get(slug="ahr")

    operator.post(
        f"/staff/admin/accounts/organization/{row.pk}/change/",
        {"name": "Renamed", "slug": "other", "kind": "funder", "is_active": "on"},
    )

    row.refresh_from_db()
    assert (row.name, row.slug, row.kind) == ("Renamed", "ahr", "provider")
