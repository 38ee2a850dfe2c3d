"""Weeks, pauses, closures and limits: when a program takes a case, and that two at once never take one too many."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.roles import Actor, Role
from providers.actions import (
    AlreadyClosed,
    add_closure,
    give_back_room,
    pause,
    remove_closure,
    resume,
    set_limits,
    set_weekly_limit,
    take_room,
)
from providers.days import CHICAGO, day_of, monday_of, start_of
from providers.models import Closure, Program
from providers.selectors import room_in_a_word, what_is_in_the_way
from tests import factories
from tests.referrals.test_races import at_once

NOW = factories.OFFICE_HOURS
WEEK = timedelta(days=7)
SUNDAY_NIGHT = datetime(2026, 11, 23, 5, 59, 59, tzinfo=UTC)


@pytest.fixture
def program(db: None) -> Program:
    return factories.room(ceiling=60)


@pytest.fixture
def lead(db: None) -> Actor:
    return factories.actor(Role.PROVIDER_LEAD)


def fresh(program: Program) -> Program:
    return Program.objects.prefetch_related("closures").get(pk=program.pk)


def take(program: Program, at: datetime = NOW, points: int = 6) -> bool:
    return take_room(program_id=program.pk, points=points, now=at)


@given(st.integers(0, 4 * 366 * 24 * 60))
def test_a_week_goes_from_monday_to_sunday_on_the_wall_clock_of_minneapolis(minutes: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    monday = monday_of(at)

    assert monday.weekday() == 0
    assert timedelta() <= at - start_of(monday) < timedelta(days=7, hours=1)
    assert start_of(monday).astimezone(CHICAGO).hour == 0
    assert monday <= day_of(at) <= monday + timedelta(days=6)


def test_a_weeks_limit_stops_the_next_case_until_monday(program: Program, lead: Actor) -> None:
    set_weekly_limit(program=program, limit=2, by=lead, now=NOW)

    assert [take(program, at) for at in (NOW, NOW, NOW, SUNDAY_NIGHT)] == [True, True, False, False]
    assert fresh(program).in_use == 12
    assert "2 new cases it takes in a week" in what_is_in_the_way(fresh(program), NOW)
    assert room_in_a_word(fresh(program), NOW) == "week full"
    # Nothing has run at midnight: the count is simply another week's.
    assert take(program, SUNDAY_NIGHT + timedelta(seconds=1))
    assert (fresh(program).week, fresh(program).week_count) == (date(2026, 11, 23), 1)


def test_a_limit_counts_what_the_week_has_had_before_it_was_set(program: Program, lead: Actor) -> None:
    take(program)

    set_weekly_limit(program=program, limit=1, by=lead, now=NOW)

    assert not take(program)


def test_a_case_that_was_not_taken_gives_its_place_in_the_week_back_and_an_accepted_one_keeps_it(
    program: Program, lead: Actor
) -> None:
    set_weekly_limit(program=program, limit=1, by=lead, now=NOW)
    take(program)

    give_back_room(program_id=program.pk, points=6, taken_at=NOW, grew_at=None)
    assert (fresh(program).in_use, fresh(program).week_count) == (0, 0)
    assert take(program)
    give_back_room(program_id=program.pk, points=6, taken_at=NOW, grew_at=NOW)

    assert (fresh(program).in_use, fresh(program).week_count) == (0, 1)
    assert not take(program)


def test_what_was_offered_last_week_gives_nothing_back_to_this_one(program: Program) -> None:
    take(program, NOW - WEEK)
    take(program, NOW)

    give_back_room(program_id=program.pk, points=6, taken_at=NOW - WEEK, grew_at=None)

    assert (fresh(program).in_use, fresh(program).week_count) == (6, 1)


def test_a_moment_of_a_week_that_is_over_is_refused_where_there_is_a_limit(program: Program, lead: Actor) -> None:
    take(program, NOW + WEEK)
    assert take(program, NOW)
    assert (fresh(program).week, fresh(program).week_count) == (monday_of(NOW + WEEK), 1)

    set_weekly_limit(program=program, limit=50, by=lead, now=NOW)

    assert not take(program, NOW)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_go_over_the_weeks_limit(scale: Mapping[str, int]) -> None:
    assert connection.vendor == "postgresql"
    program = factories.room(ceiling=600)
    for number in range(scale["race_rounds"]):
        now = NOW + number * WEEK
        Program.objects.filter(pk=program.pk).update(in_use=0, weekly_limit=3)
        taken: list[bool] = []

        def take_one(now: datetime = now, taken: list[bool] = taken) -> None:
            taken.append(take(program, now))

        assert at_once([take_one] * scale["race_threads"]) == []

        assert (taken.count(True), fresh(program).week_count, fresh(program).in_use) == (3, 3, 18)


def test_taking_room_is_one_statement_that_checks_everything_itself(
    program: Program, django_assert_num_queries: Any
) -> None:
    """A list of keys read first would be of an older moment than the row that is then changed."""
    with django_assert_num_queries(1) as captured:
        take(program)

    sql = captured[0]["sql"]
    assert sql.startswith("UPDATE")
    assert '"id" IN' not in sql


def test_a_pause_ends_by_itself_at_its_moment(program: Program, lead: Actor) -> None:
    until = NOW + timedelta(days=3)
    pause(program=program, until=until, by=lead, now=NOW)

    assert not take(program)
    assert what_is_in_the_way(fresh(program), NOW) == "is paused until Nov 20"
    assert not take(program, until - timedelta(seconds=1))
    assert take(program, until)
    assert fresh(program).room_grew_at(until) == until
    assert fresh(program).room_grew_at(until - timedelta(seconds=1)) == NOW - timedelta(days=30)


def test_a_pause_keeps_its_beginning_when_only_its_end_changes(program: Program, lead: Actor) -> None:
    pause(program=program, until=NOW + timedelta(days=3), by=lead, now=NOW)
    pause(program=program, until=None, by=lead, now=NOW + timedelta(days=1))

    assert (fresh(program).paused_at, fresh(program).paused_until) == (NOW, None)
    resume(program=program, by=lead, now=NOW + timedelta(days=2))
    assert (fresh(program).paused_at, fresh(program).paused_until) == (None, None)
    assert fresh(program).room_grew_at(NOW + timedelta(days=2)) == NOW + timedelta(days=2)


def test_a_pause_after_one_that_has_ended_begins_anew(program: Program, lead: Actor) -> None:
    pause(program=program, until=NOW + timedelta(days=3), by=lead, now=NOW)

    pause(program=program, by=lead, now=NOW + timedelta(days=5))

    assert fresh(program).paused_at == NOW + timedelta(days=5)


def test_closed_days_are_closed_from_midnight_to_midnight(program: Program, lead: Actor) -> None:
    first, last = date(2026, 12, 21), date(2027, 1, 4)
    add_closure(program=program, name="Semester break", first_day=first, last_day=last, by=lead, now=NOW)
    second = timedelta(seconds=1)
    begins, ends = start_of(first), start_of(last + timedelta(days=1))

    assert [take(program, at) for at in (begins - second, begins, ends - second, ends)] == [True, False, False, True]
    assert what_is_in_the_way(fresh(program), begins) == "is closed until Jan 4 (Semester break)"
    assert room_in_a_word(fresh(program), begins) == "closed"
    assert fresh(program).room_grew_at(ends) == ends


def test_a_closure_taken_back_opens_the_program_and_one_that_is_over_stays(program: Program, lead: Actor) -> None:
    today = day_of(NOW)
    now_closed = add_closure(program=program, name="Move", first_day=today, last_day=today, by=lead, now=NOW)
    over = add_closure(program=program, name="Over", first_day=today - WEEK, last_day=today - WEEK, by=lead, now=NOW)

    for closure in (now_closed, over):
        remove_closure(closure=closure, by=lead, now=NOW)

    assert take(program)
    assert [one.name for one in Closure.objects.all()] == ["Over"]


def test_the_same_days_are_closed_once(program: Program, lead: Actor) -> None:
    days = {"first_day": date(2026, 12, 1), "last_day": date(2026, 12, 2)}
    add_closure(program=program, name="Training", by=lead, now=NOW, **days)

    with pytest.raises(AlreadyClosed, match="Training"):
        add_closure(program=program, name="Again", by=lead, now=NOW, **days)


def test_limits_are_set_in_order(program: Program, lead: Actor) -> None:
    set_limits(program=program, languages=["es"], us_states=["ND", "MN"], circuits=[8, 5], by=lead, now=NOW)

    found = fresh(program)
    assert (found.languages, found.us_states, found.circuits) == (["es"], ["MN", "ND"], [5, 8])
    assert found.room_changed_at == NOW


@pytest.mark.parametrize("wrong", [{"weekly_limit": 0}, {"paused_until": NOW}])
def test_the_database_refuses_a_week_without_a_place_and_an_end_without_a_pause(
    program: Program, wrong: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Program.objects.filter(pk=program.pk).update(**wrong)


@pytest.mark.parametrize("act", [pause, resume])
def test_another_providers_lead_sets_nothing(program: Program, act: Any) -> None:
    from django.core.exceptions import PermissionDenied

    stranger = factories.actor(Role.PROVIDER_LEAD, "vln")
    today = day_of(NOW)

    with pytest.raises(PermissionDenied):
        act(program=program, by=stranger, now=NOW)
    with pytest.raises(PermissionDenied):
        set_weekly_limit(program=program, limit=1, by=stranger, now=NOW)
    with pytest.raises(PermissionDenied):
        set_limits(program=program, languages=[], us_states=[], circuits=[], by=stranger, now=NOW)
    with pytest.raises(PermissionDenied):
        add_closure(program=program, name="No", first_day=today, last_day=today, by=stranger, now=NOW)
