"""An organization's key from its making to its replacement: passphrases, the recovery key, and changing the key."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import PeopleEvent, PeopleEventKind, User
from accounts.policies import Refused
from accounts.roles import Role
from accounts.vault import actions as vault_actions
from privacy import holders, readers, rotation, vault
from privacy.aead import Unreadable
from privacy.holders import member_holder, recovery_holder
from privacy.models import DocumentKind, HolderKey, KeyGrant, ReaderKey, WrappedKey
from privacy.readers import Keys
from privacy.recovery_key import generate, parse
from tests import factories as make
from tests.accounts.unlocking import COOKIE, is_unlocked, locked, reader_key, try_passphrase
from tests.factories import OFFICE_HOURS, PASSPHRASE

pytestmark = pytest.mark.django_db

OTHER = "six other words that open it"
VAULT = "/staff/vault/"


def choose(client: Client, page: str, passphrase: str = OTHER, **more: str) -> Any:
    return client.post(f"{VAULT}{page}", {"passphrase": passphrase, "again": passphrase, **more})


def shown_key(answer: Any) -> str:
    """The recovery key on the page that shows it."""
    groups = re.findall(r"<li><code>(.{5})</code></li>", answer.content.decode())
    return "-".join(groups)


def kinds_of(user: User) -> list[str]:
    events = PeopleEvent.objects.filter(organization=user.membership.organization).order_by("id")
    return list(events.values_list("kind", flat=True))


def opens(user: User, passphrase: str, reader: str) -> Keys:
    """The keys the member's passphrase leads to; raises `Unreadable`."""
    holder = member_holder(user.pk)
    return holders.keys_of(holder, holders.private_of(holder, passphrase), reader)


def sealed_for(reader: str, times: int = 1) -> list[vault.SealedDocument]:
    return [
        vault.seal(case_id=uuid4(), kind=DocumentKind.NOTES, payload={"n": n}, readers=[reader], now=OFFICE_HOURS)
        for n in range(times)
    ]


@pytest.fixture
def lead() -> User:
    """The first lead of a provider that has no key yet."""
    ReaderKey.objects.filter(reader="ilcm").delete()
    return make.member(Role.PROVIDER_LEAD, "ilcm", password="the password of an account")


@pytest.fixture
def printed(lead: User) -> str:
    """The recovery key of the lead's organization, whose key the lead has made."""
    return vault_actions.make_organization_key(by=lead, passphrase=PASSPHRASE, now=OFFICE_HOURS).recovery_key


class TestMakingTheKey:
    def test_the_first_lead_makes_it_and_is_in(self, lead: User) -> None:
        client = locked(lead)
        answer = choose(client, "key/", next="/staff/offers/")

        assert answer.status_code == 200
        assert is_unlocked(client)
        (document,) = sealed_for("ilcm")
        assert vault.open_document(document, keys=opens(lead, OTHER, "ilcm")) == {"n": 0}
        assert kinds_of(lead) == [PeopleEventKind.KEY_MADE]

    def test_the_recovery_key_is_shown_on_that_answer_and_nowhere_else(
        self, lead: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = locked(lead)
        key = shown_key(choose(client, "key/"))

        assert parse(key) == key
        again = choose(client, "key/", follow="1")
        pages = [again, client.get(f"{VAULT}recovery-key/"), client.get(f"{VAULT}key/"), client.get(VAULT)]
        for place in [*(page.content.decode() for page in pages), caplog.text, str(again.headers)]:
            assert not any(group in place for group in key.split("-"))
        kept = str([session.get_decoded() for session in Session.objects.all()])
        assert not any(group in kept for group in key.split("-"))
        assert client.get(f"{VAULT}key/")["Location"] == f"{VAULT}unlock/"

    def test_who_says_it_is_written_down_goes_on(self, lead: User) -> None:
        client = locked(lead)
        choose(client, "key/")

        answer = client.post(f"{VAULT}recovery-key/", {"shown": "1", "is_kept": "on", "next": "/staff/offers/"})

        assert answer["Location"] == "/staff/offers/"

    def test_who_did_not_write_it_down_is_told_to_replace_it_now(self, lead: User) -> None:
        client = locked(lead)
        choose(client, "key/")

        answer = client.post(f"{VAULT}recovery-key/", {"shown": "1"}, follow=True)

        assert answer.redirect_chain[-1][0] == f"{VAULT}recovery-key/"
        assert "not shown again" in answer.content.decode()

    @pytest.mark.parametrize(
        ("passphrase", "sentence"),
        [
            ("fourteen chars", "Too short: at least 15 characters"),
            ("1q2w3e4r5t6y7u8i9o0p", "Too common"),
            ("the password of an account", "This is your account's password"),
        ],
    )
    def test_a_bad_passphrase_is_refused_with_a_reason(self, lead: User, passphrase: str, sentence: str) -> None:
        answer = choose(locked(lead), "key/", passphrase)

        page = unescape(answer.content.decode())
        assert sentence in page
        assert f'value="{passphrase}"' not in page
        assert not ReaderKey.objects.filter(reader="ilcm").exists()

    def test_two_that_differ_are_refused(self, lead: User) -> None:
        answer = locked(lead).post(f"{VAULT}key/", {"passphrase": OTHER, "again": PASSPHRASE})

        assert "The two are not the same." in answer.content.decode()

    def test_the_same_words_written_with_other_bytes_open_too(self, lead: User) -> None:
        client = locked(lead)
        choose(client, "key/", "un café déjà éteint ici")
        client.post(f"{VAULT}lock/")

        assert try_passphrase(client, "un cafe\u0301 de\u0301ja\u0300 e\u0301teint ici").status_code == 302

    def test_only_a_lead_makes_it(self, lead: User) -> None:
        staff = make.member(Role.PROVIDER_STAFF, "ilcm")

        assert choose(locked(staff), "key/").status_code == 403
        with pytest.raises(Refused):
            vault_actions.make_organization_key(by=staff, passphrase=OTHER)

    def test_an_organization_outside_the_vault_has_none(self) -> None:
        with pytest.raises(Refused):
            vault_actions.make_organization_key(by=make.member(Role.FUNDER), passphrase=OTHER)

    def test_the_second_lead_does_not_replace_it(self, lead: User, printed: str) -> None:
        second = make.member(Role.PROVIDER_LEAD, "ilcm")
        key = reader_key("ilcm").id

        with pytest.raises(Refused, match="has a key already"):
            vault_actions.make_organization_key(by=second, passphrase=OTHER)

        assert reader_key("ilcm").id == key
        assert opens(lead, PASSPHRASE, "ilcm")
        assert holders.private_of(recovery_holder("ilcm"), printed)

    def test_killed_half_way_nothing_is_half_made(self, lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
        def killed(*args: object, **kwargs: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(holders, "publish", killed)
            with pytest.raises(KeyboardInterrupt):
                vault_actions.make_organization_key(by=lead, passphrase=PASSPHRASE)

        assert not ReaderKey.objects.filter(reader="ilcm").exists()
        assert not holders.has_key(recovery_holder("ilcm"))
        assert kinds_of(lead) == []
        vault_actions.make_organization_key(by=lead, passphrase=OTHER)
        assert opens(lead, OTHER, "ilcm")


class TestPassphrases:
    def test_a_new_member_sets_one_and_waits(self) -> None:
        user = make.member(Role.COORDINATOR)
        client = locked(user)

        answer = choose(client, "passphrase/", next="/staff/cases/")

        assert answer["Location"] == f"{VAULT}unlock/?next=%2Fstaff%2Fcases%2F"
        assert "You wait to be let in" in client.get(answer["Location"]).content.decode()
        assert not holders.may_open(member_holder(user.pk), "hotline")
        assert PeopleEventKind.PASSPHRASE_SET in kinds_of(user)

    def test_while_waiting_it_can_be_chosen_anew(self) -> None:
        user = make.member(Role.COORDINATOR)
        client = locked(user)
        choose(client, "passphrase/", PASSPHRASE)
        choose(client, "passphrase/", OTHER)

        assert holders.private_of(member_holder(user.pk), OTHER)
        with pytest.raises(Unreadable):
            holders.private_of(member_holder(user.pk), PASSPHRASE)

    def test_unlocked_it_is_changed_and_the_old_one_opens_nothing(self) -> None:
        user = make.member(Role.COORDINATOR)
        client, (document,) = make.client_of(user), sealed_for("hotline")
        elsewhere = locked(user)
        try_passphrase(elsewhere)

        answer = choose(client, "passphrase/", present=PASSPHRASE)

        assert answer.status_code == 302
        assert vault.open_document(document, keys=opens(user, OTHER, "hotline"))
        with pytest.raises(Unreadable):
            opens(user, PASSPHRASE, "hotline")
        assert is_unlocked(client)
        assert not is_unlocked(elsewhere)

    def test_locked_it_is_not_changed(self) -> None:
        user = make.member(Role.COORDINATOR)
        make.let_into_vault(user, "hotline")
        client = locked(user)

        assert client.get(f"{VAULT}passphrase/")["Location"].startswith(f"{VAULT}unlock/")
        assert choose(client, "passphrase/", present=PASSPHRASE).status_code == 403
        assert opens(user, PASSPHRASE, "hotline")

    def test_it_takes_the_present_one_counted_like_any_other_guess(self, slept: list[float]) -> None:
        user = make.member(Role.COORDINATOR)
        client = make.client_of(user)
        for _ in range(10):
            wrong = choose(client, "passphrase/", present="not the present words")
        refused = choose(client, "passphrase/", present=PASSPHRASE)

        assert "This is not your present vault passphrase." in wrong.content.decode()
        assert refused.status_code == 429
        assert opens(user, PASSPHRASE, "hotline")

    def test_killed_between_new_pair_and_grant_the_old_passphrase_still_opens(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = make.member(Role.COORDINATOR)
        make.let_into_vault(user, "hotline")
        keys = opens(user, PASSPHRASE, "hotline")

        def killed(*args: object, **kwargs: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(holders, "let_in", killed)
        with pytest.raises(KeyboardInterrupt):
            vault_actions.set_passphrase(by=user, passphrase=OTHER, keys=keys)

        assert opens(user, PASSPHRASE, "hotline")


class TestStartingAgain:
    def test_who_lost_it_waits_for_a_colleague(self) -> None:
        user, colleague = make.member(Role.COORDINATOR), make.member(Role.COORDINATOR)
        make.let_into_vault(colleague, "hotline")
        client = make.client_of(user)

        answer = choose(client, "passphrase/start-again/", has_lost_it="on")

        page = answer.content.decode()
        assert "You wait to be let in" in page
        assert colleague.email in page
        assert not holders.may_open(member_holder(user.pk), "hotline")
        assert not answer.cookies[COOKIE].value
        assert opens(colleague, PASSPHRASE, "hotline")

    def test_without_the_tick_nothing_happens(self) -> None:
        user = make.member(Role.COORDINATOR)
        make.let_into_vault(make.member(Role.COORDINATOR), "hotline")
        client = make.client_of(user)

        assert choose(client, "passphrase/start-again/").status_code == 200
        assert opens(user, PASSPHRASE, "hotline")

    def test_the_last_who_can_open_does_not_throw_the_way_in_away(self, lead: User, printed: str) -> None:
        client = locked(lead)

        page = client.get(f"{VAULT}passphrase/start-again/").content.decode()
        answer = choose(client, "passphrase/start-again/", has_lost_it="on")

        assert "recovery key" in page
        assert answer.status_code == 200
        assert opens(lead, PASSPHRASE, "ilcm")

    def test_of_two_who_start_again_one_after_the_other_the_second_is_refused(self, lead: User, printed: str) -> None:
        second = make.member(Role.PROVIDER_STAFF, "ilcm")
        vault_actions.set_passphrase(by=second, passphrase=OTHER, keys=opens(lead, PASSPHRASE, "ilcm"))
        vault_actions.start_again(by=lead, passphrase=OTHER)

        with pytest.raises(Refused, match="recovery key"):
            vault_actions.start_again(by=second, passphrase=PASSPHRASE)


class TestRecovery:
    def test_the_printed_key_lets_a_member_in_under_a_new_passphrase(self, lead: User, printed: str) -> None:
        (document,) = sealed_for("ilcm")
        client = locked(lead)

        answer = choose(client, "recover/", printed=printed.lower().replace("-", " "), next="/staff/offers/")

        assert answer["Location"] == "/staff/offers/"
        assert is_unlocked(client)
        assert vault.open_document(document, keys=opens(lead, OTHER, "ilcm"))
        with pytest.raises(Unreadable):
            opens(lead, PASSPHRASE, "ilcm")

    def test_it_lets_in_who_never_had_a_passphrase(self, lead: User, printed: str) -> None:
        newcomer = make.member(Role.PROVIDER_STAFF, "ilcm")
        choose(locked(newcomer), "recover/", printed=printed)

        assert opens(newcomer, OTHER, "ilcm")
        assert opens(lead, PASSPHRASE, "ilcm")

    def test_it_stands_in_the_log_and_every_lead_is_told(
        self, lead: User, printed: str, django_capture_on_commit_callbacks: Any
    ) -> None:
        newcomer = make.member(Role.PROVIDER_STAFF, "ilcm")
        second = make.member(Role.PROVIDER_LEAD, "ilcm")
        make.member(Role.PROVIDER_LEAD, "mmla")

        with django_capture_on_commit_callbacks(execute=True):
            choose(locked(newcomer), "recover/", printed=printed)

        (told,) = mail.outbox
        assert set(told.to) == {lead.email, second.email}
        assert newcomer.name in told.body
        assert "recovery key" in told.subject
        assert not any(group in told.body for group in printed.split("-"))
        assert kinds_of(lead)[-1] == PeopleEventKind.RECOVERED

    def test_a_mail_that_does_not_leave_keeps_nobody_out(
        self,
        lead: User,
        printed: str,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        def refused(*args: object, **kwargs: object) -> None:
            raise ConnectionRefusedError(f"mail to {lead.email} refused")

        monkeypatch.setattr(vault_actions, "send_mail", refused)
        with django_capture_on_commit_callbacks(execute=True):
            answer = choose(locked(lead), "recover/", printed=printed)

        assert answer.status_code == 302
        assert "ConnectionRefusedError" in caplog.text
        assert lead.email not in caplog.text

    def test_a_mistyped_key_is_refused_with_the_group_that_is_wrong(self, lead: User, printed: str) -> None:
        groups = printed.split("-")
        groups[2] = ("0" if groups[2][0] != "0" else "1") + groups[2][1:]
        mistyped = "-".join(groups)

        page = choose(locked(lead), "recover/", printed=mistyped).content.decode()

        assert "Group 3 is not as it was printed" in page
        # To be put right where it stands: nobody copies forty characters twice.
        assert mistyped in page

    def test_groups_in_the_wrong_order_are_named(self, lead: User, printed: str) -> None:
        groups = printed.split("-")
        groups[0], groups[1] = groups[1], groups[0]

        page = choose(locked(lead), "recover/", printed="-".join(groups)).content.decode()

        assert "Groups 1 and 2 are not as they were printed" in page

    def test_a_piece_of_a_key_is_told_by_its_length(self, lead: User, printed: str) -> None:
        page = choose(locked(lead), "recover/", printed=printed[:23]).content.decode()

        assert "The key has 40 letters and digits in eight groups; here are 20." in page

    def test_mistyped_keys_are_not_counted(self, lead: User, printed: str, slept: list[float]) -> None:
        client = locked(lead)
        for _ in range(12):
            choose(client, "recover/", printed="12345")

        assert choose(client, "recover/", printed=printed).status_code == 302

    def test_another_organizations_key_is_refused_counted_and_delayed(
        self,
        lead: User,
        printed: str,
        slept: list[float],
    ) -> None:
        client = locked(lead)
        for _ in range(10):
            wrong = choose(client, "recover/", printed=generate())
        refused = choose(client, "recover/", printed=printed)

        assert "not the one your organization has now" in wrong.content.decode()
        assert slept
        assert refused.status_code == 429
        assert opens(lead, PASSPHRASE, "ilcm")

    def test_a_changed_grant_is_an_alarm_not_a_wrong_key(self, lead: User, printed: str) -> None:
        KeyGrant.objects.filter(holder__holder=recovery_holder("ilcm")).update(sealed=b"changed")

        assert choose(locked(lead), "recover/", printed=printed).status_code == 500

    def test_where_no_key_was_ever_printed_the_page_says_so(self) -> None:
        user = make.member(Role.PROVIDER_LEAD, "mmla")
        make.let_into_vault(user, "mmla")

        page = choose(locked(user), "recover/", printed=generate()).content.decode()

        assert "has no recovery key" in page
        assert opens(user, PASSPHRASE, "mmla")


class TestReplacingTheRecoveryKey:
    def test_the_new_one_opens_and_the_old_one_does_not(self, lead: User, printed: str) -> None:
        (document,) = sealed_for("ilcm")
        client = locked(lead)
        try_passphrase(client)

        new = shown_key(client.post(f"{VAULT}recovery-key/"))

        holder = recovery_holder("ilcm")
        keys = holders.keys_of(holder, holders.private_of(holder, new), "ilcm")
        assert vault.open_document(document, keys=keys)
        with pytest.raises(Unreadable):
            holders.private_of(holder, printed)
        assert kinds_of(lead)[-1] == PeopleEventKind.RECOVERY_REPLACED

    def test_it_takes_an_unlocked_lead(self, lead: User, printed: str) -> None:
        staff = make.member(Role.PROVIDER_STAFF, "ilcm")
        vault_actions.set_passphrase(by=staff, passphrase=OTHER, keys=opens(lead, PASSPHRASE, "ilcm"))
        theirs = locked(staff)
        try_passphrase(theirs, OTHER)

        assert theirs.post(f"{VAULT}recovery-key/").status_code == 403
        assert locked(lead).get(f"{VAULT}recovery-key/")["Location"].startswith(f"{VAULT}unlock/")
        assert locked(lead).post(f"{VAULT}recovery-key/").status_code == 403
        assert holders.private_of(recovery_holder("ilcm"), printed)

    def test_looking_at_the_page_replaces_nothing(self, lead: User, printed: str) -> None:
        client = locked(lead)
        try_passphrase(client)
        client.get(f"{VAULT}recovery-key/")

        assert holders.private_of(recovery_holder("ilcm"), printed)


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


def test_no_secret_is_in_a_column_in_clear(lead: User) -> None:
    client = locked(lead)
    key = shown_key(choose(client, "key/"))
    rows = [
        bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
        for model in (HolderKey, KeyGrant, ReaderKey, PeopleEvent, Session)
        for row in model._default_manager.values_list()
        for value in row
    ]

    for secret in (OTHER, key, key.replace("-", ""), *key.split("-"), client.cookies[settings.VAULT_COOKIE_NAME].value):
        assert not any(secret.encode() in value for value in rows)
