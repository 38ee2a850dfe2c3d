"""Legal clinics: an evening with lawyers, so many seats, and who sits on them."""

import uuid
from datetime import datetime, time
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from providers.dated import DatedRow
from providers.models import Provider
from referrals.business_time import CHICAGO
from referrals.models.case import Case


class ClinicCaseType(DatedRow):
    """A case type of people who are not held that a clinic can serve while they wait for a provider."""

    case_type = models.CharField(max_length=12)

    class Meta(DatedRow.Meta):
        ordering = ("case_type",)
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["case_type", "valid_from"], name="cliniccasetype_one_row_per_day"),
        ]

    def __str__(self) -> str:
        return self.case_type


class SessionStatus(models.TextChoices):
    OPEN = "open", "Open"
    CANCELLED = "cancelled", "Cancelled"


class ClinicSession(models.Model):
    """One clinic: day, place, seats. Times are minutes after midnight, America/Chicago; the place is public."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="clinic_sessions")
    held_on = models.DateField()
    starts_at = models.PositiveSmallIntegerField()
    ends_at = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=120)
    address = models.CharField(max_length=200)
    seats = models.PositiveSmallIntegerField()
    seats_taken = models.PositiveSmallIntegerField(default=0)
    # Languages served; empty means any, with interpreters.
    languages = models.JSONField(default=list, blank=True)
    case_types = models.JSONField(default=list)
    status = models.CharField(max_length=10, choices=SessionStatus.choices, default=SessionStatus.OPEN)

    class Meta:
        ordering = ("held_on", "starts_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=SessionStatus.values), name="clinic_status_known"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")) & Q(ends_at__lt=24 * 60), name="clinic_times_in_order"
            ),
            models.CheckConstraint(condition=Q(seats_taken__lte=F("seats")), name="clinic_never_overbooked"),
        ]
        indexes: ClassVar = [models.Index(fields=["held_on", "starts_at"], name="clinic_by_day")]

    def __str__(self) -> str:
        return f"{self.held_on:%a %b %-d}, {self.begins:%H:%M}, {self.place}"

    @property
    def free(self) -> int:
        return self.seats - self.seats_taken

    @property
    def begins(self) -> datetime:
        return self._at(self.starts_at)

    @property
    def ends(self) -> datetime:
        return self._at(self.ends_at)

    def _at(self, minutes: int) -> datetime:
        return datetime.combine(self.held_on, time(minutes // 60, minutes % 60), CHICAGO)


class SeatState(models.TextChoices):
    BOOKED = "booked", "Booked"
    ATTENDED = "attended", "Came"
    NO_SHOW = "no_show", "Did not come"
    CANCELLED = "cancelled", "Freed"
    # Freed by the clock: a provider took the case, or the clinic does not take place. Nobody stayed away.
    NOT_NEEDED = "not_needed", "Not needed"


FREED = (SeatState.CANCELLED, SeatState.NOT_NEEDED)


class ClinicSeat(models.Model):
    """A case's seat at a clinic; at most one is booked at a time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(ClinicSession, on_delete=models.PROTECT, related_name="bookings")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clinic_seats")
    state = models.CharField(max_length=10, choices=SeatState.choices, default=SeatState.BOOKED)
    booked_at = models.DateTimeField()
    freed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-booked_at", "-id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=SeatState.values), name="clinic_seat_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=FREED) ^ Q(freed_at__isnull=True), name="clinic_seat_freed_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(state=SeatState.BOOKED), name="one_booked_seat_per_case"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} at {self.session_id}: {self.state}"
