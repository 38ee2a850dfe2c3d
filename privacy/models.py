"""Sealed documents, readers' keys, what is due to be destroyed and what was; wrapped keys in the `keys` database."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class DocumentKind(models.TextChoices):
    """What a sealed document holds; docs/architecture.md says who may read which."""

    CONTACT = "contact", "Contact"
    FACTS = "facts", "Facts that decide"
    NAMES = "names", "Names"
    FILE = "file", "File"
    NOTES = "notes", "Notes"
    # On its way only: the worker makes indexes of it and destroys it.
    LOOKUP = "lookup", "Look-up"


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
        indexes: ClassVar = [
            # What waits for the worker, which looks every minute.
            models.Index(fields=["case_id"], name="lookup_waiting", condition=Q(kind="lookup"))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class ReaderKey(models.Model):
    """The public half of a reader's key pair: everybody can seal for the reader with it, nobody can open.

    A reader is an organization (by its slug) or the worker. Rotation retires a row and adds one; a retired key goes
    on opening what is not wrapped anew yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reader = models.CharField(max_length=60)
    public = models.BinaryField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    # Somebody who could open it has left: the next member who unlocks makes a new pair.
    rotation_wanted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reader"], condition=Q(retired_at__isnull=True), name="one_key_in_use_per_reader"
            )
        ]

    def __str__(self) -> str:
        return f"key {self.id} of {self.reader}"


class HolderKey(models.Model):
    """A key pair of a person, or of an organization's printed recovery key; in the `keys` database.

    `private` is sealed under Argon2id of the holder's passphrase (or of the recovery key) with this row's salt and
    cost. What a holder may open stands in `KeyGrant`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # "member <account id>" or "recovery <reader>".
    holder = models.CharField(max_length=80, unique=True)
    public = models.BinaryField()
    private = models.BinaryField()
    salt = models.BinaryField()
    memory_cost = models.PositiveIntegerField()
    time_cost = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"key of {self.holder}"


class KeyGrant(models.Model):
    """A reader's private key, sealed to one holder; in the `keys` database."""

    # The `ReaderKey`, which stands in the other database.
    reader_key_id = models.UUIDField()
    holder = models.ForeignKey(HolderKey, on_delete=models.CASCADE, related_name="grants")
    sealed = models.BinaryField()
    # Made with the private key over the holder's public key: a row that somebody else planted has none.
    vouched = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reader_key_id", "holder"], name="one_grant_per_key_and_holder")
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} may open with {self.reader_key_id}"


class WrappedKey(models.Model):
    """A document's data key, wrapped for one reader; lives in the `keys` database alone."""

    document_id = models.UUIDField()
    case_id = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    reader = models.CharField(max_length=60)
    # Which of the reader's key pairs it is wrapped under.
    reader_key_id = models.UUIDField(db_index=True)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document_id", "reader"], name="one_wrap_per_document_and_reader")
        ]

    def __str__(self) -> str:
        return f"{self.reader} → {self.document_id}"


class KeyDestruction(models.Model):
    """The intent to destroy wraps of a case, a row of the change that causes it; carried out in `keys` when due."""

    case_id = models.UUIDField(db_index=True)
    # A retention rule's code, or "access" for what a transition takes away at once.
    reason = models.CharField(max_length=30, default="access")
    # Empty means every kind.
    kinds = models.JSONField(default=list)
    # Only these readers' wraps; empty means everybody's but `keep_readers`.
    readers = models.JSONField(default=list)
    keep_readers = models.JSONField(default=list)
    # Nothing of the case stays: its return codes and indexes go too.
    ends_case = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    carried_out_at = models.DateTimeField(null=True)
    # The case was taken up again before it was due.
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(carried_out_at__isnull=True) | Q(cancelled_at__isnull=True), name="destroyed_or_cancelled"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="destruction_pending",
                condition=Q(carried_out_at__isnull=True, cancelled_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"destroy wraps of {self.case_id}"


class LegalHold(models.Model):
    """Nothing scheduled is destroyed of a case while a hold stands: after a demand that would be a crime."""

    case_id = models.UUIDField()
    # The `LegalDemand` that caused it, if one did.
    demand_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField()
    placed_by_user_id = models.BigIntegerField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            # Two, because SQLite does not know NULLS NOT DISTINCT.
            models.UniqueConstraint(
                fields=["case_id", "demand_id"], condition=Q(lifted_at__isnull=True), name="one_hold_per_demand"
            ),
            models.UniqueConstraint(
                fields=["case_id"],
                condition=Q(lifted_at__isnull=True, demand_id__isnull=True),
                name="one_hold_without_demand",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by_user_id__isnull=True)
                | Q(lifted_at__gte=F("placed_at"), lifted_by_user_id__isnull=False),
                name="hold_lifted_by_somebody",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["case_id"], name="hold_in_force", condition=Q(lifted_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"hold on {self.case_id}"


class TombstoneFields(models.Model):
    """What was destroyed, without saying of whom: one line of a hash-chained log (privacy/tombstones.py)."""

    sequence = models.PositiveIntegerField(primary_key=True)
    # SHA-256 of the case's id, so that a copy of the log alone names no case.
    case_hash = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=30)
    # {"kinds": […], "readers": […], "keep_readers": […], "wraps": n, "documents": […ids], "indexes": n, "codes": n}
    destroyed = models.JSONField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"tombstone {self.sequence}"


class Tombstone(TombstoneFields):
    """The log in the main database: what a restored copy of `keys` must destroy again."""


class KeyTombstone(TombstoneFields):
    """The same log in the `keys` database: what a restored copy of the main one must destroy again."""


class BlindIndex(models.Model):
    """20 bits of a keyed hash of a phone, A-number or person (privacy/indexes.py), by which cases are found; in `keys`.

    The worker writes it; the worker's file and the hotline hold its key. Different numbers may share a value, so a hit
    is confirmed by opening. It dies with the case.
    """

    case_id = models.UUIDField(db_index=True)
    purpose = models.CharField(max_length=10)
    value = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purpose", "value", "case_id"], name="one_index_row_per_value_and_case"),
            models.CheckConstraint(condition=Q(value__lt=2**20), name="index_has_20_bits"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.case_id}"


class IndexKeyGrant(models.Model):
    """The key of the blind indexes, sealed to a reader's key pair (the hotline's); in the `keys` database."""

    reader_key_id = models.UUIDField(primary_key=True)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"index key for {self.reader_key_id}"


class ReturnCode(models.Model):
    """Finds a draft or a case by its family's return code; nothing quicker than Argon2id leads from code to row."""

    lookup_id = models.BinaryField(max_length=16, unique=True)
    # A draft's id until submission, the case's id from then on.
    draft_id = models.UUIDField(null=True, unique=True)
    case_id = models.UUIDField(null=True, db_index=True)
    # Whose code it is, by the subject of their sealed contact, once two people have one for the same case.
    contact_id = models.UUIDField(null=True)
    # The case it led to before that one was joined to another: its family goes on reading that case's number.
    first_case_id = models.UUIDField(null=True)
    # One of several people wants nothing more; the case goes on for the others.
    taken_back_at = models.DateTimeField(null=True)
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


class CodeVisit(models.Model):
    """A browser in which the right code was typed a moment ago; only a hash of the token in its cookie is kept.

    It dies with the code: a new one, or the end of the case, takes it away.
    """

    # SHA-256 of 256 random bits: nothing to guess, so nothing slower is needed.
    token_hash = models.BinaryField(max_length=32, unique=True)
    code = models.ForeignKey(ReturnCode, on_delete=models.CASCADE, related_name="visits")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"visit {self.pk}"


class DraftKey(models.Model):
    """A draft's random key under its return code's key and under its browser cookie's key; in the `keys` database."""

    draft_id = models.UUIDField(primary_key=True)
    under_code = models.BinaryField(null=True)
    under_cookie = models.BinaryField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"key of draft {self.draft_id}"
