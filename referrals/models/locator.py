"""Looking for somebody who was taken: each look-up by a person, in codes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from referrals.models.case import Case
from referrals.models.rules import Facility


class LookedAt(models.TextChoices):
    """Where somebody looked or asked."""

    ICE_LOCATOR = "ice_locator", "ICE's online locator"
    CBP = "cbp", "Border patrol (CBP)"
    JAIL_ROSTER = "jail_roster", "A county jail's list"
    ICE_OFFICE = "ice_office", "The ICE office, by phone"
    CONSULATE = "consulate", "The consulate"
    ORR = "orr", "ORR, for somebody under 18 (800-203-7001)"
    LAWYER = "lawyer", "A lawyer or a partner told us"
    FAMILY = "family", "The family told us"


class LookResult(models.TextChoices):
    NOT_FOUND = "not_found", "Not found"
    FOUND = "found", "Found"
    MOVED = "moved", "Moved to another place"
    RELEASED = "released", "Released"
    UNCLEAR = "unclear", "Not clear: look again"


# The results that name a place.
AT_A_PLACE = (LookResult.FOUND, LookResult.MOVED)
# Where somebody can be held: the states, the District of Columbia and Puerto Rico.
_STATES = (
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR"
    " PA PR RI SC SD TN TX UT VA VT WA WI WV WY"
)
US_STATES = _STATES.split()


class LocatorCheck(models.Model):
    """One look-up: when, by whom, where, and what came of it. Nobody's name, and nothing typed."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="locator_checks")
    checked_at = models.DateTimeField()
    checked_by_user_id = models.BigIntegerField()
    looked_at = models.CharField(max_length=12, choices=LookedAt.choices)
    result = models.CharField(max_length=10, choices=LookResult.choices)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    # The state of a place that is not in the table of facilities yet.
    us_state = models.CharField(max_length=2, blank=True)

    class Meta:
        ordering = ("-checked_at", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(looked_at__in=LookedAt.values), name="locator_looked_at_known"),
            models.CheckConstraint(condition=Q(result__in=LookResult.values), name="locator_result_known"),
            models.CheckConstraint(
                condition=Q(result__in=AT_A_PLACE) & (Q(facility__isnull=False) ^ ~Q(us_state=""))
                | ~Q(result__in=AT_A_PLACE) & Q(facility__isnull=True, us_state=""),
                name="locator_place_where_found",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["case", "-checked_at"], name="locator_checks_of_case")]

    def __str__(self) -> str:
        return f"{self.case} {self.looked_at}: {self.result}"
