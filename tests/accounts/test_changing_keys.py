"""An organization's key is changed, after somebody left or by hand: nothing is lost on the way."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import PeopleEventKind, User
from accounts.roles import Role
from accounts.vault import actions as vault_actions
from privacy import holders, readers, rotation, vault
from privacy.holders import recovery_holder
from privacy.models import KeyGrant, ReaderKey, WrappedKey
from tests import factories as make
from tests.accounts.key_pages import OTHER, VAULT, kinds_of, opens, sealed_for
from tests.accounts.unlocking import locked, reader_key, try_passphrase
from tests.factories import OFFICE_HOURS, PASSPHRASE

pytestmark = pytest.mark.django_db


class TestChangingTheKey:
    @pytest.fixture
    def client(self, lead: User, printed: str) -> Client:
        return locked(lead)

    def test_after_somebody_left_the_next_who_unlocks_begins(self, lead: User, client: Client) -> None:
        old, documents = reader_key("ilcm").id, sealed_for("ilcm", 3)
        rotation.want_rotation("ilcm", OFFICE_HOURS)

        begun = try_passphrase(client, next="/staff/offers/")
        page = client.get(begun["Location"]).content.decode()

        assert begun["Location"] == f"{VAULT}key/change/?next=%2Fstaff%2Foffers%2F"
        assert "<strong>3</strong> sealed documents still open" in page
        assert "Change the next 3" in page
        assert reader_key("ilcm").id != old
        assert kinds_of(lead)[-1] == PeopleEventKind.ROTATED
        keys = opens(lead, PASSPHRASE, "ilcm")
        assert [vault.open_document(one, keys=keys)["n"] for one in documents] == [0, 1, 2]

    def test_each_press_changes_some_and_the_last_says_done(
        self, lead: User, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        documents = sealed_for("ilcm", 5)
        wrap_two = rotation.rewrap_some
        monkeypatch.setattr(rotation, "rewrap_some", lambda keys: wrap_two(keys, limit=2))
        rotation.want_rotation("ilcm", OFFICE_HOURS)
        try_passphrase(client)
        left = []
        for _ in range(3):
            answer = client.post(f"{VAULT}key/change/")
            left.append(rotation.remaining("ilcm"))

        assert left == [3, 1, 0]
        assert answer["Location"] == f"{VAULT}key/change/?going=1"
        assert "Done." in client.get(answer["Location"]).content.decode()
        keys = opens(lead, PASSPHRASE, "ilcm")
        assert [vault.open_document(one, keys=keys)["n"] for one in documents] == [0, 1, 2, 3, 4]

    def test_left_half_way_whoever_unlocks_next_goes_on(
        self, lead: User, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        documents = sealed_for("ilcm", 3)
        colleague = make.member(Role.PROVIDER_STAFF, "ilcm")
        keys = opens(lead, PASSPHRASE, "ilcm")
        vault_actions.set_passphrase(by=colleague, passphrase=OTHER, keys=keys)
        grown = vault_actions.begin_rotation(by=lead, keys=keys)
        rotation.rewrap_some(grown, limit=1)

        theirs = locked(colleague)
        answer = try_passphrase(theirs, OTHER)
        theirs.post(f"{VAULT}key/change/")

        assert answer["Location"] == f"{VAULT}key/change/"
        assert rotation.remaining("ilcm") == 0
        fresh = opens(colleague, OTHER, "ilcm")
        assert [vault.open_document(one, keys=fresh)["n"] for one in documents] == [0, 1, 2]

    def test_the_recovery_key_opens_after_it_too(self, lead: User, printed: str) -> None:
        (document,) = sealed_for("ilcm")
        keys = vault_actions.begin_rotation(by=lead, keys=opens(lead, PASSPHRASE, "ilcm"))
        vault_actions.continue_rotation(keys=keys)
        vault_actions.finish_rotation(reader="ilcm", now=timezone.now() + timedelta(hours=1))

        holder = recovery_holder("ilcm")
        recovered = holders.keys_of(holder, holders.private_of(holder, printed), "ilcm")
        assert vault.open_document(document, keys=recovered)

    def test_what_a_slow_request_wraps_with_the_old_key_is_not_lost(
        self, lead: User, printed: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old, later = reader_key("ilcm"), OFFICE_HOURS + timedelta(minutes=1)
        sealed_for("ilcm")
        keys = vault_actions.begin_rotation(by=lead, keys=opens(lead, PASSPHRASE, "ilcm"), now=OFFICE_HOURS)
        vault_actions.continue_rotation(keys=keys, now=later)
        with monkeypatch.context() as slow:
            # It had read the public key before the change.
            slow.setattr(readers, "in_use", lambda wanted: {"ilcm": old})
            (document,) = sealed_for("ilcm")
        settled = OFFICE_HOURS + rotation.SETTLED_AFTER + timedelta(minutes=1)

        finished_too_early = vault_actions.finish_rotation(reader="ilcm", now=settled)
        vault_actions.continue_rotation(keys=opens(lead, PASSPHRASE, "ilcm"), now=settled)

        assert not finished_too_early
        assert not KeyGrant.objects.filter(reader_key_id=old.id).exists()
        assert vault.open_document(document, keys=opens(lead, PASSPHRASE, "ilcm")) == {"n": 0}

    def test_unlocking_destroys_the_old_pair_once_it_has_settled(self, lead: User, client: Client) -> None:
        long_ago = timezone.now() - timedelta(hours=1)
        vault_actions.begin_rotation(by=lead, keys=opens(lead, PASSPHRASE, "ilcm"), now=long_ago)
        before = ReaderKey.objects.filter(reader="ilcm").count()

        try_passphrase(client)

        assert (before, ReaderKey.objects.filter(reader="ilcm").count()) == (2, 1)

    def test_a_lead_begins_by_hand_and_staff_cannot(self, lead: User, client: Client) -> None:
        old = reader_key("ilcm").id
        staff = make.member(Role.PROVIDER_STAFF, "ilcm")
        vault_actions.set_passphrase(by=staff, passphrase=OTHER, keys=opens(lead, PASSPHRASE, "ilcm"))
        theirs = locked(staff)
        try_passphrase(theirs, OTHER)

        refused = theirs.post(f"{VAULT}key/change/", {"begin": "1"})
        unchanged = reader_key("ilcm").id
        try_passphrase(client)
        client.post(f"{VAULT}key/change/", {"begin": "1"})

        assert refused.status_code == 403
        assert unchanged == old
        assert reader_key("ilcm").id != old
        assert 'name="begin"' not in theirs.get(f"{VAULT}key/change/").content.decode()

    def test_pressing_begin_twice_changes_the_key_once_while_work_is_left(self, lead: User, client: Client) -> None:
        sealed_for("ilcm")
        try_passphrase(client)
        client.post(f"{VAULT}key/change/", {"begin": "1"})
        first = reader_key("ilcm").id
        client.post(f"{VAULT}key/change/", {"begin": "1"})

        assert reader_key("ilcm").id == first

    def test_two_who_unlock_after_somebody_left_change_the_key_once(self, lead: User, printed: str) -> None:
        rotation.want_rotation("ilcm", OFFICE_HOURS)
        keys = opens(lead, PASSPHRASE, "ilcm")

        grown = vault_actions.begin_rotation_if_wanted(by=lead, keys=keys)
        again = vault_actions.begin_rotation_if_wanted(by=lead, keys=keys)

        assert len(grown.private) == 2
        assert again is keys

    def test_locked_the_page_leads_to_unlock(self, client: Client) -> None:
        assert client.get(f"{VAULT}key/change/")["Location"].startswith(f"{VAULT}unlock/")
        assert client.post(f"{VAULT}key/change/").status_code == 403

    def test_a_changed_wrap_is_an_alarm_and_unlocking_goes_on(self, lead: User, client: Client) -> None:
        sealed_for("ilcm")
        rotation.want_rotation("ilcm", OFFICE_HOURS)
        try_passphrase(client)
        WrappedKey.objects.filter(reader="ilcm").update(wrapped=b"changed")

        pressed = client.post(f"{VAULT}key/change/")

        assert pressed.status_code == 500
        assert "somebody changed the keys" in pressed.content.decode()
        assert try_passphrase(client).status_code == 302

    def test_the_script_presses_on_only_after_a_person_did(self, lead: User, client: Client) -> None:
        sealed_for("ilcm")
        rotation.want_rotation("ilcm", OFFICE_HOURS)
        try_passphrase(client)

        assert "go-on.js" not in client.get(f"{VAULT}key/change/").content.decode()
        assert "go-on.js" in client.get(f"{VAULT}key/change/?going=1").content.decode()
