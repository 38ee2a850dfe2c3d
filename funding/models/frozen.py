"""Frozen releases: what was published of a quarter, what it counted, and what it left in doubt. Append-only."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Level(models.TextChoices):
    """How much of a quarter is published (funding/releases/hide.py)."""

    TABLES = "tables", "Tables"
    MARGINS = "margins", "Totals only"
    NOTHING = "nothing", "Nothing"


class Format(models.TextChoices):
    JSON = "json", "JSON"
    CSV = "csv", "CSV"
    XLSX = "xlsx", "Spreadsheet"
    PDF = "pdf", "PDF"


class Release(models.Model):
    """A closed quarter as it was published, once. The rows are a hash-chained log (funding/releases/freezing.py).

    `sha256` is over the hashes of its documents and the `sha256` of the release before. Of the level "nothing" there
    are no documents. `reasons`: why less than the tables is shown, as kinds of breach.
    """

    quarter = models.CharField(max_length=6, unique=True)
    level = models.CharField(max_length=8, choices=Level.choices)
    reasons = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField()
    previous_sha256 = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("-quarter",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(level__in=Level.values), name="release_level_known")
        ]

    def __str__(self) -> str:
        return self.quarter


class ReleaseDocument(models.Model):
    """The bytes of one document: the public edition, or with the row of one funder, for that funder alone."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="documents")
    # Empty: the public's. Else the slug of the funder's organization.
    edition = models.CharField(max_length=50, blank=True)
    format = models.CharField(max_length=4, choices=Format.choices)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("release", "edition", "format")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "edition", "format"], name="one_document_per_edition"),
            models.CheckConstraint(condition=Q(format__in=Format.values), name="release_format_known"),
        ]

    def __str__(self) -> str:
        return f"{self.release} {self.edition} {self.format}"


class CountedFact(models.Model):
    """Which release counted what (funding/releases/reading.py), such as "closed" and a case's id: each thing once."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="facts")
    fact = models.CharField(max_length=120, unique=True)

    def __str__(self) -> str:
        return self.fact


class WaitingLink(models.Model):
    """What a later release must leave one reader in doubt about: how many waited at the end of this one.

    It is all that links releases (funding/releases/links.py). `reader`: a provider's code; empty is everybody.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="links")
    reader = models.CharField(max_length=20, blank=True)
    waiting = models.PositiveIntegerField()
    lowest = models.PositiveIntegerField()
    highest = models.PositiveIntegerField(null=True)
    above = models.PositiveIntegerField()
    below = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "reader"], name="one_link_per_reader"),
            models.CheckConstraint(
                condition=Q(lowest__lte=models.F("waiting"))
                & (Q(highest__isnull=True) | Q(highest__gte=models.F("waiting"))),
                name="waiting_within_its_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release} {self.reader}"
