"""The unsent draft of a family's answers, sealed from the first one, and the notices they were shown."""

import uuid
from typing import ClassVar

from django.db import models


class Draft(models.Model):
    """Answers on the way, sealed under a random key that only the browser's cookie or the return code unwraps.

    After submission the same row keeps, for a day, only what the last page shows again (code and reference).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.BinaryField()
    language = models.CharField(max_length=8)
    # Counts saves: a page sent from a stale tab or a back button is told so instead of overwriting newer answers.
    revision = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft {self.id}"


class NoticeShown(models.Model):
    """Which version of the notice a family was shown, in which language and channel, before the first answer."""

    draft_id = models.UUIDField(null=True, unique=True)
    case_id = models.UUIDField(null=True, db_index=True)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=8)
    channel = models.CharField(max_length=8)
    shown_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(draft_id__isnull=True) ^ models.Q(case_id__isnull=True),
                name="notice_of_draft_or_case",
            )
        ]

    def __str__(self) -> str:
        return f"notice {self.version} {self.language}"
