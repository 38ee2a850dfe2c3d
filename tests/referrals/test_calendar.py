"""A member's own calendar: who reads what at its address, and when it leads nowhere."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from accounts.roles import Role
from privacy import throttle
from referrals.actions import assignments, enter_trigger, meet_deadline, record_facts, transfer, withdraw
from referrals.actions.calendars import hash_of, make_feed, take_back_feed
from referrals.actions.certifications import certify, note_filed, note_good_cause, request_certification
from referrals.business_time import CHICAGO
from referrals.models import CalendarFeed, Case
from tests import factories

pytestmark = pytest.mark.django_db

NOW = factories.OFFICE_HOURS
TODAY = NOW.astimezone(CHICAGO).date()


@pytest.fixture
def lawyer() -> User:
    return factories.member(Role.PROVIDER_STAFF)


@pytest.fixture
def case(lawyer: User) -> Case:
    """Held by AHR, worked on by the lawyer."""
    factories.room()
    made = factories.accepted_case(factories.held_facts(taken_at=NOW - timedelta(hours=5)), now=NOW)
    assignments.take_over(case=made, by=lawyer.membership.actor(), now=NOW)
    return made


def read(token: str) -> Any:
    """What a calendar program gets: no cookie, no session."""
    return Client().get(f"/staff/calendar/{token}.ics")


def events(token: str) -> dict[str, Any]:
    answer = read(token)
    assert answer.status_code == 200
    calendar = icalendar.Calendar.from_ical(answer.content)
    return {str(event["summary"]): event for event in calendar.walk("VEVENT")}


def test_a_clock_is_an_all_day_event_on_the_safe_day(case: Case, lawyer: User) -> None:
    by = lawyer.membership.actor()
    row = enter_trigger(case=case, code="BIA30", trigger=date(2026, 10, 30), by=by, now=NOW)
    token = make_feed(user=lawyer, now=NOW)

    event = events(token)[f"{case.reference} BIA30"]

    assert event.decoded("dtstart") == date(2026, 11, 27)
    assert "last day 2026-11-30" in event["description"]
    assert event.decoded("dtstamp") == row.changed_at.astimezone(UTC) == NOW
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("trigger") == -timedelta(days=2)
    # Entered again, it is the same event, moved.
    enter_trigger(case=case, code="BIA30", trigger=date(2026, 11, 2), by=by, now=NOW + timedelta(hours=1))
    again = events(token)[f"{case.reference} BIA30"]
    assert again["uid"] == event["uid"]
    assert again.decoded("dtstamp") > event.decoded("dtstamp")


def test_a_clock_of_hours_is_an_instant_and_a_named_date_a_day(lawyer: User, case: Case) -> None:
    hearing = TODAY + timedelta(days=20)
    facts = factories.held_facts(taken_at=NOW - timedelta(hours=5), hearing_on=hearing, date_kind="court")
    record_facts(case=case, facts=facts, by=factories.actor(Role.COORDINATOR), now=NOW)

    found = events(make_feed(user=lawyer))

    assert found[f"{case.reference} TRANSFER"].decoded("dtstart") == NOW + timedelta(hours=67)
    assert found[f"{case.reference} HEARING"].decoded("dtstart") == hearing


def test_the_feed_holds_references_and_codes_only(case: Case, lawyer: User) -> None:
    enter_trigger(case=case, code="BIA30", trigger=TODAY, by=lawyer.membership.actor(), now=NOW)
    answer = read(make_feed(user=lawyer))
    text = answer.content.decode()

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"].startswith("private")
    assert not answer.cookies
    for word in (lawyer.name, lawyer.email, str(case.pk), case.case_type, "Whipple"):
        assert word not in text


def test_the_clocks_of_a_certification_are_in_it_until_the_petition_is_filed(case: Case, lawyer: User) -> None:
    by = lawyer.membership.actor()
    token = make_feed(user=lawyer)
    request = request_certification(
        case=case, agency="mpd", requested_on=TODAY, in_removal=True, expedite_asked=True, by=by, now=NOW
    )
    request.refresh_from_db()
    asked = events(token)[f"{case.reference} U-CITY-7"]
    assert asked.decoded("dtstart") == request.city_due

    note_good_cause(request=request, by=by, now=NOW)
    found = events(token)
    assert f"{case.reference} U-CITY-7" not in found
    assert found[f"{case.reference} U-STATE-14"].decoded("dtstart") == request.state_due

    certify(request=request, certified_on=TODAY, signed_on=TODAY, by=by, now=NOW)
    request.refresh_from_db()
    assert events(token)[f"{case.reference} I918B-6M"].decoded("dtstart") == request.runs_out_on

    note_filed(request=request, filed_on=TODAY, by=by, now=NOW)
    assert set(events(token)) == {f"{case.reference} TRANSFER"}


def test_only_cases_one_works_on_and_ones_organization_holds(case: Case, lawyer: User) -> None:
    colleague, stranger = factories.member(Role.PROVIDER_STAFF), factories.member(Role.PROVIDER_STAFF, "vln")
    coordinator = factories.member(Role.COORDINATOR)
    mine = make_feed(user=lawyer)
    assert len(events(mine)) == 1
    assert [len(events(make_feed(user=one))) for one in (colleague, stranger, coordinator)] == [0, 0, 0]

    assignments.take_over(case=case, by=coordinator.membership.actor(), now=NOW)
    assert len(events(make_feed(user=coordinator))) == 1

    transfer(case=case, reason="venue", by=factories.actor(Role.COORDINATOR), now=NOW)
    assert events(mine) == {}


def test_what_has_ended_is_in_no_calendar(case: Case, lawyer: User) -> None:
    by = lawyer.membership.actor()
    row = enter_trigger(case=case, code="BIA30", trigger=TODAY, by=by, now=NOW)
    token = make_feed(user=lawyer)
    assert len(events(token)) == 2

    meet_deadline(case=case, deadline=row, by=by, now=NOW)
    assert set(events(token)) == {f"{case.reference} TRANSFER"}
    withdraw(case=case, by=factories.actor(Role.COORDINATOR), now=NOW)
    assert events(token) == {}


def test_the_address_is_kept_as_a_hash_and_dies_when_renewed_or_taken_back(lawyer: User) -> None:
    first = make_feed(user=lawyer)
    assert len(first) >= 43
    assert bytes(CalendarFeed.objects.get().token_hash) == hash_of(first)

    second = make_feed(user=lawyer)
    assert (read(first).status_code, read(second).status_code) == (404, 200)
    take_back_feed(user=lawyer)
    assert read(second).status_code == 404


@pytest.mark.parametrize("end", ["membership", "inactive", "organization", "role"])
def test_who_is_no_member_any_more_has_no_calendar(lawyer: User, end: str) -> None:
    token = make_feed(user=lawyer)
    match end:
        case "membership":
            Membership.objects.filter(user=lawyer).delete()
        case "inactive":
            User.objects.filter(pk=lawyer.pk).update(is_active=False)
        case "organization":
            lawyer.membership.organization.is_active = False
            lawyer.membership.organization.save()
        case _:
            Membership.objects.filter(user=lawyer).update(role=Role.AUDITOR)

    assert read(token).status_code == 404


def test_wrong_addresses_are_refused_after_a_while_and_right_ones_never(
    lawyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(throttle.time, "sleep", lambda seconds: None)
    token = make_feed(user=lawyer)

    answers = [read("wrong").status_code for _ in range(throttle.REFUSED_FROM + 1)]

    assert answers == [404] * throttle.REFUSED_FROM + [429]
    assert read(token).status_code == 200
    cache.clear()


def test_a_feed_costs_the_same_with_many_clocks(case: Case, lawyer: User) -> None:
    token, by = make_feed(user=lawyer), lawyer.membership.actor()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            read(token)
        return len(queries)

    before = cost()
    for code in ("BIA30", "RECON", "REOPEN", "PFR30"):
        enter_trigger(case=case, code=code, trigger=TODAY, by=by, now=NOW)
    for agency in ("mpd", "hennepin_sheriff"):
        request_certification(
            case=case, agency=agency, requested_on=TODAY, in_removal=False, expedite_asked=False, by=by, now=NOW
        )
    assert cost() == before


def test_the_page_shows_the_address_once(lawyer: User) -> None:
    client = factories.client_of(lawyer)
    assert "no address yet" in client.get("/staff/calendar/").content.decode()

    page = client.post("/staff/calendar/").content.decode()
    address = page.split('value="http://testserver')[1].split('"')[0]

    assert Client().get(address).status_code == 200
    assert address not in client.get("/staff/calendar/").content.decode()
    assert client.post("/staff/calendar/take-back/").status_code == 302
    assert Client().get(address).status_code == 404
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.FUNDER, Role.FINANCE])
def test_who_works_on_no_cases_has_no_calendar(role: Role) -> None:
    client = factories.client_of(factories.member(role))
    assert client.get("/staff/calendar/").status_code == 403
    assert client.post("/staff/calendar/").status_code == 403


def test_moments_are_in_utc(case: Case, lawyer: User) -> None:
    start = events(make_feed(user=lawyer))[f"{case.reference} TRANSFER"].decoded("dtstart")
    assert isinstance(start, datetime)
    assert start.utcoffset() == timedelta()
