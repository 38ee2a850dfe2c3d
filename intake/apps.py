from datetime import datetime
from typing import Any

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"

    def ready(self) -> None:
        from referrals.learned import on_learned

        on_learned(_add_to_answers)


def _add_to_answers(case: Any, change: dict[str, Any], now: datetime) -> None:
    """Staff learned something that decides: the worker lays it over the family's answers."""
    from intake.corrections import add_learned

    add_learned(case=case, change=change, now=now)
