"""The table of tiers: each row decides some story, and a gap in it never makes anybody wait."""

import pytest

from referrals.facts import Facts, Taken
from referrals.models import Urgency
from referrals.triage import whereabouts
from referrals.urgency import NO_RULE, urgency
from tests.referrals import test_triage_golden as golden
from tests.referrals.test_triage_golden import GOLDEN, NOW, Law, facts_of

pytestmark = pytest.mark.django_db
law = golden.law


def test_deleting_any_row_of_the_tiers_breaks_a_story(law: Law) -> None:
    for left_out in law.tiers:
        remaining = [rule for rule in law.tiers if rule is not left_out]
        found = [urgency(facts_of(row), whereabouts(facts_of(row), law.facilities), NOW, remaining) for row in GOLDEN]
        expected = [(row["urgency"], row["urgency_reason"]) for row in GOLDEN]
        assert [(tier.name, reason) for tier, reason in found] != expected, left_out


def test_a_gap_in_the_tiers_brings_a_person_at_once(law: Law) -> None:
    without_the_rest = [rule for rule in law.tiers if rule.condition]

    place = whereabouts(Facts(taken=Taken.NO), law.facilities)

    assert urgency(Facts(taken=Taken.NO), place, NOW, without_the_rest) == (Urgency.T0, NO_RULE)
