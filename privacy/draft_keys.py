"""The key of a draft: random, and wrapped twice, under its return code's key and under its browser cookie's key."""

import os
from datetime import datetime
from typing import Any
from uuid import UUID

from privacy.aead import KEY_BYTES, Unreadable, aead_of, context, decode, decrypt, encode, pad, unpad
from privacy.models import DraftKey


class KeyGone(Exception):
    """This cookie or code opens no draft: it is wrong, replaced, or the draft is gone."""


class DataKey:
    """A draft's key, in memory for one request."""

    def __init__(self, key: bytes) -> None:
        self._aead = aead_of(key)

    def seal(self, payload: dict[str, Any], *, context: str) -> bytes:
        """`payload`, padded and sealed; opens only with the same `context`. Raises `TooLarge`."""
        return self._aead.encrypt(pad(encode(payload)), _payload_context(context))

    def open(self, sealed: bytes, *, context: str) -> dict[str, Any]:
        """What `seal` was given; raises `Unreadable`."""
        return decode(unpad(decrypt(self._aead, sealed, _payload_context(context))))


def create(*, draft_id: UUID, code_key: bytes, now: datetime) -> tuple[DataKey, bytes]:
    """A new draft's key and the 32-byte key for its cookie."""
    key, cookie_key = os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)
    DraftKey.objects.create(
        draft_id=draft_id,
        under_code=aead_of(code_key).encrypt(key, _code_context(draft_id)),
        under_cookie=aead_of(cookie_key).encrypt(key, _cookie_context(draft_id)),
        created_at=now,
    )
    return DataKey(key), cookie_key


def by_cookie(draft_id: UUID, cookie_key: bytes) -> DataKey:
    """The draft's key for the browser that holds `cookie_key`; raises `KeyGone`."""
    row = DraftKey.objects.filter(draft_id=draft_id).first()
    return DataKey(_unwrap(row.under_cookie if row else None, cookie_key, _cookie_context(draft_id)))


def by_code(draft_id: UUID, code_key: bytes) -> tuple[DataKey, bytes]:
    """The draft's key for someone who knows its code, and a new cookie key: the old cookie opens nothing any more.

    Raises `KeyGone`.
    """
    row = DraftKey.objects.filter(draft_id=draft_id).first()
    key = _unwrap(row.under_code if row else None, code_key, _code_context(draft_id))
    cookie_key = os.urandom(KEY_BYTES)
    DraftKey.objects.filter(draft_id=draft_id).update(
        under_cookie=aead_of(cookie_key).encrypt(key, _cookie_context(draft_id))
    )
    return DataKey(key), cookie_key


def destroy(draft_id: UUID) -> None:
    """Make the draft unreadable for ever."""
    DraftKey.objects.filter(draft_id=draft_id).delete()


def destroy_older(before: datetime) -> int:
    """Destroy every key made before a moment: for those whose draft never came, because a request died between."""
    return DraftKey.objects.filter(created_at__lt=before).delete()[0]


def _unwrap(wrapped: bytes | memoryview | None, key: bytes, associated: bytes) -> bytes:
    if wrapped is None or len(key) != KEY_BYTES:
        raise KeyGone
    try:
        return decrypt(aead_of(key), wrapped, associated)
    except Unreadable:
        raise KeyGone from None


def _payload_context(name: str) -> bytes:
    return context("draft/1", name)


def _code_context(draft_id: UUID) -> bytes:
    return context("draft-key/1", draft_id, "code")


def _cookie_context(draft_id: UUID) -> bytes:
    return context("draft-key/1", draft_id, "cookie")
