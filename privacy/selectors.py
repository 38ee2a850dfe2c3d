"""What others read of keys, holds and destructions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import DateTimeField, F, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest

from privacy import destruction
from privacy.models import DocumentKind, KeyDestruction, LegalHold


@dataclass(frozen=True, slots=True)
class Due:
    """Something scheduled to be destroyed: `kinds` empty means all; `readers` empty means for everybody."""

    at: datetime
    kinds: list[DocumentKind]
    readers: list[str]


def held_since(case_id: UUID) -> datetime | None:
    """Since when a legal hold keeps the case; None if none does."""
    oldest: datetime | None = LegalHold.objects.filter(case_id=case_id, lifted_at=None).aggregate(
        since=Min("placed_at")
    )["since"]
    return oldest


def is_held_without_demand(case_id: UUID) -> bool:
    """Whether a hold stands that a person placed on their own, and not for a legal demand."""
    return LegalHold.objects.filter(case_id=case_id, demand_id=None, lifted_at=None).exists()


def scheduled_of(case_id: UUID) -> list[Due]:
    """What is to be destroyed of a case, the first first; what a hold keeps too."""
    rows = destruction.pending().filter(case_id=case_id).exclude(reason=destruction.ACCESS).order_by("due_at", "pk")
    return [Due(row.due_at, [DocumentKind(kind) for kind in row.kinds], list(row.readers)) for row in rows]


def destroyed_at(case_id: UUID) -> datetime | None:
    """When retention last destroyed something of the case; None if it never did."""
    done = KeyDestruction.objects.filter(case_id=case_id, carried_out_at__isnull=False)
    done = done.exclude(reason=destruction.ACCESS).order_by("-carried_out_at")
    return done.values_list("carried_out_at", flat=True).first()


def oldest_past_due(now: datetime) -> timedelta | None:
    """How long what should be destroyed by now has been standing, at the longest; None if nothing is due.

    What a hold keeps is not due; once it is lifted, its time counts from then.
    """
    lifted = LegalHold.objects.filter(case_id=OuterRef("case_id"), lifted_at__isnull=False).order_by("-lifted_at")
    free_since = Coalesce(Subquery(lifted.values("lifted_at")[:1]), F("due_at"), output_field=DateTimeField())
    since = Greatest(F("due_at"), free_since, output_field=DateTimeField())
    oldest: datetime | None = destruction.due(now).order_by().aggregate(oldest=Min(since))["oldest"]
    return now - oldest if oldest else None
