"""Double entry: every posting's debits equal its credits, and nothing posted is ever changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from accounts.roles import Actor
from funding.models import Account, Grant, JournalEntry, JournalLine
from providers.models import Provider


class UnbalancedError(ValueError):
    """A posting whose debits are not its credits."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a posting, in cents; one of debit and credit is 0."""

    account: Account
    grant: Grant
    debit: int = 0
    credit: int = 0
    provider: Provider | None = None


def post(*, on: date, description: str, lines: Sequence[Line], by: Actor, now: datetime) -> JournalEntry:
    """Append an entry with its lines; runs inside the caller's transaction. Raises UnbalancedError."""
    if not lines or sum(line.debit for line in lines) != sum(line.credit for line in lines):
        raise UnbalancedError(description)
    entry = JournalEntry.objects.create(
        posted_on=on, description=description, posted_by_user_id=by.user_id, created_at=now
    )
    JournalLine.objects.bulk_create(
        JournalLine(
            entry=entry,
            account=line.account,
            grant=line.grant,
            provider=line.provider,
            debit_cents=line.debit,
            credit_cents=line.credit,
        )
        for line in lines
    )
    return entry


def trial_balance() -> dict[Account, int]:
    """Debits less credits of every account, in cents; they add up to 0."""
    sums = JournalLine.objects.values_list("account").annotate(debit=Sum("debit_cents"), credit=Sum("credit_cents"))
    return {Account(account): debit - credit for account, debit, credit in sums.order_by("account")}
