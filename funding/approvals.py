"""What is signed, as text and hash: all must have signed the same, and what is paid must still be it."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from accounts.roles import Role
from funding.models import Allowance, Approval, Bond, CommitmentShare, Invoice, InvoiceState
from funding.money_rules import rule_on
from funding.quarters import day_of

Signed = Invoice | Allowance | Bond
BOTH = frozenset({Role.FINANCE, Role.APPROVER})
# What was sent and not taken back.
_SENT = (InvoiceState.SUBMITTED, InvoiceState.APPROVED, InvoiceState.PAID)


def content_of(thing: Signed) -> str:
    """The thing as canonical JSON: whatever of it could change, whom it pays and who must sign it."""
    if isinstance(thing, Invoice):
        fields: dict[str, Any] = {
            "number": thing.number,
            "provider": thing.provider_id,
            "payee": [thing.payee, thing.payee_name],
            "funders": sorted(funders_to_sign(thing)),
            "revision": thing.revision,
            "lines": [
                [str(line.commitment_id), line.case_reference, line.stage, line.worked_on.isoformat(), line.cents]
                for line in thing.lines.order_by("commitment_id")
            ],
        }
    elif isinstance(thing, Allowance):
        fields = {
            "kind": thing.kind,
            "case": str(thing.case_id),
            "provider": thing.provider_id,
            "cents": thing.cents,
            "reason": thing.reason,
        }
    else:
        fields = {
            "pool": thing.pool_id,
            "provider": thing.provider_id,
            "case": thing.case_reference,
            "cents": thing.cents,
            "payer": thing.payer_cents,
            "receipt": thing.receipt,
        }
    fields["id"] = str(thing.pk)
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def digest_of(thing: Signed) -> str:
    """SHA-256 of `content_of`, in hex."""
    return hashlib.sha256(content_of(thing).encode()).hexdigest()


def funders_to_sign(invoice: Invoice) -> dict[int, int]:
    """The organizations whose grants carry more than the rule of its day leaves to the fund alone: of the invoice, or
    of it and what its provider sent in the days before (`cents_before`).

    {organization id: cents that its grants carry of this invoice}.
    """
    above = rule_on(day_of(invoice.submitted_at or invoice.created_at)).funder_signature_cents
    most_before = max(invoice.sent_before.values(), default=0)
    if above is None or sum(invoice.lines.values_list("cents", flat=True)) + most_before <= above:
        return {}
    carried: defaultdict[int, int] = defaultdict(int)
    shares = CommitmentShare.objects.filter(commitment__invoice_lines__invoice=invoice)
    for funder, cents in shares.values_list("grant__funder_id", "cents"):
        carried[funder] += cents
    return {
        funder: cents for funder, cents in carried.items() if cents + invoice.sent_before.get(str(funder), 0) > above
    }


def cents_before(invoice: Invoice, sent_at: datetime) -> dict[str, int]:
    """What each funder's grants carry of the provider's other invoices of the days before, by organization id.

    So that no large bill passes in small parts. What its funder has signed is left out. It is written on an invoice
    when that is sent, or grows after it was sent, and not counted anew else: what becomes of an earlier one voids no
    signature under a later one.
    """
    since = sent_at - timedelta(days=rule_on(day_of(sent_at)).funder_signature_days)
    earlier = Invoice.objects.filter(
        provider=invoice.provider_id, state__in=_SENT, submitted_at__gt=since, submitted_at__lte=sent_at
    ).exclude(pk=invoice.pk)
    signed = set(
        Approval.objects.filter(
            invoice__in=earlier, funder__isnull=False, sha256=F("invoice__approved_sha256")
        ).values_list("invoice_id", "funder_id")
    )
    cents: defaultdict[str, int] = defaultdict(int)
    shares = CommitmentShare.objects.filter(commitment__invoice_lines__invoice__in=earlier)
    of_invoice = shares.values_list("commitment__invoice_lines__invoice_id", "grant__funder_id", "cents")
    for earlier_id, funder, amount in of_invoice:
        if (earlier_id, funder) not in signed:
            cents[str(funder)] += amount
    return dict(cents)


def signatures(thing: Signed, digest: str) -> list[Approval]:
    """The signatures under exactly this content, the first one first."""
    return list(Approval.objects.filter(sha256=digest, **{kind_of(thing): thing}).order_by("at", "id"))


def is_fully_signed(thing: Signed, digest: str) -> bool:
    """Whether finance, an approver and every funder that must have signed exactly this content."""
    signed = signatures(thing, digest)
    funders = set(funders_to_sign(thing)) if isinstance(thing, Invoice) else set()
    return {one.role for one in signed} >= BOTH and {one.funder_id for one in signed} >= funders


def signed_by(things: Sequence[Signed]) -> dict[Any, list[Approval]]:
    """For things of one kind, by key: the signatures under them as they are now."""
    if not things:
        return {}
    kind, digests = kind_of(things[0]), {thing.pk: digest_of(thing) for thing in things}
    signed: dict[Any, list[Approval]] = {thing.pk: [] for thing in things}
    for one in Approval.objects.filter(**{f"{kind}__in": list(digests)}):
        pk = getattr(one, f"{kind}_id")
        if digests[pk] == one.sha256:
            signed[pk].append(one)
    return signed


def kind_of(thing: Signed) -> str:
    """The name of the approval's column that points at it."""
    return type(thing).__name__.lower()


def makers_of(thing: Signed) -> set[int]:
    """Every account that ever made or changed it: none of them signs."""
    if isinstance(thing, Invoice):
        return {thing.created_by_user_id, thing.changed_by_user_id, *thing.makers.values_list("user_id", flat=True)}
    return {thing.asked_by_user_id}
