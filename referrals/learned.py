"""Who lays what staff learned over the sealed answers: the package above registers itself (AppConfig.ready).

Staff's pages cannot open the answers; the worker can, and triages the case again on them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from referrals.models import Case

LearnedHandler = Callable[[Case, dict[str, Any], datetime], None]

_handlers: list[LearnedHandler] = []


def on_learned(handler: LearnedHandler) -> None:
    """Registers `handler(case, change, now)`, called inside the transaction that holds the case's lock.

    `change` maps names of `referrals.facts.Facts` to JSON-ready values.
    """
    if handler not in _handlers:
        _handlers.append(handler)


def announce_learned(case: Case, change: dict[str, Any], now: datetime) -> None:
    """Tells every handler that some facts of a locked case are known better now."""
    for handler in _handlers:
        handler(case, change, now)
