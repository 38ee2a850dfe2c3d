"""Who can help, with which kinds of case, and how much room they have."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Organization
from providers.dated import DatedRow


class Provider(models.Model):
    """A legal-services organization that takes cases; open hours decide the clock of its offers."""

    organization = models.OneToOneField(Organization, on_delete=models.PROTECT, related_name="provider")
    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=120)
    is_primary = models.BooleanField(default=False)
    public_phone = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=200, blank=True)
    # Minutes after midnight, America/Chicago, Monday to Friday.
    opens_at = models.PositiveSmallIntegerField(default=9 * 60)
    closes_at = models.PositiveSmallIntegerField(default=17 * 60)
    has_on_call = models.BooleanField("someone answers T0 offers at any hour", default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("code",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")) & Q(closes_at__lte=24 * 60), name="provider_hours_in_order"
            )
        ]

    def __str__(self) -> str:
        return self.code


class ProgramKind(models.TextChoices):
    DETAINED_FULL = "detained_full", "Detained, full representation"
    DETAINED_LIMITED = "detained_limited", "Detained, limited scope"
    NONDETAINED = "nondetained", "Not detained"


class Program(models.Model):
    """A provider's line of work with its own room, in points (a case type's weight)."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="programs")
    kind = models.CharField(max_length=20, choices=ProgramKind.choices)
    ceiling = models.PositiveIntegerField(default=0)
    in_use = models.PositiveIntegerField(default=0)
    # Languages served without an interpreter; empty means any.
    languages = models.JSONField(default=list, blank=True)
    takes_minors = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    last_offer_at = models.DateTimeField(null=True, blank=True)
    # When ceiling or pause last changed in favour of room: a decline for capacity before it no longer counts.
    room_changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("provider__code", "kind")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "kind"], name="one_program_per_kind"),
            models.CheckConstraint(
                condition=Q(in_use__gte=0) & Q(in_use__lte=F("ceiling")), name="program_room_within_ceiling"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.get_kind_display()}"

    @property
    def free(self) -> int:
        return self.ceiling - self.in_use


class CaseType(DatedRow):
    """A kind of case: its points, its codes in LIST (legal problem) and LSC (closing) taxonomies."""

    code = models.CharField(max_length=12)
    meaning = models.CharField(max_length=160)
    plain_name = models.CharField(max_length=80)
    points = models.PositiveSmallIntegerField()
    detained = models.BooleanField()
    list_code = models.CharField(max_length=20)
    lsc_code = models.CharField(max_length=20)

    class Meta(DatedRow.Meta):
        ordering = ("code",)
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["code", "valid_from"], name="casetype_one_row_per_day"),
        ]

    def __str__(self) -> str:
        return self.code


class OfferPlace(DatedRow):
    """One step of a case type's offer order; without a program the step is a coordinator's task."""

    case_type = models.CharField(max_length=12)
    position = models.PositiveSmallIntegerField()
    program = models.ForeignKey(Program, on_delete=models.PROTECT, null=True, blank=True, related_name="offer_places")
    limited_scope = models.BooleanField(default=False)

    class Meta(DatedRow.Meta):
        ordering = ("case_type", "position")
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["case_type", "position", "valid_from"], name="offerplace_one_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.case_type} {self.position}: {self.program or 'coordinator'}"
