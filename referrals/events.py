"""The append-only, hash-chained log of a case."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from accounts.roles import Actor
from referrals.models import Case, CaseEvent


def record(
    *,
    case: Case,
    kind: str,
    by: Actor,
    now: datetime,
    detail: dict[str, Any] | None = None,
    from_state: str = "",
    to_state: str = "",
) -> CaseEvent:
    """Appends an event; the caller holds the case's row lock. `detail` holds codes and ids, never typed words."""
    last = case.newest_event or CaseEvent.objects.filter(case=case).order_by("-sequence").first()
    event = _next(case, last, kind=kind, by=by, now=now, detail=detail or {}, from_state=from_state, to_state=to_state)
    event.save(force_insert=True)
    case.newest_event = event
    return event


def record_all(*, cases: Iterable[Case], kind: str, by: Actor, now: datetime, detail: dict[str, Any]) -> None:
    """Appends the same event to each of `cases`, whose row locks the caller holds, in two statements."""
    cases = list(cases)
    newest = CaseEvent.objects.filter(case=OuterRef("case")).order_by("-sequence").values("sequence")[:1]
    last = {event.case_id: event for event in CaseEvent.objects.filter(case__in=cases, sequence=Subquery(newest))}
    appended = [_next(case, last.get(case.pk), kind=kind, by=by, now=now, detail=detail) for case in cases]
    CaseEvent.objects.bulk_create(appended)
    for event in appended:
        event.case.newest_event = event


def _next(
    case: Case,
    last: CaseEvent | None,
    *,
    kind: str,
    by: Actor,
    now: datetime,
    detail: dict[str, Any],
    from_state: str = "",
    to_state: str = "",
) -> CaseEvent:
    event = CaseEvent(
        case=case,
        sequence=last.sequence + 1 if last else 1,
        kind=kind,
        from_state=from_state,
        to_state=to_state,
        role=by.role,
        user_id=by.user_id,
        organization_id=by.organization_id,
        at=now,
        detail=detail,
        previous_hash=last.hash if last else "",
    )
    event.hash = digest(event)
    return event


def digest(event: CaseEvent) -> str:
    """SHA-256 over the previous hash and the event's canonical JSON, in hex."""
    content = {
        "id": str(event.pk),
        "case": str(event.case_id),
        "sequence": event.sequence,
        "kind": event.kind,
        "from": event.from_state,
        "to": event.to_state,
        "role": event.role,
        "user": event.user_id,
        "organization": event.organization_id,
        # Microseconds since the epoch: the same number whatever zone or text form the database hands back.
        "at": round(event.at.timestamp() * 1_000_000),
        "detail": event.detail,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((event.previous_hash + canonical).encode()).hexdigest()


def broken_links(case_id: UUID) -> list[int]:
    """Sequence numbers at which the case's chain does not verify; empty when it is whole."""
    broken = []
    previous = CaseEvent(sequence=0, hash="")
    for event in CaseEvent.objects.filter(case_id=case_id).order_by("sequence"):
        follows = event.sequence == previous.sequence + 1 and event.previous_hash == previous.hash
        if not follows or event.hash != digest(event):
            broken.append(event.sequence)
        previous = event
    return broken
