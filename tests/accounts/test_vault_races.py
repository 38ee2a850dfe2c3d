"""Two who do the same with an organization's keys at the same moment: one does it, and no way in is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from accounts.models import PeopleEvent, PeopleEventKind, User
from accounts.policies import Refused
from accounts.roles import Role
from accounts.vault import actions as vault_actions
from accounts.vault.actions import MadeKey
from privacy import holders, rotation
from privacy.holders import member_holder, recovery_holder
from privacy.models import ReaderKey
from tests import factories as make
from tests.factories import OFFICE_HOURS, PASSPHRASE
from tests.services.threads import close_connections
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(deeds: list[Callable[[], object]]) -> list[object]:
    """What each returned, or the `Refused` it raised."""
    together = Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> object:
        try:
            together.wait()
            return deed()
        except Refused as refused:
            return refused
        finally:
            close_connections()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def opens(user: User, passphrase: str, reader: str) -> bool:
    holder = member_holder(user.pk)
    return bool(holders.keys_of(holder, holders.private_of(holder, passphrase), reader))


def test_of_leads_who_make_the_key_at_once_one_makes_it() -> None:
    ReaderKey.objects.filter(reader="ilcm").delete()
    leads = [make.member(Role.PROVIDER_LEAD, "ilcm") for _ in range(4)]

    done = at_once([partial(vault_actions.make_organization_key, by=lead, passphrase=PASSPHRASE) for lead in leads])

    ((winner, made),) = [(lead, made) for lead, made in zip(leads, done, strict=True) if isinstance(made, MadeKey)]
    assert ReaderKey.objects.filter(reader="ilcm").count() == 1
    assert opens(winner, PASSPHRASE, "ilcm")
    holder = recovery_holder("ilcm")
    assert holders.keys_of(holder, holders.private_of(holder, made.recovery_key), "ilcm")


def test_of_members_who_unlock_at_once_after_somebody_left_one_changes_the_key() -> None:
    members = [make.member(Role.PROVIDER_STAFF, "mmla") for _ in range(4)]
    for member in members:
        make.let_into_vault(member, "mmla")
    rotation.want_rotation("mmla", OFFICE_HOURS)

    at_once([partial(vault_actions.begin_rotation_if_wanted, by=member, keys=keys_for("mmla")) for member in members])

    assert PeopleEvent.objects.filter(kind=PeopleEventKind.ROTATED).count() == 1
    assert ReaderKey.objects.filter(reader="mmla").count() == 2
    assert all(opens(member, PASSPHRASE, "mmla") for member in members)


def test_of_the_last_two_who_start_again_at_once_one_keeps_the_way_in() -> None:
    members = [make.member(Role.PROVIDER_STAFF, "mmla") for _ in range(2)]
    for member in members:
        make.let_into_vault(member, "mmla")

    done = at_once([partial(vault_actions.start_again, by=member, passphrase="other words") for member in members])

    assert [type(one) for one in done].count(Refused) == 1
    assert [holders.may_open(member_holder(member.pk), "mmla") for member in members].count(True) == 1


def test_without_the_lock_both_would_give_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    members = [make.member(Role.PROVIDER_STAFF, "mmla") for _ in range(2)]
    for member in members:
        make.let_into_vault(member, "mmla")
    both_looked, look = Barrier(2), vault_actions.check_may_start_again

    def look_together(by: User) -> object:
        membership = look(by)
        both_looked.wait()
        return membership

    monkeypatch.setattr(vault_actions, "_lock_organization", lambda membership: None)
    monkeypatch.setattr(vault_actions, "check_may_start_again", look_together)
    at_once([partial(vault_actions.start_again, by=member, passphrase="other words") for member in members])

    assert not any(holders.may_open(member_holder(member.pk), "mmla") for member in members)
