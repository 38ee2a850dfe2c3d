"""The sealed draft behind a family's browser: opening it with the cookie, reading and replacing what it holds."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from intake.answers import Answers
from intake.models import Draft
from privacy import draft_keys, vault

COOKIE = "draft" if settings.DEMO else "__Host-draft"
# How long unsent answers wait for their family, and how long the last page can be shown again.
DRAFT_LIFE = timedelta(days=7)
RECEIPT_LIFE = timedelta(days=1)


class NoDraft(Enum):
    """Why there is no draft to go on with."""

    NEVER = "no draft was begun in this browser"
    EXPIRED = "the draft is gone"


@dataclass(slots=True)
class OpenDraft:
    """A draft in memory, for one request.

    `content` holds `code` and, until submission, `typed` (page → field → values) and `saved` (page → the draft's
    revision when the page was last saved); after it, `reference`, `urgency` and `residency`. One filled by phone has
    `by`, too: the account of its coordinator. One that asks again about a case that is there has its reference in
    `for_case`, from beginning to end.
    """

    row: Draft
    key: draft_keys.DataKey = field(repr=False)
    content: dict[str, Any] = field(repr=False)

    @property
    def code(self) -> str:
        return str(self.content["code"])

    @property
    def begun_by(self) -> int | None:
        """The account of the coordinator who fills it by phone; None for a family's own."""
        by: int | None = self.content.get("by")
        return by

    @property
    def for_case(self) -> str:
        """The reference of the case that this call's answers go into; "" where they open one."""
        return str(self.content.get("for_case", ""))

    @property
    def is_submitted(self) -> bool:
        return self.row.submitted_at is not None

    @property
    def typed(self) -> Mapping[str, Mapping[str, list[str]]]:
        typed: dict[str, dict[str, list[str]]] = self.content.get("typed", {})
        return typed

    def answers(self, now: datetime) -> Answers:
        return Answers(self.typed, now=now)

    def saved_at(self, page_name: str) -> int:
        """The draft's revision at which the page was saved last; 0 if never."""
        return int(self.content.get("saved", {}).get(page_name, 0))

    def mark(self, page_name: str = "") -> str:
        """What a page says of the moment it was drawn: which draft, and its revision or that of one page's answers.

        Digits that mean nothing elsewhere. A page of one request that is sent after another request was begun in the
        same browser is known by it, and so is one that is older than the answers kept.
        """
        revision = self.saved_at(page_name) if page_name else self.row.revision
        return f"{self.row.pk.int % 10**9:09}{revision}"

    def seal(self) -> bytes:
        """The content, sealed as the row keeps it."""
        return self.key.seal(self.content, context=context_of(self.row.pk))

    def reload(self) -> None:
        """Reads row and content again after someone else's save."""
        self.row.refresh_from_db()
        self.content = self.key.open(bytes(self.row.sealed), context=context_of(self.row.pk))


def context_of(draft_id: UUID) -> str:
    """What binds the sealed content to its row."""
    return f"draft {draft_id}"


def cookie_value(draft_id: UUID, cookie_key: bytes) -> str:
    """The cookie's text: draft id and cookie key, base64url without padding."""
    return base64.urlsafe_b64encode(draft_id.bytes + cookie_key).decode().rstrip("=")


def _parse(value: str) -> tuple[UUID, bytes] | None:
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return (UUID(bytes=raw[:16]), raw[16:]) if len(raw) == 48 else None


def of_browser(request: HttpRequest, *, now: datetime) -> OpenDraft | NoDraft:
    """The draft that the browser's cookie opens."""
    return opened_by(request.COOKIES.get(COOKIE), now=now)


def opened_by(value: str | None, *, now: datetime) -> OpenDraft | NoDraft:
    """The draft that a cookie of this text opens."""
    if not value:
        return NoDraft.NEVER
    parsed = _parse(value)
    row = Draft.objects.filter(pk=parsed[0], expires_at__gt=now).first() if parsed else None
    if parsed is None or row is None:
        return NoDraft.EXPIRED
    try:
        return open_row(row, draft_keys.by_cookie(row.pk, parsed[1]))
    except (draft_keys.KeyGone, vault.Unreadable):
        return NoDraft.EXPIRED


def open_row(row: Draft, key: draft_keys.DataKey) -> OpenDraft:
    return OpenDraft(row, key, key.open(bytes(row.sealed), context=context_of(row.pk)))


def remember(response: HttpResponseBase, draft_id: UUID, cookie_key: bytes) -> None:
    """Gives the browser the cookie; it lives as long as the browser stays open."""
    response.set_cookie(
        COOKIE, cookie_value(draft_id, cookie_key), secure=not settings.DEMO, httponly=True, samesite="Lax"
    )


def forget(response: HttpResponseBase) -> None:
    """Takes the cookie away; the draft stays, for whoever has its code."""
    response.delete_cookie(COOKIE, samesite="Lax")
