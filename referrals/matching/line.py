"""The line of the waiting cases: who is before whom, and by what. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from uuid import UUID

from referrals.matching.ranking import CaseProfile

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case that waits for a provider, with what decides its place in line.

    `safe_by`: until when a lawyer must have it (None: no date known). `since`: when the family asked.
    """

    id: UUID
    case: CaseProfile
    safe_by: datetime | None
    is_held: bool
    in_minnesota: bool
    since: datetime


class Promptness(IntEnum):
    """Whether a provider found now is in time."""

    IN_TIME = 0
    NO_DATE = 1
    TOO_LATE = 2


def promptness(one: WaitingCase) -> Promptness:
    if one.safe_by is None:
        return Promptness.NO_DATE
    return Promptness.IN_TIME if one.safe_by > one.case.now else Promptness.TOO_LATE


def in_line(waiting: Iterable[WaitingCase], seed: int) -> list[WaitingCase]:
    """The waiting cases in the order of the line.

    By tier; then who can still be helped in time, the earliest `safe_by` first; then who has no date; then whose date
    has passed. Among equals: still in Minnesota, held, under 18, the longest wait, and a lottery by `seed`.
    """
    return sorted(waiting, key=lambda one: (*reasons_in_line(one), _lottery(one, seed)))


def reasons_in_line(one: WaitingCase) -> tuple[int, int, datetime, bool, bool, bool, datetime]:
    """What decides a place in line, the weightiest first; the lower is ahead. Nothing else ever does."""
    return (
        one.case.urgency,
        promptness(one),
        one.safe_by or _NEVER,
        not one.in_minnesota,
        not one.is_held,
        not one.case.is_minor,
        one.since,
    )


def _lottery(one: WaitingCase, seed: int) -> bytes:
    # A hash, not a random generator: a case's draw does not depend on who else is in the list.
    return hashlib.sha256(f"{seed}:{one.id}".encode()).digest()
