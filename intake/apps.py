from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"

    def ready(self) -> None:
        from intake import checks  # noqa: F401
        from notifications import before_matching, corrections_of
        from referrals.learned import on_learned
        from web.navigation import waiting_in

        on_learned(_add_to_answers)
        before_matching.append(_index_what_waits)
        corrections_of.append(_corrections_of)
        waiting_in["/staff/calls/"] = _calls_waiting


def _add_to_answers(case: Any, change: dict[str, Any], now: datetime) -> None:
    """Staff learned something that decides: the worker lays it over the family's answers."""
    from intake.corrections import add_learned

    add_learned(case=case, change=change, now=now)


def _corrections_of(contact_id: UUID) -> list[UUID]:
    """What a contact sent anew; of what the worker has put together nothing lies beside the whole any more."""
    from intake.models import Correction

    sent = Correction.objects.filter(contact_id=contact_id).order_by("sent_at", "pk")
    return list(sent.values_list("pk", flat=True))


def _index_what_waits() -> None:
    """Somebody may answer the first text before their case can be found by its number, or by the one they corrected."""
    from intake.tasks import index_lookups, merge_all_corrections

    merge_all_corrections()
    index_lookups()


def _calls_waiting(actor: Any) -> int:
    """What the staff header counts for the hotline: calls that nobody has taken."""
    from intake.call_back import waiting_calls

    return waiting_calls(actor)
