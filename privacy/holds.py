"""Legal holds: while one stands, nothing scheduled of the case is destroyed."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from privacy.destruction import pending
from privacy.models import LegalHold


def place(*, case_id: UUID, by_user_id: int, demand_id: UUID | None = None, now: datetime) -> bool:
    """Keep all that is sealed of the case; False if a hold of the same demand (or of none) stands already."""
    with transaction.atomic():
        # A destruction that is on its way locks its intent: it ends before the hold begins, or does not begin.
        list(pending().select_for_update().filter(case_id=case_id).order_by("pk"))
        _, is_new = LegalHold.objects.get_or_create(
            case_id=case_id,
            demand_id=demand_id,
            lifted_at=None,
            defaults={"placed_at": now, "placed_by_user_id": by_user_id},
        )
    return is_new


def lift(*, case_id: UUID, by_user_id: int, demand_id: UUID | None = None, now: datetime) -> bool:
    """End the hold of this demand (or of none); False if there was none. Another demand's hold goes on."""
    standing = LegalHold.objects.filter(case_id=case_id, demand_id=demand_id, lifted_at=None)
    return bool(standing.update(lifted_at=now, lifted_by_user_id=by_user_id))


def place_all(*, case_ids: Iterable[UUID], by_user_id: int, demand_id: UUID, now: datetime) -> set[UUID]:
    """`place` for many cases of one demand in a fixed number of statements; returns those that had no such hold."""
    wanted = set(case_ids)
    with transaction.atomic():
        list(pending().select_for_update().filter(case_id__in=wanted).order_by("pk"))
        standing = LegalHold.objects.filter(case_id__in=wanted, demand_id=demand_id, lifted_at=None)
        missing = wanted - set(standing.values_list("case_id", flat=True))
        LegalHold.objects.bulk_create(
            LegalHold(case_id=case_id, demand_id=demand_id, placed_at=now, placed_by_user_id=by_user_id)
            for case_id in sorted(missing)
        )
    return missing


def lift_all(*, case_ids: Iterable[UUID], by_user_id: int, demand_id: UUID, now: datetime) -> None:
    """`lift` for many cases of one demand."""
    standing = LegalHold.objects.filter(case_id__in=set(case_ids), demand_id=demand_id, lifted_at=None)
    standing.update(lifted_at=now, lifted_by_user_id=by_user_id)
