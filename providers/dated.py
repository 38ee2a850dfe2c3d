"""Tables of law, money and offer orders: rows with dates and a source that a lawyer can change without a deploy."""

from datetime import date
from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import F, Q

_Row = TypeVar("_Row", bound=models.Model)


class DatedRowQuerySet(models.QuerySet[_Row]):
    """Rows of a table of law, money or offer orders, asked for by day."""

    def on(self, day: date) -> Self:
        return self.filter(valid_from__lte=day).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))


class DatedRow(models.Model):
    """A row of a table a lawyer can change: valid from a day, to (not including) a day, with its source."""

    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)

    objects = DatedRowQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="%(class)s_dates_in_order"
            )
        ]
