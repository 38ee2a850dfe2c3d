"""Families sent to somebody outside the fund, and what became of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from referrals.models.case import Case
from referrals.models.rules import ReferralPartner


class ReferralOutcome(models.TextChoices):
    """What became of a referral, as the family or the partner says."""

    REACHED = "reached", "Reached the partner"
    GOT_HELP = "got_help", "Got help there"
    NO_ANSWER = "no_answer", "Nobody answered there"
    DECLINED = "declined", "The partner could not help"
    UNKNOWN = "unknown", "Could not be found out"


class WarmReferral(models.Model):
    """One family sent to one partner; it waits until somebody has asked what became of it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="warm_referrals")
    partner = models.ForeignKey(ReferralPartner, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by_user_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=12, choices=ReferralOutcome.choices, blank=True)
    outcome_at = models.DateTimeField(null=True)
    outcome_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "partner"], condition=Q(outcome=""), name="one_open_referral_to_a_partner"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", outcome_at__isnull=True) | (~Q(outcome="") & Q(outcome_at__isnull=False)),
                name="referral_outcome_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} to {self.partner}"
