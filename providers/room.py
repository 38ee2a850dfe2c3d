"""Who is told when room may have appeared at a provider: the package above registers itself (AppConfig.ready)."""

from collections.abc import Callable
from datetime import datetime

RoomHandler = Callable[[datetime], None]

_handlers: list[RoomHandler] = []


def on_room(handler: RoomHandler) -> None:
    """Registers `handler(now)`, called inside the transaction that made the room."""
    if handler not in _handlers:
        _handlers.append(handler)


def announce_room(now: datetime) -> None:
    """Tells every handler that some program may have more room than a moment ago."""
    for handler in _handlers:
        handler(now)
