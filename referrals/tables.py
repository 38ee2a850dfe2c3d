"""The stored rules of triage and urgency, as `rule_tables` checks them, with changes laid over them."""

from collections.abc import Iterable

from django.utils.timezone import localdate

from providers.models import CaseType
from providers.rule_tables import brought_by_change
from providers.tables import known_types, steps_of, stored_places, stored_types, with_changes
from referrals.models import TriageRule, UrgencyRule
from referrals.rule_tables import Rule, triage_faults, urgency_faults


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
