"""Time limits: the table of the law's clocks, and those that run for a case."""

import uuid
from datetime import datetime, time
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from providers.dated import DatedRow
from referrals import deadlines
from referrals.business_time import CHICAGO
from referrals.models.case import OPEN_STATES, Case

# Filed on a day means before the window of the court at Fort Snelling closes.
WINDOW_CLOSES = time(16)


class DeadlineUnit(models.TextChoices):
    HOURS = deadlines.HOURS, "hours"
    CALENDAR_DAYS = deadlines.CALENDAR_DAYS, "calendar days"
    BUSINESS_DAYS = deadlines.BUSINESS_DAYS, "business days"
    MONTHS = deadlines.MONTHS, "months"
    YEARS = deadlines.YEARS, "years"
    NO_LIMIT = deadlines.NO_LIMIT, "no last day"


class DeadlineActor(models.TextChoices):
    """Who has to act in time."""

    US = "us", "The person's lawyer"
    EITHER = "either", "Either side"
    DHS = "dhs", "ICE or another part of DHS"
    COURT = "court", "The judge"
    JAIL = "jail", "The jail"
    MPD = "mpd", "The police or prosecutor"
    CITY = "city", "The City"


class LegalStatus(models.TextChoices):
    IN_FORCE = deadlines.IN_FORCE, "In force"
    BLOCKED = deadlines.BLOCKED, "Blocked: not in force"
    UNCERTAIN = deadlines.UNCERTAIN, "Uncertain"
    RECALLED = deadlines.RECALLED, "Recalled, check"


class DeadlineRule(DatedRow):
    """One clock of the law: `n` `unit`s after an event, kept by `actor`.

    `trigger` is the event's code, `starts` the event in words. `roll`: a last day on a weekend or federal holiday moves
    to the next business day. `days_early`: so many days before the last one it is safe. The row of the trigger's day
    counts; an earlier trigger counts by the first row.
    """

    code = models.CharField(max_length=20)
    trigger = models.SlugField(max_length=40, help_text="The event's code: rows of one event have the same.")
    starts = models.CharField(max_length=120, help_text="The event that starts it, in words.")
    n = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=16, choices=DeadlineUnit.choices)
    roll = models.BooleanField(default=False)
    actor = models.CharField(max_length=8, choices=DeadlineActor.choices)
    days_early = models.PositiveSmallIntegerField(default=0)
    meaning = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=LegalStatus.choices, default=LegalStatus.RECALLED)
    status_on = models.DateField(help_text="The day somebody looked up whether it is in force.")

    class Meta(DatedRow.Meta):
        ordering = ("code", "valid_from")
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["code", "valid_from"], name="deadlinerule_one_row_per_day"),
            models.CheckConstraint(condition=Q(unit__in=DeadlineUnit.values), name="deadlinerule_unit_known"),
            models.CheckConstraint(condition=Q(actor__in=DeadlineActor.values), name="deadlinerule_actor_known"),
            models.CheckConstraint(condition=Q(status__in=LegalStatus.values), name="deadlinerule_status_known"),
            models.CheckConstraint(
                condition=Q(unit=DeadlineUnit.NO_LIMIT, n=0) | ~Q(unit=DeadlineUnit.NO_LIMIT) & Q(n__gt=0),
                name="deadlinerule_counts_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} from {self.valid_from}"

    @property
    def time_in_words(self) -> str:
        """How much time there is, where there is a last day: "1 year", "10 calendar days"."""
        units = self.get_unit_display()
        return f"{self.n} {units.removesuffix('s') if self.n == 1 else units}"

    def as_rule(self) -> deadlines.Rule:
        """The row as `referrals.deadlines` counts with it."""
        return deadlines.Rule(
            code=self.code,
            trigger=self.trigger,
            starts=self.starts,
            n=self.n,
            unit=self.unit,
            roll=self.roll,
            actor=self.actor,
            days_early=self.days_early,
            meaning=self.meaning,
            note=self.note,
            source=self.source,
            status=self.status,
            status_on=self.status_on,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            row_id=self.pk,
        )


class CaseDeadlineQuerySet(models.QuerySet["CaseDeadline"]):
    def running(self) -> "CaseDeadlineQuerySet":
        """Neither kept nor dropped."""
        return self.filter(met_at__isnull=True, dropped_at__isnull=True)


class CaseDeadline(models.Model):
    """A clock that runs for a case, from the day (or hour) of its trigger.

    `raw`, `due`, `safe_by` are days of America/Chicago. A clock of hours has its instants in `trigger_at` and `ends_at`
    as long as it runs; a date that the family's answers name (a hearing, say) has no rule and only its `ends_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="deadlines")
    code = models.CharField(max_length=20)
    rule = models.ForeignKey(DeadlineRule, on_delete=models.PROTECT, null=True, related_name="+")
    # Whether the answers say so; what a person entered is not written over by the answers.
    from_answers = models.BooleanField(default=False)
    trigger_on = models.DateField(null=True)
    trigger_at = models.DateTimeField(null=True)
    raw = models.DateField()
    due = models.DateField()
    safe_by = models.DateField()
    ends_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField()
    entered_role = models.CharField(max_length=20)
    changed_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    objects = CaseDeadlineQuerySet.as_manager()

    class Meta:
        ordering = ("safe_by", "code")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "code"],
                condition=Q(met_at__isnull=True, dropped_at__isnull=True),
                name="one_running_clock_per_code",
            ),
            models.CheckConstraint(
                condition=Q(safe_by__lte=F("raw"), raw__lte=F("due")), name="deadline_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(met_at__isnull=True) | Q(dropped_at__isnull=True), name="deadline_ends_once"
            ),
            # Hours are kept only while a clock needs them.
            models.CheckConstraint(
                condition=Q(met_at__isnull=True, dropped_at__isnull=True)
                | Q(trigger_at__isnull=True, ends_at__isnull=True),
                name="ended_deadline_has_no_hours",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["safe_by"],
                name="deadline_running",
                condition=Q(met_at__isnull=True, dropped_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.case}"

    @property
    def at(self) -> datetime:
        """The instant to act before: the hour itself, or the closing of the court's window on the safe day."""
        return self.ends_at or datetime.combine(self.safe_by, WINDOW_CLOSES, CHICAGO)

    @property
    def is_ours(self) -> bool:
        """Whether the lawyer has to act in time, by a rule that is in force; a date of the answers always counts."""
        return self.rule is None or (self.rule.actor in deadlines.OURS and self.rule.status != LegalStatus.BLOCKED)


class CalendarFeed(models.Model):
    """A member's own calendar address; only a hash of its token is kept."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_feed")
    token_hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"


def running_in_open_cases() -> CaseDeadlineQuerySet:
    """Every clock that still matters to somebody."""
    return CaseDeadline.objects.running().filter(case__state__in=OPEN_STATES)
