"""A draft opens for its browser or its code, and after the code was used no longer for the old browser."""

import os
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from privacy import draft_keys
from privacy.aead import Unreadable
from privacy.models import DraftKey

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)
ANSWERS = {"place": "whipple", "name": "Testperson"}


@pytest.fixture
def draft_id() -> UUID:
    return uuid4()


@pytest.fixture
def code_key() -> bytes:
    return os.urandom(32)


def test_the_browser_opens_what_it_saved(draft_id: UUID, code_key: bytes) -> None:
    key, cookie_key = draft_keys.create(draft_id=draft_id, code_key=code_key, now=NOW)
    sealed = key.seal(ANSWERS, context="draft")

    assert len(cookie_key) == 32
    assert draft_keys.by_cookie(draft_id, cookie_key).open(sealed, context="draft") == ANSWERS
    assert DraftKey.objects.using("keys").count() == 1


def test_the_code_opens_it_elsewhere_and_the_old_browser_is_shut_out(draft_id: UUID, code_key: bytes) -> None:
    key, old_cookie = draft_keys.create(draft_id=draft_id, code_key=code_key, now=NOW)
    sealed = key.seal(ANSWERS, context="draft")

    resumed, new_cookie = draft_keys.by_code(draft_id, code_key)

    assert resumed.open(sealed, context="draft") == ANSWERS
    assert draft_keys.by_cookie(draft_id, new_cookie).open(sealed, context="draft") == ANSWERS
    with pytest.raises(draft_keys.KeyGone):
        draft_keys.by_cookie(draft_id, old_cookie)


@pytest.mark.parametrize("wrong", [b"", b"x" * 32, b"x" * 64])
def test_a_wrong_key_opens_nothing(draft_id: UUID, code_key: bytes, wrong: bytes) -> None:
    draft_keys.create(draft_id=draft_id, code_key=code_key, now=NOW)

    with pytest.raises(draft_keys.KeyGone):
        draft_keys.by_cookie(draft_id, wrong)
    with pytest.raises(draft_keys.KeyGone):
        draft_keys.by_code(draft_id, wrong)


def test_the_cookie_is_not_the_code_and_not_another_drafts(draft_id: UUID, code_key: bytes) -> None:
    _, cookie_key = draft_keys.create(draft_id=draft_id, code_key=code_key, now=NOW)
    other_id = uuid4()
    draft_keys.create(draft_id=other_id, code_key=code_key, now=NOW)
    row = DraftKey.objects.get(draft_id=draft_id)
    DraftKey.objects.filter(draft_id=other_id).update(under_cookie=row.under_cookie, under_code=row.under_code)

    for attempt in (
        lambda: draft_keys.by_code(draft_id, cookie_key),
        lambda: draft_keys.by_cookie(other_id, cookie_key),
        lambda: draft_keys.by_code(other_id, code_key),
    ):
        with pytest.raises(draft_keys.KeyGone):
            attempt()


def test_a_destroyed_draft_opens_for_nobody(draft_id: UUID, code_key: bytes) -> None:
    _, cookie_key = draft_keys.create(draft_id=draft_id, code_key=code_key, now=NOW)

    draft_keys.destroy(draft_id)
    draft_keys.destroy(draft_id)

    with pytest.raises(draft_keys.KeyGone):
        draft_keys.by_cookie(draft_id, cookie_key)
    with pytest.raises(draft_keys.KeyGone):
        draft_keys.by_code(draft_id, code_key)


def test_answers_open_in_their_context_only(draft_id: UUID, code_key: bytes) -> None:
    key, _ = draft_keys.create(draft_id=draft_id, code_key=code_key, now=NOW)

    with pytest.raises(Unreadable):
        key.open(key.seal(ANSWERS, context="revision 1"), context="revision 2")
