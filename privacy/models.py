"""Sealed documents (main database), their wrapped keys (`keys` database) and return codes."""

import uuid
from typing import ClassVar

from django.db import models


class DocumentKind(models.TextChoices):
    """What a sealed document holds; docs/architecture.md says who may read which."""

    CONTACT = "contact", "Contact"
    FACTS = "facts", "Facts that decide"
    NAMES = "names", "Names"
    FILE = "file", "File"
    NOTES = "notes", "Notes"


class SealedDocument(models.Model):
    """One version of one sealed document. Without a wrapped key in the `keys` database it is noise."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    # Tells two people's contacts (or two notes) of one case apart; each has versions of its own.
    subject = models.UUIDField()
    version = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("case_id", "kind", "subject", "version")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case_id", "kind", "subject", "version"], name="one_row_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class WrappedKey(models.Model):
    """A document's data key, wrapped for one reader; lives in the `keys` database alone."""

    document_id = models.UUIDField()
    case_id = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    reader = models.CharField(max_length=60)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document_id", "reader"], name="one_wrap_per_document_and_reader")
        ]

    def __str__(self) -> str:
        return f"{self.reader} → {self.document_id}"


class KeyDestruction(models.Model):
    """The intent to destroy wraps of a case, a row of the change that causes it; carried out in `keys` afterwards."""

    case_id = models.UUIDField(db_index=True)
    # Empty means every kind.
    kinds = models.JSONField(default=list)
    keep_readers = models.JSONField(default=list)
    created_at = models.DateTimeField()
    carried_out_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"], name="destruction_pending", condition=models.Q(carried_out_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"destroy wraps of {self.case_id}"


class ReturnCode(models.Model):
    """Finds a draft or a case by its family's return code; nothing quicker than Argon2id leads from code to row."""

    lookup_id = models.BinaryField(max_length=16, unique=True)
    # A draft's id until submission, the case's id from then on.
    draft_id = models.UUIDField(null=True, unique=True)
    case_id = models.UUIDField(null=True, db_index=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(draft_id__isnull=True) ^ models.Q(case_id__isnull=True),
                name="code_leads_to_draft_or_case",
            )
        ]

    def __str__(self) -> str:
        return f"code of {self.case_id or self.draft_id}"


class DraftKey(models.Model):
    """A draft's random key under its return code's key and under its browser cookie's key; in the `keys` database."""

    draft_id = models.UUIDField(primary_key=True)
    under_code = models.BinaryField(null=True)
    under_cookie = models.BinaryField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"key of draft {self.draft_id}"
