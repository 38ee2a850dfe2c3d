"""The stored offer orders and case types, as `rule_tables` checks them, with changes laid over them."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import TypeVar

from django.db import models
from django.utils.timezone import localdate

from providers.models import CaseType, OfferPlace, Provider
from providers.rule_tables import KnownType, Step, brought_by_change, order_faults

_Row = TypeVar("_Row", bound=models.Model)


def with_changes(rows: Iterable[_Row], changes: Iterable[_Row]) -> list[_Row]:
    """The rows as they would stand after saving `changes`, which stand for the stored rows of the same key."""
    changes = list(changes)
    changed = {row.pk: row for row in changes if row.pk is not None}
    return [changed.get(row.pk, row) for row in rows] + [row for row in changes if row.pk is None]


def stored_places() -> list[OfferPlace]:
    """Every row of the offer orders, held until the transaction ends: two people change the table one after another."""
    return list(OfferPlace.objects.select_related("program__provider").select_for_update(of=("self",)))


def stored_types() -> list[CaseType]:
    return list(CaseType.objects.select_for_update())


def steps_of(places: Iterable[OfferPlace], *, inactive: Collection[int] = ()) -> list[Step]:
    """Rows as steps; `inactive` are keys of providers to count as taking no part, whatever their rows say."""
    return [
        Step(
            one.case_type,
            one.position,
            str(one.program) if one.program else "",
            one.program is not None and one.program.provider.is_active and one.program.provider_id not in inactive,
            one.valid_from,
            one.valid_to,
        )
        for one in places
    ]


def known_types(rows: Iterable[CaseType]) -> list[KnownType]:
    return [KnownType(one.code, one.valid_from, one.valid_to) for one in rows]


def faults_of_places(changes: Iterable[OfferPlace], today: date | None = None) -> list[str]:
    """The faults that saving these rows of the offer orders would bring, today or later."""
    today = today or localdate()
    rows, types = stored_places(), known_types(stored_types())
    before = order_faults(steps_of(rows), types, today)
    return brought_by_change(before, order_faults(steps_of(with_changes(rows, changes)), types, today), today)


def faults_of_types(changes: Iterable[CaseType], today: date | None = None) -> list[str]:
    """The faults that saving these case types would bring to the offer orders."""
    today = today or localdate()
    steps, rows = steps_of(stored_places()), stored_types()
    before = order_faults(steps, known_types(rows), today)
    return brought_by_change(before, order_faults(steps, known_types(with_changes(rows, changes)), today), today)


def faults_without(provider: Provider, today: date | None = None) -> list[str]:
    """The faults it would bring to the offer orders if the provider took no part any more."""
    today = today or localdate()
    rows, types = stored_places(), known_types(stored_types())
    before = order_faults(steps_of(rows), types, today)
    return brought_by_change(before, order_faults(steps_of(rows, inactive=(provider.pk,)), types, today), today)
