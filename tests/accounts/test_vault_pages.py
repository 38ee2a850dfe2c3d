"""Unlocking and locking: who may, what a wrong passphrase costs, how long it lasts, and the alarm over changed keys."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from privacy import throttle
from privacy.holders import make_holder, member_holder, shut_out
from privacy.hpke import PrivateKey
from privacy.models import HolderKey, KeyGrant, ReaderKey
from tests import factories as make
from tests.accounts.unlocking import COOKIE, UNLOCK, is_unlocked, locked, reader_key, try_passphrase
from tests.factories import PASSPHRASE

pytestmark = pytest.mark.django_db

LOCK = "/staff/vault/lock/"
WRONG = "not the words of anybody here"


@pytest.fixture
def coordinator() -> User:
    user = make.member(Role.COORDINATOR)
    make.let_into_vault(user, "hotline")
    return user


class TestUnlocking:
    def test_the_right_passphrase_opens_sealed_files(self, coordinator: User) -> None:
        case, client = make.case(), locked(coordinator)
        file = f"/staff/cases/{case.reference}/open/facts/"

        before = client.get(file)
        done = try_passphrase(client, next=file)

        assert before["Location"] == f"{UNLOCK}?next={file.replace('/', '%2F')}"
        assert done["Location"] == file
        assert client.get(file).status_code == 200

    def test_the_cookie_is_for_this_site_and_no_script(self, coordinator: User) -> None:
        client = locked(coordinator)
        try_passphrase(client)

        cookie = client.cookies[COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        # It ends with the browser.
        assert not cookie["max-age"]
        assert not cookie["expires"]

    def test_a_session_that_opens_files_gets_a_new_name(self, coordinator: User) -> None:
        client = locked(coordinator)
        before = client.session.session_key
        try_passphrase(client)

        assert client.session.session_key != before
        assert not Session.objects.filter(session_key=before).exists()

    def test_the_page_says_how_long_it_lasts(self, coordinator: User) -> None:
        page = locked(coordinator).get(UNLOCK).content.decode()

        assert "30 minutes" in page
        assert "8 hours" in page

    def test_thirty_idle_minutes_lock_it_again(self, coordinator: User) -> None:
        now = datetime(2026, 11, 17, 16, tzinfo=UTC)
        with time_machine.travel(now, tick=False) as clock:
            client = locked(coordinator)
            try_passphrase(client)
            clock.shift(timedelta(minutes=29))
            still_open = is_unlocked(client)
            clock.shift(timedelta(minutes=31))

            assert still_open
            assert not is_unlocked(client)

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example/",
            "//evil.example/staff/",
            "/\\evil.example",
            "javascript:alert(1)",
            "staff/cases/",
            "/staff/no-such-page/",
            "",
        ],
    )
    def test_the_way_on_leads_to_no_other_site(self, coordinator: User, address: str) -> None:
        assert try_passphrase(locked(coordinator), next=address)["Location"] == "/staff/"

    def test_the_way_on_is_a_path_alone(self, coordinator: User) -> None:
        done = try_passphrase(locked(coordinator), next="/staff/cases/?q=typed#there")

        assert done["Location"] == "/staff/cases/"

    def test_who_is_unlocked_already_is_sent_on(self, coordinator: User) -> None:
        answer = make.client_of(coordinator).get(UNLOCK, {"next": "/staff/cases/"})

        assert answer["Location"] == "/staff/cases/"


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.FUNDER, Role.FINANCE, Role.APPROVER, Role.AUDITOR, Role.OPERATOR])
    @pytest.mark.parametrize("page", ["", "unlock/", "passphrase/", "key/", "key/change/", "recover/", "recovery-key/"])
    def test_only_the_hotline_and_providers_have_a_vault(self, role: Role, page: str) -> None:
        assert make.client_of(make.member(role)).get(f"/staff/vault/{page}").status_code == 403

    def test_a_stranger_is_sent_to_sign_in(self, client: Client) -> None:
        assert client.get(UNLOCK)["Location"] == f"/staff/sign-in/?next={UNLOCK}"

    @pytest.mark.parametrize("page", ["unlock/", "passphrase/", "key/", "key/change/", "recover/", "recovery-key/"])
    def test_a_second_factor_comes_first(self, page: str) -> None:
        user = make.member(Role.HOTLINE_LEAD)
        make.let_into_vault(user, "hotline")
        client = make.client_of(user, unlocked=False)

        set_up = client.get(f"/staff/vault/{page}")
        make.with_second_factor(user)
        proved = client.post(f"/staff/vault/{page}", {"passphrase": PASSPHRASE})

        assert set_up["Location"].startswith("/staff/second-factor/")
        assert proved["Location"].startswith("/staff/second-factor/confirm/")
        assert COOKIE not in client.cookies

    def test_who_has_no_passphrase_yet_is_led_to_choose_one(self) -> None:
        client = locked(make.member(Role.COORDINATOR))

        answer = client.get(UNLOCK, {"next": "/staff/cases/"})

        assert answer["Location"] == "/staff/vault/passphrase/?next=%2Fstaff%2Fcases%2F"

    def test_who_is_not_let_in_yet_learns_who_can_do_that(self, coordinator: User) -> None:
        newcomer = make.member(Role.COORDINATOR)
        make_holder(member_holder(newcomer.pk), PASSPHRASE, now=make.OFFICE_HOURS)
        stranger = make.member(Role.PROVIDER_STAFF)
        make.let_into_vault(stranger, "ahr")
        gone = make.member(Role.COORDINATOR, is_active=False)
        make.let_into_vault(gone, "hotline")
        client = locked(newcomer)

        page = client.get(UNLOCK).content.decode()
        tried = try_passphrase(client)

        assert coordinator.email in page
        assert stranger.email not in page
        assert gone.email not in page
        assert COOKIE not in tried.cookies

    def test_the_first_lead_is_led_to_make_the_key(self) -> None:
        reader_key("ilcm").delete()

        assert locked(make.member(Role.PROVIDER_LEAD, "ilcm")).get(UNLOCK)["Location"] == "/staff/vault/key/"

    def test_everybody_else_learns_that_a_lead_makes_it(self) -> None:
        reader_key("ilcm").delete()
        lead = make.member(Role.PROVIDER_LEAD, "ilcm")

        page = locked(make.member(Role.PROVIDER_STAFF, "ilcm")).get(UNLOCK).content.decode()

        assert "has no key yet" in page
        assert lead.email in page


class TestWrongPassphrases:
    def test_a_wrong_one_is_said_in_a_sentence_and_opens_nothing(self, coordinator: User, slept: list[float]) -> None:
        client = locked(coordinator)
        answer = try_passphrase(client, WRONG)

        page = answer.content.decode()
        assert answer.status_code == 200
        assert "This is not your vault passphrase." in page
        assert WRONG not in page
        assert not is_unlocked(client)

    def test_the_passphrase_of_a_colleague_opens_nothing(self, coordinator: User, slept: list[float]) -> None:
        colleague = make.member(Role.COORDINATOR)
        make.let_into_vault(colleague, "hotline", passphrase="the words of a colleague")

        assert try_passphrase(locked(coordinator), "the words of a colleague").status_code == 200

    def test_the_sixth_try_waits_and_after_ten_nothing_is_tried_for_the_hour(
        self, coordinator: User, slept: list[float]
    ) -> None:
        client = locked(coordinator)
        for _ in range(5):
            try_passphrase(client, WRONG)
        slept_before = list(slept)
        for _ in range(5):
            try_passphrase(client, WRONG)
        refused = try_passphrase(client)

        assert slept_before == []
        assert slept
        assert max(slept) <= throttle.LONGEST_DELAY_SECONDS
        assert refused.status_code == 429
        page = refused.content.decode()
        assert "Come back in" in page
        assert "minute" in page
        assert not is_unlocked(client)

    def test_it_ends_after_two_hours(self, coordinator: User, slept: list[float]) -> None:
        now = datetime(2026, 11, 17, 16, tzinfo=UTC)
        with time_machine.travel(now, tick=False) as clock:
            client = locked(coordinator)
            for _ in range(10):
                try_passphrase(client, WRONG)
            clock.shift(timedelta(hours=2))

            assert try_passphrase(client).status_code == 302

    def test_a_colleague_at_the_same_address_is_delayed_and_never_refused(
        self, coordinator: User, slept: list[float]
    ) -> None:
        for _ in range(3):
            guesser = make.member(Role.COORDINATOR)
            make.let_into_vault(guesser, "hotline")
            client = locked(guesser)
            for _ in range(10):
                try_passphrase(client, WRONG)
        slept.clear()

        done = try_passphrase(locked(coordinator))

        assert done.status_code == 302
        assert sum(slept) <= 2 * throttle.LONGEST_DELAY_SECONDS

    def test_guesses_at_passphrases_do_not_count_against_return_codes(
        self, coordinator: User, slept: list[float]
    ) -> None:
        client = locked(coordinator)
        for _ in range(10):
            try_passphrase(client, WRONG)

        throttle.check(caller="127.0.0.1", now=datetime.now(UTC))

    def test_an_empty_one_is_not_counted(self, coordinator: User, slept: list[float]) -> None:
        client = locked(coordinator)
        for _ in range(12):
            try_passphrase(client, "")

        assert try_passphrase(client).status_code == 302


class TestLocking:
    def test_locking_forgets_the_key_on_both_sides(self, coordinator: User) -> None:
        client = locked(coordinator)
        try_passphrase(client)
        cookie = client.cookies[COOKIE].value

        answer = client.post(LOCK)

        assert answer["Location"] == "/staff/"
        assert not client.cookies[COOKIE].value
        client.cookies[COOKIE] = cookie
        assert not is_unlocked(client)

    def test_locking_takes_a_form_not_a_link(self, coordinator: User) -> None:
        client = make.client_of(coordinator)

        assert client.get(LOCK).status_code == 405
        assert is_unlocked(client)

    def test_locking_twice_is_once(self, coordinator: User) -> None:
        client = make.client_of(coordinator)
        client.post(LOCK)

        assert client.post(LOCK).status_code == 302

    def test_a_stranger_locks_nothing(self, client: Client) -> None:
        assert client.post(LOCK)["Location"] == "/staff/"

    def test_signing_out_wipes_session_and_cookie(self, coordinator: User) -> None:
        client = make.client_of(coordinator)
        key, cookie = client.session.session_key, client.cookies[COOKIE].value
        client.post("/staff/sign-out/")

        assert not client.cookies[COOKIE].value
        assert not Session.objects.filter(session_key=key).exists()
        client.force_login(coordinator)
        client.cookies[COOKIE] = cookie
        assert "vault" not in client.session

    def test_a_cookie_left_over_from_an_ended_session_is_taken_away(self, coordinator: User) -> None:
        client = make.client_of(coordinator)
        Session.objects.all().delete()

        client.get("/staff/sign-in/")

        assert not client.cookies[COOKIE].value

    def test_a_browser_without_the_cookie_is_not_asked_for_its_session(
        self, client: Client, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(0):
            answer = client.get("/")

        assert not answer.cookies

    def test_who_is_shut_out_meanwhile_opens_nothing_any_more(self, coordinator: User) -> None:
        client = make.client_of(coordinator)
        shut_out(member_holder(coordinator.pk))

        assert client.get(f"/staff/cases/{make.case().reference}/open/facts/").status_code == 302

    def test_a_form_sent_with_a_locked_vault_is_not_lost(self, coordinator: User) -> None:
        answer = locked(coordinator).post(f"/staff/cases/{make.case().reference}/open/facts/", {"reason": "screen"})

        page = answer.content.decode()
        assert answer.status_code == 403
        assert "nothing you typed is lost" in page
        assert f'href="{UNLOCK}"' in page


class TestHeader:
    def test_it_says_until_when_the_vault_is_open_and_locks_it(self, coordinator: User) -> None:
        with time_machine.travel(datetime(2026, 11, 17, 16, tzinfo=UTC), tick=False):
            client = make.client_of(coordinator)
            page = client.get("/staff/cases/").content.decode()

        assert "Vault open until 10:30" in page
        assert f'action="{LOCK}"' in page

    def test_locked_it_offers_to_unlock_and_come_back(self, coordinator: User) -> None:
        page = locked(coordinator).get("/staff/cases/").content.decode()

        assert f'href="{UNLOCK}?next=%2Fstaff%2Fcases%2F"' in page
        assert LOCK not in page

    def test_who_has_no_vault_sees_nothing_of_one(self) -> None:
        page = make.client_of(make.member(Role.FINANCE)).get("/staff/money/").content.decode()

        assert "/staff/vault/" not in page

    @pytest.mark.parametrize("unlocked", [True, False])
    def test_the_overview_says_where_the_member_stands(self, coordinator: User, unlocked: bool) -> None:
        client = make.client_of(coordinator) if unlocked else locked(coordinator)
        page = client.get("/staff/vault/").content.decode()

        assert ("Your vault is unlocked" in page) is unlocked
        assert ("Your vault is locked" in page) is not unlocked


class TestAlarm:
    """Rows about keys that were written past the vault: nothing opens, and the operator is called."""

    def refused(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        answer = try_passphrase(client)

        assert answer.status_code == 500
        assert "somebody changed the keys in the database" in answer.content.decode()
        assert not answer.cookies[COOKIE].value
        assert "vault" not in client.session
        (error,) = [record for record in caplog.records if record.name == "accounts.middleware"]
        assert error.levelname == "ERROR"
        assert not error.exc_info
        assert PASSPHRASE not in caplog.text

    def test_a_public_key_that_is_not_the_holders_is_an_alarm(
        self, coordinator: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        ReaderKey.objects.filter(reader="hotline").update(public=PrivateKey.generate().public())

        self.refused(locked(coordinator), caplog)

    def test_a_changed_grant_is_an_alarm(self, coordinator: User, caplog: pytest.LogCaptureFixture) -> None:
        grant = KeyGrant.objects.get(holder__holder=member_holder(coordinator.pk))
        changed = bytearray(grant.sealed)
        changed[-1] ^= 1
        KeyGrant.objects.filter(pk=grant.pk).update(sealed=bytes(changed))

        self.refused(locked(coordinator), caplog)

    def test_a_colleague_let_in_past_the_vault_is_an_alarm(
        self, coordinator: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        planted = make.member(Role.COORDINATOR)
        make_holder(member_holder(planted.pk), PASSPHRASE, now=make.OFFICE_HOURS)
        KeyGrant.objects.create(
            reader_key_id=reader_key().id,
            holder=HolderKey.objects.get(holder=member_holder(planted.pk)),
            sealed=b"no key at all",
            vouched=bytes(32),
            created_at=make.OFFICE_HOURS,
        )

        self.refused(locked(coordinator), caplog)

    def test_found_while_unlocked_it_locks_the_vault(self, coordinator: User, caplog: pytest.LogCaptureFixture) -> None:
        client, case = make.client_of(coordinator), make.case()
        ReaderKey.objects.filter(reader="hotline").update(public=PrivateKey.generate().public())

        answer = client.get(f"/staff/cases/{case.reference}/open/facts/")

        assert answer.status_code == 500
        assert "do not go on" in answer.content.decode().lower()
        assert "vault" not in client.session


def test_the_stored_session_has_no_key_in_clear(coordinator: User) -> None:
    client = locked(coordinator)
    try_passphrase(client)

    kept = json.dumps(Session.objects.get(session_key=client.session.session_key).get_decoded())
    assert client.cookies[COOKIE].value not in kept
    assert PASSPHRASE not in kept


@pytest.mark.parametrize("others", [True, False])
@pytest.mark.parametrize("has_recovery_key", [True, False])
def test_the_page_of_a_lost_passphrase_promises_only_what_there_is(others: bool, has_recovery_key: bool) -> None:
    lead = make.member(Role.PROVIDER_LEAD, "mmla")
    make.let_into_vault(lead, "mmla")
    if others:
        make.let_into_vault(make.member(Role.PROVIDER_STAFF, "mmla"), "mmla")
    if has_recovery_key:
        client = make.client_of(lead)
        client.post("/staff/vault/recovery-key/")

    page = locked(lead).get("/staff/vault/passphrase/lost/").content.decode()

    assert "Nobody can look it up or reset it" in page
    assert "stays closed for ever" in page
    assert ("/staff/vault/passphrase/start-again/" in page) is others
    assert ("/staff/vault/recover/" in page) is has_recovery_key
