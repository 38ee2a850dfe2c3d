"""The open cases in columns by state, each column's most urgent on top."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from accounts.roles import Actor
from referrals.filters import Filters
from referrals.models import Case, State
from referrals.models.case import OPEN_STATES
from referrals.selectors.queue import MOST_URGENT_FIRST, Row, is_overdue, rows_of, with_parts

MOST_PER_COLUMN = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A state, how many cases are in it and how many of them are late, and the first `MOST_PER_COLUMN`."""

    state: State
    count: int
    overdue: int
    rows: list[Row]

    @property
    def address(self) -> str:
        """The queue of this state."""
        return Filters(state=self.state).address()


def board(*, reader: Actor, now: datetime) -> list[Column]:
    """Every open state in the order of a case's way; one query for the counts, one for all columns' cases."""
    ranked = Window(RowNumber(), partition_by=F("state"), order_by=list(MOST_URGENT_FIRST))
    first = Case.objects.filter(state__in=OPEN_STATES).annotate(place=ranked).filter(place__lte=MOST_PER_COLUMN)
    rows = rows_of(with_parts(first, reader).order_by(*MOST_URGENT_FIRST), reader=reader, now=now)
    counts = {
        row["state"]: row
        for row in Case.objects.filter(state__in=OPEN_STATES)
        .order_by()
        .values("state")
        .annotate(count=Count("pk"), overdue=Count("pk", filter=Q(is_overdue(now))))
    }
    return [
        Column(
            State(state),
            counts.get(state, {}).get("count", 0),
            counts.get(state, {}).get("overdue", 0),
            [row for row in rows if row.case.state == state],
        )
        for state in OPEN_STATES
    ]
