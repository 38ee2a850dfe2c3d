"""Who can help, with which kinds of case, and how much room they have."""

from datetime import datetime
from typing import ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.models import Organization
from providers.dated import DatedRow
from providers.days import ONE_DAY, day_of, monday_of, start_of


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


class ProgramQuerySet(models.QuerySet["Program"]):
    """Programs by whether they take offers. Conditions of one table: an UPDATE of these stays one statement."""

    def open_at(self, now: datetime) -> Self:
        """Neither paused nor closed at this moment."""
        today = day_of(now)
        closed = Closure.objects.filter(program=OuterRef("pk"), first_day__lte=today, last_day__gte=today)
        return self.filter(Q(paused_at__isnull=True) | Q(paused_until__lte=now)).exclude(Exists(closed))

    def within_week(self, now: datetime) -> Self:
        """Those that may be offered one more case this week.

        A moment of a week that is over (somebody else has counted in the next one already) is refused: how many that
        week had is no longer known.
        """
        monday = monday_of(now)
        is_new_week = Q(week__isnull=True) | Q(week__lt=monday)
        has_left = Q(week=monday, week_count__lt=F("weekly_limit"))
        return self.filter(Q(weekly_limit__isnull=True) | is_new_week | has_left)


class Program(models.Model):
    """A provider's line of work with its own room, in points (a case type's weight)."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="programs")
    kind = models.CharField(max_length=20, choices=ProgramKind.choices)
    ceiling = models.PositiveIntegerField(default=0)
    in_use = models.PositiveIntegerField(default=0)
    # Languages served without an interpreter; empty means any.
    languages = models.JSONField(default=list, blank=True)
    takes_minors = models.BooleanField(default=True)
    # Where somebody must be held to be offered to it: US states, federal circuits; empty means anywhere.
    us_states = models.JSONField(default=list, blank=True)
    circuits = models.JSONField(default=list, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    # When the pause ends by itself, by the clock; null means until somebody ends it.
    paused_until = models.DateTimeField(null=True, blank=True)
    # The most new cases of a week, Monday to Sunday; null means no limit. Cases and not points: what a week is short
    # of is first conversations, and a small case takes as many of those as a large one.
    weekly_limit = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    # The Monday of the week `week_count` counts. Nothing resets it: in a later week the count is simply another's.
    week = models.DateField(null=True)
    week_count = models.PositiveSmallIntegerField(default=0)
    last_offer_at = models.DateTimeField(null=True, blank=True)
    # When ceiling, pause or limits last changed in favour of room: a decline for capacity before it no longer counts.
    room_changed_at = models.DateTimeField(default=timezone.now)
    # What the public directory says of its room: the free points of a moment, in steps.
    published_free = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True)

    objects = ProgramQuerySet.as_manager()

    class Meta:
        ordering = ("provider__code", "kind")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "kind"], name="one_program_per_kind"),
            models.CheckConstraint(
                condition=Q(in_use__gte=0) & Q(in_use__lte=F("ceiling")), name="program_room_within_ceiling"
            ),
            models.CheckConstraint(
                condition=Q(weekly_limit__isnull=True) | Q(weekly_limit__gte=1), name="program_week_has_a_place"
            ),
            models.CheckConstraint(
                condition=Q(paused_until__isnull=True) | Q(paused_at__isnull=False), name="program_end_of_a_pause"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.get_kind_display()}"

    @property
    def free(self) -> int:
        return self.ceiling - self.in_use

    def is_paused(self, now: datetime) -> bool:
        return self.paused_at is not None and (self.paused_until is None or self.paused_until > now)

    def closure_at(self, now: datetime) -> "Closure | None":
        """The closure it is in."""
        today = day_of(now)
        return next((one for one in self.closures.all() if one.first_day <= today <= one.last_day), None)

    def offered_in_week(self, now: datetime) -> int:
        """How many new cases it was offered this week, less those it did not take."""
        return self.week_count if self.week == monday_of(now) else 0

    def left_in_week(self, now: datetime) -> int | None:
        """How many more it may be offered this week; None for no limit."""
        return None if self.weekly_limit is None else max(self.weekly_limit - self.offered_in_week(now), 0)

    def room_grew_at(self, now: datetime) -> datetime:
        """When there last was more room than before: by somebody's hand, or by the clock alone.

        The clock ends pauses and closures, and begins a new week for a program with a weekly limit.
        """
        over = [one.last_day for one in self.closures.all() if one.last_day < day_of(now)]
        grew = [self.room_changed_at, *(start_of(day + ONE_DAY) for day in over)]
        if self.paused_until:
            grew.append(self.paused_until)
        if self.weekly_limit is not None:
            grew.append(start_of(monday_of(now)))
        return max((at for at in grew if at <= now), default=self.room_changed_at)


class Closure(models.Model):
    """Days, first to last, on which a program takes no new cases: a semester break, a holiday of its own.

    Federal holidays are not here: the clocks of offers know them.
    """

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="closures")
    name = models.CharField(max_length=60)
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        ordering = ("first_day", "pk")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="closure_days_in_order"),
            models.UniqueConstraint(fields=["program", "first_day", "last_day"], name="one_closure_of_the_same_days"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.first_day} to {self.last_day}"


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
