"""Asking an agency to certify that somebody was the victim of a crime and helps (Form I-918, Supplement B)."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from referrals.models.case import Case


class CertifyingAgency(models.TextChoices):
    MPD = "mpd", "Minneapolis Police Department"
    CITY_ATTORNEY = "city_attorney", "Minneapolis City Attorney"
    HENNEPIN_SHERIFF = "hennepin_sheriff", "Hennepin County Sheriff"
    OTHER = "other", "Another Minnesota agency"


# Those whom the City's own, shorter clocks bind (ordinance of 15 Dec 2017).
CITY_AGENCIES = (CertifyingAgency.MPD, CertifyingAgency.CITY_ATTORNEY)


class CertificationDesk(models.TextChoices):
    """Who has the request in hand."""

    MAILBOX = "mailbox", "The agency's mailbox"
    RECORDS = "records", "The agency's records unit"
    CERTIFIER = "certifier", "The certifying official"
    OURS = "ours", "Our side: something is missing"


class CertificationRequest(models.Model):
    """One request to one agency, with its clocks. Codes and days: the person's name is never here.

    Days are America/Chicago. `expedite_asked`: whether the request itself asked for the short clocks; the law counts it
    only then (Minn. Stat. 611A.95), so it never changes afterwards, and whoever forgot it makes a new request.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="certification_requests")
    agency = models.CharField(max_length=20, choices=CertifyingAgency.choices)
    requested_on = models.DateField()
    in_removal = models.BooleanField()
    expedite_asked = models.BooleanField()
    # When the City and the State want it answered, as computed at the request; the City binds only its own agencies.
    city_due = models.DateField(null=True)
    state_due = models.DateField()
    desk = models.CharField(max_length=12, choices=CertificationDesk.choices, default=CertificationDesk.MAILBOX)
    # The member of staff who has it, while our side has it.
    held_by_user_id = models.BigIntegerField(null=True)
    reminded_on = models.DateField(null=True)
    # The City may take longer "as soon as reasonably possible" for records kept elsewhere or other good cause.
    good_cause_on = models.DateField(null=True)
    certified_on = models.DateField(null=True)
    # The day on Supplement B itself: from it six months run in which the petition must be received.
    signed_on = models.DateField(null=True)
    runs_out_on = models.DateField(null=True)
    filed_on = models.DateField(null=True)
    refused_on = models.DateField(null=True)
    withdrawn_on = models.DateField(null=True)
    entered_at = models.DateTimeField()
    entered_by_user_id = models.BigIntegerField()
    # The clock that coordinators were told of last, and that they were told of the six months.
    late_told_for = models.DateField(null=True)
    ends_told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("requested_on", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(agency__in=CertifyingAgency.values), name="certification_agency_known"),
            models.CheckConstraint(condition=Q(desk__in=CertificationDesk.values), name="certification_desk_known"),
            models.CheckConstraint(
                condition=Q(certified_on__isnull=True, signed_on__isnull=True, runs_out_on__isnull=True)
                | Q(certified_on__isnull=False, signed_on__isnull=False, runs_out_on__isnull=False),
                name="certified_means_signed",
            ),
            models.CheckConstraint(
                condition=Q(filed_on__isnull=True) | Q(certified_on__isnull=False), name="filed_after_certified"
            ),
            models.CheckConstraint(
                condition=Q(certified_on__isnull=True, refused_on__isnull=True)
                | Q(certified_on__isnull=True, withdrawn_on__isnull=True)
                | Q(refused_on__isnull=True, withdrawn_on__isnull=True),
                name="certification_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(desk=CertificationDesk.OURS) ^ Q(held_by_user_id__isnull=True),
                name="certification_held_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["case", "agency"],
                condition=Q(certified_on__isnull=True, refused_on__isnull=True, withdrawn_on__isnull=True),
                name="one_open_request_per_agency",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["state_due"],
                name="certification_open",
                condition=Q(certified_on__isnull=True, refused_on__isnull=True, withdrawn_on__isnull=True),
            ),
            models.Index(
                fields=["runs_out_on"],
                name="certification_not_filed",
                condition=Q(certified_on__isnull=False, filed_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} to {self.agency}"

    @property
    def is_open(self) -> bool:
        """Whether the agency still has to answer."""
        return self.certified_on is None and self.refused_on is None and self.withdrawn_on is None

    @property
    def is_expedited(self) -> bool:
        """Whether the short clocks run: asked for in the request, for somebody in removal proceedings."""
        return self.expedite_asked and self.in_removal
