"""The clocks of a case: who enters them, what follows, and what a changed law does to the cases that are open."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import SYSTEM, Actor, Role
from providers import room
from referrals import tasks
from referrals.actions import (
    close,
    deadlines,
    drop_deadline,
    enter_trigger,
    meet_deadline,
    record_facts,
    reopen,
    withdraw,
)
from referrals.actions.deadlines import follow_time, recount_all, rules_of
from referrals.business_time import CHICAGO
from referrals.deadlines import NotCounted, packaged_rules
from referrals.events import broken_links
from referrals.models import Case, CaseDeadline, CaseEvent, DeadlineRule, LegalStatus, State, Urgency, UrgencyRule
from referrals.policies import WrongState
from referrals.timeline import SENTENCES, sentence
from referrals.urgency import TO_SAFE_BY
from tests import factories

pytestmark = pytest.mark.django_db

NOW = factories.OFFICE_HOURS
TODAY = NOW.astimezone(CHICAGO).date()
KINDS = ("clock_started", "clock_kept", "clock_dropped", "clocks_recounted", "urgency_changed")


@pytest.fixture
def coordinator() -> Actor:
    return factories.actor(Role.COORDINATOR)


@pytest.fixture
def free() -> Case:
    """T2, waiting: nobody has room."""
    return factories.case(factories.free_facts(), now=NOW)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def kinds_of(case: Case) -> list[str]:
    return [kind for kind in CaseEvent.objects.filter(case=case).values_list("kind", flat=True) if kind in KINDS]


def at_four(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 16, tzinfo=CHICAGO)


# What is entered, and what follows.


def test_a_clock_moves_the_next_deadline_and_the_tier(free: Case, coordinator: Actor) -> None:
    # Day 30 is Saturday 21 November: Monday is the last day, Friday the safe one, three days from now.
    row = enter_trigger(case=free, code="bia30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    case = fresh(free)
    assert (row.raw, row.due, row.safe_by) == (date(2026, 11, 21), date(2026, 11, 23), date(2026, 11, 20))
    assert (case.next_deadline, case.next_deadline_code) == (at_four(row.safe_by), "BIA30")
    assert (case.urgency, case.urgency_reason) == (Urgency.T1, "safe_by_within_7_days")
    assert kinds_of(case) == ["clock_started", "urgency_changed"]
    assert broken_links(case.pk) == []


def test_without_the_row_about_clocks_a_near_one_hurries_nobody(free: Case, coordinator: Actor) -> None:
    rows = [one.pk for one in UrgencyRule.objects.all() if any(test["fact"] == TO_SAFE_BY for test in one.condition)]
    UrgencyRule.objects.filter(pk__in=rows).delete()

    enter_trigger(case=free, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    assert len(rows) == 1
    assert fresh(free).urgency == Urgency.T2


def test_a_clock_far_off_moves_the_deadline_only(free: Case, coordinator: Actor) -> None:
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)

    assert fresh(free).next_deadline_code == "BIA30"
    assert fresh(free).urgency == Urgency.T2
    assert kinds_of(free) == ["clock_started"]


def test_a_clock_never_makes_a_case_less_urgent(coordinator: Actor) -> None:
    held = factories.case(now=NOW)
    assert held.urgency == Urgency.T0

    enter_trigger(case=held, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    assert (fresh(held).urgency, fresh(held).urgency_reason) == (Urgency.T0, held.urgency_reason)


def test_what_others_must_keep_is_no_deadline_of_ours(free: Case, coordinator: Actor) -> None:
    enter_trigger(case=free, code="ADM-EXEC", trigger=TODAY - timedelta(days=13), by=coordinator, now=NOW)

    assert fresh(free).next_deadline is None
    assert fresh(free).urgency == Urgency.T2


@pytest.mark.parametrize("end", ["meet", "drop"])
def test_the_tier_goes_back_when_the_clock_has_ended(free: Case, coordinator: Actor, end: str) -> None:
    row = enter_trigger(case=free, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    if end == "meet":
        meet_deadline(case=free, deadline=row, by=coordinator, now=NOW)
    else:
        drop_deadline(case=free, deadline=row, reason="does_not_apply", by=coordinator, now=NOW)

    case = fresh(free)
    assert (case.urgency, case.urgency_reason, case.next_deadline) == (Urgency.T2, free.urgency_reason, None)
    assert case.urgency_without_clocks is None
    assert kinds_of(case)[2:] == ["clock_kept" if end == "meet" else "clock_dropped", "urgency_changed"]
    with pytest.raises(WrongState):
        meet_deadline(case=free, deadline=row, by=coordinator, now=NOW)


def test_the_owners_clock_and_every_task_are_hurried_and_never_slowed(coordinator: Actor) -> None:
    case = factories.case(factories.free_facts(zip_code=""), now=NOW)
    before, task = case.state_due_at, case.tasks.earliest("due_at")
    assert case.state == State.RECEIVED

    enter_trigger(case=case, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    # T1: four opening hours instead of one business day.
    assert before
    assert fresh(case).state_due_at == NOW + timedelta(hours=4) < before
    assert case.tasks.get(pk=task.pk).due_at == NOW + timedelta(hours=4) < task.due_at


def test_new_answers_keep_the_clock_and_its_tier(free: Case, coordinator: Actor) -> None:
    enter_trigger(case=free, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)

    case = record_facts(case=free, facts=factories.free_facts(household=4), by=coordinator, now=NOW)

    assert (case.urgency, case.urgency_without_clocks, case.next_deadline_code) == (Urgency.T1, Urgency.T2, "BIA30")


def test_the_same_trigger_again_changes_nothing_and_another_corrects(free: Case, coordinator: Actor) -> None:
    first = enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    assert kinds_of(free) == ["clock_started"]

    enter_trigger(case=free, code="BIA30", trigger=TODAY - timedelta(days=1), by=coordinator, now=NOW)

    assert CaseDeadline.objects.get(case=free).raw == first.raw - timedelta(days=1)
    assert (
        CaseEvent.objects.filter(case=free, kind="clock_started").latest("sequence").detail["before"]["code"] == "BIA30"
    )


@pytest.mark.parametrize(
    ("code", "trigger", "says"),
    [
        ("BIA10", TODAY, "not in force"),
        ("BOND", TODAY, "no last day"),
        ("NOPE", TODAY, "no deadline"),
        ("CUST48", TODAY, "time of day"),
        ("BIA30", TODAY + timedelta(days=1), "still to come"),
    ],
)
def test_what_starts_no_clock_says_why(free: Case, coordinator: Actor, code: str, trigger: date, says: str) -> None:
    with pytest.raises(NotCounted, match=says):
        enter_trigger(case=free, code=code, trigger=trigger, by=coordinator, now=NOW)
    assert kinds_of(free) == []


def test_only_the_hotline_and_the_provider_that_holds_it_keep_clocks() -> None:
    factories.room()
    held = factories.accepted_case(now=NOW)
    holder = factories.staff_of(held.offers.get())
    for by in (
        factories.actor(Role.PROVIDER_STAFF, "vln"),
        factories.actor(Role.AUDITOR),
        factories.actor(Role.FINANCE),
    ):
        with pytest.raises(PermissionDenied):
            enter_trigger(case=held, code="BIA30", trigger=TODAY, by=by, now=NOW)

    assert enter_trigger(case=held, code="BIA30", trigger=TODAY, by=holder, now=NOW).entered_role == holder.role


def test_an_offered_case_is_not_its_providers_to_keep_clocks_of() -> None:
    factories.room()
    case = factories.case(now=NOW)
    with pytest.raises(PermissionDenied):
        enter_trigger(
            case=case, code="BIA30", trigger=TODAY, by=factories.staff_of(factories.live_offer(case)), now=NOW
        )


def test_a_case_that_is_over_starts_no_clock(free: Case, coordinator: Actor) -> None:
    withdraw(case=free, by=coordinator, now=NOW)
    with pytest.raises(WrongState):
        enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)


def test_a_deadline_that_moves_has_the_waitlist_matched_again(
    free: Case, coordinator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[datetime] = []
    monkeypatch.setattr(room, "_handlers", [heard.append])

    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)

    assert heard == [NOW]


# Hours, and the end of the case.


def test_an_event_holds_no_hour(free: Case, coordinator: Actor) -> None:
    moment = datetime(2026, 11, 16, 22, 15, tzinfo=CHICAGO)
    row = enter_trigger(case=free, code="CUST48", trigger=moment, by=coordinator, now=NOW)

    assert row.ends_at == moment + timedelta(hours=48)
    detail = CaseEvent.objects.get(case=free, kind="clock_started").detail
    assert detail["trigger"] == "2026-11-16"
    assert not re.search(r"\d\d:\d\d", str(detail))


def test_hours_are_forgotten_when_the_case_ends(coordinator: Actor) -> None:
    factories.room()
    case = factories.represented_case(factories.held_facts(taken_at=NOW - timedelta(hours=5)), now=NOW)
    enter_trigger(case=case, code="CUST48", trigger=NOW - timedelta(hours=2), by=coordinator, now=NOW)
    enter_trigger(case=case, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    assert case.deadlines.filter(trigger_at__isnull=False).count() == 2

    close(case=case, outcome="habeas_release", by=coordinator, now=NOW)

    assert not case.deadlines.exclude(trigger_at=None, ends_at=None).exists()
    assert list(CaseDeadline.objects.running().filter(case=case).values_list("code", flat=True)) == ["BIA30"]
    assert fresh(case).next_deadline is None


def test_a_case_taken_up_again_has_its_days_to_keep(free: Case, coordinator: Actor) -> None:
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    withdraw(case=free, by=coordinator, now=NOW)

    case = reopen(case=fresh(free), reason="new_event", by=coordinator, now=NOW)

    assert case.next_deadline_code == "BIA30"


# What the answers say.


def test_the_answers_start_the_first_72_hours_and_name_a_hearing() -> None:
    taken, hearing = NOW - timedelta(hours=5), TODAY + timedelta(days=20)
    case = factories.case(factories.held_facts(taken_at=taken, hearing_on=hearing, date_kind="court"), now=NOW)

    assert set(case.deadlines.values_list("code", "from_answers")) == {("TRANSFER", True), ("HEARING", True)}
    assert (case.next_deadline, case.next_deadline_code) == (taken + timedelta(hours=72), "TRANSFER")

    # The 72 hours pass: the hearing is next, though nobody opened the answers.
    follow_time(taken + timedelta(hours=73))
    assert fresh(case).next_deadline_code == "HEARING"


def test_an_hour_that_a_person_entered_is_not_written_over_by_the_answers(coordinator: Actor) -> None:
    facts = factories.held_facts(taken_at=NOW - timedelta(hours=5))
    case = factories.case(facts, now=NOW)
    enter_trigger(case=case, code="TRANSFER", trigger=NOW - timedelta(hours=8), by=coordinator, now=NOW)

    case = record_facts(case=case, facts=facts, by=coordinator, now=NOW)

    assert case.next_deadline == NOW + timedelta(hours=64)
    assert case.deadlines.count() == 1


def test_answers_that_change_replace_what_earlier_ones_said(coordinator: Actor) -> None:
    case = factories.case(factories.free_facts(hearing_on=TODAY + timedelta(days=9)), now=NOW)
    changed = factories.free_facts(hearing_on=TODAY + timedelta(days=30))

    case = record_facts(case=case, facts=changed, by=coordinator, now=NOW)

    assert case.deadlines.get().safe_by == TODAY + timedelta(days=30)


# Time and law.


def test_a_day_that_comes_near_raises_the_tier_by_itself_once(free: Case, coordinator: Actor) -> None:
    row = enter_trigger(case=free, code="REOPEN", trigger=TODAY, by=coordinator, now=NOW)
    assert follow_time(NOW) == 0
    near = at_four(row.safe_by) - timedelta(days=7)

    assert follow_time(near - timedelta(minutes=1)) == 0
    assert follow_time(near) == 1
    assert follow_time(near) == 0

    assert fresh(free).urgency == Urgency.T1
    assert kinds_of(free) == ["clock_started", "urgency_changed"]


def test_a_day_that_was_not_kept_stays_in_front(free: Case, coordinator: Actor) -> None:
    row = enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    follow_time(at_four(row.due) + timedelta(days=3))

    assert fresh(free).next_deadline == at_four(row.safe_by)
    assert fresh(free).urgency == Urgency.T1


def admin_change(rule: DeadlineRule, **changed: Any) -> int:
    client = factories.client_of(factories.member(Role.OPERATOR, is_staff=True, is_superuser=True))
    fields = ("code", "trigger", "starts", "n", "unit", "actor", "days_early", "meaning", "note", "status", "source")
    sent = {name: getattr(rule, name) for name in fields}
    sent |= {"status_on": rule.status_on, "valid_from": rule.valid_from, "valid_to": rule.valid_to or ""}
    sent |= ({"roll": "on"} if rule.roll else {}) | changed
    path = f"{rule.pk}/change" if rule.pk else "add"
    return client.post(f"/staff/admin/referrals/deadlinerule/{path}/", sent).status_code


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.recount_deadlines, "delay", tasks.recount_deadlines)


@pytest.mark.usefixtures("at_once")
def test_a_rule_changed_in_the_admin_counts_open_cases_again(
    free: Case, coordinator: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    now = timezone.now()
    day = now.astimezone(CHICAGO).date() - timedelta(days=1)
    other, ended = (factories.case(factories.free_facts(), now=NOW) for _ in range(2))
    for case in (free, ended):
        enter_trigger(case=case, code="BIA30", trigger=day, by=coordinator)
    enter_trigger(case=other, code="REOPEN", trigger=day, by=coordinator)
    withdraw(case=ended, by=coordinator)
    rule = DeadlineRule.objects.get(code="BIA30")

    with django_capture_on_commit_callbacks(execute=True):
        assert admin_change(rule, n=5) == 302

    assert CaseDeadline.objects.get(case=free).raw == day + timedelta(days=5)
    assert fresh(free).urgency == Urgency.T1
    assert "clocks_recounted" in kinds_of(free)
    assert "clocks_recounted" not in kinds_of(other) + kinds_of(ended)
    changes = CaseEvent.objects.get(case=free, kind="clocks_recounted").detail["changes"]
    assert changes[0]["before"]["raw"] == (day + timedelta(days=30)).isoformat()
    # Once is enough, and the night finds nothing more.
    assert recount_all(timezone.now()) == 0
    assert kinds_of(free).count("clocks_recounted") == 1


@pytest.mark.usefixtures("at_once")
def test_a_new_dated_row_counts_what_happened_from_its_day_on(
    free: Case, coordinator: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    other = factories.case(factories.free_facts(), now=NOW)
    enter_trigger(case=free, code="BIA30", trigger=date(2026, 11, 16), by=coordinator)
    enter_trigger(case=other, code="BIA30", trigger=date(2026, 11, 13), by=coordinator)
    rule = DeadlineRule.objects.get(code="BIA30")

    with django_capture_on_commit_callbacks(execute=True):
        assert admin_change(rule, valid_to="2026-11-15") == 302
        new = DeadlineRule.objects.get(code="BIA30")
        new.pk, new.valid_from, new.valid_to = None, date(2026, 11, 15), None
        assert admin_change(new, n=10) == 302

    assert CaseDeadline.objects.get(case=free).raw == date(2026, 11, 26)
    assert CaseDeadline.objects.get(case=other).raw == date(2026, 12, 13)
    assert "clocks_recounted" not in kinds_of(other)


def test_a_broker_that_is_away_does_not_keep_a_rule_from_being_saved(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away() -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.recount_deadlines, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        assert admin_change(DeadlineRule.objects.get(code="BIA30"), n=29) == 302


def test_counting_again_reads_in_batches_and_goes_on_after_one_that_fails(
    coordinator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals.actions.deadlines.BATCH", 2)
    cases = [factories.case(factories.free_facts(), now=NOW) for _ in range(5)]
    for case in cases:
        enter_trigger(case=case, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)
    DeadlineRule.objects.filter(code="BIA30").update(n=40)
    count, failing = deadlines.recount_case, cases[1].pk

    def fails_once(**given: Any) -> bool:
        if given["case_id"] == failing:
            raise RuntimeError
        return count(**given)

    monkeypatch.setattr(deadlines, "recount_case", fails_once)
    assert recount_all(NOW) == 4
    monkeypatch.setattr(deadlines, "recount_case", count)
    assert recount_all(NOW) == 1
    assert recount_all(NOW) == 0
    assert set(CaseDeadline.objects.values_list("raw", flat=True)) == {TODAY + timedelta(days=40)}


def test_a_blocked_rule_hurries_nobody(free: Case, coordinator: Actor) -> None:
    enter_trigger(case=free, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)
    DeadlineRule.objects.filter(code="BIA30").update(status=LegalStatus.BLOCKED)

    record_facts(case=free, facts=factories.free_facts(), by=SYSTEM, now=NOW)

    assert (fresh(free).next_deadline, fresh(free).urgency) == (None, Urgency.T2)


# The table.


def test_the_seeded_table_is_the_packaged_one() -> None:
    seeded = {rule.code: rule for rule in rules_of()}
    assert set(seeded) == {rule.code for rule in packaged_rules()}
    for rule in packaged_rules():
        assert {name: getattr(seeded[rule.code], name) for name in rule.__slots__ if name != "row_id"} == {
            name: getattr(rule, name) for name in rule.__slots__ if name != "row_id"
        }


def successor(**changed: Any) -> DeadlineRule:
    row = DeadlineRule.objects.get(code="BIA30")
    DeadlineRule.objects.filter(pk=row.pk).update(valid_to=date(2027, 1, 1))
    row.pk, row.valid_to = None, None
    for name, value in changed.items():
        setattr(row, name, value)
    return row


@pytest.mark.parametrize(
    ("valid_from", "says"),
    [(date(2026, 12, 1), "overlap"), (date(2027, 2, 1), "no row counts"), (date(2027, 1, 1), "")],
)
def test_rows_of_a_clock_follow_each_other_without_gap_or_overlap(valid_from: date, says: str) -> None:
    row = successor(valid_from=valid_from)
    if not says:
        row.full_clean()
        return
    with pytest.raises(ValidationError, match=says) as refused:
        row.full_clean()
    assert "BIA30 from 2026-01-01" in str(refused.value)


def test_every_kind_of_event_is_a_sentence(free: Case, coordinator: Actor) -> None:
    row = enter_trigger(case=free, code="BIA30", trigger=date(2026, 10, 22), by=coordinator, now=NOW)
    DeadlineRule.objects.filter(code="BIA30").update(n=40)
    recount_all(NOW)
    drop_deadline(case=free, deadline=row, reason="overtaken", by=coordinator, now=NOW)
    other = enter_trigger(case=free, code="RECON", trigger=TODAY, by=coordinator, now=NOW)
    meet_deadline(case=free, deadline=other, by=coordinator, now=NOW)

    for kind in KINDS:
        assert kind in SENTENCES
        words = sentence(CaseEvent.objects.filter(case=free, kind=kind).latest("sequence"))
        assert "{" not in words
        assert "  " not in words


# What staff see, and what a family never does.


def test_the_case_page_starts_and_stops_a_clock(free: Case) -> None:
    member = factories.member(Role.COORDINATOR)
    client = factories.client_of(member)
    case = factories.case(factories.free_facts(papers=("administrative",)), now=NOW)
    address = f"/staff/cases/{case.reference}/"
    day = timezone.now().astimezone(CHICAGO).date()

    page = client.get(address).content.decode()
    assert "ADM-RESP-10" in page
    assert "ADM-RESP-13" in page
    sent = {"code": "ADM-RESP-10", "day_0": day.month, "day_1": day.day, "day_2": day.year}
    assert client.post(f"{address}do/enter_trigger/", sent).status_code == 302
    page = client.get(address).content.decode()
    assert "Legal status as of" in page
    assert "Recalled, check" in page
    row = CaseDeadline.objects.get(case=case)
    assert client.post(f"{address}do/meet_deadline/", {"deadline": str(row.pk)}).status_code == 302
    assert CaseDeadline.objects.get(pk=row.pk).met_at


def test_the_page_says_which_day_to_aim_for(free: Case, coordinator: Actor) -> None:
    today = timezone.now().astimezone(CHICAGO).date()
    enter_trigger(case=free, code="BIA30", trigger=today, by=coordinator)
    page = factories.client_of(factories.member(Role.COORDINATOR)).get(f"/staff/cases/{free.reference}/")
    assert "(BIA10, blocked)" in page.content.decode()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"code": "BIA30", "day_0": "2", "day_1": "30", "day_2": "2026"}, "This day does not exist"),
        ({"code": "BIA30", "day_0": "1", "day_1": "1", "day_2": "2999"}, "still to come"),
        ({"code": "CUST48", "day_0": "1", "day_1": "5", "day_2": "2026"}, "give the time of day"),
        ({"code": "BIA10", "day_0": "1", "day_1": "5", "day_2": "2026"}, "Choose one from the list"),
        ({"code": "CUST48", "day_0": "1", "day_1": "5", "day_2": "2026", "time": "25:00"}, "Write the time as"),
    ],
)
def test_a_trigger_that_cannot_be_read_is_said_at_its_field(free: Case, sent: dict[str, str], says: str) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    answer = client.post(f"/staff/cases/{free.reference}/do/enter_trigger/", sent)
    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_the_api_starts_stops_and_lists_clocks(free: Case) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    base = f"/api/v1/cases/{free.reference}/"

    def post(deed: str, given: dict[str, Any]) -> Any:
        return client.post(f"{base}{deed}/", given, content_type="application/json")

    started = post("enter_trigger", {"code": "CUST48", "day": "2026-11-01", "time": "00:30"})
    assert started.status_code == 200
    row = started.json()["deadlines"][0]
    assert (row["code"], row["raw"], row["is_ours"]) == ("CUST48", "2026-11-02", False)
    assert post("enter_trigger", {"code": "NOPE", "day": "2026-11-01"}).status_code == 400
    assert post("enter_trigger", {"code": "BIA10", "day": "2026-11-01"}).status_code == 409
    assert post("drop_deadline", {"deadline": row["id"], "reason": "missed"}).json()["deadlines"] == []
    assert post("drop_deadline", {"deadline": row["id"], "reason": "missed"}).status_code in (400, 409)


def test_the_case_page_costs_the_same_with_many_clocks(free: Case, coordinator: Actor) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)

    def cost() -> int:
        client.get(f"/staff/cases/{free.reference}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/staff/cases/{free.reference}/")
        return len(queries)

    before = cost()
    for code in ("RECON", "REOPEN", "INABS", "PFR30", "ASY1Y"):
        enter_trigger(case=free, code=code, trigger=TODAY, by=coordinator, now=NOW)
    assert cost() == before


def test_the_table_is_read_by_who_works_on_cases_and_counts_a_day() -> None:
    for role, status in ((Role.COORDINATOR, 200), (Role.AUDITOR, 200), (Role.PROVIDER_LEAD, 200), (Role.FUNDER, 403)):
        assert factories.client_of(factories.member(role)).get("/staff/deadlines/").status_code == status
    assert Client().get("/staff/deadlines/").status_code == 302

    client = factories.client_of(factories.member(Role.COORDINATOR))
    page = client.get("/staff/deadlines/?code=bia30&trigger=2026-10-30").content.decode()
    assert "Monday, November 30, 2026" in page
    assert "Friday, November 27, 2026" in page
    hours = client.get("/staff/deadlines/?code=CUST48&trigger=2026-11-21T22:15").content.decode()
    assert "Monday, November 23, 2026, 22:15" in hours
    assert client.get("/staff/deadlines/?code=NOPE&trigger=2026-10-30").status_code == 400
    assert client.get("/staff/deadlines/?code=BIA30&trigger=soon").status_code == 400


def family_words() -> str:
    """Whatever a family may be shown or sent: templates of its pages, the words of texts, the receipt's code."""
    roots = ("intake/templates", "notifications", "intake", "web/templates")
    files = [
        path
        for root in roots
        for path in (settings.BASE_DIR / root).rglob("*")
        if path.suffix in (".html", ".py", ".txt")
    ]
    staff = re.compile(r"intake/(templates/intake/(hand_over|staff)|hand_over\.py|views/hand_over)")
    shown = [path for path in files if not staff.search(str(path.relative_to(settings.BASE_DIR)))]
    return "\n".join(path.read_text(encoding="utf-8") for path in shown)


def test_no_page_or_text_for_a_family_reads_a_legal_date() -> None:
    words = family_words()
    # The walk found the pages and the texts.
    assert len(words) > 100_000
    for name in ("next_deadline", "CaseDeadline", "safe_by", "case.deadlines", "DeadlineRule"):
        assert name not in words
