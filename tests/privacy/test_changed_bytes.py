"""Whatever somebody with write access does to a sealed value: what was sealed comes back, or an error, nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy import draft_keys, holders, indexes, readers, vault
from privacy.aead import Unreadable, encode, pad
from privacy.draft_keys import KeyGone
from privacy.models import (
    DocumentKind,
    DraftKey,
    HolderKey,
    IndexKeyGrant,
    KeyGrant,
    ReaderKey,
    SealedDocument,
    WrappedKey,
)
from tests.conftest import SCALE
from tests.services.vault_keys import keys_for

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)
PASSPHRASE = "an obvious test passphrase"
READERS = ["worker", "hotline", "ahr"]
# What the vault may answer instead of the truth.
ALARMS = (Unreadable, KeyGone, holders.Planted, readers.NoKey)
SEALED_COLUMNS: list[tuple[type[models.Model], str]] = [
    (SealedDocument, "sealed"),
    (WrappedKey, "wrapped"),
    (ReaderKey, "public"),
    (HolderKey, "public"),
    (HolderKey, "private"),
    (HolderKey, "salt"),
    (KeyGrant, "sealed"),
    (KeyGrant, "vouched"),
    (IndexKeyGrant, "sealed"),
    (DraftKey, "under_code"),
    (DraftKey, "under_cookie"),
]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read something sealed, and what it gave when nothing was changed."""

    read: Callable[[], Any]
    truth: Any


@dataclass(frozen=True, slots=True)
class Value:
    """One sealed value in the database."""

    model: type[models.Model]
    pk: Any
    column: str

    def get(self) -> bytes:
        return bytes(self.model._default_manager.values_list(self.column, flat=True).get(pk=self.pk))

    def put(self, content: bytes) -> None:
        self.model._default_manager.filter(pk=self.pk).update(**{self.column: content})


@dataclass(frozen=True, slots=True, repr=False)
class World:
    """Everything sealed for two cases, two members and a draft, and every way to read it."""

    values: list[Value]
    readings: list[Reading]


@pytest.fixture
def world() -> World:
    reads: list[Callable[[], Any]] = []
    for number in range(2):
        parts = [vault.Part(kind, {"number": number, "kind": kind.value}, READERS) for kind in list(DocumentKind)[:3]]
        for document in vault.seal_all(case_id=uuid4(), parts=parts, now=NOW):
            reads += [_document_reading(document.pk, reader) for reader in READERS]
    for user_id in (1, 2):
        holder = holders.member_holder(user_id)
        holders.make_holder(holder, f"{PASSPHRASE} {user_id}", now=NOW)
        holders.let_in(holder, keys_for("hotline"), now=NOW)
        reads.append(_unlock_reading(holder, f"{PASSPHRASE} {user_id}"))
    reads.append(lambda: sorted(row.holder for row in holders.holders_of(keys_for("hotline"))))
    reads.append(lambda: indexes.index_key_of(keys_for("hotline")))
    draft_id, code_key = uuid4(), bytes(range(32))
    data_key, cookie_key = draft_keys.create(draft_id=draft_id, code_key=code_key, now=NOW)
    sealed = data_key.seal({"typed": "words"}, context="draft")
    reads.append(lambda: draft_keys.by_cookie(draft_id, cookie_key).open(sealed, context="draft"))
    reads.append(lambda: _by_code(draft_id, code_key).open(sealed, context="draft"))
    values = [
        Value(model, pk, column)
        for model, column in SEALED_COLUMNS
        for pk in model._default_manager.order_by("pk").values_list("pk", flat=True)
        if model is not ReaderKey or _is_hotlines(pk)
    ]
    return World(values, [Reading(read, read()) for read in reads])


def _document_reading(pk: Any, reader: str) -> Callable[[], Any]:
    return lambda: vault.open_document(SealedDocument.objects.get(pk=pk), keys=keys_for(reader))


def _unlock_reading(holder: str, passphrase: str) -> Callable[[], Any]:
    def unlock() -> list[str]:
        keys = holders.keys_of(holder, holders.private_of(holder, passphrase), "hotline")
        return sorted(str(key_id) for key_id in keys.private)

    return unlock


def _by_code(draft_id: Any, code_key: bytes) -> draft_keys.DataKey:
    # Coming back by code gives the browser a new cookie; here both ways stay open.
    with transaction.atomic(using="keys"):
        key, _ = draft_keys.by_code(draft_id, code_key)
        transaction.set_rollback(True, using="keys")
    return key


def _is_hotlines(pk: Any) -> bool:
    return ReaderKey.objects.filter(pk=pk, reader="hotline").exists()


def _flip(one: bytes, other: bytes, at: int) -> bytes:
    place, bit = divmod(at % (len(one) * 8), 8)
    return one[:place] + bytes([one[place] ^ (1 << bit)]) + one[place + 1 :]


def _cut(one: bytes, other: bytes, at: int) -> bytes:
    return one[: at % len(one)]


def _lengthen(one: bytes, other: bytes, at: int) -> bytes:
    return one + bytes([at % 256])


def _plant(one: bytes, other: bytes, at: int) -> bytes:
    """The words themselves, as the vault would pad them, or bare."""
    words = encode({"number": 0, "kind": "contact", "planted": True})
    return pad(words) if at % 2 else words


def _replace(one: bytes, other: bytes, at: int) -> bytes:
    return other


CHANGES = [_flip, _cut, _lengthen, _plant, _replace]


def _check(world: World) -> int:
    """How many readings raise an alarm; any other answer than truth or alarm fails."""
    alarms = 0
    for reading in world.readings:
        try:
            answer = reading.read()
        except ALARMS:
            alarms += 1
        else:
            assert answer == reading.truth
    return alarms


def test_unchanged_everything_reads_as_it_was(world: World) -> None:
    assert {(one.model, one.column) for one in world.values} == set(SEALED_COLUMNS)
    assert _check(world) == 0


@settings(
    max_examples=SCALE["sealed_value_changes"],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(seed=st.data())
def test_a_changed_value_is_an_alarm_and_never_another_value(world: World, seed: st.DataObject) -> None:
    value = seed.draw(st.sampled_from(world.values))
    other = seed.draw(st.sampled_from(world.values))
    change = seed.draw(st.sampled_from(CHANGES))
    before, instead = value.get(), other.get()
    after = change(before, instead, seed.draw(st.integers(0, 1 << 16)))
    with transaction.atomic(), transaction.atomic(using="keys"):
        value.put(after)
        if change is _replace:
            other.put(before)

        alarms = _check(world)

        transaction.set_rollback(True)
        transaction.set_rollback(True, using="keys")
    assert (alarms > 0) == (after != before), f"{value.model.__name__}.{value.column} {change.__name__}"
