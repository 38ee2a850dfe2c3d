"""The table of tiers: each row decides some story, and a gap in it never makes anybody wait."""

from datetime import UTC, datetime, timedelta

import pytest

from referrals.facts import Facts, Taken
from referrals.models import Urgency
from referrals.triage import whereabouts
from referrals.urgency import NO_RULE, TO_SAFE_BY, urgency
from tests.referrals import test_triage_golden as golden
from tests.referrals.test_triage_golden import GOLDEN, NOW, Law, facts_of

pytestmark = pytest.mark.django_db
law = golden.law


def test_deleting_any_row_of_the_tiers_breaks_a_story(law: Law) -> None:
    # The row about legal clocks is no part of the answers (tests/referrals/test_case_deadlines.py).
    of_answers = [rule for rule in law.tiers if not any(test["fact"] == TO_SAFE_BY for test in rule.condition)]
    assert len(of_answers) == len(law.tiers) - 1
    for left_out in of_answers:
        remaining = [rule for rule in law.tiers if rule is not left_out]
        found = [urgency(facts_of(row), whereabouts(facts_of(row), law.facilities), NOW, remaining) for row in GOLDEN]
        expected = [(row["urgency"], row["urgency_reason"]) for row in GOLDEN]
        assert [(tier.name, reason) for tier, reason in found] != expected, left_out


def test_a_gap_in_the_tiers_brings_a_person_at_once(law: Law) -> None:
    without_the_rest = [rule for rule in law.tiers if rule.condition]

    place = whereabouts(Facts(taken=Taken.NO), law.facilities)

    assert urgency(Facts(taken=Taken.NO), place, NOW, without_the_rest) == (Urgency.T0, NO_RULE)


@pytest.mark.parametrize(
    ("hours", "hour_known", "tier"),
    [(71, True, Urgency.T0), (73, True, Urgency.T1), (82, False, Urgency.T0), (95, False, Urgency.T1)],
)
def test_a_day_without_its_hour_counts_from_its_end(law: Law, hours: int, hour_known: bool, tier: Urgency) -> None:
    """Noon of Friday, November 20; the day ends 12 hours later, and with it begin the 72 hours."""
    noon = datetime(2026, 11, 20, 18, tzinfo=UTC)
    facts = Facts(taken=Taken.JUST_NOW, taken_at=noon, taken_hour_known=hour_known, place="sherburne")

    found, _reason = urgency(facts, whereabouts(facts, law.facilities), noon + timedelta(hours=hours), law.tiers)

    assert found == tier


def test_who_was_taken_today_at_an_hour_not_known_is_not_taken_in_the_future(law: Law) -> None:
    facts = Facts(taken=Taken.JUST_NOW, taken_at=NOW, taken_hour_known=False, place="sherburne")

    assert urgency(facts, whereabouts(facts, law.facilities), NOW, law.tiers)[0] == Urgency.T0
