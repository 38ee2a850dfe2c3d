"""How long what was sealed may still be read: dated rows, and the rule a case ends by."""

from typing import ClassVar

from django.db import models

from privacy.models import DocumentKind
from providers.dated import DatedRow


class RetentionTrigger(models.TextChoices):
    """What starts a rule's days."""

    CLOSED = "closed", "Case closed"
    NOT_ELIGIBLE = "not_eligible", "Case found not eligible"
    WITHDRAWN = "withdrawn", "Case withdrawn"
    DUPLICATE = "duplicate", "Case is a duplicate"
    LOST_CONTACT = "lost_contact", "Contact lost"
    HANDED_OVER = "handed_over", "Provider has the file in its own system"


class RetentionReaders(models.TextChoices):
    """Who can read no longer."""

    ALL = "all", "Nobody reads it any more"
    HOTLINE = "hotline", "The hotline does not read it any more"


class RetentionRule(DatedRow):
    """So many days after a trigger, these documents become unreadable for these readers.

    `kinds` empty means every document. A rule that `ends_case` also ends the family's code and the search.
    The rule in force on the day of the trigger counts for the case.
    """

    code = models.SlugField(max_length=30)
    trigger = models.CharField(max_length=20, choices=RetentionTrigger.choices)
    kinds = models.JSONField(default=list, blank=True)
    readers = models.CharField(max_length=10, choices=RetentionReaders.choices, default=RetentionReaders.ALL)
    days = models.PositiveSmallIntegerField()
    ends_case = models.BooleanField(default=False)

    class Meta(DatedRow.Meta):
        ordering = ("trigger", "days", "code")
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["code", "valid_from"], name="retentionrule_one_per_day"),
            models.CheckConstraint(
                condition=models.Q(trigger__in=RetentionTrigger.values), name="retentionrule_trigger_known"
            ),
        ]

    def __str__(self) -> str:
        what = ", ".join(DocumentKind(kind).label.lower() for kind in self.kinds) or "everything"
        return f"{self.get_trigger_display()}: {what} after {self.days} days"
