"""Verbs that change how much room a program has.

Room is taken by one conditional UPDATE: two cases can never both get the last points, whatever the isolation
level, and CHECK `0 <= in_use <= ceiling` stands behind it. The same UPDATE counts the week.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, PositiveSmallIntegerField, QuerySet, Value, When
from django.utils import timezone

from accounts.roles import Actor
from providers.days import day_of, monday_of
from providers.models import Closure, Program
from providers.policies import check_can_set_room
from providers.room import announce_room

# Points; less than most cases take would still tell of each of them.
PUBLISHED_STEP = 5


class CeilingBelowUse(Exception):
    """The new ceiling is under the points already in use; `in_use` says how many those are."""

    def __init__(self, in_use: int) -> None:
        super().__init__(f"{in_use} points are in use: the ceiling cannot be lower. Pause the program instead.")
        self.in_use = in_use


class AlreadyClosed(Exception):
    """The program is closed on exactly these days already."""


def take_room(*, program_id: int, points: int, now: datetime) -> bool:
    """Takes `points` and one of the week's cases; False means somebody else was first, or it takes no offers now.

    The program must have the points free, be neither paused nor closed, and be within its weekly limit.
    """
    monday = monday_of(now)
    able = Program.objects.open_at(now).within_week(now).filter(pk=program_id, in_use__lte=F("ceiling") - points)
    return bool(
        able.update(
            in_use=F("in_use") + points,
            last_offer_at=now,
            # Who comes late with a moment of last week counts nowhere: that week's count is gone.
            week=Case(When(week__gt=monday, then=F("week")), default=Value(monday)),
            week_count=_count(
                When(week=monday, then=F("week_count") + 1), When(week__gt=monday, then=F("week_count")), default=1
            ),
        )
    )


def _count(*cases: When, default: Any) -> Case:
    return Case(*cases, default=default, output_field=PositiveSmallIntegerField())


def give_back_room(*, program_id: int, points: int, taken_at: datetime, grew_at: datetime | None) -> None:
    """Returns `points`; the caller makes sure that it happens once per offer (`Offer.room_released_at`).

    `grew_at`: when a case that the program carried has ended, so that there is more room than before; None when only
    an unanswered offer gave back what it had taken: then its place in the week of `taken_at` goes back too.
    """
    changes: dict[str, Any] = {"in_use": F("in_use") - points}
    if grew_at:
        changes["room_changed_at"] = grew_at
    else:
        is_counted = When(week=monday_of(taken_at), week_count__gt=0, then=F("week_count") - 1)
        changes["week_count"] = _count(is_counted, default=F("week_count"))
    Program.objects.filter(pk=program_id).update(**changes)


def resize_room(*, program_id: int, by_points: int) -> bool:
    """Takes more points, or gives some back (negative), for a case the program has already; False where none are free.

    Neither a pause nor the week stands in the way: no new case comes.
    """
    able = Program.objects.filter(pk=program_id, in_use__lte=F("ceiling") - max(by_points, 0))
    return bool(able.update(in_use=F("in_use") + by_points))


def publish_room(now: datetime, *programs: int) -> None:
    """Takes the free points of the programs named, or else of all, into the public directory.

    In steps and once a night: figures that moved with each case would tell whoever watches them when somebody was
    taken. A provider that sets its ceiling publishes at that moment, which is of its own choosing.
    """
    chosen = Program.objects.filter(pk__in=programs) if programs else Program.objects.all()
    free = F("ceiling") - F("in_use")
    chosen.update(published_free=free - free % PUBLISHED_STEP, published_at=now)


@transaction.atomic
def set_ceiling(*, program: Program, ceiling: int, by: Actor, now: datetime | None = None) -> None:
    """Sets how many points the program can carry; never below what it carries now."""
    check_can_set_room(by, program)
    now = now or timezone.now()
    if not Program.objects.filter(pk=program.pk, in_use__lte=ceiling).update(ceiling=ceiling, room_changed_at=now):
        raise CeilingBelowUse(Program.objects.values_list("in_use", flat=True).get(pk=program.pk))
    publish_room(now, program.pk)
    program.refresh_from_db()
    announce_room(now)


@transaction.atomic
def set_weekly_limit(*, program: Program, limit: int | None, by: Actor, now: datetime | None = None) -> None:
    """Sets how many new cases a week, Monday to Sunday, it may be offered; None for as many as its room takes.

    A limit below what this week has had already stops new offers until Monday.
    """
    check_can_set_room(by, program)
    now = now or timezone.now()
    Program.objects.filter(pk=program.pk).update(weekly_limit=limit, room_changed_at=now)
    program.refresh_from_db()
    announce_room(now)


@transaction.atomic
def set_limits(
    *,
    program: Program,
    languages: Sequence[str],
    us_states: Sequence[str],
    circuits: Sequence[int],
    by: Actor,
    now: datetime | None = None,
) -> None:
    """Sets which languages it serves without an interpreter, and where people must be held; empty means any."""
    check_can_set_room(by, program)
    now = now or timezone.now()
    Program.objects.filter(pk=program.pk).update(
        languages=list(languages), us_states=sorted(us_states), circuits=sorted(circuits), room_changed_at=now
    )
    program.refresh_from_db()
    announce_room(now)


@transaction.atomic
def ask_again(programs: QuerySet[Program], now: datetime) -> None:
    """Lets the waitlist try these programs anew, declined or not fitting before: whom they take has changed."""
    programs.update(room_changed_at=now)
    announce_room(now)


@transaction.atomic
def pause(*, program: Program, by: Actor, until: datetime | None = None, now: datetime | None = None) -> None:
    """Stops new offers to the program; what it carries stays. `until`: when the pause ends by itself."""
    check_can_set_room(by, program)
    now = now or timezone.now()
    locked = Program.objects.select_for_update().get(pk=program.pk)
    # A pause that has ended by the clock still stands in its row: the new one begins now.
    since = locked.paused_at if locked.is_paused(now) else now
    Program.objects.filter(pk=program.pk).update(paused_at=since, paused_until=until)
    program.refresh_from_db()


@transaction.atomic
def resume(*, program: Program, by: Actor, now: datetime | None = None) -> None:
    """Ends a pause."""
    check_can_set_room(by, program)
    now = now or timezone.now()
    Program.objects.filter(pk=program.pk, paused_at__isnull=False).update(
        paused_at=None, paused_until=None, room_changed_at=now
    )
    program.refresh_from_db()
    announce_room(now)


@transaction.atomic
def add_closure(
    *, program: Program, name: str, first_day: date, last_day: date, by: Actor, now: datetime | None = None
) -> Closure:
    """Closes the program from the first day to the last; raises `AlreadyClosed` for the same days again."""
    check_can_set_room(by, program)
    Program.objects.select_for_update().get(pk=program.pk)
    closure, is_new = Closure.objects.get_or_create(
        program=program, first_day=first_day, last_day=last_day, defaults={"name": name}
    )
    if not is_new:
        raise AlreadyClosed(f"It is closed on these days already: {closure.name}.")
    return closure


@transaction.atomic
def remove_closure(*, closure: Closure, by: Actor, now: datetime | None = None) -> None:
    """Opens the program on those days after all; days that are over stay as they were."""
    check_can_set_room(by, closure.program)
    now = now or timezone.now()
    if closure.last_day < day_of(now):
        return
    closure.delete()
    Program.objects.filter(pk=closure.program_id).update(room_changed_at=now)
    announce_room(now)
