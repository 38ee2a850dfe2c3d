"""Who may let in and remove whom, and what is left of a removed member: a name in the log."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from accounts import people
from accounts.models import PeopleEvent, PeopleEventKind, User
from accounts.policies import Refused
from accounts.roles import MEMBER_ROLES, Role
from accounts.second_factor import add_app, has_second_factor
from privacy import holders, rotation
from privacy.aead import Unreadable
from privacy.holders import has_key, make_holder, may_open, member_holder
from privacy.models import KeyGrant
from tests.factories import OFFICE_HOURS, PASSPHRASE, client_of, let_into_vault, member
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db


def waiting(slug: str = "ahr", role: Role = Role.PROVIDER_STAFF) -> User:
    """A member with a vault passphrase whom nobody has let in yet."""
    user = member(role, slug)
    make_holder(member_holder(user.pk), PASSPHRASE, now=OFFICE_HOURS)
    return user


def let_in_member(slug: str = "ahr", role: Role = Role.PROVIDER_LEAD) -> User:
    user = member(role, slug)
    let_into_vault(user, slug)
    return user


class TestLettingIn:
    def test_an_unlocked_member_lets_a_colleague_in(self) -> None:
        by, newcomer = let_in_member(role=Role.PROVIDER_STAFF), waiting()

        people.let_in(user=newcomer, keys=keys_for("ahr"), by=by)

        private = holders.private_of(member_holder(newcomer.pk), PASSPHRASE)
        assert (
            holders.keys_of(member_holder(newcomer.pk), private, "ahr").private.keys() == keys_for("ahr").private.keys()
        )
        event = PeopleEvent.objects.get(kind=PeopleEventKind.LET_IN)
        assert (event.by, event.about, event.organization.slug) == (by, newcomer, "ahr")

    def test_letting_in_again_changes_nothing(self) -> None:
        by, newcomer = let_in_member(), waiting()

        for _press in range(2):
            people.let_in(user=newcomer, keys=keys_for("ahr"), by=by)

        assert PeopleEvent.objects.filter(kind=PeopleEventKind.LET_IN).count() == 1

    @pytest.mark.parametrize(
        "role", [role for role in MEMBER_ROLES if role not in (Role.PROVIDER_STAFF, Role.PROVIDER_LEAD)]
    )
    def test_nobody_of_another_organization_lets_in_even_with_the_keys(self, role: Role) -> None:
        newcomer = waiting()

        with pytest.raises(Refused, match="same organization"):
            people.let_in(user=newcomer, keys=keys_for("ahr"), by=member(role))

        assert not may_open(member_holder(newcomer.pk), "ahr")

    def test_the_operator_lets_nobody_in_superuser_or_not(self) -> None:
        newcomer = waiting()
        operator = member(Role.OPERATOR, is_staff=True, is_superuser=True)

        with pytest.raises(Refused, match="same organization"):
            people.let_in(user=newcomer, keys=keys_for("ahr"), by=operator)

    def test_another_organizations_keys_let_nobody_in(self) -> None:
        with pytest.raises(Refused, match="not the keys of that organization"):
            people.let_in(user=waiting(), keys=keys_for("vln"), by=let_in_member())

    def test_who_has_no_passphrase_cannot_be_let_in(self) -> None:
        with pytest.raises(Refused, match="no vault passphrase yet"):
            people.let_in(user=member(Role.PROVIDER_STAFF), keys=keys_for("ahr"), by=let_in_member())

    def test_a_removed_member_neither_lets_in_nor_is_let_in(self) -> None:
        gone, staying, newcomer = let_in_member(), let_in_member(), waiting()
        people.remove(user=gone, by=staying)

        for user, by in ((newcomer, gone), (gone, staying)):
            with pytest.raises(Refused):
                people.let_in(user=user, keys=keys_for("ahr"), by=by)

    def test_a_key_that_was_swapped_after_it_was_compared_is_not_let_in(self) -> None:
        newcomer = waiting()
        compared = people.check_number(newcomer)
        make_holder(member_holder(newcomer.pk), "another passphrase of somebody else", now=OFFICE_HOURS)

        with pytest.raises(Refused, match="not the one you compared"):
            people.let_in(user=newcomer, keys=keys_for("ahr"), by=let_in_member(), compared=compared)

        assert not may_open(member_holder(newcomer.pk), "ahr")

    def test_the_check_number_is_of_the_key_the_member_really_has(self) -> None:
        newcomer = waiting()

        private = holders.private_of(member_holder(newcomer.pk), PASSPHRASE)

        assert people.check_number(newcomer) == people.number_of(private.public())
        assert [len(group) for group in people.check_number(newcomer).split()] == [5, 5, 5, 5]


# Who may remove a member of AHR's staff.
REMOVERS = {
    (role, slug): (role, slug) in {(Role.PROVIDER_LEAD, "ahr"), (Role.OPERATOR, "fund")}
    for role, slug in [
        (Role.COORDINATOR, "hotline"),
        (Role.HOTLINE_LEAD, "hotline"),
        (Role.PROVIDER_STAFF, "ahr"),
        (Role.PROVIDER_LEAD, "ahr"),
        (Role.PROVIDER_LEAD, "vln"),
        (Role.FINANCE, "fund"),
        (Role.APPROVER, "fund"),
        (Role.FUNDER, "city"),
        (Role.AUDITOR, "fund"),
        (Role.OPERATOR, "fund"),
    ]
}


class TestRemoving:
    @pytest.mark.parametrize(("role", "slug"), REMOVERS)
    def test_a_lead_removes_from_their_own_organization_and_the_operator_anybody(self, role: Role, slug: str) -> None:
        user, by = member(Role.PROVIDER_STAFF, "ahr"), member(role, slug)

        if REMOVERS[role, slug]:
            people.remove(user=user, by=by)
        else:
            with pytest.raises(Refused, match="Only a lead"):
                people.remove(user=user, by=by)

        user.refresh_from_db()
        assert user.is_active is not REMOVERS[role, slug]

    def test_a_removed_members_live_unlocked_session_opens_nothing_on_the_next_request(self) -> None:
        staying, gone, newcomer = let_in_member(), member(Role.PROVIDER_LEAD), waiting()
        session = client_of(gone)
        needs_the_vault = f"/staff/team/{newcomer.pk}/let-in/"
        before = session.get(needs_the_vault)
        private = holders.private_of(member_holder(gone.pk), PASSPHRASE)

        people.remove(user=gone, by=staying)

        after = session.get(needs_the_vault)
        assert (before.status_code, after.status_code) == (200, 302)
        assert after.headers["Location"].startswith("/staff/sign-in/")
        with pytest.raises(Unreadable):
            holders.keys_of(member_holder(gone.pk), private, "ahr")

    def test_a_session_that_escaped_deletion_is_of_no_use(self) -> None:
        staying, gone = let_in_member(), member(Role.PROVIDER_LEAD)
        session = client_of(gone)
        row = Session.objects.get(session_key=session.session.session_key)

        people.remove(user=gone, by=staying)
        row.save(force_insert=True)

        assert session.get("/staff/team/").headers["Location"].startswith("/staff/sign-in/")

    def test_all_of_the_removed_members_sessions_end_and_nobody_elses(self) -> None:
        by, gone = member(Role.PROVIDER_LEAD), member(Role.PROVIDER_STAFF)
        theirs = {client_of(gone).session.session_key for _browser in range(3)}
        family = Client()
        family.session.save()
        others = {client_of(by).session.session_key, family.session.session_key}

        people.remove(user=gone, by=by)

        left = set(Session.objects.values_list("session_key", flat=True))
        assert not left & theirs
        assert others <= left

    def test_removal_destroys_the_way_in_and_wants_a_new_key(self) -> None:
        by, gone = let_in_member(), let_in_member(role=Role.PROVIDER_STAFF)

        people.remove(user=gone, by=by)

        assert not has_key(member_holder(gone.pk))
        assert not KeyGrant.objects.filter(holder__holder=member_holder(gone.pk)).exists()
        assert rotation.is_wanted("ahr")
        assert not rotation.is_wanted("vln")
        event = PeopleEvent.objects.get(kind=PeopleEventKind.REMOVED)
        assert (event.by, event.about, event.organization.slug) == (by, gone, "ahr")

    def test_a_removed_account_keeps_its_name_and_nothing_to_sign_in_with(self) -> None:
        by, gone = member(Role.PROVIDER_LEAD), member(Role.PROVIDER_STAFF, password="a passphrase of a test")
        address, name = gone.email, gone.name
        add_app(gone, "JBSWY3DPEHPK3PXP")
        EmailAddress.objects.create(user=gone, email=address, verified=True, primary=True)

        people.remove(user=gone, by=by)

        gone.refresh_from_db()
        assert (gone.is_active, gone.has_usable_password(), has_second_factor(gone)) == (False, False, False)
        assert gone.name == name
        assert not User.objects.filter(email=address).exists()
        assert not EmailAddress.objects.filter(user=gone).exists()

    def test_a_removed_superuser_is_none_any_more(self) -> None:
        by, gone = (member(Role.OPERATOR, is_staff=True, is_superuser=True) for _ in range(2))

        people.remove(user=gone, by=by)

        gone.refresh_from_db()
        assert (gone.is_active, gone.is_staff, gone.is_superuser) == (False, False, False)

    def test_removing_twice_is_refused_and_logged_once(self) -> None:
        by, gone = member(Role.PROVIDER_LEAD), member(Role.PROVIDER_STAFF)
        people.remove(user=gone, by=by)

        with pytest.raises(Refused, match="removed already"):
            people.remove(user=gone, by=by)

        assert PeopleEvent.objects.filter(kind=PeopleEventKind.REMOVED).count() == 1

    def test_a_removal_cut_off_in_the_middle_is_ended_by_removing_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        by, gone = let_in_member(), let_in_member(role=Role.PROVIDER_STAFF)

        def power_cut(*_args: object, **_more: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as cut:
            cut.setattr(people, "_switch_off", power_cut)
            with pytest.raises(KeyboardInterrupt):
                people.remove(user=gone, by=by)
        opens_nothing = not may_open(member_holder(gone.pk), "ahr")
        people.remove(user=gone, by=by)

        gone.refresh_from_db()
        assert opens_nothing
        assert not gone.is_active
        assert rotation.is_wanted("ahr")

    @pytest.mark.parametrize("who", ["themselves", "a lead", "the operator"])
    def test_the_last_person_let_in_cannot_be_removed(self, who: str) -> None:
        last = let_in_member()
        by = {
            "themselves": lambda: last,
            "a lead": lambda: waiting(role=Role.PROVIDER_LEAD),
            "the operator": lambda: member(Role.OPERATOR),
        }[who]()

        with pytest.raises(Refused, match="nobody could open the files any more"):
            people.remove(user=last, by=by)

        assert may_open(member_holder(last.pk), "ahr")
        assert not rotation.is_wanted("ahr")

    def test_one_of_two_who_are_let_in_can_be_removed(self) -> None:
        gone, staying = let_in_member(), let_in_member()

        people.remove(user=gone, by=staying)

        assert not may_open(member_holder(gone.pk), "ahr")

    def test_the_last_lead_does_not_leave(self) -> None:
        lead = let_in_member()
        let_in_member(role=Role.PROVIDER_STAFF)

        with pytest.raises(Refused, match="invite another lead first"):
            people.remove(user=lead, by=lead)

    def test_a_lead_leaves_where_another_lead_stays(self) -> None:
        lead = let_in_member()
        let_in_member()

        people.remove(user=lead, by=lead)

        lead.refresh_from_db()
        assert not lead.is_active

    def test_the_last_operator_does_not_leave(self) -> None:
        operator = member(Role.OPERATOR, is_superuser=True)

        with pytest.raises(Refused, match="last operator"):
            people.remove(user=operator, by=operator)


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
class TestTwoAtOnce:
    ROUNDS = 8

    @pytest.fixture(autouse=True)
    def _on_postgresql(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this suite on PostgreSQL"

    def rounds(self) -> Iterator[tuple[list[type[Exception]], QuerySet[User]]]:
        """Each round two leads, the only ones let in, remove each other; gives what was raised and who stays."""
        for _round in range(self.ROUNDS):
            pair = [let_in_member("vln"), let_in_member("vln")]
            raised = at_once(
                [partial(people.remove, user=pair[0], by=pair[1]), partial(people.remove, user=pair[1], by=pair[0])]
            )
            yield raised, User.objects.filter(pk__in=[user.pk for user in pair], is_active=True)
            User.objects.filter(pk__in=[user.pk for user in pair]).update(is_active=False)

    def test_of_two_leads_who_remove_each_other_one_stays_and_can_open_the_files(self) -> None:
        for raised, staying in self.rounds():
            assert (raised, staying.count()) == ([Refused], 1)
            assert may_open(member_holder(staying.get().pk), "vln")

    def test_without_the_lock_both_go_or_the_database_stops_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The negative control: if one is always refused without the lock, the test above proves nothing."""
        monkeypatch.setattr(people, "_locked", lambda organization: organization)
        both_looked, look = threading.Barrier(2), people.check_can_be_missed

        def look_together(*arguments: Any, **named: Any) -> None:
            look(*arguments, **named)
            # Whatever else the machine does, both have looked before one of them acts.
            both_looked.wait(30)

        monkeypatch.setattr(people, "check_can_be_missed", look_together)

        assert any((raised, staying.count()) != ([Refused], 1) for raised, staying in self.rounds())


def at_once(jobs: list[Callable[[], object]]) -> list[type[Exception]]:
    """Runs the jobs in threads that start together; returns the kinds of what they raised."""
    barrier = threading.Barrier(len(jobs))
    raised: list[type[Exception]] = []

    def run(job: Callable[[], object]) -> None:
        barrier.wait()
        try:
            job()
        except Exception as error:
            raised.append(type(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_the_log_takes_its_time_from_the_caller() -> None:
    lead = member(Role.PROVIDER_LEAD)

    made = people.record(
        organization=lead.membership.organization, kind=PeopleEventKind.KEY_MADE, by=lead, now=OFFICE_HOURS
    )
    unsaid = people.record(organization=lead.membership.organization, kind=PeopleEventKind.ROTATED, by=lead)

    assert made.at == OFFICE_HOURS
    assert unsaid.at <= timezone.now()
