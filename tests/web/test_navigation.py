"""The staff header: each role sees the rooms that open to it."""

import pytest
from django.test import RequestFactory

from accounts.models import User
from accounts.roles import MEMBER_ROLES, Actor, Role
from web import navigation
from web.navigation import ROOMS, links_of

EXPECTED = {
    Role.COORDINATOR: ["Queue", "Calls", "Search", "Room", "Clocks", "Certifications", "Clinics", "Team"],
    Role.HOTLINE_LEAD: [
        "Queue",
        "Calls",
        "Search",
        "Room",
        "Clocks",
        "Alerts",
        "Certifications",
        "Clinics",
        "Team",
        "Demands",
    ],
    Role.PROVIDER_STAFF: ["Offers", "Our room", "Clocks", "Certifications", "Clinics", "Invoices", "Team"],
    Role.PROVIDER_LEAD: [
        "Offers",
        "Our room",
        "Clocks",
        "Workload",
        "Alerts",
        "Certifications",
        "Clinics",
        "Invoices",
        "Team",
    ],
    Role.FINANCE: ["Invoices", "Money", "Payments", "Allowances", "Bonds", "Releases"],
    Role.APPROVER: ["Invoices", "Money", "Payments", "Allowances", "Bonds", "Releases"],
    Role.FUNDER: ["Releases", "To sign"],
    Role.AUDITOR: ["Queue", "Clocks", "Invoices", "Demands", "Payments", "Releases"],
    Role.OPERATOR: ["Demands", "Invitations"],
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_role_sees_its_own_rooms(rf: RequestFactory, role: Role) -> None:
    request = rf.get("/staff/cases/")
    request.user = User(name="Fixture")
    request.actor = Actor(role, user_id=1, organization_id=1)  # type: ignore[attr-defined]

    assert [link.name for link in links_of(request)] == EXPECTED[role]


def test_the_tables_are_for_those_who_may_open_the_admin(rf: RequestFactory) -> None:
    request = rf.get("/staff/admin/")
    request.user = User(name="Fixture", is_staff=True)

    assert [(link.name, link.is_current) for link in links_of(request)] == [("Tables", True)]


@pytest.mark.django_db
def test_a_room_says_how_much_waits_in_it(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(navigation.waiting_in, "/staff/alerts/", lambda actor: actor.user_id + 2)
    request = rf.get("/staff/alerts/")
    request.user = User(name="Fixture")
    request.actor = Actor(Role.PROVIDER_LEAD, user_id=1, organization_id=1)  # type: ignore[attr-defined]

    assert {link.name: link.wait for link in links_of(request) if link.wait} == {"Alerts": 3}


def test_every_role_of_the_header_exists() -> None:
    assert {role for _name, _href, roles in ROOMS for role in roles} <= {role.value for role in Role}
