"""Quarters that somebody asked to be closed: the worker makes the release, the money page says how far it is."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q


class AskedState(models.TextChoices):
    WAITING = "waiting", "Being made"
    MADE = "made", "Published"
    REFUSED = "refused", "Not published"


class AskedRelease(models.Model):
    """That somebody asked for a quarter to be closed; one at a time waits of a quarter.

    `started_at` and `tries`: when a worker last took it, and how many did. `reason`: why it was refused, a sentence.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    quarter = models.CharField(max_length=6)
    state = models.CharField(max_length=8, choices=AskedState.choices, default=AskedState.WAITING)
    asked_by_user_id = models.BigIntegerField()
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["quarter"], condition=Q(state="waiting"), name="askedrelease_one_waits_of_a_quarter"
            ),
            models.CheckConstraint(condition=Q(state__in=AskedState.values), name="askedrelease_state_known"),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at__isnull=True) | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="askedrelease_ended_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quarter}: {self.state}"

    @property
    def is_waiting(self) -> bool:
        return self.state == AskedState.WAITING

    @property
    def is_refused(self) -> bool:
        return self.state == AskedState.REFUSED
