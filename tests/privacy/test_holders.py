"""Who can unlock a reader's keys: only who was let in, only with what they know, and nobody the database invents."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from privacy import holders, hpke, readers, vault
from privacy.aead import Unreadable
from privacy.hpke import PrivateKey
from privacy.models import DocumentKind, HolderKey, KeyGrant, ReaderKey
from privacy.readers import Keys

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)
LEAD, COLLEAGUE = holders.member_holder(901), holders.member_holder(902)
PASSPHRASE, OTHER = "the lead's obvious passphrase", "the colleague's obvious passphrase"


@pytest.fixture
def keys() -> Keys:
    """A reader made by its lead, who alone is let in."""
    holders.make_holder(LEAD, PASSPHRASE, now=NOW)
    return holders.make_reader("new-office", [LEAD], now=NOW)


def unlocked(holder: str, passphrase: str) -> Keys:
    return holders.keys_of(holder, holders.private_of(holder, passphrase), "new-office")


def sealed_for_office() -> Any:
    return vault.seal(
        case_id=uuid4(), kind=DocumentKind.FILE, payload={"a_number": "A000123456"}, readers=["new-office"], now=NOW
    )


def test_who_made_the_key_opens_with_the_passphrase(keys: Keys) -> None:
    document = sealed_for_office()

    assert vault.open_document(document, keys=unlocked(LEAD, PASSPHRASE)) == {"a_number": "A000123456"}


def test_a_wrong_passphrase_and_an_unknown_holder_are_the_same_error(keys: Keys) -> None:
    for holder, passphrase in ((LEAD, "not it"), (COLLEAGUE, PASSPHRASE), (LEAD, "")):
        with pytest.raises(Unreadable):
            holders.private_of(holder, passphrase)


def test_a_member_with_a_passphrase_opens_nothing_until_let_in(keys: Keys) -> None:
    holders.make_holder(COLLEAGUE, OTHER, now=NOW)
    assert not holders.may_open(COLLEAGUE, "new-office")
    with pytest.raises(Unreadable):
        unlocked(COLLEAGUE, OTHER)

    holders.let_in(COLLEAGUE, keys, now=NOW)

    assert holders.may_open(COLLEAGUE, "new-office")
    assert vault.open_document(sealed_for_office(), keys=unlocked(COLLEAGUE, OTHER))


def test_who_is_shut_out_opens_nothing_even_with_the_private_key_still_in_memory(keys: Keys) -> None:
    in_memory = holders.private_of(LEAD, PASSPHRASE)
    holders.shut_out(LEAD)

    with pytest.raises(Unreadable):
        holders.keys_of(LEAD, in_memory, "new-office")
    assert not KeyGrant.objects.filter(reader_key_id__in=keys.private).exists()


def test_the_recovery_key_is_a_holder_like_any_other(keys: Keys) -> None:
    recovery = holders.recovery_holder("new-office")
    holders.make_holder(recovery, "ABCDE-FGHJK", now=NOW)
    holders.let_in(recovery, keys, now=NOW)

    assert vault.open_document(sealed_for_office(), keys=unlocked(recovery, "ABCDE-FGHJK"))


def test_a_new_passphrase_ends_the_old_one_and_its_grants(keys: Keys) -> None:
    holders.make_holder(LEAD, OTHER, now=NOW)

    with pytest.raises(Unreadable):
        holders.private_of(LEAD, PASSPHRASE)
    with pytest.raises(Unreadable):
        unlocked(LEAD, OTHER)
    holders.let_in(LEAD, keys, now=NOW)
    assert unlocked(LEAD, OTHER).private.keys() == keys.private.keys()


def test_a_public_key_put_in_place_of_the_readers_is_an_alarm(keys: Keys) -> None:
    intruder = PrivateKey.generate()
    ReaderKey.objects.filter(reader="new-office").update(public=intruder.public())

    with pytest.raises(holders.Planted):
        unlocked(LEAD, PASSPHRASE)


def test_a_holder_written_past_the_vault_is_found_before_anything_is_given_to_it(keys: Keys) -> None:
    intruder = PrivateKey.generate()
    (key_id,) = keys.private
    row = HolderKey.objects.create(
        holder="member 666",
        public=intruder.public(),
        private=b"x",
        salt=b"x" * 16,
        memory_cost=64,
        time_cost=1,
        created_at=NOW,
    )
    KeyGrant.objects.create(reader_key_id=key_id, holder=row, sealed=b"x", vouched=b"x" * 32, created_at=NOW)

    with pytest.raises(holders.Planted):
        holders.holders_of(keys)


def test_neither_passphrase_nor_private_key_stands_anywhere(keys: Keys) -> None:
    (private,) = keys.private.values()
    stored = b"".join(
        bytes(getattr(row, column))
        for model, columns in ((HolderKey, ("public", "private", "salt")), (KeyGrant, ("sealed", "vouched")))
        for row in model.objects.all()
        for column in columns
    )

    assert private.serialize() not in stored
    assert private.serialize()[-40:] not in stored
    assert PASSPHRASE.encode() not in stored


def test_two_members_with_the_same_passphrase_do_not_share_a_byte(keys: Keys) -> None:
    holders.make_holder(COLLEAGUE, PASSPHRASE, now=NOW)

    one, other = (HolderKey.objects.get(holder=holder) for holder in (LEAD, COLLEAGUE))

    assert bytes(one.salt) != bytes(other.salt)
    one.private = other.private
    one.save()
    with pytest.raises(Unreadable):
        holders.private_of(LEAD, PASSPHRASE)


@pytest.mark.parametrize("junk", [b"", b"x", b"\x08\x01" * 40])
def test_what_is_no_key_is_unreadable(junk: bytes) -> None:
    with pytest.raises(Unreadable):
        PrivateKey(junk)
    with pytest.raises(Unreadable):
        hpke.seal_to(junk, b"words", b"place")


def test_publishing_a_new_key_retires_the_one_before(keys: Keys) -> None:
    (old,) = keys.private
    readers.publish("new-office", PrivateKey.generate(), now=NOW)

    assert ReaderKey.objects.filter(reader="new-office", retired_at=None).count() == 1
    assert ReaderKey.objects.get(pk=old).retired_at == NOW
