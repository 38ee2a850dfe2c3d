"""The team page: colleagues and how far each is, who may do what there, and the organization's log."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import Invitation, PeopleEvent, PeopleEventKind, User
from accounts.roles import HOTLINE_ROLES, MEMBER_ROLES, PROVIDER_ROLES, Role
from accounts.second_factor import add_app
from privacy.holders import make_holder, may_open, member_holder
from privacy.hpke import PrivateKey
from privacy.models import HolderKey, ReaderKey
from tests.factories import (
    OFFICE_HOURS,
    PASSPHRASE,
    client_of,
    let_into_vault,
    mark_passed,
    member,
    organization,
    with_second_factor,
)
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db
HAVE_A_TEAM = HOTLINE_ROLES | PROVIDER_ROLES
LEADS = (Role.HOTLINE_LEAD, Role.PROVIDER_LEAD)


def waiting(role: Role = Role.PROVIDER_STAFF, slug: str = "ahr") -> User:
    user = member(role, slug)
    make_holder(member_holder(user.pk), PASSPHRASE, now=OFFICE_HOURS)
    return user


def proven(user: User) -> Client:
    """A client whose session has passed the second factor and whose vault is locked."""
    client = client_of(user, unlocked=False)
    with_second_factor(user)
    session = client.session
    mark_passed(session)
    session.save()
    return client


def page_of(client: Client, address: str = "/staff/team/") -> str:
    return client.get(address).content.decode()


def row_of(page: str, user: User) -> str:
    return next(row for row in re.split(r"<tr role=\"row\">", page) if user.name in row)


class TestSeeing:
    @pytest.mark.parametrize("role", MEMBER_ROLES)
    def test_the_hotline_and_providers_have_a_team_page(self, role: Role) -> None:
        assert client_of(member(role)).get("/staff/team/").status_code == (200 if role in HAVE_A_TEAM else 403)

    def test_a_stranger_is_sent_to_the_sign_in_page(self, client: Client) -> None:
        assert client.get("/staff/team/").headers["Location"].startswith("/staff/sign-in/")

    def test_each_member_stands_with_how_far_they_are(self) -> None:
        lead = member(Role.PROVIDER_LEAD)
        fresh, waits, let_in = member(Role.PROVIDER_STAFF), waiting(), member(Role.PROVIDER_STAFF)
        let_into_vault(let_in, "ahr")
        add_app(waits, "JBSWY3DPEHPK3PXP")
        User.objects.filter(pk=waits.pk).update(last_login=OFFICE_HOURS)

        page = page_of(client_of(lead))

        assert "No vault passphrase yet" in row_of(page, fresh)
        assert "Never" in row_of(page, fresh)
        assert "Waits to be let in" in row_of(page, waits)
        assert "Nov 17, 2026, 10:00" in row_of(page, waits)
        assert "Yes" in row_of(page, waits)
        assert "Let in" in row_of(page, let_in)
        assert f"/staff/team/{let_in.pk}/let-in/" not in page

    def test_only_leads_see_addresses_invitations_and_what_they_alone_do(self) -> None:
        lead, staff = member(Role.PROVIDER_LEAD), member(Role.PROVIDER_STAFF)
        client_of(lead).post("/staff/team/invite/", {"email": "nora@test.example", "role": "provider_staff"})

        seen = {user.pk: page_of(client_of(user)) for user in (lead, staff)}

        for word in (staff.email, "nora@test.example", f"/staff/team/{staff.pk}/remove/", "Invite somebody"):
            assert word in seen[lead.pk]
            assert word not in seen[staff.pk]
        assert lead.name in seen[staff.pk]

    def test_nobody_of_another_organization_or_removed_is_on_the_page(self) -> None:
        lead, stranger, gone = member(Role.PROVIDER_LEAD), member(Role.PROVIDER_STAFF, "vln"), waiting()
        people.remove(user=gone, by=lead)

        members = page_of(client_of(lead)).split('aria-label="Log"')[0]

        assert stranger.name not in members
        assert gone.name not in members

    def test_the_number_of_queries_does_not_grow_with_the_team(self) -> None:
        lead = client_of(member(Role.PROVIDER_LEAD))
        people.let_in(user=waiting(), keys=keys_for("ahr"), by=member(Role.PROVIDER_STAFF))
        counts = []
        for _size in range(2):
            with (
                CaptureQueriesContext(connections["default"]) as main,
                CaptureQueriesContext(connections["keys"]) as keys,
            ):
                lead.get("/staff/team/")
            counts.append(len(main) + len(keys))
            for _member in range(8):
                newcomer = waiting()
                people.record(
                    organization=newcomer.membership.organization,
                    kind=PeopleEventKind.JOINED,
                    by=newcomer,
                    about=newcomer,
                )

        assert counts[0] == counts[1]

    def test_the_log_is_newest_first_and_fifty_a_page(self) -> None:
        lead = member(Role.PROVIDER_LEAD)
        for number in range(51):
            people.record(
                organization=lead.membership.organization,
                kind=PeopleEventKind.KEY_MADE if number == 0 else PeopleEventKind.ROTATED,
                by=lead,
                now=OFFICE_HOURS + timedelta(minutes=number),
            )
        client = client_of(lead)

        first, second = page_of(client), page_of(client, "/staff/team/?page=2")

        assert first.count("Changed the organization&#x27;s key") == 50
        assert "Made the organization&#x27;s key" not in first
        assert "Made the organization&#x27;s key" in second

    def test_another_organizations_log_is_not_shown(self) -> None:
        other = member(Role.PROVIDER_LEAD, "vln")
        people.record(organization=other.membership.organization, kind=PeopleEventKind.ROTATED, by=other)

        assert "Nothing in the log yet" in page_of(client_of(member(Role.PROVIDER_LEAD, "ahr")))


class TestOwnSteps:
    def test_a_newcomer_sees_what_is_left_to_do(self) -> None:
        newcomer = member(Role.PROVIDER_STAFF)

        page = page_of(client_of(newcomer, unlocked=False))

        assert "What is left for you to do" in page
        assert "/staff/second-factor/app/" in page

    def test_who_waits_sees_the_number_of_the_key_they_really_have(self) -> None:
        newcomer = member(Role.PROVIDER_STAFF)
        private = make_holder(member_holder(newcomer.pk), PASSPHRASE, now=OFFICE_HOURS)
        # Somebody who can write to the database puts a key of their own in its place.
        HolderKey.objects.filter(holder=member_holder(newcomer.pk)).update(public=PrivateKey.generate().public())

        page = proven(newcomer).post("/staff/team/number/", {"passphrase": PASSPHRASE}).content.decode()

        assert people.number_of(private.public()) in page
        assert people.check_number(newcomer) not in page

    def test_without_the_passphrase_no_number_is_shown(self) -> None:
        newcomer = waiting()

        page = proven(newcomer).post("/staff/team/number/", {"passphrase": "a wrong one, not theirs"})

        assert page.status_code == 400
        assert "not your vault passphrase" in page.content.decode()
        assert people.check_number(newcomer) not in page.content.decode()

    def test_guessing_at_the_number_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("time.sleep", lambda _seconds: None)
        client = proven(waiting())

        pages = [client.post("/staff/team/number/", {"passphrase": f"wrong {number}"}) for number in range(11)]

        assert pages[-1].status_code == 429

    def test_who_does_not_wait_has_no_use_for_a_number(self) -> None:
        done = member(Role.PROVIDER_STAFF)
        let_into_vault(done, "ahr")

        assert proven(done).get("/staff/team/number/").headers["Location"] == "/staff/team/"

    def test_who_is_done_sees_no_list(self) -> None:
        done = member(Role.PROVIDER_STAFF)
        add_app(done, "JBSWY3DPEHPK3PXP")

        assert "What is left for you to do" not in page_of(client_of(done))

    def test_without_a_key_of_the_organization_a_newcomer_is_told_to_wait_for_the_lead(self) -> None:
        ReaderKey.objects.filter(reader="vln").delete()

        page = page_of(client_of(member(Role.PROVIDER_STAFF, "vln"), unlocked=False))

        assert "has no key yet" in page


class TestInviting:
    @pytest.mark.parametrize("role", MEMBER_ROLES)
    def test_only_leads_invite(self, role: Role) -> None:
        home = "coordinator" if role in HOTLINE_ROLES else "provider_staff"

        answer = client_of(member(role)).post("/staff/team/invite/", {"email": "nora@test.example", "role": home})

        assert Invitation.objects.count() == len(mail.outbox) == (1 if role in LEADS else 0)
        assert answer.status_code == (302 if role in LEADS else 403)

    def test_a_lead_has_only_the_roles_of_their_organization_to_give(self) -> None:
        answer = client_of(member(Role.PROVIDER_LEAD)).post(
            "/staff/team/invite/", {"email": "nora@test.example", "role": "operator"}
        )

        assert answer.status_code == 400
        assert not Invitation.objects.exists()

    def test_an_address_that_has_an_account_is_said_to_have_one(self) -> None:
        lead, colleague = member(Role.PROVIDER_LEAD), member(Role.PROVIDER_STAFF)

        answer = client_of(lead).post("/staff/team/invite/", {"email": colleague.email, "role": "provider_staff"})

        assert answer.status_code == 409
        assert "has an account already" in answer.content.decode()


class TestLettingIn:
    def test_any_unlocked_member_compares_the_number_and_lets_in(self) -> None:
        newcomer = waiting()
        client = client_of(member(Role.PROVIDER_STAFF))
        address = f"/staff/team/{newcomer.pk}/let-in/"

        asked = page_of(client, address)
        done = client.post(address, {"number": people.check_number(newcomer)}, follow=True)

        assert people.check_number(newcomer) in asked
        assert "can open the files now" in done.content.decode()
        assert may_open(member_holder(newcomer.pk), "ahr")

    def test_a_locked_member_is_sent_to_unlock_first(self) -> None:
        newcomer, by = waiting(), member(Role.PROVIDER_STAFF)
        let_into_vault(by, "ahr")
        address = f"/staff/team/{newcomer.pk}/let-in/"

        asked = client_of(by, unlocked=False).get(address)
        pressed = client_of(by, unlocked=False).post(address, {"number": people.check_number(newcomer)})

        assert asked.headers["Location"].startswith("/staff/vault/unlock/")
        assert pressed.status_code == 403
        assert not may_open(member_holder(newcomer.pk), "ahr")

    def test_without_the_compared_number_nobody_is_let_in(self) -> None:
        newcomer = waiting()

        answer = client_of(member(Role.PROVIDER_STAFF)).post(f"/staff/team/{newcomer.pk}/let-in/", follow=True)

        assert "Compare the number again" in answer.content.decode()
        assert not may_open(member_holder(newcomer.pk), "ahr")

    def test_a_member_of_another_organization_is_nobodys_colleague(self) -> None:
        stranger = waiting(slug="vln")

        answer = client_of(member(Role.PROVIDER_LEAD, "ahr")).post(
            f"/staff/team/{stranger.pk}/let-in/", {"number": people.check_number(stranger)}
        )

        assert answer.status_code == 404

    @pytest.mark.parametrize("role", [role for role in MEMBER_ROLES if role not in HAVE_A_TEAM])
    def test_nobody_else_lets_in_least_of_all_the_operator(self, role: Role) -> None:
        newcomer = waiting()
        by = client_of(member(role, is_superuser=role == Role.OPERATOR))

        answer = by.post(f"/staff/team/{newcomer.pk}/let-in/", {"number": people.check_number(newcomer)})

        assert answer.status_code == 403
        assert not may_open(member_holder(newcomer.pk), "ahr")


class TestRemoving:
    @pytest.mark.parametrize("role", MEMBER_ROLES)
    def test_only_a_lead_of_the_same_organization_removes(self, role: Role) -> None:
        user = member(Role.PROVIDER_STAFF)

        answer = client_of(member(role)).post(f"/staff/team/{user.pk}/remove/")

        user.refresh_from_db()
        assert user.is_active is (role != Role.PROVIDER_LEAD)
        expected = {Role.PROVIDER_LEAD: 302, Role.HOTLINE_LEAD: 404}
        assert answer.status_code == expected.get(role, 403)

    def test_looking_at_what_it_does_removes_nobody(self) -> None:
        user = member(Role.PROVIDER_STAFF)

        page = page_of(client_of(member(Role.PROVIDER_LEAD)), f"/staff/team/{user.pk}/remove/")

        user.refresh_from_db()
        assert user.is_active
        assert "This cannot be undone" in page

    def test_the_last_person_let_in_is_told_why_not(self) -> None:
        lead = member(Role.PROVIDER_LEAD)

        answer = client_of(lead).post(f"/staff/team/{lead.pk}/remove/", follow=True)

        assert "nobody could open the files any more" in answer.content.decode()

    def test_a_lead_who_leaves_is_signed_out(self) -> None:
        lead = member(Role.PROVIDER_LEAD)
        let_into_vault(member(Role.PROVIDER_LEAD), "ahr")
        client = client_of(lead)

        answer = client.post(f"/staff/team/{lead.pk}/remove/")

        assert answer.headers["Location"] == "/staff/sign-in/"
        assert client.get("/staff/team/").headers["Location"].startswith("/staff/sign-in/")
        assert PeopleEvent.objects.get(kind=PeopleEventKind.REMOVED).by == lead


def test_the_organization_in_the_heading_is_the_members_own() -> None:
    assert f"Team of {organization('vln').name}" in page_of(client_of(member(Role.PROVIDER_LEAD, "vln")))
