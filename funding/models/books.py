"""Grants, commitments, the double-entry ledger and the frozen releases to funders."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Organization
from providers.dated import DatedRow
from providers.models import Provider


class GrantKind(models.TextChoices):
    PROGRAM = "program", "Pays for legal help"
    # A restricted fund of its own, that revolves: what comes back of a bond pays the next.
    BOND_POOL = "bond_pool", "Bond pool"


class CostType(models.TextChoices):
    """What money is spent on."""

    STAGE = "stage", "Legal help, by stage"
    DIRECT = "direct", "Direct costs: fees, experts, translation"
    ADMIN = "admin", "Administration"


class HeldOrNot(models.TextChoices):
    ANY = "any", "Held or not"
    HELD = "held", "Held when the stage began"
    NOT_HELD = "not_held", "Not held when the stage began"


class Grant(models.Model):
    """Money a funder gave for a period. `committed_cents` is what open and paid commitments take of it.

    What it is restricted to: an empty list of case types or cost types is any. `admin_cap_percent` of the award may go
    to administration. Of a bond pool `committed_cents` is what is out on bonds.
    """

    funder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="grants")
    name = models.CharField(max_length=120)
    award_cents = models.PositiveBigIntegerField()
    committed_cents = models.PositiveBigIntegerField(default=0)
    starts_on = models.DateField()
    ends_on = models.DateField()
    kind = models.CharField(max_length=10, choices=GrantKind.choices, default=GrantKind.PROGRAM)
    case_types = models.JSONField(default=list, blank=True)
    cost_types = models.JSONField(default=list, blank=True)
    custody = models.CharField(max_length=8, choices=HeldOrNot.choices, default=HeldOrNot.ANY)
    residents_only = models.BooleanField("only for people who live in Minneapolis", default=False)
    admin_cap_percent = models.PositiveSmallIntegerField(default=0)
    # Parts of `committed_cents` and of the award, each with its own bound.
    admin_cents = models.PositiveBigIntegerField(default=0)
    budgeted_cents = models.PositiveBigIntegerField(default=0)
    # What went back to the funder after the end.
    returned_cents = models.PositiveBigIntegerField(default=0)
    # The clock's marks: when staff were told of the end, and when what was still open went to the next grants.
    end_told_on = models.DateField(null=True)
    closed_out_on = models.DateField(null=True)

    class Meta:
        ordering = ("ends_on", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(award_cents__gte=F("committed_cents") + F("returned_cents")),
                name="grant_never_over_award",
            ),
            models.CheckConstraint(
                condition=Q(admin_cents__lte=F("award_cents") * F("admin_cap_percent") / 100),
                name="grant_administration_within_cap",
            ),
            models.CheckConstraint(condition=Q(admin_cap_percent__lte=100), name="grant_administration_cap_is_percent"),
            models.CheckConstraint(condition=Q(budgeted_cents__lte=F("award_cents")), name="grant_budget_within_award"),
            models.CheckConstraint(condition=Q(kind__in=GrantKind.values), name="grant_kind_known"),
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
    # The event in the case's log that this commitment follows: an acceptance, or the start of the stage; of direct
    # costs the allowance.
    accepted_event = models.UUIDField()
    # When the provider accepted or began: the day that picks price and grant.
    committed_at = models.DateTimeField()
    cost_type = models.CharField(
        max_length=8, choices=CostType.choices, default=CostType.STAGE, db_default=CostType.STAGE.value
    )
    # What grants may be restricted to, as it was then; null is not known.
    case_type = models.CharField(max_length=12, blank=True, default="", db_default="")
    is_held = models.BooleanField(null=True)
    is_resident = models.BooleanField(null=True)
    # Released after this day unless it is on an invoice; null for those from before there were days.
    expires_on = models.DateField(null=True)
    # Above what one case may cost: it waits for an allowance, whatever money there is.
    is_over_cap = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ("-committed_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case_id", "stage", "provider"], name="one_commitment_per_stage"),
            models.UniqueConstraint(fields=["accepted_event", "stage"], name="one_commitment_per_event_and_stage"),
            models.CheckConstraint(
                condition=Q(is_over_cap=False) | Q(state__in=["unfunded", "released"]), name="over_cap_is_not_funded"
            ),
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
            models.Index(fields=["expires_on"], name="commitment_unpaid", condition=Q(state__in=["open", "unfunded"])),
        ]

    def __str__(self) -> str:
        return f"{self.case_reference} {self.stage}"


class Account(models.TextChoices):
    """The accounts of the ledger."""

    CASH = "cash", "Cash"
    NET_ASSETS = "net_assets", "Net assets with donor restrictions"
    RELEASED = "released", "Net assets released from restriction"
    PROGRAM_EXPENSE = "program_expense", "Program expense"
    ADMIN_EXPENSE = "admin_expense", "Administration"
    BOND_RECEIVABLE = "bond_receivable", "Bonds to come back"
    BOND_LIABILITY = "bond_liability", "Owed to payers of bonds"
    BOND_LOSS = "bond_loss", "Bonds lost"


class JournalEntry(models.Model):
    """A posting; its lines' debits equal their credits. Append-only: a correction is a reversal.

    It says how many lines it has, so that nobody appends more to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    posted_on = models.DateField()
    description = models.CharField(max_length=40)
    posted_by_user_id = models.BigIntegerField(null=True)
    line_count = models.PositiveSmallIntegerField(default=0, db_default=0)
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
    # Of an expense, what it was for.
    cost_type = models.CharField(max_length=8, choices=CostType.choices, blank=True, default="", db_default="")
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
