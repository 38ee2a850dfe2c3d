"""What administration costs a grant: finance asks, an approver signs, and only then it is posted."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from funding.models.books import Grant, JournalEntry
from funding.models.terms import RequestState


class AdministrationCost(models.Model):
    """An amount that a grant is to carry. Asking for it is finance's signature, approving it the second one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="administration_costs")
    cents = models.PositiveIntegerField()
    spent_on = models.DateField()
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.ASKED)
    asked_by_user_id = models.BigIntegerField()
    asked_at = models.DateTimeField()
    decided_by_user_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(cents__gt=0), name="administration_is_money"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True, decided_by_user_id__isnull=True)
                | Q(state__in=["approved", "refused"], decided_at__isnull=False, decided_by_user_id__isnull=False),
                name="administration_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by_user_id=F("asked_by_user_id")),
                name="administration_signed_by_two",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", entry__isnull=False) | (~Q(state="approved") & Q(entry__isnull=True)),
                name="administration_posted_when_approved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant}: {self.cents}"
