"""What the nightly audit of room found."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from providers.models import Program


class RoomDifference(models.Model):
    """A program whose room in use, or this week's new cases, is not what its offers add up to. Nothing repairs it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+")
    stored_points = models.IntegerField()
    counted_points = models.IntegerField()
    stored_in_week = models.IntegerField()
    counted_in_week = models.IntegerField()
    at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    seen_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-at", "pk")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True, seen_by_user_id__isnull=True)
                | Q(seen_at__isnull=False, seen_by_user_id__isnull=False),
                name="difference_seen_by_somebody",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["at"], name="difference_not_mailed", condition=Q(mailed_at__isnull=True)),
            models.Index(fields=["-at"], name="difference_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.program} on {self.at:%Y-%m-%d}"
