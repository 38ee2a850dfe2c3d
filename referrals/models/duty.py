"""Who is on call when the hotline is closed, who was paged for which case, and every try to reach a family."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from referrals.models.case import Case


class DutyPhone(models.Model):
    """The phone that rings for a member of staff: pages, and calls that connect them with a family."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="duty_phone")
    phone = models.CharField(max_length=20)

    class Meta:
        verbose_name = "phone of staff"
        verbose_name_plural = "phones of staff"

    def __str__(self) -> str:
        return f"phone of {self.user}"


class DutyShift(models.Model):
    """One person on call for a while; of several at once the lowest `rank` is paged first."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="duty_shifts")
    begins_at = models.DateTimeField("from")
    ends_at = models.DateTimeField("to")
    rank = models.PositiveSmallIntegerField(default=1, help_text="1 is paged first, 2 after ten minutes, and so on.")

    class Meta:
        verbose_name = "shift on call"
        verbose_name_plural = "shifts on call"
        ordering = ("-begins_at", "rank")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="shift_ends_after_it_begins")
        ]
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="shift_by_end")]

    def __str__(self) -> str:
        return f"{self.user}, from {self.begins_at:%b %d %H:%M}"


class DutyPage(models.Model):
    """One person asked, outside of opening hours, to take a case now; the next one is asked ten minutes later."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="pages")
    # Nobody, where the rota was empty.
    user_id = models.BigIntegerField(null=True)
    rung = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    # Before the carrier is asked; what it took is noted after it answered, each with its own id.
    tried_at = models.DateTimeField(null=True)
    texted_at = models.DateTimeField(null=True)
    text_id = models.CharField(max_length=34, blank=True)
    rang_at = models.DateTimeField(null=True)
    ring_id = models.CharField(max_length=34, blank=True)
    # Somebody has taken the case: this person or another.
    answered_at = models.DateTimeField(null=True)
    answered_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("made_at", "rung")
        constraints: ClassVar = [
            # Two that escalate at the same moment ask one person.
            models.UniqueConstraint(
                fields=["case", "rung"], condition=Q(answered_at__isnull=True), name="one_page_per_case_and_rung"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["made_at"], name="page_unanswered", condition=Q(answered_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"page {self.rung} for {self.case}"


class DutyMailKind(models.TextChoices):
    NOBODY_ON_CALL = "nobody_on_call", "Nobody on call"
    UNANSWERED = "unanswered", "Nobody answered"
    TAKEN_OVER = "taken_over", "Taken over at night"


# What the leads hear of; the third is for whoever the case was taken from.
ALARMS = (DutyMailKind.NOBODY_ON_CALL, DutyMailKind.UNANSWERED)


class DutyMail(models.Model):
    """One e-mail about a case that pages: to the leads, or to `user_id`, who worked on it by day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="duty_mails")
    kind = models.CharField(max_length=16, choices=DutyMailKind.choices)
    user_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("made_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=DutyMailKind.values), name="duty_mail_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=DutyMailKind.TAKEN_OVER, user_id__isnull=False)
                | (~Q(kind=DutyMailKind.TAKEN_OVER) & Q(user_id__isnull=True)),
                name="duty_mail_has_its_reader",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["made_at"], name="duty_mail_waits", condition=Q(mailed_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.case}"


class CallOutcome(models.TextChoices):
    """What became of one try to reach a family by phone."""

    REACHED = "reached", "Reached"
    NO_ANSWER = "no_answer", "Nobody answered"
    SOMEBODY_ELSE = "somebody_else", "Somebody else answered: I hung up"
    VOICEMAIL = "voicemail", "Left a message, as they allowed"
    WRONG_NUMBER = "wrong_number", "Wrong number, or out of service"


class CallAttempt(models.Model):
    """One try to reach a family by phone."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="call_attempts")
    user_id = models.BigIntegerField()
    outcome = models.CharField(max_length=16, choices=CallOutcome.choices)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.outcome} for {self.case}"
