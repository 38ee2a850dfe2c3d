"""The clocks of open cases as time passes and as the law's table changes; and the table itself."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.roles import SYSTEM, Actor, Role
from referrals import tasks
from referrals.actions import (
    deadlines,
    drop_deadline,
    enter_trigger,
    meet_deadline,
    record_facts,
    withdraw,
)
from referrals.actions.deadlines import follow_time, recount_all, rules_of
from referrals.business_time import CHICAGO
from referrals.deadlines import packaged_rules
from referrals.models import Case, CaseDeadline, CaseEvent, DeadlineRule, LegalStatus, Urgency
from referrals.timeline import SENTENCES, sentence
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


def test_a_rule_that_a_court_blocks_is_no_deadline_any_more(free: Case, coordinator: Actor) -> None:
    day = timezone.now().astimezone(CHICAGO).date() - timedelta(days=25)
    enter_trigger(case=free, code="BIA30", trigger=day, by=coordinator)
    assert (fresh(free).next_deadline_code, fresh(free).urgency) == ("BIA30", Urgency.T1)
    DeadlineRule.objects.filter(code="BIA30").update(status="blocked")

    assert recount_all(timezone.now()) == 1

    assert fresh(free).next_deadline_code != "BIA30"
    assert fresh(free).urgency != Urgency.T1
    event = CaseEvent.objects.get(case=free, kind="clocks_recounted")
    assert event.detail["next"]["before"] == "BIA30"
    assert "BIA30" in sentence(event)
    assert recount_all(timezone.now()) == 0


@pytest.mark.usefixtures("at_once")
def test_a_new_dated_row_counts_what_happened_from_its_day_on(
    free: Case, coordinator: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    other = factories.case(factories.free_facts(), now=NOW)
    enter_trigger(case=free, code="BIA30", trigger=date(2026, 11, 16), by=coordinator)
    enter_trigger(case=other, code="BIA30", trigger=date(2026, 11, 13), by=coordinator)
    rule = DeadlineRule.objects.get(code="BIA30")

    with django_capture_on_commit_callbacks(execute=True):
        assert admin_change(rule, begins_on="2026-11-15", n=10) == 302

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


def test_a_clock_that_is_in_use_cannot_end_without_another_row(free: Case, coordinator: Actor) -> None:
    ends = TODAY + timedelta(days=400)
    rule, unused = DeadlineRule.objects.get(code="REOPEN"), DeadlineRule.objects.get(code="RECON")
    enter_trigger(case=free, code="REOPEN", trigger=TODAY, by=coordinator, now=NOW)

    assert admin_change(rule, valid_to=ends) == 200
    assert admin_change(unused, valid_to=ends) == 302
    assert admin_change(rule, begins_on=ends) == 302


@pytest.mark.parametrize("changed", [{"unit": "hours", "n": 48}, {"unit": "none", "n": 0}])
def test_no_row_leaves_a_clock_that_runs_with_the_days_of_the_old_law(
    free: Case, coordinator: Actor, changed: dict[str, Any]
) -> None:
    rule, unused = DeadlineRule.objects.get(code="REOPEN"), DeadlineRule.objects.get(code="RECON")
    enter_trigger(case=free, code="REOPEN", trigger=TODAY, by=coordinator, now=NOW)

    assert admin_change(rule, **changed) == 200
    assert admin_change(rule, **changed, begins_on=TODAY) == 200
    assert admin_change(unused, **changed) == 302
    assert admin_change(rule, **changed, begins_on=TODAY + timedelta(days=1)) == 302

    assert recount_all(NOW) == 0
    assert CaseDeadline.objects.get(case=free).raw == TODAY + timedelta(days=90)


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
