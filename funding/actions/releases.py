"""Closing a quarter: the one table funders get, made once."""

import hashlib
import json
from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Min
from django.utils import timezone

from accounts.roles import Actor
from funding.models import Disbursement, Release, ReleasedDisbursement, StagePrice
from funding.one_margin import THRESHOLD, Cell, Published, withhold
from funding.policies import RefusedError, check_may_close, check_may_publish
from funding.quarters import Quarter, day_of
from providers.models import Provider


def make_release(*, quarter: str, by: Actor, now: datetime | None = None) -> Release:
    """Close a quarter, such as "2026Q3", and publish its table.

    It counts every payment up to the quarter's last day that no earlier release counted, so a late one moves into the
    next release and no release is ever revised. Where not even a total would be safe nothing is published or counted,
    and those payments go into the next quarter. Raises ValueError, PermissionDenied or RefusedError.
    """
    check_may_publish(by)
    now = now or timezone.now()
    closing = Quarter.parse(quarter)
    last = Release.objects.order_by("-quarter").values_list("quarter", flat=True).first()
    check_may_close(closing, last_released=Quarter.parse(last) if last else None, today=day_of(now))
    try:
        return _release(closing, now)
    except IntegrityError:
        # The unique quarter, or the unique counted payment: somebody else closed it in this moment.
        raise RefusedError(f"{closing} is already released.") from None


@transaction.atomic
def _release(quarter: Quarter, now: datetime) -> Release:
    payments = list(
        Disbursement.objects.filter(paid_on__lte=quarter.last_day, counted_in__isnull=True)
        .order_by("id")
        .values_list("id", "commitment__provider_id", "commitment__case_id", "commitment__cents")
    )
    cells = _cells([payment[1:] for payment in payments])
    cheapest = StagePrice.objects.filter(cents__gt=0).aggregate(cents=Min("cents"))["cents"] or 0
    published = withhold(cells, cheapest=cheapest)
    table = canonical(quarter, published, dict(Provider.objects.values_list("code", "name")))
    release = Release.objects.create(
        quarter=str(quarter), table=table, sha256=hashlib.sha256(table.encode()).hexdigest(), made_at=now
    )
    if not published.is_nothing:
        ReleasedDisbursement.objects.bulk_create(
            (ReleasedDisbursement(release=release, disbursement_id=payment[0]) for payment in payments), batch_size=500
        )
    return release


def _cells(payments: list[tuple[int, UUID, int]]) -> list[Cell]:
    """A cell for every active provider and every other one that was paid, by code."""
    cases: defaultdict[int, set[UUID]] = defaultdict(set)
    cents: defaultdict[int, int] = defaultdict(int)
    for provider, case, amount in payments:
        cases[provider].add(case)
        cents[provider] += amount
    providers = Provider.objects.order_by("code").values_list("id", "code", "is_active")
    return [
        Cell(code, len(cases[provider]), cents[provider])
        for provider, code, is_active in providers
        if is_active or provider in cases
    ]


def canonical(quarter: Quarter, published: Published, names: dict[str, str]) -> str:
    """The release as text, the same bytes for the same figures: JSON with sorted keys; null is a withheld figure."""
    return json.dumps(
        {
            "quarter": str(quarter),
            "smallest_count_shown": THRESHOLD,
            "providers": [
                {"code": cell.provider, "name": names[cell.provider], "cases": cell.cases, "cents": cell.cents}
                for cell in published.cells
            ],
            "total": {"cases": published.cases, "cents": published.cents},
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
