"""The pages on which an organization's key is made, changed and replaced, and what they lead to."""

import re
from typing import Any
from uuid import uuid4

from django.test import Client

from accounts.models import PeopleEvent, User
from privacy import holders, vault
from privacy.holders import member_holder
from privacy.models import DocumentKind
from privacy.readers import Keys
from tests.factories import OFFICE_HOURS

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
