"""Invoices of providers, who approved them, the files that pay them, and what the bank says."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Organization
from funding.models.books import Commitment, JournalEntry
from funding.models.terms import Allowance, Bond
from providers.models import Provider


class InvoiceState(models.TextChoices):
    DRAFT = "draft", "Being prepared"
    SUBMITTED = "submitted", "Waits for approval"
    RETURNED = "returned", "Returned to the provider"
    APPROVED = "approved", "Approved, to be paid"
    PAID = "paid", "Paid"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ReturnReason(models.TextChoices):
    """Why finance returns an invoice: codes, since typed words could name somebody."""

    WRONG_STAGE = "wrong_stage", "A stage was not reached"
    WRONG_DAY = "wrong_day", "A day is wrong"
    TWICE = "twice", "Billed before"
    ASK_US = "ask_us", "Please call finance"


class Invoice(models.Model):
    """What a provider asks to be paid for stages of its cases.

    `revision` goes up with every change, and is a part of what approvers sign: a change after the first approval voids
    it. `approved_sha256` is what they signed. `payee` and `payee_name` are whom the bank pays, copied when it is sent,
    and so is `sent_before`: {organization id: cents that its grants carry of what was sent shortly before without its
    signature}.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="invoices")
    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=10, choices=InvoiceState.choices, default=InvoiceState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    created_by_user_id = models.BigIntegerField()
    changed_by_user_id = models.BigIntegerField()
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_sha256 = models.CharField(max_length=64, blank=True)
    payee = models.CharField(max_length=15, blank=True, default="", db_default="")
    payee_name = models.CharField(max_length=22, blank=True, default="", db_default="")
    sent_before = models.JSONField(default=dict, blank=True, db_default={})
    return_reason = models.CharField(max_length=12, choices=ReturnReason.choices, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=InvoiceState.values), name="invoice_state_known"),
            models.CheckConstraint(
                condition=(Q(state__in=["approved", "paid"], approved_at__isnull=False) & ~Q(approved_sha256=""))
                | (~Q(state__in=["approved", "paid"]) & Q(approved_at__isnull=True, approved_sha256="")),
                name="invoice_approved_with_a_hash",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn", "returned"]) | Q(submitted_at__isnull=False),
                name="invoice_submitted_at_a_time",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "submitted_at"], name="invoice_by_state")]

    def __str__(self) -> str:
        return self.number


class InvoiceMaker(models.Model):
    """An account that made or changed an invoice: none of them signs it. Append-only."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="makers")
    user_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["invoice", "user_id"], name="invoicemaker_once")]

    def __str__(self) -> str:
        return f"{self.invoice} by {self.user_id}"


class InvoiceLine(models.Model):
    """One stage of one case on an invoice. Live until the invoice is withdrawn: a commitment is on one live line."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="invoice_lines")
    case_reference = models.CharField(max_length=7)
    stage = models.CharField(max_length=20)
    # The day of the cost: when the stage was done.
    worked_on = models.DateField()
    cents = models.PositiveIntegerField()
    is_live = models.BooleanField(default=True)

    class Meta:
        ordering = ("case_reference", "stage", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["commitment"], condition=Q(is_live=True), name="stage_billed_once"),
            models.CheckConstraint(condition=Q(cents__gt=0), name="invoice_line_is_money"),
        ]

    def __str__(self) -> str:
        return f"{self.case_reference} {self.stage}"


class Approval(models.Model):
    """One of the signatures under an invoice, an allowance or a bond: over `sha256` of what was seen. Append-only.

    One by finance, one by an approver, neither of them who prepared it; of a large invoice one more by each `funder`
    that carries so much of it. One that was given to an earlier revision stays here and counts for nothing.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="approvals")
    allowance = models.ForeignKey(Allowance, on_delete=models.PROTECT, null=True, related_name="approvals")
    bond = models.ForeignKey(Bond, on_delete=models.PROTECT, null=True, related_name="approvals")
    sha256 = models.CharField(max_length=64)
    role = models.CharField(max_length=20)
    funder = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    user_id = models.BigIntegerField()
    prepared_by_user_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(role__in=["finance", "approver"], funder__isnull=True)
                | Q(role="funder", funder__isnull=False, invoice__isnull=False),
                name="approval_by_the_funds_office",
            ),
            models.UniqueConstraint(fields=["invoice", "sha256", "funder"], name="approval_invoice_once_per_funder"),
            models.CheckConstraint(condition=~Q(user_id=F("prepared_by_user_id")), name="approval_not_by_its_maker"),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, allowance__isnull=True, bond__isnull=True)
                | Q(invoice__isnull=True, allowance__isnull=False, bond__isnull=True)
                | Q(invoice__isnull=True, allowance__isnull=True, bond__isnull=False),
                name="approval_of_one_thing",
            ),
            *(
                models.UniqueConstraint(
                    fields=[thing, "sha256", "role"],
                    condition=Q(role__in=["finance", "approver"]),
                    name=f"approval_{thing}_once_per_role",
                )
                for thing in ("invoice", "allowance", "bond")
            ),
            *(
                models.UniqueConstraint(fields=[thing, "sha256", "user_id"], name=f"approval_{thing}_once_per_user_id")
                for thing in ("invoice", "allowance", "bond")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.at:%Y-%m-%d}"


class PaymentFile(models.Model):
    """A file for the bank, as it left: NACHA-style CSV, frozen with its hash. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    pays_on = models.DateField()
    cents = models.PositiveBigIntegerField()
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    made_by_user_id = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"Payment file {self.number}"


class PaymentItem(models.Model):
    """One invoice in a payment file, by the trace number the bank's statement shows.

    `returned_on`: when the bank gave the money back; the invoice can then be paid again, by a later file.
    """

    file = models.ForeignKey(PaymentFile, on_delete=models.PROTECT, related_name="items")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    trace = models.CharField(max_length=15, unique=True)
    cents = models.PositiveBigIntegerField()
    returned_on = models.DateField(null=True)

    class Meta:
        ordering = ("file", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice"], condition=Q(returned_on__isnull=True), name="invoice_paid_once")
        ]

    def __str__(self) -> str:
        return self.trace


class PaidLine(models.Model):
    """The posting by which a payment paid one line of its invoice. Append-only."""

    item = models.ForeignKey(PaymentItem, on_delete=models.PROTECT, related_name="paid_lines")
    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="paid_line")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "line"], name="line_paid_once_per_payment")]

    def __str__(self) -> str:
        return f"{self.item} {self.line}"


class BankStatement(models.Model):
    """A statement that was read in, once: known by the hash of its bytes.

    `known_lines`: how many of its lines an earlier, overlapping one had brought; they are not kept again.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    known_lines = models.PositiveIntegerField(default=0, db_default=0)
    imported_by_user_id = models.BigIntegerField()
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ("-imported_at",)

    def __str__(self) -> str:
        return f"statement {self.sha256[:8]}"


class BankOutcome(models.TextChoices):
    MATCHED = "matched", "Is a payment of ours"
    OTHER_AMOUNT = "other_amount", "Our trace number, another amount"
    AGAIN = "again", "Our trace number, taken a second time"
    RETURNED = "returned", "A payment of ours came back"
    UNKNOWN = "unknown", "Not a payment from here"


class BankLine(models.Model):
    """A line of a bank statement: the bank's words are not kept, they may name people.

    `cents` is negative for money that left the account.
    """

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    line = models.PositiveIntegerField()
    booked_on = models.DateField()
    cents = models.BigIntegerField()
    outcome = models.CharField(max_length=12, choices=BankOutcome.choices)
    item = models.ForeignKey(PaymentItem, on_delete=models.PROTECT, null=True, related_name="bank_lines")

    class Meta:
        ordering = ("statement", "line")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["statement", "line"], name="bankline_once"),
            models.UniqueConstraint(
                fields=["item", "outcome"],
                condition=Q(outcome__in=["matched", "returned"]),
                name="payment_matched_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome="unknown", item__isnull=True) | (~Q(outcome="unknown") & Q(item__isnull=False)),
                name="bankline_names_its_payment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.cents}"
