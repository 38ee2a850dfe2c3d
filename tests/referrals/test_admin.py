"""The tables a lawyer may change, and what the admin keeps out of them."""

import json
from typing import Any

import pytest
from django.contrib import admin

from accounts.roles import Role
from providers.models import Program
from referrals.models import Case, CaseEvent, Offer, RoutingDecision, TriageRule, UrgencyRule
from referrals.rule_tables import faults_of
from referrals.urgency import HOURS, TIER_VOCABULARY
from tests import factories


@pytest.mark.parametrize(
    "condition",
    [
        {"fact": "held", "in": ["yes"]},
        ["held"],
        [{"fact": "held"}],
        [{"fact": "held", "in": ["yes"], "not": []}],
        [{"fact": "surname", "in": ["yes"]}],
        [{"fact": ["held"], "in": ["yes"]}],
        [{"fact": "held", "in": []}],
        [{"fact": "held", "in": "yes"}],
        [{"fact": "held", "in": ["perhaps"]}],
        [{"fact": "circuit", "in": [8]}],
    ],
)
def test_a_condition_that_triage_does_not_understand_is_refused(condition: Any) -> None:
    assert faults_of(condition)


@pytest.mark.django_db
def test_every_rule_of_the_installation_is_in_the_vocabulary() -> None:
    assert [faults_of(rule.condition) for rule in TriageRule.objects.all() if faults_of(rule.condition)] == []


@pytest.mark.parametrize("model", [Case, CaseEvent, Offer, RoutingDecision])
def test_what_only_actions_may_change_is_not_in_the_admin(model: Any) -> None:
    assert not admin.site.is_registered(model)


@pytest.mark.django_db
def test_the_seeded_tiers_are_words_and_hours_that_are_understood() -> None:
    conditions = [rule.condition for rule in UrgencyRule.objects.all()]

    assert conditions
    assert [faults_of(condition, TIER_VOCABULARY, HOURS) for condition in conditions if condition] == [[]] * (
        len(conditions) - 1
    )


@pytest.mark.parametrize(
    "test",
    [
        {"fact": "hours_to_date", "in": ["48"]},
        {"fact": "hours_to_date", "at_most": "48"},
        {"fact": "hours_to_date", "at_most": -1},
        {"fact": "hours_to_date", "at_most": True},
        {"fact": "held", "at_most": 4},
        {"fact": "signed", "in": ["perhaps"]},
    ],
)
def test_a_tier_with_a_word_or_number_nobody_understands_is_refused(test: dict[str, object]) -> None:
    assert faults_of([test], TIER_VOCABULARY, HOURS)


@pytest.mark.django_db
def test_a_rule_with_an_unknown_fact_shows_its_form_again() -> None:
    rule = TriageRule.objects.earliest("position")
    client = factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))
    sent = {
        "position": rule.position,
        "code": rule.code,
        "secondary": "[]",
        "condition": '[{"fact": "surname", "in": ["yes"]}]',
        "sentence": rule.sentence,
        "valid_from": rule.valid_from,
        "source": rule.source,
    }

    refused = client.post(f"/staff/admin/referrals/triagerule/{rule.pk}/change/", sent)
    taken = client.post(
        f"/staff/admin/referrals/triagerule/{rule.pk}/change/",
        sent | {"condition": '[{"fact": "held", "in": ["unknown"]}]'},
    )

    assert refused.status_code == 200
    assert "no fact is called" in refused.content.decode()
    assert taken.status_code == 302
    assert TriageRule.objects.get(pk=rule.pk).condition == [{"fact": "held", "in": ["unknown"]}]


@pytest.mark.django_db
def test_the_admin_sets_a_programs_languages_and_not_its_room() -> None:
    program = factories.room(ceiling=10)
    client = factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))

    answer = client.post(
        f"/staff/admin/providers/program/{program.pk}/change/",
        {"languages": ["en", "es"], "in_use": 9, "ceiling": 99, "kind": "nondetained"},
    )

    assert answer.status_code == 302
    program = Program.objects.get(pk=program.pk)
    assert (program.languages, program.in_use, program.ceiling) == (["en", "es"], 0, 10)
    assert program.kind == "detained_full"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "referrals/triagerule/",
        "referrals/incomeline/",
        "referrals/residencyzip/",
        "referrals/facility/",
        "referrals/referralpartner/",
        "referrals/retentionrule/",
        "referrals/deadlinerule/",
        "providers/provider/",
        "providers/program/",
        "providers/casetype/",
        "providers/offerplace/",
    ],
)
def test_each_table_opens(path: str) -> None:
    client = factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))

    assert client.get(f"/staff/admin/{path}").status_code == 200
    assert client.get(f"/staff/admin/{path}add/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("others", "status"), [([], 302), ([{"fact": "held", "in": ["yes"]}], 200)])
def test_a_row_about_legal_clocks_tests_nothing_else(others: list[Any], status: int) -> None:
    rule = UrgencyRule.objects.get(reason="safe_by_within_7_days")
    client = factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))
    sent = {name: getattr(rule, name) for name in ("position", "tier", "reason", "sentence", "valid_from", "source")}
    condition = json.dumps([{"fact": "hours_to_safe_by", "at_most": 72}, *others])

    answer = client.post(f"/staff/admin/referrals/urgencyrule/{rule.pk}/change/", sent | {"condition": condition})

    assert answer.status_code == status
