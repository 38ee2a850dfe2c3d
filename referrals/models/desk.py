"""What a member of staff keeps of their own work at the queue: filters, and how far they have read each case."""

from typing import ClassVar

from django.db import models

from accounts.models import User
from referrals.models.case import Case


class SavedFilter(models.Model):
    """A part of the queue that a member looks at often; `filters` are codes only (referrals/filters.py)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    filters = models.JSONField(default=dict)

    class Meta:
        ordering = ("name", "pk")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "name"], name="one_saved_filter_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class CaseRead(models.Model):
    """The newest event of a case that a member has seen: what came later, from somebody else, is unread."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    read_through = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "case"], name="one_read_mark_per_case"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} through #{self.read_through}"
