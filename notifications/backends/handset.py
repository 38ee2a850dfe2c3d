"""The demo's carrier: the text appears on the page that shows what a phone would show."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from notifications.backends.outcome import Ending, Found, Outcome, Swept
from notifications.models import HandsetText, Message
from privacy import vault, worker_key


@dataclass(frozen=True, slots=True)
class ShownText:
    """What a phone would show."""

    phone: str
    body: str

    @classmethod
    def opened(cls, text: HandsetText) -> Self:
        """Only where the worker's key is, as in the one-process demo; raises `vault.Unreadable`."""
        keys = worker_key.load().keys()
        return cls(**json.loads(vault.open_at_worker(text.sealed, context=_context(text.message_id), keys=keys)))


class HandsetBackend:
    """Seals number and words like everything a family's phone would show."""

    sender = "handset"
    texts_per_second = 0.0

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
        shown = json.dumps({"phone": phone, "body": body}, ensure_ascii=False).encode()
        sealed = vault.seal_to_worker(shown, context=_context(message.id))
        HandsetText.objects.get_or_create(message=message, defaults={"sealed": sealed, "arrived_at": now})
        return Outcome(Ending.DELIVERED)

    def find(self, message: Message, *, phone: str, body: str) -> Found | None:
        is_there = HandsetText.objects.filter(message=message).exists()
        return Found(str(message.id), "delivered") if is_there else None

    def fetch(self, carrier_id: str) -> Found:
        """Whatever it took is shown."""
        return Found(carrier_id, "delivered")

    def remove(self, carrier_id: str) -> bool:
        """There is nobody else who keeps what the page shows; `actions.purge_handset` ends it."""
        return True

    def remove_older_than(self, moment: datetime) -> Swept:
        return Swept()


def _context(message_id: object) -> str:
    return f"handset/{message_id}"
