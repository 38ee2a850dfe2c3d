"""What a funder sees of a large invoice that it signs: money of its own grants alone, never a case or a small group.

Amounts of fewer than `THRESHOLD` cases are added to others; a stage's price would tell their number, and one case's
money would be its own. Where all of the funder's part is of so few, it is told only that the rule's amount is exceeded.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db.models import Min, Sum

from funding.approvals import digest_of, funders_to_sign, signatures
from funding.models import CommitmentShare, Invoice, InvoiceState, MoneyRule
from funding.money_rules import rule_on
from funding.quarters import day_of
from funding.releases.book import THRESHOLD

# So many are on the page; the next ones come up as these are signed.
MOST = 20


@dataclass(frozen=True, slots=True)
class Part:
    """What the funder's grants carry of one stage, in cents; `stage` "" is all others."""

    stage: str
    cents: int


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A large invoice as its funder sees it. `cents` None: of too few cases to say more than `above`, both in cents.

    `days`: it is large only with what the provider sent in so many days before; 0 where it is by itself.
    """

    pk: UUID
    number: str
    provider: str
    cents: int | None
    above: int
    days: int
    parts: list[Part]
    digest: str
    is_signed: bool


def to_cosign(funder: int) -> list[Cosigned]:
    """The invoices that wait for signatures, this funder's among them; the oldest first, at most `MOST`."""
    waiting = Invoice.objects.filter(
        state=InvoiceState.SUBMITTED, lines__commitment__shares__grant__funder_id=funder
    ).annotate(carried=Sum("lines__commitment__shares__cents"))
    # However many small ones wait before a large one, only what can be large is looked at one by one.
    lowest = MoneyRule.objects.aggregate(lowest=Min("funder_signature_cents"))["lowest"]
    large = (
        invoice
        for invoice in waiting.select_related("provider").order_by("submitted_at", "number")
        if lowest is not None and invoice.carried + invoice.sent_before.get(str(funder), 0) > lowest
    )
    return [_as_seen(one, funder) for one in islice((one for one in large if funder in funders_to_sign(one)), MOST)]


def _as_seen(invoice: Invoice, funder: int) -> Cosigned:
    shares = CommitmentShare.objects.filter(grant__funder_id=funder, commitment__invoice_lines__invoice=invoice)
    cents: defaultdict[str, int] = defaultdict(int)
    cases: defaultdict[str, set[UUID]] = defaultdict(set)
    for stage, case, amount in shares.values_list("commitment__stage", "commitment__case_id", "cents"):
        cents[stage] += amount
        cases[stage].add(case)
    digest = digest_of(invoice)
    rule = rule_on(day_of(invoice.submitted_at or invoice.created_at))
    above = rule.funder_signature_cents or 0
    return Cosigned(
        pk=invoice.pk,
        number=invoice.number,
        provider=invoice.provider.name,
        cents=sum(cents.values()) if len(set().union(*cases.values())) >= THRESHOLD else None,
        above=above,
        days=0 if sum(cents.values()) > above else rule.funder_signature_days,
        parts=parts_of(cents, cases),
        digest=digest,
        is_signed=funder in {one.funder_id for one in signatures(invoice, digest)},
    )


def parts_of(cents: dict[str, int], cases: dict[str, set[UUID]]) -> list[Part]:
    """Stages of `THRESHOLD` cases and more by name, largest first, the others together; none where that is too few.

    Those together are so many cases themselves: else the smallest named stage goes to them.
    """
    named = sorted((stage for stage in cents if len(cases[stage]) >= THRESHOLD), key=lambda s: (-len(cases[s]), s))
    rest = [stage for stage in cents if stage not in named]
    while rest and named and len(set().union(*(cases[stage] for stage in rest))) < THRESHOLD:
        rest.append(named.pop())
    if not named:
        return []
    parts = [Part(stage, cents[stage]) for stage in named]
    return [*parts, Part("", sum(cents[stage] for stage in rest))] if rest else parts
