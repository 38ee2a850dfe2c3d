"""A quarter is closed by the worker, once, however often it was asked for and whatever died meanwhile."""

import time
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import SYSTEM, Actor, Role
from funding.actions import asked_releases, make_release
from funding.actions.asked_releases import FAILED, LEFT_AFTER, MOST_TRIES, ask_release, make_all_asked, make_asked
from funding.models import AskedRelease, AskedState, CountedFact, Release
from funding.policies import RefusedError
from tests.factories import client_of, member
from tests.funding.builders import NOW, grant, paid
from tests.services.worker import Worker

pytestmark = pytest.mark.django_db

MONEY, PUBLISH = "/staff/money/", "/staff/money/publish/"


@pytest.fixture
def by() -> Actor:
    return Membership.objects.get(user=member(Role.FINANCE)).actor()


@pytest.fixture
def _paid() -> None:
    city = grant()
    for _ in range(11):
        paid(city, code="AHR", paid_on=date(2026, 8, 3))


def asked_once(by: Actor, quarter: str = "2026Q3") -> AskedRelease:
    return ask_release(quarter=quarter, by=by, now=NOW)


@pytest.mark.usefixtures("_paid")
def test_it_is_made_as_whoever_asked_and_says_how_it_ended(by: Actor) -> None:
    asked = asked_once(by)
    assert (asked.state, asked.asked_by_user_id) == (AskedState.WAITING, by.user_id)
    assert not Release.objects.exists()

    assert make_asked(asked.pk, NOW)

    asked.refresh_from_db()
    assert (asked.state, asked.reason, asked.tries) == (AskedState.MADE, "", 1)
    assert asked.ended_at is not None
    assert Release.objects.get().quarter == "2026Q3"


@pytest.mark.usefixtures("_paid")
def test_asked_twice_it_is_one_and_made_once(by: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    whole = asked_releases.make_release

    def counted(**given: Any) -> Release:
        made.append(given["quarter"])
        return whole(**given)

    monkeypatch.setattr(asked_releases, "make_release", counted)
    first, second = asked_once(by), asked_once(by)

    assert first.pk == second.pk
    assert [make_asked(first.pk, NOW), make_asked(first.pk, NOW)] == [True, False]
    make_all_asked(NOW + LEFT_AFTER)
    assert made == ["2026Q3"]
    assert CountedFact.objects.count() == 11


def test_the_database_lets_one_wait_of_a_quarter() -> None:
    AskedRelease.objects.create(quarter="2026Q3", asked_by_user_id=1, asked_at=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        AskedRelease.objects.create(quarter="2026Q3", asked_by_user_id=2, asked_at=NOW)


@pytest.mark.parametrize("quarter", ["2026Q4", "2026Q9", ""])
def test_what_cannot_be_closed_is_said_at_once_and_not_kept(by: Actor, quarter: str) -> None:
    with pytest.raises((RefusedError, ValueError)):
        asked_once(by, quarter)
    assert not AskedRelease.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.FINANCE, Role.APPROVER)])
def test_only_people_of_the_funds_money_ask(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        asked_once(Actor(role, user_id=None if role == Role.SYSTEM else 9))


@pytest.mark.usefixtures("_paid")
def test_a_worker_that_died_is_followed_by_another(by: Actor) -> None:
    asked = asked_once(by)
    # It took it and was never heard of again.
    AskedRelease.objects.update(started_at=NOW, tries=1)

    make_all_asked(NOW + LEFT_AFTER - timedelta(seconds=1))
    assert AskedRelease.objects.get().state == AskedState.WAITING
    make_all_asked(NOW + LEFT_AFTER)

    asked.refresh_from_db()
    assert (asked.state, asked.tries) == (AskedState.MADE, 2)


@pytest.mark.usefixtures("_paid")
def test_a_worker_that_died_when_it_was_published_left_a_release(by: Actor) -> None:
    asked = asked_once(by)
    make_release(quarter="2026Q3", by=SYSTEM, now=NOW)
    AskedRelease.objects.update(started_at=NOW, tries=1)

    make_all_asked(NOW + LEFT_AFTER)

    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (AskedState.MADE, "")
    assert Release.objects.count() == 1


def test_what_fails_is_tried_again_and_then_refused_with_a_sentence(by: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**given: Any) -> Release:
        raise ZeroDivisionError("of K7M-4QD")

    monkeypatch.setattr(asked_releases, "make_release", fails)
    asked = asked_once(by)

    for number in range(MOST_TRIES):
        assert AskedRelease.objects.get().state == AskedState.WAITING
        make_all_asked(NOW + number * LEFT_AFTER)

    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (AskedState.REFUSED, FAILED)


def test_one_that_kills_its_worker_each_time_is_refused_too(by: Actor) -> None:
    asked = asked_once(by)
    AskedRelease.objects.update(started_at=NOW, tries=MOST_TRIES)

    make_all_asked(NOW + LEFT_AFTER)

    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (AskedState.REFUSED, FAILED)
    assert not Release.objects.exists()


def test_who_may_no_more_publishes_nothing(by: Actor) -> None:
    asked = asked_once(by)
    Membership.objects.update(role=Role.AUDITOR)

    make_asked(asked.pk, NOW)

    asked.refresh_from_db()
    assert asked.state == AskedState.REFUSED
    assert "Only finance and approvers" in asked.reason
    assert not Release.objects.exists()


def test_after_a_refusal_it_can_be_asked_for_again(by: Actor) -> None:
    first = asked_once(by)
    AskedRelease.objects.update(state=AskedState.REFUSED, ended_at=NOW, reason="x")

    assert asked_once(by).pk != first.pk


@pytest.mark.parametrize(
    ("fields", "told", "has_button"),
    [
        ({}, "2026Q3 is being closed", False),
        ({"state": "refused", "ended_at": NOW, "reason": "It failed."}, "2026Q3 was not published", True),
        ({"state": "made", "ended_at": NOW}, "2026Q3 is closed", True),
    ],
)
@pytest.mark.usefixtures("_paid")
def test_the_money_page_says_how_far_it_is(
    fields: dict[str, Any], told: str, has_button: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    AskedRelease.objects.create(quarter="2026Q3", asked_by_user_id=1, asked_at=NOW, **fields)

    text = client_of(member(Role.APPROVER)).get(MONEY).content.decode()

    assert told in text
    assert fields.get("reason", "") in text
    assert ("Close quarter" in text) is has_button


@pytest.mark.usefixtures("_paid")
def test_what_was_refused_and_then_published_by_the_command_is_no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    AskedRelease.objects.create(
        quarter="2026Q3", asked_by_user_id=1, asked_at=NOW, state="refused", ended_at=NOW, reason="It failed."
    )
    make_release(quarter="2026Q3", by=SYSTEM, now=NOW)

    assert "was not published" not in client_of(member(Role.APPROVER)).get(MONEY).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_press_of_the_button_makes_it_by_the_worker(celery_worker_process: Worker) -> None:
    city = grant()
    for _ in range(11):
        paid(city, code="AHR", paid_on=date(2026, 2, 3))
    client: Client = client_of(member(Role.FINANCE))

    for _ in range(2):
        assert client.post(PUBLISH, {"quarter": "2026Q1"}).status_code == 302

    deadline = time.monotonic() + 60
    while not (asked := AskedRelease.objects.get()).ended_at and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (asked.state, Release.objects.get().quarter) == (AskedState.MADE, "2026Q1")
    assert 'href="/funders/2026Q1/"' in client.get(MONEY).content.decode()


def test_what_is_not_there_is_not_made() -> None:
    assert not make_asked(uuid4(), NOW)
