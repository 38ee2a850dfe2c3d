"""The register of legal demands for what this system holds: codes and dates only, never a name."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from referrals.models.case import Case


class DemandKind(models.TextChoices):
    ADMINISTRATIVE = "administrative", "Administrative subpoena, no judge"
    GRAND_JURY = "grand_jury", "Grand-jury subpoena"
    CIVIL = "civil", "Subpoena in a civil case"
    COURT_ORDER = "court_order", "Court order"
    WARRANT = "warrant", "Search warrant signed by a judge"
    INFORMAL = "informal", "Request without legal force"


class ServedOn(models.TextChoices):
    OPERATOR = "operator", "The operator of this server"
    HOTLINE = "hotline", "The hotline"
    PROVIDER = "provider", "A provider"
    CITY = "city", "The City"
    FUND = "fund", "The fund's office"


class DemandState(models.TextChoices):
    RECEIVED = "received", "Waits for counsel"
    REVIEWED = "reviewed", "Reviewed by counsel"
    CONTESTED = "contested", "Contested"
    RELEASED = "released", "Something was handed over"
    NOTHING = "nothing", "Nothing was handed over"


class CounselAdvice(models.TextChoices):
    CONTEST = "contest", "Contest it"
    NOTHING_HELD = "nothing_held", "We hold nothing of what is asked"
    NOT_BOUND = "not_bound", "Not bound to answer"
    RELEASE = "release", "Hand over what the published list names"


class LegalDemand(models.Model):
    """One demand: received, cases held, reviewed by counsel, released only by two people, counted once a year."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    received_on = models.DateField()
    kind = models.CharField(max_length=16, choices=DemandKind.choices)
    served_on = models.CharField(max_length=10, choices=ServedOn.choices)
    answer_due_on = models.DateField(null=True)
    # Whether a court forbade telling the people concerned.
    gagged = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=DemandState.choices, default=DemandState.RECEIVED)
    # The cases it names; those of a demand for everything are held, but named by nobody.
    cases = models.ManyToManyField(Case, related_name="+", blank=True)
    asks_for_all = models.BooleanField(default=False)
    entered_at = models.DateTimeField()
    entered_by_user_id = models.BigIntegerField()
    advice = models.CharField(max_length=16, choices=CounselAdvice.choices, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by_user_id = models.BigIntegerField(null=True)
    first_release_at = models.DateTimeField(null=True)
    first_release_by_user_id = models.BigIntegerField(null=True)
    second_release_at = models.DateTimeField(null=True)
    second_release_by_user_id = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-received_on", "-entered_at")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=DemandState.values), name="demand_state_known"),
            models.CheckConstraint(
                condition=Q(second_release_by_user_id__isnull=True)
                | (
                    Q(first_release_by_user_id__isnull=False)
                    & ~Q(first_release_by_user_id=F("second_release_by_user_id"))
                ),
                name="release_by_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state="released") | Q(second_release_by_user_id__isnull=False, advice="release"),
                name="released_only_by_two_and_counsel",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by_user_id__isnull=True)
                | Q(ended_at__isnull=False, ended_by_user_id__isnull=False),
                name="demand_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.received_on}"
