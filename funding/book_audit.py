"""Whether what is counted is what the rows come to: grants, lines, cases, shares, payments and the journal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Sum

from funding.models import (
    Account,
    Bond,
    BondState,
    BudgetLine,
    CaseAccount,
    Commitment,
    CommitmentShare,
    CommitmentState,
    CostType,
    Grant,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    PaidLine,
)
from funding.money_rules import rule_on
from funding.prices import first_price, stage_price
from funding.quarters import day_of
from funding.rebuild import TAKEN_AWAY, Happened, Key, Terms, promises
from providers.models import Provider
from referrals.models import Case, CaseEvent

TAKES = (CommitmentState.OPEN, CommitmentState.PAID)


def differences() -> list[str]:
    """What does not agree, in words of ids and cents; empty when the books are whole."""
    return [
        *_entries(),
        *_grants(),
        *_lines(),
        *_cases(),
        *_shares(),
        *_payments(),
    ]


def _entries() -> Iterable[str]:
    sums = JournalLine.objects.values("entry").annotate(debit=Sum("debit_cents"), credit=Sum("credit_cents"))
    unbalanced = sums.exclude(debit=F("credit")).order_by("entry")
    others = JournalEntry.objects.annotate(found=Count("lines")).exclude(found=F("line_count")).order_by("pk")
    return [
        *(f"entry {row['entry']} is out of balance" for row in unbalanced),
        *(f"entry {one.pk} was posted with {one.line_count} lines and has {one.found}" for one in others),
    ]


def _grants() -> Iterable[str]:
    """What a grant counts as committed is its shares, its administration and what is out on bonds."""
    shares = _sums(CommitmentShare.objects.filter(commitment__state__in=TAKES).values_list("grant_id", "cents"))
    out = Bond.objects.filter(state__in=[BondState.POSTED, BondState.FORFEITED])
    bonds = _sums(out.annotate(own=F("cents") - F("payer_cents")).values_list("pool_id", "own"))
    for grant in Grant.objects.order_by("id"):
        found = shares.get(grant.pk, 0) + grant.admin_cents + bonds.get(grant.pk, 0)
        if found != grant.committed_cents:
            yield f"grant {grant.pk} counts {grant.committed_cents}, its rows come to {found}"


def _lines() -> Iterable[str]:
    """What a budget line counts is its shares; the lines for administration together, what was spent on it."""
    shares = CommitmentShare.objects.filter(commitment__state__in=TAKES, budget_line__isnull=False)
    found = _sums(shares.values_list("budget_line_id", "cents"))
    administration = BudgetLine.objects.filter(cost_type=CostType.ADMIN)
    counted = _sums(administration.values_list("grant_id", "committed_cents"))
    for grant in Grant.objects.filter(pk__in=counted).order_by("id"):
        if counted[grant.pk] != grant.admin_cents:
            yield f"grant {grant.pk} spent {grant.admin_cents} on administration, its lines count {counted[grant.pk]}"
    for line in BudgetLine.objects.exclude(cost_type=CostType.ADMIN).order_by("id"):
        if found.get(line.pk, 0) != line.committed_cents:
            yield f"budget line {line.pk} counts {line.committed_cents}, its shares come to {found.get(line.pk, 0)}"


def _cases() -> Iterable[str]:
    promised = Commitment.objects.exclude(state=CommitmentState.RELEASED).exclude(is_over_cap=True)
    found = _sums(promised.values_list("case_id", "cents"))
    for account in CaseAccount.objects.order_by("case_id"):
        if found.get(account.pk, 0) != account.committed_cents:
            yield f"case {account.pk} counts {account.committed_cents}, its rows come to {found.get(account.pk, 0)}"


def _shares() -> Iterable[str]:
    found = _sums(CommitmentShare.objects.values_list("commitment_id", "cents"))
    for pk, state, cents in Commitment.objects.order_by("pk").values_list("pk", "state", "cents"):
        expected = cents if state in TAKES else 0
        if found.get(pk, 0) != expected:
            yield f"commitment {pk} of {expected} is carried with {found.get(pk, 0)}"


def _payments() -> Iterable[str]:
    """Per grant: the expense in the journal is what payments that stand come to, of the shares of their lines."""
    expense = JournalLine.objects.filter(account=Account.PROGRAM_EXPENSE)
    posted = _sums(expense.annotate(cents=F("debit_cents") - F("credit_cents")).values_list("grant_id", "cents"))
    standing = PaidLine.objects.filter(entry__reversed_by__isnull=True)
    paid = _sums(standing.values_list("line__commitment__shares__grant_id", "line__commitment__shares__cents"))
    for grant in sorted(set(posted) | set(paid)):
        if posted.get(grant, 0) != paid.get(grant, 0):
            yield f"grant {grant} has posted {posted.get(grant, 0)}, its payments come to {paid.get(grant, 0)}"


def _sums(rows: Iterable[tuple[Any, int]]) -> Mapping[Any, int]:
    sums: defaultdict[Any, int] = defaultdict(int)
    for key, cents in rows:
        sums[key] += cents
    return sums


def differences_from_log(now: datetime) -> list[str]:
    """Where the commitments are not what the whole case log says (funding/rebuild.py); empty when they are."""
    expected = promises(_log(), _terms(), billed=_billed(), today=day_of(now))
    commitments = Commitment.objects.filter(cost_type=CostType.STAGE).select_related("provider")
    if settings.DEMO:
        # The demo's past quarters are of cases that never were.
        commitments = commitments.filter(Exists(Case.objects.filter(pk=OuterRef("case_id"))))
    stored = {(one.case_id, one.stage, one.provider.code): one for one in commitments}
    found = [f"{key[1]} of case {key[0]} by {key[2]} is not in the books" for key in expected if key not in stored]
    for key, one in stored.items():
        promise = expected.get(key)
        says = None if promise is None else (promise.is_live, promise.cents, promise.since, promise.until)
        is_live = one.state != CommitmentState.RELEASED
        has = (is_live, one.cents, one.committed_at, one.expires_on)
        # What is paid or given to others has no last day that counts.
        ends_do_not_count = says is not None and (not is_live or one.state == CommitmentState.PAID)
        if says != has and not (ends_do_not_count and says is not None and says[:3] == has[:3]):
            found.append(f"{key[1]} of case {key[0]} by {key[2]}: the books have {has}, the log says {says}")
    return found


def _log() -> Iterable[Happened]:
    kinds = ("accept", "stage_started", "close", *TAKEN_AWAY)
    events = CaseEvent.objects.filter(kind__in=kinds).order_by("at", "case_id", "sequence")
    rows = events.values_list("case_id", "kind", "from_state", "at", "detail")
    return [Happened(*row) for row in rows.iterator(chunk_size=2000)]


def _terms() -> Terms:
    providers = {provider.code: provider for provider in Provider.objects.all()}

    def days(day: date) -> tuple[int, int]:
        rule = rule_on(day)
        return rule.commitment_days, rule.days_after_close

    return Terms(
        price=lambda code, stage, case_type, day: stage_price(providers[code], stage, case_type, day),
        first_stage=lambda case_type, day: first_price(case_type, day).stage,
        days=days,
    )


def _billed() -> set[Key]:
    live = InvoiceLine.objects.filter(is_live=True, invoice__state__in=["submitted", "approved", "paid"])
    return set(live.values_list("commitment__case_id", "commitment__stage", "commitment__provider__code"))
