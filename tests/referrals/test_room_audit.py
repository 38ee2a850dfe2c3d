"""Each night the room of every program is counted again: a difference is told with both figures, never repaired."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.roles import MEMBER_ROLES, Role
from config.celery import app
from providers.models import Program
from referrals import tasks
from referrals.actions import close, decline_offer
from referrals.actions.room_audit import audit_room, note_difference_seen
from referrals.models import Offer, RoomDifference
from referrals.room_audit import difference_in_words, recount
from tests import factories as make
from tests.referrals.test_races import ask_for_help, at_once

pytestmark = pytest.mark.django_db
NOW = make.OFFICE_HOURS


@pytest.fixture
def program() -> Program:
    return make.room()


def corrupt(program: Program, **figures: int) -> None:
    """What no action does: a figure that its cases do not add up to."""
    Program.objects.filter(pk=program.pk).update(**figures)


def busy(program: Program) -> None:
    """A live offer, a held case, one given up in the same week: 12 points in use, two new cases of the week."""
    gone = make.accepted_case(now=NOW)
    make.accepted_case(now=NOW)
    offer = make.live_offer(make.case(now=NOW))
    declined = make.live_offer(make.case(now=NOW))
    decline_offer(offer=declined, reason="capacity", by=make.staff_of(declined), now=NOW)
    close(case=gone, outcome="advice", by=make.actor(Role.COORDINATOR), now=NOW)
    assert offer.points == 6


def test_what_the_actions_left_adds_up(program: Program) -> None:
    busy(program)

    (found,) = [one for one in recount(NOW) if one.program == program]

    assert (found.stored_points, found.counted_points) == (12, 12)
    assert (found.stored_in_week, found.counted_in_week) == (3, 3)
    assert audit_room(now=NOW) == []
    assert not RoomDifference.objects.exists()


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ({"in_use": 18}, "18 points are stored as in use, its cases add up to 12."),
        ({"in_use": 0}, "0 points are stored as in use, its cases add up to 12."),
        ({"week_count": 7}, "7 new cases are stored for the week, its offers add up to 3."),
        ({"in_use": 6, "week_count": 0}, "add up to 12; 0 new cases are stored for the week"),
    ],
)
def test_a_difference_is_kept_with_both_figures_and_nothing_is_repaired(
    program: Program, figures: dict[str, int], sentence: str
) -> None:
    busy(program)
    corrupt(program, **figures)

    differing = audit_room(now=NOW)

    assert [one.program for one in differing] == [program]
    found = RoomDifference.objects.get()
    assert sentence in difference_in_words(found)
    assert str(program) in difference_in_words(found)
    assert {name: getattr(Program.objects.get(pk=program.pk), name) for name in figures} == figures


def test_room_that_an_ended_case_never_gave_back_is_found(program: Program) -> None:
    make.accepted_case(now=NOW)
    offer = Offer.objects.get()
    close(case=offer.case, outcome="advice", by=make.actor(Role.COORDINATOR), now=NOW)
    # As if the case had ended without giving its room back.
    Offer.objects.update(room_released_at=None)
    corrupt(program, in_use=6)

    (found,) = audit_room(now=NOW)

    assert (found.stored_points, found.counted_points) == (6, 0)


def test_last_weeks_count_is_no_difference_this_week(program: Program) -> None:
    busy(program)

    assert audit_room(now=NOW + timedelta(days=7)) == []


def test_a_difference_that_waits_is_raised_once_and_again_the_night_after_somebody_looked(program: Program) -> None:
    corrupt(program, in_use=6)
    for night in range(3):
        audit_room(now=NOW + timedelta(days=night))
    assert RoomDifference.objects.count() == 1

    note_difference_seen(difference=RoomDifference.objects.get(), by=make.actor(Role.HOTLINE_LEAD), now=NOW)
    audit_room(now=NOW + timedelta(days=3))

    assert RoomDifference.objects.filter(seen_at=None).count() == 1


def test_the_command_prints_the_difference_and_fails(program: Program) -> None:
    out = StringIO()
    call_command("audit_room", stdout=out)
    assert "adds up" in out.getvalue()
    corrupt(program, in_use=6)

    with pytest.raises(SystemExit) as ended:
        call_command("audit_room", stdout=out)

    assert ended.value.code == 1
    assert "6 points are stored as in use, its cases add up to 0" in out.getvalue()


def test_hotline_leads_and_operators_are_mailed_once(program: Program) -> None:
    told = [make.member(Role.HOTLINE_LEAD), make.member(Role.OPERATOR)]
    make.member(Role.COORDINATOR)
    make.member(Role.PROVIDER_LEAD)
    corrupt(program, in_use=6)
    audit_room(now=timezone.now() - timedelta(minutes=5))

    tasks.mail_alerts()
    tasks.mail_alerts()
    tasks.mail_room_difference(str(RoomDifference.objects.get().pk))

    (message,) = mail.outbox
    assert sorted(message.to) == sorted(one.email for one in told)
    assert "6 points are stored as in use" in message.body
    assert "/staff/alerts/" in message.body


def test_with_nobody_to_tell_the_difference_waits(program: Program) -> None:
    corrupt(program, in_use=6)
    audit_room(now=timezone.now() - timedelta(minutes=5))

    tasks.mail_alerts()
    make.member(Role.HOTLINE_LEAD)
    tasks.mail_alerts()

    assert len(mail.outbox) == 1


def test_the_audit_asks_for_the_mail_after_its_commit(
    program: Program, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("referrals.actions.room_audit.ask_worker", lambda *args: asked.append(args))
    corrupt(program, in_use=6)

    with django_capture_on_commit_callbacks(execute=True):
        tasks.audit_room()

    assert asked == [("referrals.tasks.mail_room_difference", [RoomDifference.objects.get().pk])]


def test_the_clock_audits_every_night_and_then_publishes(program: Program) -> None:
    due = [
        entry["schedule"] for entry in app.conf.beat_schedule.values() if entry["task"] == "referrals.tasks.audit_room"
    ]

    tasks.audit_room()

    assert len(due) == 1
    assert Program.objects.get(pk=program.pk).published_free == 60


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_the_hotlines_lead_reads_it_and_says_that_they_looked(role: Role, program: Program) -> None:
    corrupt(program, in_use=6)
    audit_room(now=NOW)
    difference = RoomDifference.objects.get()
    client = make.client_of(make.member(role))

    page = client.get("/staff/alerts/").content.decode()
    answer = client.post(f"/staff/alerts/room/{difference.pk}/seen/")

    is_theirs = role == Role.HOTLINE_LEAD
    assert ("6 points are stored" in page) == is_theirs
    assert answer.status_code == (302 if is_theirs else 403)
    difference.refresh_from_db()
    assert (difference.seen_at is not None) == is_theirs
    if is_theirs:
        assert "looked at by" in client.get("/staff/alerts/").content.decode()


def test_the_header_counts_it_until_somebody_looked(program: Program) -> None:
    corrupt(program, in_use=6)
    audit_room(now=NOW)
    client = make.client_of(make.member(Role.HOTLINE_LEAD))

    before = client.get("/staff/cases/").content.decode()
    client.post(f"/staff/alerts/room/{RoomDifference.objects.get().pk}/seen/")

    assert '1<span class="usa-sr-only"> new</span>' in before
    assert "new</span>" not in client.get("/staff/cases/").content.decode()


def test_only_the_hotlines_lead_looks(program: Program) -> None:
    corrupt(program, in_use=6)
    audit_room(now=NOW)

    with pytest.raises(PermissionDenied):
        note_difference_seen(difference=RoomDifference.objects.get(), by=make.actor(Role.COORDINATOR))


def test_the_page_costs_the_same_whatever_was_found(program: Program, django_assert_max_num_queries: Any) -> None:
    for night in range(40):
        corrupt(program, in_use=night % 5 + 1)
        audit_room(now=NOW + timedelta(days=night))
    client = make.client_of(make.member(Role.HOTLINE_LEAD))

    with django_assert_max_num_queries(11):
        page = client.get("/staff/alerts/").content.decode()

    assert len(re.findall("points are stored", page)) // 2 <= 20


def test_the_recount_is_one_statement(program: Program, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        recount(NOW)


@pytest.mark.django_db(transaction=True)
def test_no_difference_is_seen_while_room_moves(scale: Any) -> None:
    assert connection.vendor == "postgresql"
    make.room("VLN", "nondetained", ceiling=500)
    done = threading.Event()
    seen: list[Any] = []
    counted: list[int] = []

    def count() -> None:
        while not done.is_set():
            found = recount(timezone.now())
            counted.append(sum(one.counted_points for one in found))
            seen.extend(one for one in found if not one.agrees)

    def ask() -> None:
        try:
            for _ in range(scale["race_rounds"] * 4):
                ask_for_help()
        finally:
            done.set()

    assert at_once([count, ask]) == []

    assert seen == []
    # It was counted while room moved, and not only before or after.
    assert len(set(counted)) > 1
