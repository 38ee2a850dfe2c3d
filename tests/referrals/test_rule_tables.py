"""Tables of rules and offer orders: what is no whole table is refused on save, with the row named."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils.timezone import localdate

from accounts.roles import Role
from providers import seeds as provider_seeds
from providers.models import CaseType, OfferPlace, Program, Provider
from providers.rule_tables import BadTable, KnownType, Step, brought_by_change, order_faults
from referrals import seeds
from referrals.models import TriageRule, UrgencyRule
from referrals.rule_tables import Rule, triage_faults, urgency_faults
from tests import factories

D = date(2026, 1, 1)
LATER = date(2027, 3, 1)
HELD = [{"fact": "held", "in": ["yes"]}]
TYPES = [KnownType("DET-HAB", D), KnownType("PREP", D)]
STEPS = [Step("DET-HAB", 1, "AHR", True, D), Step("PREP", 1, "VLN", True, D)]
RULES = [
    Rule("Triage rule", 10, HELD, D, codes=("DET-HAB",)),
    Rule("Triage rule", 90, [], D, codes=("PREP",)),
]


def triage(*rules: Rule, steps: list[Step] | None = None) -> list[str]:
    return list(triage_faults(rules, TYPES, STEPS if steps is None else steps, D))


def orders(*steps: Step) -> dict[str, date]:
    return order_faults(steps, TYPES, D)


def test_a_whole_table_has_no_fault() -> None:
    assert triage(*RULES) == []
    assert orders(*STEPS) == {}


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        # Gap.
        (RULES[:1], "gap after row 10"),
        ([RULES[0], replace(RULES[1], only_adds=True)], "gap after row 10"),
        ([RULES[0], replace(RULES[1], valid_from=LATER)], "gap after row 10"),
        ([RULES[0], replace(RULES[1], valid_to=LATER)], "gap after row 10"),
        ([], "gap"),
        # Overlap.
        ([*RULES, replace(RULES[0], condition=[{"fact": "claim", "in": ["yes"]}])], "Triage rule 10: two rows"),
        ([*RULES, replace(RULES[0], position=20)], "Triage rule 20: it can never decide, because row 10"),
        (
            [*RULES, replace(RULES[0], position=95, condition=[{"fact": "claim", "in": ["yes"]}])],
            "Triage rule 95: it can never decide, because row 90",
        ),
        # Circle.
        ([replace(RULES[0], codes=("DET-HAB", "DET-HAB")), RULES[1]], "Triage rule 10: DET-HAB leads to itself"),
        ([replace(RULES[0], codes=("DET-HAB", "PREP", "PREP")), RULES[1]], "Triage rule 10: PREP is named twice"),
        # Unknown.
        ([replace(RULES[0], codes=("DET-XXX",)), RULES[1]], "Triage rule 10: there is no case type DET-XXX"),
        ([replace(RULES[0], codes=("DET-HAB", "NOPE")), RULES[1]], "Triage rule 10: there is no case type NOPE"),
        ([replace(RULES[0], condition=[{"fact": "mood", "in": ["yes"]}]), RULES[1]], "Triage rule 10: Test 1: no fact"),
        ([replace(RULES[0], condition=[{"fact": "held", "in": ["so"]}]), RULES[1]], "Triage rule 10: Test 1: ['so']"),
    ],
)
def test_a_triage_table_with_a_fault_names_its_row(rules: list[Rule], named: str) -> None:
    found = triage(*rules)

    assert [one for one in found if named in one], found


def test_a_triage_rule_to_a_case_type_without_an_owner_is_a_fault() -> None:
    inactive = [replace(STEPS[0], is_active=False), STEPS[1]]

    assert "Triage rule 10: the offer order of DET-HAB has nobody" in triage(*RULES, steps=inactive)[0]


@pytest.mark.parametrize(
    ("narrow", "wide", "is_hidden"),
    [
        (HELD, [{"fact": "held", "in": ["yes", "unknown"]}], True),
        ([*HELD, {"fact": "claim", "in": ["yes"]}], HELD, True),
        ([{"fact": "held", "in": ["yes", "unknown"]}], HELD, False),
        (HELD, [*HELD, {"fact": "claim", "in": ["yes"]}], False),
    ],
)
def test_a_row_is_hidden_by_one_that_holds_whenever_it_does(narrow: Any, wide: Any, is_hidden: bool) -> None:
    above, below = replace(RULES[0], condition=wide), replace(RULES[0], position=20, condition=narrow)

    assert bool([one for one in triage(above, below, RULES[1]) if "never decide" in one]) == is_hidden


def test_an_urgency_table_has_no_gap_no_overlap_and_no_unknown_word() -> None:
    within = [{"fact": "hours_to_date", "at_most": 48}]
    sooner = [{"fact": "hours_to_date", "at_most": 24}]
    first, last = Rule("Urgency row", 10, within, D), Rule("Urgency row", 90, [], D)
    hidden = replace(first, position=20, condition=sooner)
    wrong = replace(first, condition=[{"fact": "hours_to_lunch", "at_most": 1}])

    assert urgency_faults([first, last], D) == {}
    assert urgency_faults([replace(first, condition=sooner), replace(first, position=20), last], D) == {}
    assert "gap after row 10" in next(iter(urgency_faults([first], D)))
    assert "Urgency row 20: it can never" in next(iter(urgency_faults([first, hidden, last], D)))
    assert "Urgency row 10: two rows" in next(iter(urgency_faults([first, first, last], D)))
    assert "Urgency row 10: Test 1" in next(iter(urgency_faults([wrong, last], D)))


@pytest.mark.parametrize(
    ("steps", "named"),
    [
        ([*STEPS, replace(STEPS[0], program="ILCM")], "DET-HAB, step 1: two rows"),
        ([*STEPS, replace(STEPS[0], position=2)], "DET-HAB, step 2: AHR is asked by step 1 already"),
        (
            [*STEPS, replace(STEPS[0], position=2, program=""), replace(STEPS[0], position=3, program="")],
            "DET-HAB, step 3: a coordinator is asked by step 2",
        ),
        ([*STEPS, replace(STEPS[0], case_type="NOPE")], "NOPE, step 1: there is no case type NOPE"),
        ([replace(STEPS[0], is_active=False), STEPS[1]], "DET-HAB: nobody"),
        ([replace(STEPS[0], valid_to=LATER), STEPS[1]], "DET-HAB: nobody"),
        ([replace(STEPS[0], valid_from=LATER), STEPS[1]], "DET-HAB: nobody"),
    ],
)
def test_an_offer_order_with_a_fault_names_its_row(steps: list[Step], named: str) -> None:
    found = orders(*steps)

    assert [one for one in found if named in one], found


def test_a_coordinators_step_is_an_owner() -> None:
    assert orders(replace(STEPS[0], program="", is_active=False), STEPS[1]) == {}


def test_a_fault_is_found_before_its_day_and_says_which() -> None:
    ending = [replace(STEPS[0], valid_to=LATER), STEPS[1]]

    assert set(orders(*ending).values()) == {LATER}
    assert brought_by_change({}, orders(*ending), D)[0].startswith("From March 1, 2027: ")


def test_a_fault_that_stands_already_does_not_keep_another_from_being_mended() -> None:
    before = {"one": D, "two": LATER}

    assert brought_by_change(before, {"one": D}, D) == []
    assert brought_by_change(before, {"one": D, "two": LATER + timedelta(days=1)}, D) == []
    assert brought_by_change(before, {"two": D}, D) == ["two"]


@pytest.fixture
def operator(db: None) -> Client:
    return factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))


def day_ahead() -> date:
    return localdate() + timedelta(days=10)


def sent_of(row: Any, **changes: Any) -> dict[str, Any]:
    if isinstance(row, TriageRule):
        names = "position code sentence ask valid_from source"
        given = {"secondary": "[]", "deadlines": "[]", "condition": '[{"fact": "held", "in": ["unknown"]}]'}
    elif isinstance(row, UrgencyRule):
        names, given = "position tier reason sentence valid_from source", {"condition": "[]"}
    else:
        names, given = "case_type position valid_from source", {"program": row.program_id or ""}
    return given | {name: getattr(row, name) for name in names.split()} | changes


def change(client: Client, row: Any, **changes: Any) -> tuple[int, str]:
    label = f"{row._meta.app_label}/{row._meta.model_name}"
    answer = client.post(f"/staff/admin/{label}/{row.pk}/change/", sent_of(row, **changes))
    return answer.status_code, answer.content.decode()


def last_rule() -> TriageRule:
    return TriageRule.objects.filter(valid_to__isnull=True, condition=[]).latest("position")


def test_ending_the_rule_for_everybody_else_is_refused_with_the_day(operator: Client) -> None:
    status, page = change(operator, last_rule(), condition="[]", valid_to=day_ahead())

    assert status == 200
    assert "The table has a gap" in page
    assert f"From {day_ahead():%B %-d, %Y}" in page
    assert last_rule().valid_to is None


def test_a_rule_is_replaced_from_a_day_in_one_step(operator: Client) -> None:
    old = last_rule()

    status, _ = change(operator, old, condition="[]", sentence="New words.", begins_on=day_ahead())

    assert status == 302
    old.refresh_from_db()
    new = TriageRule.objects.latest("pk")
    assert (old.valid_to, new.valid_from, new.valid_to) == (day_ahead(), day_ahead(), None)
    assert (new.sentence, old.sentence == new.sentence, new.position) == ("New words.", False, old.position)


def test_a_successor_that_leaves_a_gap_leaves_both_rows_as_they_were(operator: Client) -> None:
    old, count = last_rule(), TriageRule.objects.count()

    status, page = change(operator, old, begins_on=day_ahead())

    assert (status, "The table has a gap" in page) == (200, True)
    old.refresh_from_db()
    assert (old.valid_to, TriageRule.objects.count()) == (None, count)


def test_a_row_cannot_be_replaced_before_it_begins(operator: Client) -> None:
    rule = last_rule()

    status, page = change(operator, rule, condition="[]", begins_on=rule.valid_from)

    assert status == 200
    assert "write a day after it begins" in page


def test_an_urgency_row_that_hides_those_below_is_refused(operator: Client) -> None:
    first = UrgencyRule.objects.earliest("position")

    status, page = change(operator, first)

    assert status == 200
    assert "it can never decide" in page


def test_a_rule_to_an_unknown_case_type_is_refused(operator: Client) -> None:
    first = TriageRule.objects.earliest("position")

    status, page = change(operator, first, code="DET-XXX")

    assert status == 200
    assert f"Triage rule {first.position}: there is no case type DET-XXX." in page


def prep_place() -> OfferPlace:
    """The only step of its order."""
    return OfferPlace.objects.get(case_type="PREP")


def test_the_only_step_of_an_order_cannot_end_and_can_be_replaced(operator: Client) -> None:
    place, other = prep_place(), Program.objects.get(provider__code="ILCM", kind="nondetained")

    refused, page = change(operator, place, valid_to=day_ahead())
    taken, _ = change(operator, place, program=other.pk, begins_on=day_ahead())

    assert (refused, "Offer order of PREP: nobody" in page) == (200, True)
    assert taken == 302
    assert set(OfferPlace.objects.filter(case_type="PREP").values_list("program", "valid_from", "valid_to")) == {
        (place.program_id, place.valid_from, day_ahead()),
        (other.pk, day_ahead(), None),
    }


def test_the_same_program_twice_in_an_order_is_refused(operator: Client) -> None:
    second = OfferPlace.objects.get(case_type="TPS", position=2)
    first = OfferPlace.objects.get(case_type="TPS", position=1)

    status, page = change(operator, second, program=first.program_id)

    assert status == 200
    assert "Offer order of TPS, step 2:" in page


def test_a_provider_cannot_leave_while_a_case_type_has_nobody_else(operator: Client) -> None:
    def post(provider: Provider) -> tuple[int, str]:
        names = ["organization_id", "code", "name", "public_phone", "source", "opens_at", "closes_at"]
        sent = {name.removesuffix("_id"): getattr(provider, name) for name in names}
        answer = operator.post(f"/staff/admin/providers/provider/{provider.pk}/change/", sent)
        return answer.status_code, answer.content.decode()

    vln, mmla = Provider.objects.get(code="VLN"), Provider.objects.get(code="MMLA")

    status, page = post(vln)

    assert (status, "Offer order of PREP: nobody" in page) == (200, True)
    assert post(mmla)[0] == 302
    assert not Provider.objects.get(code="MMLA").is_active


def begin_order(client: Client, case_type: str, steps: str, day: date | None = None) -> tuple[int, str]:
    sent = {"case_type": case_type, "steps": steps, "valid_from": day or day_ahead(), "source": "Agreed by both"}
    answer = client.post("/staff/admin/providers/offerplace/add/", sent)
    return answer.status_code, answer.content.decode()


def test_a_whole_order_begins_on_a_day_and_the_old_one_ends(operator: Client) -> None:
    status, page = begin_order(operator, "DET-BOND", "ILCM AHR/detained_limited* coordinator")

    assert status == 302, page
    new = OfferPlace.objects.on(day_ahead()).filter(case_type="DET-BOND").order_by("position")
    assert [(one.position, str(one.program or ""), one.limited_scope) for one in new] == [
        (1, "ILCM · Detained, full representation", False),
        (2, "AHR · Detained, limited scope", True),
        (3, "", False),
    ]
    before = OfferPlace.objects.on(day_ahead() - timedelta(days=1)).filter(case_type="DET-BOND")
    assert [one.program.provider.code for one in before if one.program] == ["AHR", "ILCM", "MMLA"]


@pytest.mark.parametrize(
    ("case_type", "steps", "named"),
    [
        ("DET-BOND", "AHR NOBODY", "Step 2: no program is called NOBODY"),
        ("DET-BOND", "BINGER AHR BINGER", "Offer order of DET-BOND, step 3: BINGER"),
        ("DET-XXX", "AHR", "There is no case type DET-XXX."),
        ("DET-BOND", "", "This field is required."),
    ],
)
def test_an_order_with_a_fault_cannot_be_activated(operator: Client, case_type: str, steps: str, named: str) -> None:
    before = list(OfferPlace.objects.order_by("pk").values())

    status, page = begin_order(operator, case_type, steps)

    assert (status, named in page) == (200, True)
    assert list(OfferPlace.objects.order_by("pk").values()) == before


def test_an_order_without_anybody_who_takes_part_cannot_be_activated(operator: Client) -> None:
    Provider.objects.filter(code="MMLA").update(is_active=False)

    status, page = begin_order(operator, "DET-BOND", "MMLA")

    assert (status, "Offer order of DET-BOND: nobody" in page) == (200, True)


def change_type(client: Client, code: str, **changes: Any) -> tuple[int, str]:
    """A case type of people who are held."""
    row = CaseType.objects.get(code=code)
    names = ["code", "meaning", "plain_name", "points", "list_code", "lsc_code", "valid_from", "source"]
    sent = {name: getattr(row, name) for name in names} | {"detained": "on"} | changes
    answer = client.post(f"/staff/admin/providers/casetype/{row.pk}/change/", sent)
    return answer.status_code, answer.content.decode()


def test_a_case_type_takes_room(operator: Client) -> None:
    status, page = change_type(operator, "DET-HAB", points=0)

    assert (status, "Case type DET-HAB: a case takes at least one point." in page) == (200, True)
    assert CaseType.objects.get(code="DET-HAB").points == 6
    assert change_type(operator, "DET-HAB", points=1)[0] == 302


def test_a_case_type_that_rules_lead_to_cannot_end(operator: Client) -> None:
    status, page = change_type(operator, "DET-HAB", valid_to=day_ahead())

    assert status == 200
    assert "Offer order of DET-HAB, step 1: there is no case type DET-HAB." in page
    assert "there is no case type DET-HAB" in page.split("Triage rule", 1)[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        ("offer_orders.csv", {"case_type": "PREP"}, {"order": "NOBODY"}, "Offer order of PREP, step 1: no program"),
        ("offer_orders.csv", {"case_type": "PREP"}, {"order": "VLN VLN"}, "Offer order of PREP, step 2: VLN is asked"),
        ("offer_orders.csv", {"case_type": "PREP"}, {"case_type": "PREPARE"}, "there is no case type PREPARE"),
        ("triage_rules.csv", {"position": "190"}, {"condition": "held in yes"}, "The table has a gap"),
        ("triage_rules.csv", {"position": "190"}, {"code": "NOPE"}, "Triage rule 190: there is no case type NOPE"),
        ("triage_rules.csv", {"position": "10"}, {"condition": ""}, "it can never decide, because row 10"),
        ("urgency_rules.csv", {"position": "190"}, {"condition": "held in perhaps"}, "Urgency row 190: Test 1"),
    ],
)
def test_the_seeds_with_a_fault_are_not_loaded(
    monkeypatch: pytest.MonkeyPatch, name: str, old: dict[str, str], new: dict[str, str], named: str
) -> None:
    read = provider_seeds.rows

    def changed(folder: Any, table: str) -> Any:
        for row in read(folder, table):
            is_changed = table == name and old.items() <= row.items()
            yield row | new if is_changed else row

    monkeypatch.setattr(provider_seeds, "rows", changed)
    monkeypatch.setattr(seeds, "rows", changed)

    with pytest.raises(BadTable, match=named):
        load_all()


def load_all() -> None:
    provider_seeds.load(apps)
    seeds.load(apps)


@pytest.mark.django_db
def test_the_seeds_are_whole_tables() -> None:
    load_all()
