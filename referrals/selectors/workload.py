"""How many cases each member of an organization works on, for its lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import User
from accounts.roles import HOTLINE_ROLES, Actor
from referrals.filters import NOBODY, Filters
from referrals.models import Assignment
from referrals.models.case import OPEN_STATES
from referrals.policies import colleagues_of
from referrals.selectors.offers import visible_cases
from referrals.selectors.queue import is_overdue


@dataclass(frozen=True, slots=True)
class Load:
    """What one member (None: nobody) has: open cases, those of T0, those late. `address`: the queue of them, or ""."""

    member: User | None
    open: int
    t0: int
    overdue: int
    address: str = ""


def workload(*, reader: Actor, now: datetime) -> list[Load]:
    """Each colleague of the lead, the most cases first, and in front what nobody works on."""
    cases = visible_cases(reader).filter(state__in=OPEN_STATES)
    theirs = Assignment.objects.filter(case=OuterRef("pk"), organization_id=reader.organization_id or 0)
    figures = {
        "open": Count("pk"),
        "t0": Count("pk", filter=Q(urgency=0)),
        "overdue": Count("pk", filter=is_overdue(now)),
    }
    members = list(colleagues_of(reader))
    there = theirs.filter(user_id__in=[member.pk for member in members])
    nobodys = cases.filter(~Exists(there)).aggregate(**figures)
    of_each = {
        row["person"]: row
        for row in cases.annotate(person=there.values("user_id")[:1])
        .exclude(person=None)
        .order_by()
        .values("person")
        .annotate(**figures)
    }
    has_queue = reader.role in HOTLINE_ROLES

    def load(member: User | None, counted: Mapping[str, Any], assignee: str) -> Load:
        return Load(
            member,
            counted.get("open", 0),
            counted.get("t0", 0),
            counted.get("overdue", 0),
            Filters(assignee=assignee).address() if has_queue else "",
        )

    loads = [load(member, of_each.get(member.pk, {}), str(member.pk)) for member in members]
    return [load(None, nobodys, NOBODY), *sorted(loads, key=lambda one: -one.open)]
