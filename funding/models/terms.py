"""On what terms money is promised: budget lines, agreements and prices, caps, splits, allowances, bonds, months."""

import uuid
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from funding.models.books import Commitment, CostType, Grant
from funding.payment_file import PAYEE
from providers.dated import DatedRow
from providers.models import Provider


class BudgetLine(models.Model):
    """A part of a grant for one type of cost; a grant without lines may spend all of it on whatever it allows."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="budget_lines")
    name = models.CharField(max_length=80)
    cost_type = models.CharField(max_length=8, choices=CostType.choices)
    cents = models.PositiveBigIntegerField()
    committed_cents = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ("grant", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["grant", "name"], name="budgetline_named_once"),
            models.CheckConstraint(condition=Q(committed_cents__lte=F("cents")), name="budgetline_never_over"),
        ]

    def __str__(self) -> str:
        return f"{self.grant}: {self.name}"


class MoneyRule(DatedRow):
    """What the fund allows on a day: what one case may cost, and for how long a commitment waits for its invoice.

    What is open of a grant that ended can be invoiced for `days_after_grant_end` more days, then others take over.
    A funder whose grants carry more than `funder_signature_cents` of one invoice, or of it and what the provider sent
    in the `funder_signature_days` before, signs it too; no cents: no funder signs.
    """

    case_cap_cents = models.PositiveIntegerField()
    commitment_days = models.PositiveSmallIntegerField()
    days_after_close = models.PositiveSmallIntegerField()
    days_after_grant_end = models.PositiveSmallIntegerField(default=30, db_default=30)
    funder_signature_cents = models.PositiveBigIntegerField(null=True, blank=True)
    funder_signature_days = models.PositiveSmallIntegerField(default=30, db_default=30)

    class Meta(DatedRow.Meta):
        ordering = ("valid_from",)
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["valid_from"], name="moneyrule_one_row_per_day"),
        ]

    def __str__(self) -> str:
        return f"rules from {self.valid_from}"


class ProviderAgreement(DatedRow):
    """The contract with a provider; its prices count before those of the fund's list.

    `payee` is the bank's own number for the provider: account numbers stay at the bank.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="agreements")
    payee = models.CharField(
        max_length=15,
        validators=[RegexValidator(rf"^{PAYEE.pattern}\Z", "Letters, digits, blanks and ./- alone, no blank first.")],
    )

    class Meta(DatedRow.Meta):
        ordering = ("provider__code", "valid_from")
        constraints: ClassVar = [
            *DatedRow.Meta.constraints,
            models.UniqueConstraint(fields=["provider", "valid_from"], name="agreement_one_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} from {self.valid_from}"


class AgreementPrice(models.Model):
    """What the agreement pays for one stage."""

    agreement = models.ForeignKey(ProviderAgreement, on_delete=models.CASCADE, related_name="prices")
    stage = models.CharField(max_length=20)
    cents = models.PositiveIntegerField()

    class Meta:
        ordering = ("agreement", "stage")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "stage"], name="agreementprice_one_per_stage")
        ]

    def __str__(self) -> str:
        return f"{self.agreement}: {self.stage}"


class CaseAccount(models.Model):
    """What is promised and paid for one case together, whoever works on it, and how much that may be."""

    case_id = models.UUIDField(primary_key=True)
    case_reference = models.CharField(max_length=7)
    cap_cents = models.PositiveBigIntegerField()
    committed_cents = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(committed_cents__lte=F("cap_cents")), name="case_never_over_its_cap")
        ]

    def __str__(self) -> str:
        return self.case_reference


class CaseSplit(models.Model):
    """A grant's part of every later commitment of one case, in hundredths; the parts of a case add up to 100."""

    case_id = models.UUIDField()
    case_reference = models.CharField(max_length=7)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="+")
    percent = models.PositiveSmallIntegerField()
    set_by_user_id = models.BigIntegerField()
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("case_id", "grant")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case_id", "grant"], name="casesplit_one_part_per_grant"),
            models.CheckConstraint(condition=Q(percent__gte=1, percent__lte=99), name="casesplit_is_a_part"),
        ]

    def __str__(self) -> str:
        return f"{self.case_reference}: {self.percent} %"


class CommitmentShare(models.Model):
    """What one grant carries of a commitment; the shares of an open or paid commitment add up to it."""

    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, related_name="shares")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="shares")
    budget_line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, null=True, related_name="+")
    cents = models.PositiveIntegerField()

    class Meta:
        ordering = ("commitment", "grant")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["commitment", "grant"], name="one_share_per_grant"),
            models.CheckConstraint(condition=Q(cents__gt=0), name="share_is_money"),
        ]

    def __str__(self) -> str:
        return f"{self.grant}: {self.cents}"


class FollowedEvent(models.Model):
    """An event of the case log that money has followed. `at` is the event's own time."""

    event_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.event_id)


class FailedEvent(models.Model):
    """An event of the case log that could not be followed: tried by every run until it is, however old it gets."""

    event_id = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.event_id)


class RequestState(models.TextChoices):
    """Of what two people decide."""

    ASKED = "asked", "To be signed"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    ENDED = "ended", "Over"


class AllowanceKind(models.TextChoices):
    CAP = "cap", "The case may cost more"
    HARDSHIP = "hardship", "Direct costs that the family cannot carry"


class AllowanceReason(models.TextChoices):
    """Words that a person would type say too much of a case."""

    MORE_STAGES = "more_stages", "More stages than most cases have"
    LATE_TRANSFER = "late_transfer", "A second provider had to begin again"
    FILING_FEE = "filing_fee", "A fee that the government does not waive"
    EXPERT = "expert", "An expert's opinion"
    INTERPRETER = "interpreter", "Interpreting or translating"


class Allowance(models.Model):
    """A provider asks for more than the rules give one of its cases; finance and an approver decide.

    `raised_cents`: by how much the case's cap is higher for it now. When it is over, what the case has not used goes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=AllowanceKind.choices)
    case_id = models.UUIDField(db_index=True)
    case_reference = models.CharField(max_length=7)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    cents = models.PositiveIntegerField()
    reason = models.CharField(max_length=16, choices=AllowanceReason.choices)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.ASKED)
    raised_cents = models.PositiveIntegerField(default=0, db_default=0)
    asked_by_user_id = models.BigIntegerField()
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(cents__gt=0), name="allowance_is_money"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True)
                | Q(state__in=["approved", "refused", "withdrawn", "ended"], decided_at__isnull=False),
                name="allowance_decided_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(raised_cents=0) | Q(state__in=["approved", "ended"], raised_cents__lte=F("cents")),
                name="allowance_raises_what_was_approved",
            ),
            # Two asked for at once would both be signed by people who saw the cap without the other.
            models.UniqueConstraint(
                fields=["case_id"], condition=Q(kind="cap", state="asked"), name="allowance_one_cap_asked_per_case"
            ),
            models.UniqueConstraint(
                fields=["case_id", "provider", "reason"],
                condition=Q(kind="hardship", state="asked"),
                name="allowance_one_hardship_asked_per_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_reference}: {self.get_kind_display()}"


class BondState(models.TextChoices):
    ASKED = "asked", "To be signed"
    REFUSED = "refused", "Refused"
    POSTED = "posted", "Posted"
    REFUNDED = "refunded", "Came back"
    RETURNED = "returned", "Payer repaid"
    FORFEITED = "forfeited", "Lost"


class Bond(models.Model):
    """A bond posted for a case by the pool, with what somebody else put in and gets back (`payer_cents`).

    The provider that has the case asks for it; finance and an approver sign. The payer is known to the receipt book
    alone, by `receipt`: no name comes here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pool = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="bonds")
    case_reference = models.CharField(max_length=7)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    cents = models.PositiveIntegerField()
    payer_cents = models.PositiveIntegerField(default=0)
    receipt = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=10, choices=BondState.choices, default=BondState.ASKED)
    asked_by_user_id = models.BigIntegerField()
    asked_at = models.DateTimeField()
    posted_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)

    class Meta:
        ordering = ("-asked_at",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(cents__gt=0, payer_cents__lte=F("cents")), name="bond_payers_part"),
            models.CheckConstraint(
                condition=Q(payer_cents=0, receipt="") | (Q(payer_cents__gt=0) & ~Q(receipt="")),
                name="bond_payer_has_a_receipt",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "refused"], posted_on__isnull=True)
                | Q(state="posted", posted_on__isnull=False, ended_on__isnull=True)
                | Q(state__in=["refunded", "returned", "forfeited"], ended_on__gte=F("posted_on")),
                name="bond_days_of_its_state",
            ),
            models.UniqueConstraint(
                fields=["case_reference"], condition=Q(state__in=["asked", "posted"]), name="bond_one_open_per_case"
            ),
        ]

    def __str__(self) -> str:
        return f"bond {self.case_reference}"


class AccountingMonth(models.Model):
    """A month of the books; a closed one takes no posting (a trigger on the journal refuses it)."""

    first_day = models.DateField(unique=True)
    is_closed = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)
    closed_by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-first_day",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_closed=False, closed_at__isnull=True) | Q(is_closed=True, closed_at__isnull=False),
                name="month_closed_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%B %Y}"
