"""Legal demands: entered, held, reviewed, released by two people or by nobody, ended, exported."""

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.roles import MEMBER_ROLES, Actor, Role
from privacy import destruction, vault
from privacy.exports import ways_to_case
from privacy.models import DocumentKind, LegalHold, SealedDocument
from privacy.registry import REGISTRY
from referrals import events
from referrals.actions import demands
from referrals.demands import STEPS, can_take, counted_by_year, not_destroyed, standing_holds
from referrals.models import Case, CaseEvent, CounselAdvice, DemandKind, DemandState, LegalDemand, ServedOn
from referrals.policies import WrongState
from tests import factories
from tests.factories import OFFICE_HOURS as NOW

pytestmark = pytest.mark.django_db

URL = "/staff/demands/"


@pytest.fixture
def lead() -> Actor:
    return factories.actor(Role.HOTLINE_LEAD)


@pytest.fixture
def operator() -> Actor:
    return factories.actor(Role.OPERATOR)


def entered(by: Actor, *cases: Case, **more: Any) -> LegalDemand:
    given: dict[str, Any] = {
        "received_on": NOW.date(),
        "kind": DemandKind.ADMINISTRATIVE,
        "served_on": ServedOn.OPERATOR,
        "cases": cases,
    }
    return demands.enter_demand(**given | more, by=by, now=NOW)


def advised(by: Actor, *cases: Case, advice: CounselAdvice = CounselAdvice.RELEASE, **more: Any) -> LegalDemand:
    return demands.review_by_counsel(demand=entered(by, *cases, **more), advice=advice, by=by, now=NOW)


def released(first: Actor, second: Actor, *cases: Case, **more: Any) -> LegalDemand:
    demand = demands.release(demand=advised(first, *cases, **more), by=first, now=NOW)
    return demands.release(demand=demand, by=second, now=NOW)


def sealed_case() -> Case:
    case = factories.case()
    vault.seal(
        case_id=case.pk, kind=DocumentKind.FILE, payload={"names": "Planted Person"}, readers=["hotline"], now=NOW
    )
    return case


# Entering and holding.


def test_a_demand_holds_the_cases_it_names_at_once_and_says_so_on_each(operator: Actor) -> None:
    named, other = factories.case(), factories.case()

    demand = entered(operator, named)

    assert set(standing_holds(demand).values_list("case_id", flat=True)) == {named.pk}
    event = CaseEvent.objects.filter(case=named).latest("sequence")
    assert (event.kind, event.detail, event.user_id) == ("hold_placed", {"demand": str(demand.pk)}, operator.user_id)
    assert events.broken_links(named.pk) == []
    assert not CaseEvent.objects.filter(case=other, kind="hold_placed").exists()


def test_what_is_held_is_not_destroyed_until_the_hold_is_lifted(lead: Actor) -> None:
    case = sealed_case()
    destruction.schedule(case_id=case.pk, reason="closed", due_at=NOW, now=NOW, ends_case=True)
    demand = entered(lead, case)

    assert destruction.carry_out_due(NOW) == 0
    assert SealedDocument.objects.filter(case_id=case.pk).exists()

    demands.end_demand(demand=demand, lift_holds=True, by=lead, now=NOW)
    assert destruction.carry_out_due(NOW) == 1
    assert not SealedDocument.objects.filter(case_id=case.pk).exists()


def test_a_demand_for_everything_holds_all_that_can_still_be_read(lead: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demands, "AT_ONCE", 2)
    ended, gone, again = sealed_case(), sealed_case(), sealed_case()
    kept = [factories.case() for _ in range(4)]
    for case in (gone, again):
        destruction.schedule(case_id=case.pk, reason="closed", due_at=NOW, now=NOW, ends_case=True)
        destruction.schedule(case_id=ended.pk, reason="closed", due_at=NOW + timedelta(days=9), now=NOW)
    destruction.carry_out_due(NOW)
    # Taken up again after its file was destroyed: a new file began.
    vault.seal(case_id=again.pk, kind=DocumentKind.FILE, payload={}, readers=["hotline"], now=NOW)

    demand = entered(lead, asks_for_all=True)

    expected = {case.pk for case in (*kept, ended, again)}
    assert set(not_destroyed().values_list("pk", flat=True)) == expected
    assert set(standing_holds(demand).values_list("case_id", flat=True)) == expected
    assert all(events.broken_links(pk) == [] for pk in expected)
    assert not demand.cases.exists()


def test_holding_many_cases_costs_as_many_statements_as_holding_few(
    lead: Actor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    few, many = [factories.case()], [factories.case() for _ in range(12)]
    counts = []
    for cases in (few, many):
        demand = entered(lead)
        with django_assert_max_num_queries(20) as captured:
            demands.hold_cases(demand=demand, cases=cases, by=lead, now=NOW)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_holding_again_finds_only_what_is_new(lead: Actor) -> None:
    first = factories.case()
    demand = entered(lead, asks_for_all=True)
    later = factories.case()

    assert demands.hold_cases(demand=demand, by=lead, now=NOW) == 1
    assert demands.hold_cases(demand=demand, by=lead, now=NOW) == 0
    assert CaseEvent.objects.filter(case__in=[first, later], kind="hold_placed").count() == 2


def test_one_demand_s_end_leaves_another_s_hold(lead: Actor) -> None:
    case = factories.case()
    first, second = entered(lead, case), entered(lead, case)

    demands.end_demand(demand=first, lift_holds=True, by=lead, now=NOW)

    assert not standing_holds(first).exists()
    assert standing_holds(second).count() == 1
    assert LegalHold.objects.filter(case_id=case.pk, lifted_at=None).count() == 1


# Review and release.


@pytest.mark.parametrize(
    ("advice", "state"),
    [
        (CounselAdvice.CONTEST, DemandState.CONTESTED),
        (CounselAdvice.NOTHING_HELD, DemandState.REVIEWED),
        (CounselAdvice.NOT_BOUND, DemandState.REVIEWED),
        (CounselAdvice.RELEASE, DemandState.REVIEWED),
    ],
)
def test_counsel_s_advice_decides_what_can_follow(lead: Actor, advice: CounselAdvice, state: DemandState) -> None:
    demand = advised(lead, advice=advice)

    assert (demand.state, demand.advice, demand.reviewed_by_user_id) == (state, advice, lead.user_id)
    assert can_take(lead, demand, "release") == (advice == CounselAdvice.RELEASE)


def test_nothing_is_released_by_fewer_than_two_people(lead: Actor, operator: Actor) -> None:
    demand = demands.release(demand=advised(lead), by=lead, now=NOW)

    assert demand.state == DemandState.REVIEWED
    with pytest.raises(PermissionDenied, match="Somebody else"):
        demands.release(demand=demand, by=lead, now=NOW)
    assert demands.release(demand=demand, by=operator, now=NOW).state == DemandState.RELEASED


def test_the_hotline_s_lead_releases_first(operator: Actor, lead: Actor) -> None:
    with pytest.raises(PermissionDenied, match="lead releases first"):
        demands.release(demand=advised(lead), by=operator, now=NOW)


def test_nothing_is_released_without_counsel(lead: Actor) -> None:
    with pytest.raises(WrongState):
        demands.release(demand=entered(lead), by=lead, now=NOW)
    with pytest.raises(WrongState):
        demands.release(demand=advised(lead, advice=CounselAdvice.CONTEST), by=lead, now=NOW)


def test_other_advice_takes_a_first_release_back(lead: Actor, operator: Actor) -> None:
    demand = demands.release(demand=advised(lead), by=lead, now=NOW)

    demand = demands.review_by_counsel(demand=demand, advice=CounselAdvice.NOT_BOUND, by=lead, now=NOW)

    assert demand.first_release_by_user_id is None
    with pytest.raises(WrongState):
        demands.release(demand=demand, by=operator, now=NOW)


def test_the_database_itself_refuses_one_person_twice(lead: Actor) -> None:
    demand = demands.release(demand=advised(lead), by=lead, now=NOW)
    one = {"second_release_by_user_id": lead.user_id, "second_release_at": NOW, "state": DemandState.RELEASED}
    for change in (one, {"state": DemandState.RELEASED}, {"ended_at": NOW}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LegalDemand.objects.filter(pk=demand.pk).update(**change)


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_step_is_for_its_roles_alone(role: Role, lead: Actor) -> None:
    actor = factories.actor(role)
    if role not in (Role.HOTLINE_LEAD, Role.OPERATOR):
        with pytest.raises(PermissionDenied):
            entered(actor)
    demand = advised(lead, factories.case())
    for step, act in {
        "hold": lambda: demands.hold_cases(demand=demand, by=actor, now=NOW),
        "review": lambda: demands.review_by_counsel(demand=demand, advice=CounselAdvice.RELEASE, by=actor, now=NOW),
        "release": lambda: demands.release(demand=demand, by=actor, now=NOW),
        "end": lambda: demands.end_demand(demand=demand, lift_holds=False, by=actor, now=NOW),
        "lift": lambda: demands.lift_holds_of(demand=demand, by=actor, now=NOW),
    }.items():
        if role not in STEPS[step]:
            with pytest.raises(PermissionDenied):
                act()


def test_ending_without_a_release_is_nothing_handed_over(lead: Actor) -> None:
    demand = demands.end_demand(demand=advised(lead, factories.case()), lift_holds=False, by=lead, now=NOW)

    assert (demand.state, demand.ended_at, demand.ended_by_user_id) == (DemandState.NOTHING, NOW, lead.user_id)
    assert standing_holds(demand).count() == 1
    for step in ("hold", "review", "release", "end"):
        assert not can_take(lead, demand, step)
    assert demands.lift_holds_of(demand=demand, by=lead, now=NOW) == 1
    assert not can_take(lead, demand, "lift")
    assert CaseEvent.objects.filter(kind="hold_lifted", detail__demand=str(demand.pk)).count() == 1


def test_a_released_demand_stays_released_when_it_ends(lead: Actor, operator: Actor) -> None:
    demand = released(lead, operator)

    demand = demands.end_demand(demand=demand, lift_holds=True, by=lead, now=NOW)

    assert (demand.state, demand.ended_at) == (DemandState.RELEASED, NOW)


# The pages.


@pytest.fixture
def desk() -> Client:
    return factories.client_of(factories.member(Role.HOTLINE_LEAD))


def typed(**changes: Any) -> dict[str, Any]:
    given = {
        "received_on_0": "11",
        "received_on_1": "16",
        "received_on_2": "2025",
        "kind": "grand_jury",
        "served_on": "city",
        "scope": "none",
        "references": "",
    }
    return given | changes


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_role_opens_its_pages_and_no_other(role: Role, lead: Actor) -> None:
    demand = entered(lead)
    client = factories.client_of(factories.member(role))
    reads = {Role.HOTLINE_LEAD, Role.OPERATOR, Role.AUDITOR}
    enters = {Role.HOTLINE_LEAD, Role.OPERATOR}

    for path, roles in ((URL, reads), (f"{URL}{demand.pk}/", reads), (f"{URL}new/", enters)):
        assert client.get(path).status_code == (200 if role in roles else 403), path
    assert client.post(f"{URL}{demand.pk}/do/review/", {"advice": "contest"}).status_code == (
        302 if role == Role.HOTLINE_LEAD else 403
    )


def test_entering_on_the_page_holds_and_shows_the_cases(desk: Client) -> None:
    cases = [factories.case(), factories.case()]
    references = f"{cases[0].reference.lower()}\n {cases[1].reference},"

    response = desk.post(f"{URL}new/", typed(scope="named", references=references, gagged="on"), follow=True)

    demand = LegalDemand.objects.get()
    assert (demand.kind, demand.served_on, demand.received_on) == ("grand_jury", "city", date(2025, 11, 16))
    page = response.content.decode()
    assert response.redirect_chain == [(f"{URL}{demand.pk}/", 302)]
    assert "2 cases. Nothing of them is destroyed." in page
    for case in cases:
        assert f"/staff/cases/{case.reference}/" in page
    assert "A court forbids telling the people concerned" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": ""}, "Choose one from the list."),
        ({"received_on_2": "2999"}, "This day is in the future."),
        ({"answer_due_on_0": "1", "answer_due_on_1": "1", "answer_due_on_2": "2025"}, "before the demand was received"),
        ({"scope": "named"}, "Write the reference of each case it names."),
        ({"scope": "all", "references": "REAL"}, "Write references such as K7M-4QD"),
        ({"scope": "named", "references": "ZZZ-ZZZ"}, "No case has ZZZ-ZZZ"),
        ({"scope": ""}, "Choose one from the list."),
    ],
)
def test_a_wrong_entry_is_told_and_nothing_is_kept(desk: Client, changes: dict[str, str], sentence: str) -> None:
    response = desk.post(f"{URL}new/", typed(**changes))

    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert not LegalDemand.objects.exists()


def test_a_name_typed_by_mistake_is_not_repeated_in_the_error(desk: Client) -> None:
    page = desk.post(f"{URL}new/", typed(scope="named", references="Planted")).content.decode()

    assert page.count("Planted") == 1, "in the box it was typed in, and nowhere else"


def test_a_step_with_something_missing_is_told_on_the_page(desk: Client, lead: Actor) -> None:
    demand = entered(lead)

    for step in ("review", "end", "hold"):
        response = desk.post(f"{URL}{demand.pk}/do/{step}/", {})
        assert response.status_code == 400
        assert "Choose one from the list." in response.content.decode()
    assert desk.post(f"{URL}{demand.pk}/do/nonsense/", {}).status_code == 404
    assert desk.get(f"{URL}{demand.pk}/do/review/").status_code == 302
    assert desk.get(f"{URL}{uuid4()}/").status_code == 404


def test_from_the_page_to_the_release_by_two(desk: Client, lead: Actor) -> None:
    demand = entered(lead, factories.case())
    do = f"{URL}{demand.pk}/do/"

    desk.post(f"{do}review/", {"advice": "release"})
    assert "Somebody else has to agree too." in desk.post(f"{do}release/", follow=True).content.decode()
    assert desk.post(f"{do}release/").status_code == 403
    operator = factories.client_of(factories.member(Role.OPERATOR))
    assert "Released by two people." in operator.post(f"{do}release/", follow=True).content.decode()
    too_late = desk.post(f"{do}review/", {"advice": "contest"}, follow=True).content.decode()
    assert "cannot be done now" in too_late
    ended = desk.post(f"{do}end/", {"holds": "lift"}, follow=True).content.decode()
    assert "the holds are lifted" in ended
    assert [line in ended for line in ("Released, first person", "Released, second person", "Ended")] == [True] * 3


def test_the_register_counts_held_cases_in_a_fixed_number_of_queries(
    desk: Client, lead: Actor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    entered(lead, factories.case(), factories.case())
    with django_assert_max_num_queries(20) as one:
        page = desk.get(URL).content.decode()
    assert 'class="number">2</td>' in page
    for _ in range(5):
        entered(lead, factories.case())
    with django_assert_max_num_queries(20) as six:
        desk.get(URL)
    assert len(one) == len(six)


# What the public counts.


def test_every_year_is_counted_by_kind_and_an_empty_one_is_zero(lead: Actor, operator: Actor) -> None:
    entered(lead, received_on=date(2024, 12, 31))
    entered(lead, received_on=NOW.date(), kind=DemandKind.WARRANT)
    released(lead, operator, received_on=NOW.date(), kind=DemandKind.WARRANT)

    years = counted_by_year(NOW)

    assert [(year.year, year.received, year.released) for year in years] == [(2026, 2, 1), (2025, 0, 0), (2024, 1, 0)]
    assert [kind.kind for kind in years[0].kinds] == list(DemandKind)
    assert {kind.kind: (kind.received, kind.released) for kind in years[0].kinds}[DemandKind.WARRANT] == (2, 1)


def test_without_any_demand_this_year_is_zero() -> None:
    (year,) = counted_by_year(NOW)

    assert (year.year, year.received, year.released) == (2026, 0, 0)


# What is handed over.


def test_the_export_has_exactly_the_readable_fields_of_exactly_these_cases(
    lead: Actor, operator: Actor, tmp_path: Path
) -> None:
    factories.room()
    asked, other = factories.accepted_case(), factories.case()
    vault.seal(case_id=asked.pk, kind=DocumentKind.FILE, payload={"names": "Planted"}, readers=["hotline"], now=NOW)
    demand = released(lead, operator, asked)
    to = tmp_path / "export.jsonl"

    call_command("export_for_demand", str(demand.pk), to=to, stdout=StringIO())

    assert to.stat().st_mode & 0o777 == 0o600
    text = to.read_text(encoding="utf-8")
    assert other.reference not in text
    assert str(other.pk) not in text
    columns: dict[str, set[str]] = {}
    for line in map(json.loads, text.splitlines()):
        columns.setdefault(line["table"], set()).update(line["row"])
    assert {"referrals_case", "referrals_caseevent", "referrals_offer", "privacy_sealeddocument"} <= columns.keys()
    assert "sealed" not in columns["privacy_sealeddocument"]
    for label in ways_to_case():
        table = label.replace(".", "_")
        readable = {name for name, level in REGISTRY[label].items() if not level.is_sealed}
        if table in columns:
            assert len(columns[table]) == len(readable), label


def test_nothing_is_exported_before_two_have_released_it(lead: Actor, tmp_path: Path) -> None:
    case = factories.case()
    demand = demands.release(demand=advised(lead, case), by=lead, now=NOW)
    to = tmp_path / "export.jsonl"

    with pytest.raises(CommandError, match="not released by two people"):
        call_command("export_for_demand", str(demand.pk), to=to)
    assert not to.exists()


def test_nothing_is_exported_that_the_demand_does_not_ask_for(lead: Actor, operator: Actor, tmp_path: Path) -> None:
    asked, other = factories.case(), factories.case()
    demand = released(lead, operator, asked)
    to = tmp_path / "export.jsonl"

    with pytest.raises(CommandError, match=other.reference):
        call_command("export_for_demand", str(demand.pk), case=[asked.reference, other.reference], to=to)
    assert not to.exists()
    with pytest.raises(CommandError, match="no such demand"):
        call_command("export_for_demand", "nonsense", to=to)
    call_command("export_for_demand", str(demand.pk), case=[asked.reference], to=to, stdout=StringIO())
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_for_demand", str(demand.pk), case=[asked.reference], to=to)


def test_a_demand_for_everything_exports_what_is_held(lead: Actor, operator: Actor, tmp_path: Path) -> None:
    cases = [factories.case(), factories.case()]
    demand = released(lead, operator, asks_for_all=True)
    to = tmp_path / "export.jsonl"

    call_command("export_for_demand", str(demand.pk), to=to, stdout=StringIO())

    text = to.read_text(encoding="utf-8")
    assert all(case.reference in text for case in cases)
