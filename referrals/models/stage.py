"""The stages of the work on a case, and which of them its provider has begun."""

from typing import ClassVar

from django.db import models

from providers.dated import DatedRow
from providers.models import Provider
from referrals.models.case import Case
from referrals.models.offer import Offer


class Stage(DatedRow):
    """One stage of the work, by the name that the price list has for it.

    `case_types` are those it fits, and `first_for` those whose work begins with it; `*` is any that no other row names.
    """

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    case_types = models.JSONField(default=list)
    first_for = models.JSONField(default=list, blank=True)

    class Meta(DatedRow.Meta):
        ordering = ("position",)
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["code", "valid_from"], name="stage_one_row_per_day"),
        ]

    def __str__(self) -> str:
        return self.name


class StageStart(models.Model):
    """A stage that a provider began on a case: once for ever, so that it is paid for once.

    It ends when the next begins or the provider no longer has the case; it goes on if the provider has it again.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="stage_starts")
    stage = models.CharField(max_length=20)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="stage_starts")
    started_at = models.DateTimeField()
    started_by_user_id = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("started_at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "stage", "provider"], name="one_start_per_stage_and_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.stage}"
