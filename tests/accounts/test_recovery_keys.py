"""The recovery key that is written down once: what it opens, and how it is replaced."""

from typing import Any

import pytest
from django.core import mail

from accounts.models import PeopleEventKind, User
from accounts.roles import Role
from accounts.vault import actions as vault_actions
from privacy import holders, vault
from privacy.aead import Unreadable
from privacy.holders import recovery_holder
from privacy.models import KeyGrant
from privacy.recovery_key import generate
from tests import factories as make
from tests.accounts.key_pages import OTHER, VAULT, choose, kinds_of, opens, sealed_for, shown_key
from tests.accounts.unlocking import is_unlocked, locked, try_passphrase
from tests.factories import PASSPHRASE

pytestmark = pytest.mark.django_db


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
