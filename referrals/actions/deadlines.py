"""The clocks of a case: entering what started one, keeping or dropping it, counting again when the law changes.

Whatever moves a clock moves the case: its next deadline, its tier, its owner's clock, and the waitlist.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from accounts.roles import SYSTEM, Actor, Role
from notifications.actions import cancel_texts
from notifications.texts import REMINDER_OF_DATE
from providers.room import announce_room
from referrals import deadlines, events
from referrals.actions.moves import lock_case
from referrals.actions.paging import page_if_closed
from referrals.business_time import CHICAGO, ONE_DAY, answer_due
from referrals.deadlines import Due, Moment, NotCounted, chicago_day, instant
from referrals.facts import Facts
from referrals.machine import OWNERSHIP
from referrals.models import Case, CaseDeadline, CoordinatorTask, DeadlineRule, State, Urgency, UrgencyRule
from referrals.models.case import OPEN_STATES, may_be_offered
from referrals.models.deadline import running_in_open_cases
from referrals.models.task import OUTLIVES_CASE
from referrals.policies import WrongState, check_may_keep_clocks
from referrals.triage import Whereabouts
from referrals.urgency import SAID_URGENT, TO_SAFE_BY, TRANSFER, date_of_answers, urgency_of_clock

log = logging.getLogger(__name__)

# The Immigration and Nationality Act is in force since then: no clock of it began earlier.
FIRST_DAY = date(1952, 12, 24)
# Rows read at a time when the law changed: what is held in memory does not grow with the cases.
BATCH = 500


class DropReason(models.TextChoices):
    """Why nobody needs to keep a clock any more."""

    ENTERED_WRONGLY = "entered_wrongly", "Entered wrongly"
    DOES_NOT_APPLY = "does_not_apply", "Does not apply to this case"
    OVERTAKEN = "overtaken", "Overtaken by something newer"
    MISSED = "missed", "Missed"


def enter_trigger(*, case: Case, code: str, trigger: Moment, by: Actor, now: datetime | None = None) -> CaseDeadline:
    """Starts the clock `code` on the day or moment of its trigger, or corrects the one that runs.

    The same trigger again changes nothing. Raises NotCounted, a sentence, for a code or day that cannot be counted.
    """
    now = now or timezone.now()
    if is_ahead(trigger, now):
        raise NotCounted("That day is still to come: a clock starts when something has happened.")
    if is_before_the_law(trigger):
        raise NotCounted("That day is before there was such a law: look at the year.")
    with transaction.atomic():
        case = lock_case(case.pk)
        _check_may(by, case)
        counted = deadlines.due(code, trigger, rules=rules_of(code))
        if counted.rule.status == deadlines.BLOCKED:
            raise NotCounted(f"{counted.code} is not in force: {counted.rule.note or counted.rule.meaning}")
        row = CaseDeadline.objects.running().filter(case=case, code=counted.code).first()
        if row is None:
            row = CaseDeadline(case=case, code=counted.code, entered_at=now, entered_role=by.role)
        elif _is_same(row, counted, trigger):
            return row
        before = _days(row) if row.raw else {}
        row.from_answers, row.entered_at, row.entered_role = False, now, by.role
        _set(row, counted, trigger, now)
        row.save()
        detail: dict[str, Any] = {"trigger": row.trigger_on.isoformat() if row.trigger_on else "", **_days(row)}
        if before:
            detail["before"] = before
        events.record(case=case, kind="clock_started", by=by, now=now, detail=detail)
        follow_clocks(case, by=by, now=now)
    return row


def meet_deadline(*, case: Case, deadline: CaseDeadline, by: Actor, now: datetime | None = None) -> CaseDeadline:
    """What had to be done in time is done: the clock stops and its hours are forgotten."""
    return _end(case, deadline, "clock_kept", by=by, now=now or timezone.now(), field="met_at")


def drop_deadline(
    *, case: Case, deadline: CaseDeadline, reason: str, by: Actor, now: datetime | None = None
) -> CaseDeadline:
    """Nobody needs to keep the clock any more."""
    detail = {"reason": DropReason(reason).value}
    return _end(case, deadline, "clock_dropped", by=by, now=now or timezone.now(), field="dropped_at", detail=detail)


def _end(
    case: Case,
    deadline: CaseDeadline,
    kind: str,
    *,
    by: Actor,
    now: datetime,
    field: str,
    detail: dict[str, Any] | None = None,
) -> CaseDeadline:
    with transaction.atomic():
        case = lock_case(case.pk)
        _check_may(by, case)
        row = CaseDeadline.objects.running().filter(case=case, pk=deadline.pk).first()
        if row is None:
            raise WrongState(f"{deadline.code} of {case.reference} has ended.")
        setattr(row, field, now)
        row.trigger_at, row.ends_at, row.changed_at = None, None, now
        row.save()
        if row.rule is None:
            # The family's own date: nobody is reminded of it any more.
            cancel_texts(case_id=case.pk, reason="date_over", templates=(REMINDER_OF_DATE,), now=now)
        events.record(case=case, kind=kind, by=by, now=now, detail=_days(row) | (detail or {}))
        follow_clocks(case, by=by, now=now)
    return row


def _check_may(by: Actor, case: Case) -> None:
    check_may_keep_clocks(by, case)
    if not case.is_open:
        raise WrongState(f"{case.reference} is over: take it up again before its clocks change.")


def is_ahead(trigger: Moment, now: datetime) -> bool:
    """Whether the trigger has not happened yet."""
    return instant(trigger) > now if isinstance(trigger, datetime) else trigger > now.astimezone(CHICAGO).date()


def is_before_the_law(trigger: Moment) -> bool:
    """Whether no clock can have begun so early: a year that was mistyped."""
    return chicago_day(trigger) < FIRST_DAY


def rules_of(*codes: str) -> list[deadlines.Rule]:
    """The database's rows of these codes, whenever they hold; of all where none is named."""
    rows = DeadlineRule.objects.all()
    if codes:
        rows = rows.filter(code__in=[code.strip().upper() for code in codes])
    return [row.as_rule() for row in rows]


def _set(row: CaseDeadline, counted: Due, trigger: Moment, now: datetime) -> None:
    row.rule_id, row.trigger_on = counted.rule.row_id, chicago_day(trigger)
    row.raw, row.due, row.safe_by = (chicago_day(one) for one in (counted.raw, counted.due, counted.safe_by))
    counts_hours = counted.rule.counts_hours and isinstance(trigger, datetime)
    row.trigger_at = instant(trigger) if counts_hours and isinstance(trigger, datetime) else None
    row.ends_at = counted.raw if counts_hours and isinstance(counted.raw, datetime) else None
    row.changed_at = now


def _is_same(row: CaseDeadline, counted: Due, trigger: Moment) -> bool:
    again = CaseDeadline(pk=row.pk)
    _set(again, counted, trigger, row.changed_at)
    fields = ("rule_id", "trigger_on", "trigger_at", "raw", "due", "safe_by", "ends_at")
    return not row.from_answers and all(getattr(row, one) == getattr(again, one) for one in fields)


def _days(row: CaseDeadline) -> dict[str, Any]:
    """What an event says of a clock: its code and days. Hours are nowhere but in the row, while it runs."""
    return {
        "code": row.code,
        "rule": row.rule_id,
        "raw": row.raw.isoformat(),
        "due": row.due.isoformat(),
        "safe_by": row.safe_by.isoformat(),
    }


# What the answers say.


def clocks_of_answers(case: Case, facts: Facts, place: Whereabouts, now: datetime) -> list[CaseDeadline]:
    """The rows, not saved, that the answers make by themselves: TRANSFER while held, and the date the family named."""
    rows = []
    if place.is_held and facts.taken_at:
        row = CaseDeadline(case=case, code=TRANSFER, from_answers=True, entered_at=now, entered_role=Role.SYSTEM)
        table = DeadlineRule.objects.filter(code=TRANSFER).in_bulk()
        try:
            counted = deadlines.due(TRANSFER, facts.taken_at, rules=[one.as_rule() for one in table.values()])
            _set(row, counted, facts.taken_at, now)
            row.rule = table[counted.rule.row_id]
            rows.append(row)
        except NotCounted:
            # A lawyer ended the row: the answers start no such clock any more.
            log.warning("no row of %s counts", TRANSFER)
    if named := date_of_answers(facts):
        at, code = named
        day = chicago_day(at)
        rows.append(
            CaseDeadline(
                case=case,
                code=code,
                from_answers=True,
                raw=day,
                due=day,
                safe_by=day,
                ends_at=at,
                entered_at=now,
                entered_role=Role.SYSTEM,
                changed_at=now,
            )
        )
    return rows


def take_from_answers(case: Case, rows: list[CaseDeadline], now: datetime) -> None:
    """Replaces what earlier answers said on a locked case; a clock that a person entered stays as it is, and one that a
    person ended does not begin again, until the answers name another day."""
    running = CaseDeadline.objects.running().filter(case=case)
    over = set(CaseDeadline.objects.filter(case=case).exclude(pk__in=running).values_list("code", "raw"))
    rows = [row for row in rows if (row.code, row.raw) not in over]
    named = {(row.code, row.due): row for row in running.filter(from_answers=True, rule=None)}
    for row in rows:
        if row.rule_id is None and (same := named.get((row.code, row.due))):
            # Another answer changed, or the place did: they named this day then and not today, which would cost them
            # the reminder of today.
            row.entered_at, row.changed_at = same.entered_at, same.changed_at
    if named.keys() - {(row.code, row.due) for row in rows}:
        # A reminder that still waits, for the morning or for the carrier, would say the old day.
        cancel_texts(case_id=case.pk, reason="date_changed", templates=(REMINDER_OF_DATE,), now=now)
    running.filter(from_answers=True).delete()
    by_hand = set(running.values_list("code", flat=True))
    CaseDeadline.objects.bulk_create(row for row in rows if row.code not in by_hand)
    apply_clocks(case, running_of(case), now=now, rules=UrgencyRule.objects.on(chicago_day(now)))


def running_of(case: Case) -> list[CaseDeadline]:
    return list(CaseDeadline.objects.running().filter(case=case).select_related("rule"))


# What follows.


def follow_clocks(case: Case, *, by: Actor, now: datetime, is_one_of_many: bool = False) -> bool:
    """Sets a locked case by its running clocks; whether anything moved. Event and owner's clock follow.

    So does the waitlist, unless it is one of many, whose caller has it matched again once.
    """
    before = (case.next_deadline, case.next_deadline_code, case.urgency, case.urgency_reason)
    was = case.urgency
    apply_clocks(case, running_of(case), now=now, rules=UrgencyRule.objects.on(chicago_day(now)))
    if before == (case.next_deadline, case.next_deadline_code, case.urgency, case.urgency_reason):
        return False
    hurried = hurry(case, now) if case.urgency < was else {}
    case.save()
    if case.urgency != was:
        detail = {"before": int(was), "after": int(case.urgency), "reason": case.urgency_reason}
        if case.urgency_reason == SAID_URGENT and hurried:
            # Whoever reads that it was not urgent gives this time back (referrals/actions/tiers.py).
            detail["hurried"] = hurried
        events.record(case=case, kind="urgency_changed", by=by, now=now, detail=detail)
        page_if_closed(case, by=by, now=now)
    if not is_one_of_many and case.state != State.OFFERED and may_be_offered(case):
        # A place on the waitlist is by tier and deadline: it is matched again as when room appears, after commit.
        announce_room(now)
    return True


def _ours(rows: Iterable[CaseDeadline], now: datetime) -> list[CaseDeadline]:
    """The clocks that we must keep, the first first.

    An hour that has passed is no deadline any more; a day that was not kept stays in front until somebody says so.
    """
    ours = (row for row in rows if row.is_ours and (row.ends_at is None or row.ends_at > now))
    return sorted(ours, key=lambda row: (row.at, row.code))


def apply_clocks(case: Case, rows: Iterable[CaseDeadline], *, now: datetime, rules: Iterable[UrgencyRule]) -> None:
    """Writes next deadline and tier of `rows` to the case's fields.

    A clock only ever makes a case more urgent, and so do urgent words in a text, until a person says otherwise.
    """
    ours = _ours(rows, now)
    case.next_deadline, case.next_deadline_code = (ours[0].at, ours[0].code) if ours else (None, "")
    if case.urgency_without_clocks is not None:
        case.urgency, case.urgency_reason = case.urgency_without_clocks, case.urgency_reason_without_clocks
    case.urgency_without_clocks, case.urgency_reason_without_clocks = None, ""
    first = next((row for row in ours if row.rule_id is not None), None)
    by_clock = urgency_of_clock(first.at, now, rules) if first else None
    by_words = (Urgency.T0, SAID_URGENT) if case.said_urgent_at else None
    asked = min((one for one in (by_clock, by_words) if one), key=lambda one: one[0], default=None)
    if asked and asked[0] < case.urgency:
        case.urgency_without_clocks, case.urgency_reason_without_clocks = case.urgency, case.urgency_reason
        case.urgency, case.urgency_reason = asked


def hurry(case: Case, now: datetime) -> dict[str, Any]:
    """Who must act, and every open task, gets the time of the new tier, never a later one; returns what was shortened.

    Until when it was, in ISO 8601: `state` of the case, `tasks` by their ids. A live offer stands as it was made: its
    provider was told until when.
    """
    shortened: dict[str, Any] = {}
    ownership = OWNERSHIP.get(case.state)
    if ownership and case.state_due_at and case.state != State.OFFERED:
        due_at = ownership.clock(case.urgency, now)
        if due_at < case.state_due_at:
            shortened["state"] = [case.state_due_at.isoformat(), due_at.isoformat()]
            case.state_due_at = due_at
    due_at = answer_due(case.urgency, now)
    tasks = CoordinatorTask.objects.filter(case=case, done_at__isnull=True).exclude(kind__in=OUTLIVES_CASE)
    later = tasks.filter(due_at__gt=due_at)
    if before := {str(pk): [was.isoformat(), due_at.isoformat()] for pk, was in later.values_list("pk", "due_at")}:
        shortened["tasks"] = before
        later.update(due_at=due_at)
    return shortened


def unhurry(case: Case, shortened: Mapping[str, Any]) -> None:
    """Gives back to a locked case what `hurry` took, where nothing else has set the time since."""
    if "state" in shortened:
        was, became = map(datetime.fromisoformat, shortened["state"])
        if case.state_due_at == became:
            case.state_due_at = was
            case.save()
    for task_id, times in shortened.get("tasks", {}).items():
        was, became = map(datetime.fromisoformat, times)
        CoordinatorTask.objects.filter(pk=task_id, case=case, done_at=None, due_at=became).update(due_at=was)


def forget_hours(case: Case, now: datetime) -> None:
    """A locked case ends: what its answers said goes, its clocks of hours end, the days of the others stay."""
    running = CaseDeadline.objects.running().filter(case=case)
    running.filter(from_answers=True).delete()
    running.filter(ends_at__isnull=False).update(dropped_at=now, trigger_at=None, ends_at=None, changed_at=now)
    case.next_deadline, case.next_deadline_code = None, ""
    case.said_urgent_at = None


# When the law or the time changes.


def recount_after_commit() -> None:
    """Has the worker count every open case again, once this change of a rule is committed; the night finds what it
    does not."""
    from referrals.tasks import recount_deadlines

    transaction.on_commit(lambda: _publish(recount_deadlines), robust=True)


def _publish(task: Any) -> None:
    try:
        task.delay()
    except Exception:
        log.exception("the clocks are counted again tonight: the broker did not take the task")


def recount_all(now: datetime) -> int:
    """Counts the clocks of every open case by today's table; returns how many cases changed.

    Reads in batches and locks only cases whose days are not the table's: run twice it changes nothing, stopped
    halfway it goes on where it was.
    """
    rules, changed = rules_of(), 0
    last: UUID | None = None
    while case_ids := _next_cases(last):
        last = case_ids[-1]
        rows = list(running_in_open_cases().filter(case__in=case_ids).select_related("rule", "case"))
        outdated = {row.case_id for row in rows if _recounted(row, rules) is not None}
        # A rule that was blocked, or is somebody else's now, counts as before and is no deadline of ours any more.
        outdated |= {row.case_id for row in rows if row.code == row.case.next_deadline_code and not row.is_ours}
        first = {one.case_id: one for one in reversed(_ours(rows, now)) if one.rule_id is not None}
        outdated |= {pk for pk, one in first.items() if _is_before(one, one.case)}
        for case_id in sorted(outdated):
            try:
                changed += recount_case(case_id=case_id, rules=rules, now=now)
            except Exception:
                # One that fails is found again tonight, and must not keep the others on the old law.
                log.exception("the clocks of case %s were not counted again", case_id)
    if changed:
        announce_room(now)
    return changed


def _next_cases(last: UUID | None) -> list[UUID]:
    cases = Case.objects.filter(state__in=OPEN_STATES, deadlines__rule__isnull=False)
    cases = cases.filter(pk__gt=last) if last else cases
    return list(cases.order_by("pk").distinct().values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def recount_case(*, case_id: UUID, rules: Iterable[deadlines.Rule], now: datetime) -> bool:
    """Counts one case's clocks by these rules; whether any changed. One event says which."""
    case, rules = lock_case(case_id), list(rules)
    if not case.is_open:
        return False
    changes = []
    for row in running_of(case):
        counted = _recounted(row, rules)
        if counted is None or row.trigger_on is None:
            continue
        before = _days(row)
        _set(row, counted, row.trigger_at or row.trigger_on, now)
        row.save()
        changes.append({"before": before, "after": _days(row)})
    was_next = case.next_deadline_code
    moved = follow_clocks(case, by=SYSTEM, now=now, is_one_of_many=True)
    if not changes and not moved:
        return False
    detail = {"changes": changes, "next": {"before": was_next, "after": case.next_deadline_code}}
    events.record(case=case, kind="clocks_recounted", by=SYSTEM, now=now, detail=detail)
    return True


def _is_before(clock: CaseDeadline, case: Case) -> bool:
    return case.next_deadline is None or clock.at < case.next_deadline


def _recounted(row: CaseDeadline, rules: Iterable[deadlines.Rule]) -> Due | None:
    """How the table counts the row now; None where that is what it says already, or where no row counts it any more."""
    if row.trigger_on is None:
        return None
    trigger: Moment = row.trigger_at or row.trigger_on
    try:
        counted = deadlines.due(row.code, trigger, rules=rules)
    except NotCounted:
        return None
    again = CaseDeadline(pk=row.pk)
    _set(again, counted, trigger, row.changed_at)
    same = all(getattr(row, one) == getattr(again, one) for one in ("rule_id", "raw", "due", "safe_by", "ends_at"))
    return None if same else counted


def follow_time(now: datetime) -> int:
    """Raises what a day that came near makes more urgent, and moves on from hours that have passed.

    Returns how many cases moved. Finds them by their columns; each has a transaction of its own.
    """
    running = running_in_open_cases()
    near = running.none()
    if rows := _clock_rows(now):
        # A clock can only raise: whoever has that tier already is left alone.
        near = running.filter(safe_by__lte=_near(rows, now), case__urgency__gt=min(row.tier for row in rows))
    passed = running.filter(ends_at__lte=now, code=F("case__next_deadline_code"))
    found = {*near.values_list("case_id", flat=True), *passed.values_list("case_id", flat=True)}
    moved = 0
    for case_id in sorted(found):
        try:
            with transaction.atomic():
                case = lock_case(case_id)
                moved += case.is_open and follow_clocks(case, by=SYSTEM, now=now, is_one_of_many=True)
        except Exception:
            log.exception("case %s does not follow its clocks yet", case_id)
    if moved:
        announce_room(now)
    return moved


def _clock_rows(now: datetime) -> list[UrgencyRule]:
    rows = UrgencyRule.objects.on(chicago_day(now))
    return [row for row in rows if any(test["fact"] == TO_SAFE_BY for test in row.condition)]


def _near(rows: list[UrgencyRule], now: datetime) -> date:
    """The last day on which a clock may be near enough to count; `apply_clocks` says exactly."""
    most = max(test["at_most"] for row in rows for test in row.condition)
    return chicago_day(now) + timedelta(hours=most) + ONE_DAY
