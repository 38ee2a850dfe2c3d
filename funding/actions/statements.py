"""The bank's statement against the payment files."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.roles import Actor
from funding.actions.invoices import BadLinesError
from funding.csv_lines import BadLine, UnreadableError, cents_from, day_from, rows_of
from funding.models import BankLine, BankOutcome, BankStatement, PaymentItem
from funding.policies import RefusedError, account_of, check_may_record_payments
from funding.turns import wait_for_turn

COLUMNS = ("date", "amount", "description")
_TRACE = re.compile(r"(?<![0-9])[0-9]{15}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Booked:
    """A line of the statement: `cents` negative for money that left, `trace` "" where its words have no such number."""

    number: int
    day: date
    cents: int
    trace: str


def read_statement(content: bytes) -> list[Booked]:
    """The statement's lines. Raises UnreadableError for the file, BadLinesError for its lines."""
    booked, bad = [], []
    for number, cells in rows_of(content, COLUMNS):
        try:
            if not cells:
                raise UnreadableError(f"The line must have {len(COLUMNS)} cells: {', '.join(COLUMNS)}.")
            amount = cells["amount"]
            sign = -1 if amount.startswith("-") else 1
            found = _TRACE.search(cells["description"])
            day, cents = day_from(cells["date"]), sign * cents_from(amount.removeprefix("-"))
            booked.append(Booked(number, day, cents, found[0] if found else ""))
        except UnreadableError as unreadable:
            bad.append(BadLine(number, str(unreadable)))
    if bad:
        raise BadLinesError(bad)
    return booked


def import_statement(*, content: bytes, by: Actor, now: datetime | None = None) -> BankStatement:
    """Match a statement against the payments by trace number and amount; all of its new lines are kept, or none.

    A debit of our trace number is that payment; a credit of the same amount is the payment come back, which finance
    then records. Statements may overlap: what an earlier one had is counted as known and not taken again, so a second
    debit of one payment is one that the bank really made. Raises PermissionDenied, UnreadableError, BadLinesError,
    RefusedError for the same file again.
    """
    check_may_record_payments(by)
    booked = read_statement(content)
    try:
        with transaction.atomic():
            # Of two that overlap the second sees what the first has taken.
            wait_for_turn()
            items = {item.trace: item for item in PaymentItem.objects.filter(trace__in={one.trace for one in booked})}
            new = _new(booked, items)
            statement = BankStatement.objects.create(
                sha256=hashlib.sha256(content).hexdigest(),
                known_lines=len(booked) - len(new),
                imported_by_user_id=account_of(by),
                imported_at=now or timezone.now(),
            )
            BankLine.objects.bulk_create(_matched(statement, new, items))
    except IntegrityError:
        raise RefusedError("This statement was read in before.") from None
    return statement


def _new(booked: Sequence[Booked], items: Mapping[str, PaymentItem]) -> list[Booked]:
    """The lines that no earlier statement had.

    A bank gives its lines no number, and its words are not kept. So a line is known by its day, its amount and our
    payment, and which of those alike it is: an export has all lines of its days, hence the first alike of a second
    export is the first of the first one, and what exceeds their number is new.
    """

    def key_of(one: Booked) -> tuple[date, int, int | None]:
        item = items.get(one.trace)
        return one.day, one.cents, item.pk if item else None

    before = BankLine.objects.filter(booked_on__in={one.day for one in booked})
    known: Counter[tuple[date, int, int | None]] = Counter()
    known.update(before.values_list("booked_on", "cents", "item_id"))
    new = []
    for one in booked:
        if known[key_of(one)]:
            known[key_of(one)] -= 1
        else:
            new.append(one)
    return new


def _matched(statement: BankStatement, booked: Sequence[Booked], items: Mapping[str, PaymentItem]) -> list[BankLine]:
    before = BankLine.objects.filter(item__in=items.values(), outcome__in=[BankOutcome.MATCHED, BankOutcome.RETURNED])
    taken = set(before.values_list("item_id", "outcome"))
    lines = []
    for one in booked:
        item = items.get(one.trace)
        outcome = _outcome(one, item)
        if item is not None and (item.pk, outcome) in taken:
            outcome = BankOutcome.AGAIN
        elif item is not None:
            taken.add((item.pk, outcome))
        lines.append(
            BankLine(
                statement=statement, line=one.number, booked_on=one.day, cents=one.cents, outcome=outcome, item=item
            )
        )
    return lines


def _outcome(one: Booked, item: PaymentItem | None) -> BankOutcome:
    if item is None:
        return BankOutcome.UNKNOWN
    if one.cents == -item.cents:
        return BankOutcome.MATCHED
    return BankOutcome.RETURNED if one.cents == item.cents else BankOutcome.OTHER_AMOUNT
