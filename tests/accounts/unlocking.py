"""How tests of the vault's pages unlock, and look whether it is unlocked."""

from typing import Any

from django.conf import settings
from django.test import Client

from accounts.models import User
from privacy.models import ReaderKey
from tests import factories as make

UNLOCK = "/staff/vault/unlock/"
COOKIE = settings.VAULT_COOKIE_NAME


def locked(user: User) -> Client:
    """Signed in with a second factor, the vault not unlocked."""
    client = make.client_of(user, unlocked=False)
    make.with_second_factor(user)
    session = client.session
    make.mark_passed(session)
    session.save()
    return client


def try_passphrase(client: Client, passphrase: str = make.PASSPHRASE, **more: str) -> Any:
    """The answer to unlocking with `passphrase`."""
    return client.post(UNLOCK, {"passphrase": passphrase, **more})


def is_unlocked(client: Client) -> bool:
    """Whether the page that unlocks sends the member on."""
    return client.get(UNLOCK).status_code == 302


def reader_key(reader: str = "hotline") -> ReaderKey:
    """The key pair everybody seals for the reader with now."""
    return ReaderKey.objects.get(reader=reader, retired_at=None)
