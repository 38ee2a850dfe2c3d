"""The golden table that a lawyer can read: answers → case type, urgency, providers in order, deciding rule."""

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.models import CaseType, OfferPlace
from referrals.facts import Entry, Facts, Paper, Taken
from referrals.models import Facility, TriageRule
from referrals.triage import NoRuleMatches, triage, whereabouts
from referrals.urgency import urgency

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
TODAY = date(2026, 11, 23)
with (Path(__file__).parent / "triage_golden.csv").open() as file:
    GOLDEN = list(csv.DictReader(file))

pytestmark = pytest.mark.django_db


def facts_of(row: dict[str, str]) -> Facts:
    return Facts(
        taken=Taken(row["taken"]),
        taken_at=NOW - timedelta(hours=float(row["hours_ago"])) if row["hours_ago"] else None,
        place=row["place"],
        entry=Entry(row["entry"]),
        papers=tuple(Paper(paper) for paper in row["papers"].split()),
        hearing_on=TODAY + timedelta(days=int(row["hearing_in_days"])) if row["hearing_in_days"] else None,
    )


@pytest.fixture
def facilities() -> list[Facility]:
    elsewhere = Facility(
        code="test-new-york", name="A jail in New York", custody="ice_out_of_state", us_state="NY", circuit=2
    )
    return [*Facility.objects.on(TODAY), elsewhere]


@pytest.fixture
def rules() -> list[TriageRule]:
    return list(TriageRule.objects.on(TODAY))


def decided(row: dict[str, str], facilities: list[Facility], rules: list[TriageRule]) -> dict[str, str]:
    facts = facts_of(row)
    place = whereabouts(facts, facilities)
    try:
        rule = triage(facts, place, rules)
    except NoRuleMatches:
        return {}
    tier, _ = urgency(facts, place, NOW)
    return {
        "code": rule.code,
        "secondary": " ".join(rule.secondary),
        "urgency": tier.name,
        "rule": str(rule.position),
    }


def test_every_story_gets_its_case_type_urgency_and_providers(
    facilities: list[Facility], rules: list[TriageRule]
) -> None:
    for row in GOLDEN:
        order = [
            place.program.provider.code if place.program else "coordinator"
            for place in OfferPlace.objects.on(TODAY)
            .filter(case_type=row["code"])
            .select_related("program__provider")
            .order_by("position")
        ]
        found = decided(row, facilities, rules) | {"providers": " ".join(order)}
        assert found == {key: row[key] for key in found}, row["story"]


def test_deleting_any_rule_breaks_a_story(facilities: list[Facility], rules: list[TriageRule]) -> None:
    for left_out in rules:
        remaining = [rule for rule in rules if rule is not left_out]
        assert any(
            decided(row, facilities, remaining) != {key: row[key] for key in ("code", "secondary", "urgency", "rule")}
            for row in GOLDEN
        ), left_out


def test_swapping_two_neighbouring_rules_that_overlap_breaks_a_story(
    facilities: list[Facility], rules: list[TriageRule]
) -> None:
    # Neighbours whose conditions exclude each other may be swapped without any answer noticing.
    apart = {(70, 75), (75, 80), (80, 90), (90, 95), (98, 110)}
    for first, second in pairwise(rules):
        if (first.position, second.position) in apart:
            continue
        swapped = [
            TriageRule(
                position={first.position: second.position, second.position: first.position}.get(
                    rule.position, rule.position
                ),
                code=rule.code,
                secondary=rule.secondary,
                condition=rule.condition,
            )
            for rule in rules
        ]
        assert any(decided(row, facilities, swapped)["rule"] != row["rule"] for row in GOLDEN), (first, second)


def test_every_case_type_with_a_rule_has_points_and_somebody_to_ask(rules: list[TriageRule]) -> None:
    for rule in rules:
        assert CaseType.objects.on(TODAY).filter(code=rule.code).count() == 1
        assert OfferPlace.objects.on(TODAY).filter(case_type=rule.code, program__isnull=False).exists()


@given(
    taken=st.sampled_from(Taken),
    place=st.sampled_from(
        ["unknown", "local_jail", "other_state", "free", "whipple", "sherburne", "el-paso", "not-a-place"]
    ),
    entry=st.sampled_from(Entry),
    papers=st.sets(st.sampled_from(Paper)),
    hearing=st.none() | st.integers(0, 400),
)
def test_every_possible_answer_set_ends_in_a_case_type(
    taken: Taken, place: str, entry: Entry, papers: set[Paper], hearing: int | None
) -> None:
    facts = Facts(
        taken=taken,
        place=place,
        entry=entry,
        papers=tuple(sorted(papers)),
        hearing_on=TODAY + timedelta(days=hearing) if hearing is not None else None,
    )
    where = whereabouts(facts, Facility.objects.on(TODAY))
    rule = triage(facts, where, TriageRule.objects.on(TODAY))
    tier, reason = urgency(facts, where, NOW)
    assert rule.code
    assert tier in (0, 1, 2, 3)
    assert reason
