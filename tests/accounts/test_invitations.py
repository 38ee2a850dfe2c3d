"""The only way to an account: a link by e-mail that works once, for a week, for the person it was sent to."""

import hashlib
import smtplib
import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from accounts import people
from accounts.models import Invitation, Organization, PeopleEvent, PeopleEventKind, User
from accounts.policies import Refused
from accounts.roles import MEMBER_ROLES, Role
from tests.factories import OFFICE_HOURS, client_of, member, organization

pytestmark = pytest.mark.django_db
PASSWORD = "seven words that nobody guesses"
FORM = {"name": "Nora Newcomer", "password1": PASSWORD, "password2": PASSWORD}
NEWCOMER = "nora@test.example"


def invite(by: User, role: Role, slug: str = "ahr", email: str = NEWCOMER, **more: Any) -> str:
    """Invites; returns the link's token."""
    tokens: list[str] = []

    def link_to(token: str) -> str:
        tokens.append(token)
        return f"https://help.example.org/staff/invitation/{token}/"

    people.invite(organization=organization(slug), email=email, role=role, by=by, link_to=link_to, **more)
    return tokens[0]


def link_in(message: Any) -> str:
    return next(word for word in message.body.split() if "/staff/invitation/" in word)


# Every role that an organization of some kind has, and of a kind that does not have it.
INVITED = [
    ("hotline", Role.COORDINATOR),
    ("hotline", Role.HOTLINE_LEAD),
    ("hotline", Role.PROVIDER_STAFF),
    ("ahr", Role.PROVIDER_STAFF),
    ("ahr", Role.PROVIDER_LEAD),
    ("ahr", Role.HOTLINE_LEAD),
    ("ahr", Role.OPERATOR),
    ("fund", Role.FINANCE),
    ("fund", Role.APPROVER),
    ("fund", Role.AUDITOR),
    ("fund", Role.OPERATOR),
    ("fund", Role.FUNDER),
    ("fund", Role.HOTLINE_LEAD),
    ("city", Role.FUNDER),
    ("city", Role.FINANCE),
]
# Who may invite whom; nobody else anybody.
MAY_INVITE = {
    (Role.HOTLINE_LEAD, "hotline", Role.COORDINATOR),
    (Role.HOTLINE_LEAD, "hotline", Role.HOTLINE_LEAD),
    (Role.PROVIDER_LEAD, "ahr", Role.PROVIDER_STAFF),
    (Role.PROVIDER_LEAD, "ahr", Role.PROVIDER_LEAD),
    (Role.OPERATOR, "hotline", Role.HOTLINE_LEAD),
    (Role.OPERATOR, "ahr", Role.PROVIDER_LEAD),
    (Role.OPERATOR, "fund", Role.FINANCE),
    (Role.OPERATOR, "fund", Role.APPROVER),
    (Role.OPERATOR, "fund", Role.AUDITOR),
    (Role.OPERATOR, "fund", Role.OPERATOR),
    (Role.OPERATOR, "city", Role.FUNDER),
}


class TestWhoInvites:
    @pytest.mark.parametrize("by_role", MEMBER_ROLES)
    @pytest.mark.parametrize(("slug", "role"), INVITED)
    def test_leads_invite_their_own_and_the_operator_first_leads_and_the_fund(
        self, by_role: Role, slug: str, role: Role
    ) -> None:
        organization("city")
        by = member(by_role)

        if (by_role, slug, role) in MAY_INVITE:
            invite(by, role, slug)
        else:
            with pytest.raises(Refused):
                invite(by, role, slug)

        assert Invitation.objects.count() == len(mail.outbox) == int((by_role, slug, role) in MAY_INVITE)

    def test_a_lead_invites_to_no_other_organization_of_the_kind(self) -> None:
        with pytest.raises(Refused, match="only to their own organization"):
            invite(member(Role.PROVIDER_LEAD, "vln"), Role.PROVIDER_STAFF, "ahr")

    def test_the_operator_invites_no_second_lead(self) -> None:
        member(Role.PROVIDER_LEAD, "ahr")

        with pytest.raises(Refused, match="has a lead, who alone can invite"):
            invite(member(Role.OPERATOR), Role.PROVIDER_LEAD)

    def test_the_operator_has_one_first_lead_invited_at_a_time(self) -> None:
        operator = member(Role.OPERATOR)
        invite(operator, Role.PROVIDER_LEAD)

        with pytest.raises(Refused, match="withdraw that invitation first"):
            invite(operator, Role.PROVIDER_LEAD, email="second@test.example")

    def test_the_first_superuser_invites_without_a_membership(self) -> None:
        invite(User.objects.create_superuser("root@test.example", name="Test Keeper"), Role.HOTLINE_LEAD, "hotline")

        assert len(mail.outbox) == 1

    def test_a_removed_lead_invites_nobody_and_their_invitations_die(self) -> None:
        lead, other = member(Role.PROVIDER_LEAD), member(Role.PROVIDER_LEAD)
        token = invite(lead, Role.PROVIDER_STAFF)

        people.remove(user=lead, by=other)

        with pytest.raises(people.InvitationOver):
            people.invitation_of(token)
        with pytest.raises(Refused):
            invite(lead, Role.PROVIDER_STAFF, email="another@test.example")

    def test_nobody_is_invited_to_an_organization_that_is_switched_off(self) -> None:
        lead = member(Role.PROVIDER_LEAD)
        Organization.objects.filter(slug="ahr").update(is_active=False)

        with pytest.raises(Refused, match="switched off"):
            invite(lead, Role.PROVIDER_STAFF)


class TestInviting:
    def test_the_mail_names_who_invites_and_has_the_link_and_the_database_only_its_hash(self) -> None:
        lead = member(Role.PROVIDER_LEAD)

        token = invite(lead, Role.PROVIDER_STAFF, email="Nora@Test.Example", now=OFFICE_HOURS)

        (message,) = mail.outbox
        row = Invitation.objects.get()
        assert message.to == [NEWCOMER]
        assert link_in(message) == f"https://help.example.org/staff/invitation/{token}/"
        assert lead.name in message.body
        assert bytes(row.token_hash) == hashlib.sha256(token.encode()).digest()
        assert len(token) >= 43
        assert row.expires_at == OFFICE_HOURS + timedelta(days=7)
        assert PeopleEvent.objects.get().kind == PeopleEventKind.INVITED

    def test_an_address_that_has_an_account_is_refused(self) -> None:
        somebody = member(Role.COORDINATOR)

        with pytest.raises(Refused, match="has an account already"):
            invite(member(Role.PROVIDER_LEAD), Role.PROVIDER_STAFF, email=somebody.email.upper())

    def test_a_second_invitation_of_the_address_ends_the_first(self) -> None:
        lead = member(Role.PROVIDER_LEAD)
        first = invite(lead, Role.PROVIDER_STAFF)
        second = invite(lead, Role.PROVIDER_LEAD)

        with pytest.raises(people.InvitationOver):
            people.invitation_of(first)
        assert people.invitation_of(second).role == Role.PROVIDER_LEAD

    def test_a_mail_that_cannot_be_sent_invites_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_args: object, **_more: object) -> None:
            raise smtplib.SMTPServerDisconnected

        monkeypatch.setattr(people, "send_mail", refuse)

        with pytest.raises(Refused, match="could not be sent"):
            invite(member(Role.PROVIDER_LEAD), Role.PROVIDER_STAFF)
        assert Invitation.objects.get().withdrawn_at

    def test_who_was_removed_can_be_invited_again_as_somebody_new(self) -> None:
        lead, gone = member(Role.PROVIDER_LEAD), member(Role.PROVIDER_STAFF)
        address = gone.email
        people.remove(user=gone, by=lead)

        made = people.accept_invitation(
            token=invite(lead, Role.PROVIDER_LEAD, email=address), name="Test Returner", password=PASSWORD
        )

        assert made.pk != gone.pk
        assert made.membership.role == Role.PROVIDER_LEAD


class TestAccepting:
    def test_the_link_makes_the_account_and_leads_on_to_the_second_factor(self, client: Client) -> None:
        lead = client_of(member(Role.PROVIDER_LEAD))
        lead.post("/staff/team/invite/", {"email": NEWCOMER, "role": "provider_staff"})
        path = link_in(mail.outbox[0]).removeprefix("http://testserver")

        page = client.get(path)
        done = client.post(path, FORM)

        assert page.status_code == 200
        assert NEWCOMER in page.content.decode()
        assert done.headers["Location"] == "/staff/second-factor/app/"
        assert client.get(done.headers["Location"]).status_code == 200
        user = User.objects.get(email=NEWCOMER)
        assert (user.name, user.membership.role, user.membership.organization.slug) == (
            "Nora Newcomer",
            Role.PROVIDER_STAFF,
            "ahr",
        )
        assert client.session["_auth_user_id"] == str(user.pk)
        assert user.check_password(PASSWORD)
        assert PeopleEvent.objects.filter(kind=PeopleEventKind.JOINED, about=user).count() == 1

    def test_an_invited_operator_may_not_open_the_tables_by_that(self, client: Client) -> None:
        token = invite(member(Role.OPERATOR), Role.OPERATOR, "fund")

        client.post(f"/staff/invitation/{token}/", FORM)

        user = User.objects.get(email=NEWCOMER)
        assert (user.is_staff, user.is_superuser) == (False, False)

    def test_used_expired_withdrawn_and_unknown_links_show_one_and_the_same_page(self, client: Client) -> None:
        lead = member(Role.PROVIDER_LEAD)
        used = invite(lead, Role.PROVIDER_STAFF, email="used@test.example")
        people.accept_invitation(token=used, name="Test Used", password=PASSWORD)
        expired = invite(
            lead, Role.PROVIDER_STAFF, email="old@test.example", now=timezone.now() - timedelta(days=7, seconds=1)
        )
        withdrawn = invite(lead, Role.PROVIDER_STAFF, email="back@test.example")
        people.withdraw_invitation(invitation=people.invitation_of(withdrawn), by=lead)

        pages = [
            answer
            for token in (used, expired, withdrawn, "unknown", "x" * 43)
            for answer in (client.get(f"/staff/invitation/{token}/"), client.post(f"/staff/invitation/{token}/", FORM))
        ]

        assert {page.status_code for page in pages} == {404}
        assert len({page.content for page in pages}) == 1
        assert b"This link does not lead in" in pages[0].content
        assert not User.objects.filter(email="back@test.example").exists()

    def test_the_page_leaks_its_token_into_no_link(self, client: Client) -> None:
        token = invite(member(Role.PROVIDER_LEAD), Role.PROVIDER_STAFF)

        page = client.get(f"/staff/invitation/{token}/")
        refused = client.post(f"/staff/invitation/{token}/", {})

        assert token not in page.content.decode()
        assert token not in refused.content.decode()
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "strict-origin"

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"password1": "short", "password2": "short"}, "at least 15 characters"),
            ({"password2": "another one altogether"}, "not the same password"),
            ({"password1": "nora@test.example", "password2": "nora@test.example"}, "too similar"),
            ({"name": " "}, "required"),
        ],
    )
    def test_a_mistake_is_named_and_uses_the_link_up_for_nobody(
        self, client: Client, changed: dict[str, str], said: str
    ) -> None:
        token = invite(member(Role.PROVIDER_LEAD), Role.PROVIDER_STAFF)

        refused = client.post(f"/staff/invitation/{token}/", {**FORM, **changed})
        mended = client.post(f"/staff/invitation/{token}/", FORM)

        assert refused.status_code == 400
        assert said in refused.content.decode()
        assert PASSWORD not in refused.content.decode()
        assert mended.status_code == 302

    def test_who_is_signed_in_is_told_to_sign_out_whatever_the_link(self) -> None:
        lead = member(Role.PROVIDER_LEAD)
        token = invite(lead, Role.PROVIDER_STAFF)
        signed_in = client_of(lead)

        pages = [signed_in.post(f"/staff/invitation/{one}/", FORM) for one in (token, "unknown")]

        assert [page.status_code for page in pages] == [409, 409]
        assert not User.objects.filter(email=NEWCOMER).exists()

    def test_of_two_invitations_of_one_address_by_two_organizations_one_is_taken_up(self) -> None:
        tokens = [
            invite(member(Role.PROVIDER_LEAD, "ahr"), Role.PROVIDER_STAFF, "ahr"),
            invite(member(Role.PROVIDER_LEAD, "vln"), Role.PROVIDER_STAFF, "vln"),
        ]
        people.accept_invitation(token=tokens[1], name="Test First", password=PASSWORD)

        with pytest.raises(people.InvitationOver):
            people.accept_invitation(token=tokens[0], name="Test Second", password=PASSWORD)

        assert User.objects.get(email=NEWCOMER).membership.organization.slug == "vln"

    @pytest.mark.django_db(transaction=True, databases=["default", "keys"])
    def test_of_many_who_take_up_one_link_at_once_one_gets_an_account(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this suite on PostgreSQL"
        lead = member(Role.PROVIDER_LEAD)
        for number in range(5):
            token = invite(lead, Role.PROVIDER_STAFF, email=f"race-{number}@test.example")

            made, over = accept_at_once(token, threads=6)

            assert (len(made), len(over)) == (1, 5)
            assert User.objects.filter(email=f"race-{number}@test.example").count() == 1


def accept_at_once(token: str, *, threads: int) -> tuple[list[User], list[people.InvitationOver]]:
    barrier = threading.Barrier(threads)
    made: list[User] = []
    over: list[people.InvitationOver] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            made.append(people.accept_invitation(token=token, name=f"Test {number}", password=PASSWORD))
        except people.InvitationOver as error:
            over.append(error)
        finally:
            connections.close_all()

    running = [threading.Thread(target=partial(run, number)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return made, over


class TestOperatorsPage:
    def test_the_operator_invites_a_first_lead_and_sees_the_open_invitation(self) -> None:
        operator = client_of(member(Role.OPERATOR))
        form = {"organization": organization("ahr").pk, "role": "provider_lead", "email": NEWCOMER}

        sent = operator.post("/staff/invitations/", form)

        assert sent.headers["Location"] == "/staff/invitations/"
        assert NEWCOMER in operator.get("/staff/invitations/").content.decode()
        assert Invitation.objects.get().organization.slug == "ahr"

    @pytest.mark.parametrize(
        ("slug", "role", "said"),
        [
            ("fund", "hotline_lead", "has no hotline lead"),
            ("ahr", "hotline_lead", "has no hotline lead"),
            ("ahr", "provider_staff", "Select a valid choice"),
        ],
    )
    def test_a_refusal_is_said_in_plain_words(self, slug: str, role: str, said: str) -> None:
        operator = client_of(member(Role.OPERATOR))

        page = operator.post(
            "/staff/invitations/", {"organization": organization(slug).pk, "role": role, "email": NEWCOMER}
        )

        assert page.status_code in (400, 409)
        assert said in page.content.decode()
        assert not mail.outbox

    @pytest.mark.parametrize("role", [role for role in MEMBER_ROLES if role != Role.OPERATOR])
    def test_the_page_is_the_operators_alone(self, role: Role) -> None:
        assert client_of(member(role)).get("/staff/invitations/").status_code == 403

    def test_a_stranger_is_sent_to_the_sign_in_page(self, client: Client) -> None:
        assert client.get("/staff/invitations/").headers["Location"].startswith("/staff/sign-in/")


class TestWithdrawing:
    @pytest.mark.parametrize("role", MEMBER_ROLES)
    def test_who_may_invite_may_withdraw(self, role: Role) -> None:
        token = invite(member(Role.PROVIDER_LEAD), Role.PROVIDER_STAFF)
        row = people.invitation_of(token)

        answer = client_of(member(role)).post(f"/staff/invitations/{row.pk}/withdraw/")

        row.refresh_from_db()
        may = role in (Role.PROVIDER_LEAD, Role.OPERATOR)
        assert answer.status_code == (302 if may else 404)
        assert bool(row.withdrawn_at) is may

    def test_a_lead_of_another_organization_finds_no_such_invitation(self) -> None:
        row = people.invitation_of(invite(member(Role.PROVIDER_LEAD, "ahr"), Role.PROVIDER_STAFF))

        answer = client_of(member(Role.PROVIDER_LEAD, "vln")).post(f"/staff/invitations/{row.pk}/withdraw/")

        assert answer.status_code == 404

    def test_a_used_invitation_is_not_withdrawn_afterwards(self) -> None:
        lead = member(Role.PROVIDER_LEAD)
        token = invite(lead, Role.PROVIDER_STAFF)
        row = people.invitation_of(token)
        people.accept_invitation(token=token, name="Test Quick", password=PASSWORD)

        people.withdraw_invitation(invitation=row, by=lead)

        row.refresh_from_db()
        assert (bool(row.accepted_at), row.withdrawn_at) == (True, None)
