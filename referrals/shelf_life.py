"""What of a case is to be destroyed and when, and what was, as the case page says it."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.timezone import localtime

from privacy.selectors import Due, destroyed_at, held_since, scheduled_of
from referrals.actions.retention import TOLD, lost_kinds
from referrals.models import Case


def due_sentences(case: Case) -> list[str]:
    """One sentence for each destruction that is scheduled, the first first."""
    scheduled = scheduled_of(case.pk)
    is_held = bool(scheduled) and held_since(case.pk) is not None
    return [_due_sentence(one, is_held=is_held) for one in scheduled]


def loss(case: Case) -> str:
    """That what the family told us is gone and since when; "" while somebody who works on the case can read it."""
    lost = lost_kinds(case)
    at = destroyed_at(case.pk) if lost else None
    if at is None:
        return ""
    if lost == list(TOLD):
        return f"What the family told us was destroyed on {_day(at)}."
    if not case.is_open:
        return ""
    parts = get_text_list([str(kind.label).lower() for kind in lost], "and")
    return f"Part of what the family told us ({parts}) was destroyed on {_day(at)}."


def _due_sentence(due: Due, *, is_held: bool) -> str:
    parts = get_text_list([str(kind.label).lower() for kind in due.kinds], "and") or "everything the family told us"
    whose = f"The hotline's copy of {parts}" if due.readers else f"{parts[0].upper()}{parts[1:]}"
    ends = "would be destroyed" if is_held else "will be destroyed"
    return f"{whose} {ends} on {_day(due.at)}{', but for the legal hold' if is_held else ''}."


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "F j, Y")
