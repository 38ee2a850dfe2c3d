"""Double entry: a posting's debits equal its credits, nothing posted is changed, closed months take nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Sum

from accounts.roles import Actor, Role
from funding.models import Account, AccountingMonth, Grant, JournalEntry, JournalLine
from providers.models import Provider


class UnbalancedError(ValueError):
    """A posting whose debits are not its credits."""


class ClosedMonthError(Exception):
    """The books of that month are closed."""


class NotReversibleError(Exception):
    """The entry was reversed before, or is itself a reversal."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a posting, in cents; one of debit and credit is 0."""

    account: Account
    grant: Grant
    debit: int = 0
    credit: int = 0
    provider: Provider | None = None
    cost_type: str = ""


def post(
    *,
    on: date,
    description: str,
    lines: Sequence[Line],
    by: Actor,
    now: datetime,
    reverses: JournalEntry | None = None,
) -> JournalEntry:
    """Append an entry with its lines; runs inside the caller's transaction.

    Raises UnbalancedError, and ClosedMonthError where the books of that month are closed, also in this very moment: the
    trigger that refuses the entry waits for whoever closes the month.
    """
    if not lines or sum(line.debit for line in lines) != sum(line.credit for line in lines):
        raise UnbalancedError(description)
    month, _ = AccountingMonth.objects.get_or_create(first_day=on.replace(day=1))
    if month.is_closed:
        raise ClosedMonthError(f"The books of {month} are closed.")
    entry = JournalEntry(
        posted_on=on,
        description=description,
        posted_by_user_id=by.user_id,
        created_at=now,
        line_count=len(lines),
        reverses=reverses,
    )
    try:
        with transaction.atomic():
            # Its lines first: the entry closes them (funding/guards.py).
            JournalLine.objects.bulk_create(
                JournalLine(
                    entry=entry,
                    account=line.account,
                    grant=line.grant,
                    provider=line.provider,
                    cost_type=line.cost_type,
                    debit_cents=line.debit,
                    credit_cents=line.credit,
                )
                for line in lines
            )
            entry.save(force_insert=True)
    except IntegrityError as refused:
        if "is closed" not in str(refused):
            raise
        raise ClosedMonthError(f"The books of {month} are closed.") from None
    return entry


@transaction.atomic
def reverse(entry: JournalEntry, *, on: date, by: Actor, now: datetime) -> JournalEntry:
    """Correct an entry by its mirror image, once. Raises NotReversibleError and what `post` raises."""
    if entry.reverses_id is not None:
        raise NotReversibleError("A reversal is not reversed: post what is right.")
    mirrored = [
        Line(
            Account(line.account),
            line.grant,
            debit=line.credit_cents,
            credit=line.debit_cents,
            provider=line.provider,
            cost_type=line.cost_type,
        )
        for line in entry.lines.select_related("grant", "provider").order_by("id")
    ]
    try:
        return post(
            on=on, description=f"Reversal: {entry.description}"[:40], lines=mirrored, by=by, now=now, reverses=entry
        )
    except IntegrityError:
        # One reversal per entry, whoever is first.
        raise NotReversibleError("This entry is already reversed.") from None


@transaction.atomic
def close_month(first_day: date, *, by: Actor, now: datetime) -> AccountingMonth:
    """No posting into this month any more. Waits for the postings that are under way. Finance only."""
    if by.role != Role.FINANCE:
        raise PermissionDenied("Only finance closes a month.")
    AccountingMonth.objects.get_or_create(first_day=first_day.replace(day=1))
    month = AccountingMonth.objects.select_for_update().get(first_day=first_day.replace(day=1))
    if not month.is_closed:
        month.is_closed, month.closed_at, month.closed_by_user_id = True, now, by.user_id
        month.save()
    return month


def is_closed(day: date) -> bool:
    """Whether the books of the day's month are closed."""
    return AccountingMonth.objects.filter(first_day=day.replace(day=1), is_closed=True).exists()


def trial_balance() -> dict[Account, int]:
    """Debits less credits of every account, in cents; they add up to 0."""
    sums = JournalLine.objects.values_list("account").annotate(debit=Sum("debit_cents"), credit=Sum("credit_cents"))
    return {Account(account): debit - credit for account, debit, credit in sums.order_by("account")}
