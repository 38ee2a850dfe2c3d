"""A family that texts us, and what it hears."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from notifications import inbound
from notifications.models import Message
from tests.notifications.conftest import NOON, PHONE

STRANGER = "+16125550177"
CANARY = "Quetzal-canary my brother Testigo"


def text_us(body: str, *, number: str = PHONE, now: datetime = NOON, sid: str = "") -> Any:
    """A text comes in and is committed; no worker has looked at it."""
    return inbound.receive(carrier_id=sid or f"SM{uuid4().hex}", number=number, body=body, now=now)


def hear_us(body: str, *, number: str = PHONE, now: datetime = NOON, sid: str = "") -> None:
    """The same, and the worker files it."""
    inbound.file(text_us(body, number=number, now=now, sid=sid), now=now)


def answers() -> list[tuple[str, str]]:
    """What we answered, as (template, language), oldest first."""
    return list(Message.objects.exclude(template="accepted").values_list("template", "language"))
