"""Who a case belongs to inside an organization, and what its lead should look at."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import Organization
from referrals.models.case import Case


class Assignment(models.Model):
    """The person who works on a case in one organization; who opens a case nobody has makes it theirs."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="assignments")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    user_id = models.BigIntegerField(db_index=True)
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "organization"], name="one_person_per_case_and_organization")
        ]

    def __str__(self) -> str:
        return f"{self.case} with {self.user_id}"


class AlertKind(models.TextChoices):
    MANY = "many", "Opened many sealed parts within an hour"
    NOT_THEIRS = "not_theirs", "Opened a case that somebody else works on"


class OpeningAlert(models.Model):
    """An unusual opening of sealed parts, for the organization's lead to look at."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=AlertKind.choices)
    user_id = models.BigIntegerField()
    case = models.ForeignKey(Case, on_delete=models.CASCADE, null=True, related_name="+")
    openings = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    seen_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-at",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=AlertKind.values), name="opening_alert_kind_known"),
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True, seen_by_user_id__isnull=True)
                | Q(seen_at__isnull=False, seen_by_user_id__isnull=False),
                name="alert_seen_by_somebody",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["at"], name="alert_not_mailed", condition=Q(mailed_at__isnull=True)),
            models.Index(fields=["organization", "at"], name="alert_unseen", condition=Q(seen_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.user_id}"
