"""Grants, commitments, the double-entry ledger and the frozen releases to funders. Integer cents, US dollars."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Organization
from providers.dated import DatedRow
from providers.models import Provider


class Grant(models.Model):
    """Money a funder gave for a period. `committed_cents` is what open and paid commitments take of it."""

    funder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="grants")
    name = models.CharField(max_length=120)
    award_cents = models.PositiveBigIntegerField()
    committed_cents = models.PositiveBigIntegerField(default=0)
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ("ends_on", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(committed_cents__lte=F("award_cents")), name="grant_never_over_award"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="grant_dates_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class StagePrice(DatedRow):
    """What the fund pays a provider for one stage of a case of a type; `*` prices every type without its own row."""

    case_type = models.CharField(max_length=12)
    stage = models.CharField(max_length=20)
    cents = models.PositiveIntegerField()

    class Meta(DatedRow.Meta):
        ordering = ("case_type",)
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["case_type", "valid_from"], name="stageprice_one_row_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.case_type}: {self.stage}"


class CommitmentState(models.TextChoices):
    OPEN = "open", "Committed"
    UNFUNDED = "unfunded", "No money left: unfunded"
    PAID = "paid", "Paid"
    RELEASED = "released", "Released"


class Commitment(models.Model):
    """Money promised for one stage of one case to one provider; found by the case's public reference, never a name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_id = models.UUIDField(db_index=True)
    case_reference = models.CharField(max_length=7)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="commitments")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, null=True, related_name="commitments")
    stage = models.CharField(max_length=20)
    cents = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=CommitmentState.choices)
    # The acceptance in the case's event log that this commitment follows.
    accepted_event = models.UUIDField(unique=True)
    # When the provider accepted: the day that picks price and grant.
    committed_at = models.DateTimeField()

    class Meta:
        ordering = ("-committed_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case_id", "stage", "provider"], name="one_commitment_per_stage"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "paid"], grant__isnull=False)
                | Q(state="unfunded", grant__isnull=True)
                | Q(state="released"),
                name="commitment_funded_or_unfunded",
            ),
        ]
        indexes: ClassVar = [
            # The money page: unfunded before open, the oldest first.
            models.Index(fields=["-state", "committed_at"], name="commitment_by_state"),
            # How far the case log has been followed.
            models.Index(fields=["committed_at"], name="commitment_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.case_reference} {self.stage}"


class Account(models.TextChoices):
    """The accounts of the ledger."""

    CASH = "cash", "Cash"
    NET_ASSETS = "net_assets", "Net assets with donor restrictions"
    PROGRAM_EXPENSE = "program_expense", "Program expense"


class JournalEntry(models.Model):
    """A posting; its lines' debits equal their credits. Append-only: a correction is a reversal."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    posted_on = models.DateField()
    description = models.CharField(max_length=40)
    posted_by_user_id = models.BigIntegerField(null=True)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-posted_on", "-created_at")

    def __str__(self) -> str:
        return f"{self.description} {self.posted_on}"


class JournalLine(models.Model):
    """One side of a posting: a debit or a credit to one account of one grant."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(max_length=20, choices=Account.choices)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="journal_lines")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="+")
    debit_cents = models.PositiveBigIntegerField(default=0)
    credit_cents = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(debit_cents=0) & Q(credit_cents__gt=0)) | (Q(credit_cents=0) & Q(debit_cents__gt=0)),
                name="line_is_debit_or_credit",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.debit_cents - self.credit_cents}"


class Disbursement(models.Model):
    """Money paid to a provider for one commitment."""

    commitment = models.OneToOneField(Commitment, on_delete=models.PROTECT, related_name="disbursement")
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="disbursement")
    paid_on = models.DateField()
    recorded_by_user_id = models.BigIntegerField()

    class Meta:
        ordering = ("-paid_on",)

    def __str__(self) -> str:
        return f"paid {self.commitment}"


class Release(models.Model):
    """A quarter's table for funders: made once from a closed quarter, the same bytes for ever."""

    quarter = models.CharField(max_length=6, unique=True)
    table = models.TextField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-quarter",)

    def __str__(self) -> str:
        return self.quarter


class ReleasedDisbursement(models.Model):
    """Which release counted a disbursement; one not yet counted goes into the next."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="counted")
    disbursement = models.OneToOneField(Disbursement, on_delete=models.PROTECT, related_name="counted_in")

    def __str__(self) -> str:
        return f"{self.release}"
