"""An organization's key: who makes it, and the passphrases that lead to it."""

from html import unescape

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from accounts.models import PeopleEvent, PeopleEventKind, User
from accounts.policies import Refused
from accounts.roles import Role
from accounts.vault import actions as vault_actions
from privacy import holders, vault
from privacy.aead import Unreadable
from privacy.holders import member_holder, recovery_holder
from privacy.models import HolderKey, KeyGrant, ReaderKey
from privacy.recovery_key import parse
from tests import factories as make
from tests.accounts.key_pages import OTHER, VAULT, choose, kinds_of, opens, sealed_for, shown_key
from tests.accounts.unlocking import COOKIE, is_unlocked, locked, reader_key, try_passphrase
from tests.factories import PASSPHRASE

pytestmark = pytest.mark.django_db


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
