"""The stored rules of triage and urgency, as `rule_tables` checks them, with changes laid over them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

from django.utils.timezone import localdate

from providers.dated import DatedRow
from providers.models import CaseType
from providers.rule_tables import brought_by_change
from providers.tables import known_types, steps_of, stored_places, stored_types, with_changes
from referrals import certifications, deadlines
from referrals.dated_rows import Row, StageRow, broken_rows, row_faults, stage_faults
from referrals.models import CaseDeadline, DeadlineRule, Stage, State, TriageRule, UrgencyRule
from referrals.models.deadline import running_in_open_cases
from referrals.rule_tables import Rule, triage_faults, urgency_faults

_Dated = TypeVar("_Dated", bound=DatedRow)


def triage_rows(rules: Iterable[TriageRule]) -> list[Rule]:
    return [
        Rule(
            "Triage rule",
            one.position,
            one.condition,
            one.valid_from,
            one.valid_to,
            (one.code, *one.secondary),
            one.only_adds,
        )
        for one in rules
    ]


def urgency_rows(rules: Iterable[UrgencyRule]) -> list[Rule]:
    return [Rule("Urgency row", one.position, one.condition, one.valid_from, one.valid_to) for one in rules]


def faults_of_triage(changes: Iterable[TriageRule]) -> list[str]:
    """The faults that saving these triage rules would bring, today or later."""
    today, rows = localdate(), list(TriageRule.objects.select_for_update())
    types, steps = known_types(stored_types()), steps_of(stored_places())
    before = triage_faults(triage_rows(rows), types, steps, today)
    after = triage_faults(triage_rows(with_changes(rows, changes)), types, steps, today)
    return brought_by_change(before, after, today)


def faults_of_urgency(changes: Iterable[UrgencyRule]) -> list[str]:
    """The faults that saving these urgency rows would bring, today or later."""
    today, rows = localdate(), list(UrgencyRule.objects.select_for_update())
    before = urgency_faults(urgency_rows(rows), today)
    return brought_by_change(before, urgency_faults(urgency_rows(with_changes(rows, changes)), today), today)


def faults_of_triage_with(types: Iterable[CaseType]) -> list[str]:
    """The faults that saving these case types would bring to the triage rules that lead to them."""
    today, rules, rows = localdate(), triage_rows(TriageRule.objects.all()), stored_types()
    steps = steps_of(stored_places())
    before = triage_faults(rules, known_types(rows), steps, today)
    return brought_by_change(before, triage_faults(rules, known_types(with_changes(rows, types)), steps, today), today)


def faults_of_rows(
    changes: Iterable[_Dated], *, place: Callable[[_Dated], str], always: Collection[str] = ()
) -> list[str]:
    """The faults that saving these rows of one table would bring to it; `place` names what has one row a day."""
    changes = list(changes)
    today, rows = localdate(), list(type(changes[0])._default_manager.select_for_update())

    def found(stored: Iterable[Any]) -> dict[str, date]:
        named = [Row(place(one), one.valid_from, one.valid_to) for one in stored]
        return row_faults(named, today, always=always)

    return brought_by_change(found(rows), found(with_changes(rows, changes)), today)


def faults_of_stages(changes: Iterable[Stage]) -> list[str]:
    """The faults that saving these stages would bring, today or later."""
    today, rows, types = localdate(), list(Stage.objects.select_for_update()), known_types(stored_types())

    def found(stages: Iterable[Stage]) -> dict[str, date]:
        rows = [
            StageRow(one.code, tuple(one.case_types), tuple(one.first_for), one.valid_from, one.valid_to)
            for one in stages
        ]
        return stage_faults(rows, types, today)

    return brought_by_change(found(rows), found(with_changes(rows, changes)), today)


def faults_of_clocks(changes: Sequence[DeadlineRule]) -> list[str]:
    """The faults that saving these rows would bring: a clock's rows follow each other, one that is in use has one."""
    codes = {one.code for one in changes}
    stored = with_changes(DeadlineRule.objects.filter(code__in=codes).select_for_update(), changes)
    faults = [
        fault for code in sorted(codes) for fault in broken_rows([_clock(one) for one in stored if one.code == code])
    ]
    always = [f"Clock {code}" for code in clocks_in_use()]
    faults = faults or faults_of_rows(changes, place=lambda row: f"Clock {row.code}", always=always)
    return faults or list(_left_uncounted(codes, [one.as_rule() for one in stored]))


def _left_uncounted(codes: Collection[str], after: Collection[deadlines.Rule]) -> Iterable[str]:
    """Clocks of open cases that the table counts today and could not any more: they would keep the days of the old law,
    with no word about it anywhere. Such as one of days, whose hour nobody wrote down, by a row of hours."""
    before = [one.as_rule() for one in DeadlineRule.objects.filter(code__in=codes)]
    running = running_in_open_cases().filter(code__in=codes, trigger_on__isnull=False)
    started = running.order_by().values_list("code", "trigger_on", "trigger_at").distinct()
    triggers = [(code, at or day) for code, day, at in started if day is not None]
    left = {code for code, at in triggers if _counts(code, at, before) and not _counts(code, at, after)}
    for code in sorted(left):
        yield (
            f"Clock {code}: it runs in open cases, and with this row could not be counted there any more. Keep the"
            " unit, or replace the row from a day after what started them."
        )


def _counts(code: str, trigger: deadlines.Moment, rules: Collection[deadlines.Rule]) -> bool:
    try:
        deadlines.due(code, trigger, rules=rules)
    except deadlines.NotCounted:
        return False
    return True


def _clock(rule: DeadlineRule) -> Row:
    return Row(f"Clock {rule.code}", rule.valid_from, rule.valid_to)


def clocks_in_use() -> set[str]:
    """Codes of clocks that run on an open case, that a triage rule of today starts, or that certifications wait by."""
    running = CaseDeadline.objects.running().exclude(case__state=State.CLOSED).values_list("code", flat=True)
    named = TriageRule.objects.on(localdate()).values_list("deadlines", flat=True)
    return {*running.distinct(), *(code for codes in named for code in codes), *certifications.CODES}
