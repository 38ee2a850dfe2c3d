"""A provider's room: who sees and sets it, and what stands in the way."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import localdate

from accounts.roles import MEMBER_ROLES, Role
from providers.days import start_of
from providers.models import Closure, Program
from tests import factories

pytestmark = pytest.mark.django_db

SETS_ROOM = {Role.COORDINATOR, Role.HOTLINE_LEAD, Role.PROVIDER_STAFF, Role.PROVIDER_LEAD}


@pytest.fixture
def staff() -> Client:
    return factories.client_of(factories.member(Role.PROVIDER_STAFF))


def url(program: Program, verb: str) -> str:
    return f"/staff/room/{program.pk}/{verb}/"


def ceiling_of(program: Program) -> int:
    return Program.objects.values_list("ceiling", flat=True).get(pk=program.pk)


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_providers_and_coordinators_open_the_room_and_nobody_else(role: Role) -> None:
    client = factories.client_of(factories.member(role))

    assert client.get("/staff/room/").status_code == (200 if role in SETS_ROOM else 403)


def test_a_provider_sees_its_own_programs_only(staff: Client) -> None:
    page = staff.get("/staff/room/").content.decode()

    assert "The Advocates for Human Rights" in page
    assert "Volunteer Lawyers Network" not in page


def test_a_coordinator_sees_every_provider() -> None:
    page = factories.client_of(factories.member(Role.COORDINATOR)).get("/staff/room/").content.decode()

    assert "The Advocates for Human Rights" in page
    assert "Volunteer Lawyers Network" in page


@pytest.mark.parametrize("verb", ["ceiling", "pause", "resume"])
def test_another_providers_program_is_not_found(staff: Client, verb: str) -> None:
    program = factories.room("VLN", "nondetained", ceiling=10)

    assert staff.post(url(program, verb), {"ceiling": 3}).status_code == 404
    assert ceiling_of(program) == 10


def test_a_new_ceiling_counts_at_once(staff: Client) -> None:
    program = factories.room(ceiling=10)

    page = staff.post(url(program, "ceiling"), {"ceiling": "24"}, follow=True).content.decode()

    assert ceiling_of(program) == 24
    assert "ceiling 24, 24 free" in page


def test_a_ceiling_below_what_is_in_use_is_refused_with_the_number(staff: Client) -> None:
    program = factories.room(ceiling=10)
    factories.case()

    answer = staff.post(url(program, "ceiling"), {"ceiling": "5"})

    assert answer.status_code == 409
    assert "6 points are in use" in answer.content.decode()
    assert 'value="5"' in answer.content.decode()
    assert ceiling_of(program) == 10


@pytest.mark.parametrize("typed", ["", "-1", "many", "1e9", "99999999999999999999", "\x00"])
def test_a_ceiling_that_is_no_number_of_points_shows_the_page_again(staff: Client, typed: str) -> None:
    program = factories.room(ceiling=10)

    assert staff.post(url(program, "ceiling"), {"ceiling": typed}).status_code == 400
    assert ceiling_of(program) == 10


def test_a_paused_program_shows_it_and_resumes(staff: Client) -> None:
    program = factories.room(ceiling=10)

    assert "Paused" in staff.post(url(program, "pause"), follow=True).content.decode()
    assert "Paused" not in staff.post(url(program, "resume"), follow=True).content.decode().replace("paused", "")


def test_the_page_takes_as_many_queries_for_all_providers_as_for_one(
    staff: Client, django_assert_max_num_queries: object
) -> None:
    coordinator = factories.client_of(factories.member(Role.COORDINATOR))

    with django_assert_max_num_queries(7):  # type: ignore[operator]
        coordinator.get("/staff/room/")


def day_parts(field: str, day: date) -> dict[str, str]:
    """A day as the three boxes of its field send it."""
    return {f"{field}_{number}": str(part) for number, part in enumerate((day.month, day.day, day.year))}


def fresh(program: Program) -> Program:
    return Program.objects.get(pk=program.pk)


def test_the_weeks_limit_is_set_with_the_ceiling_and_taken_away_by_an_empty_box(staff: Client) -> None:
    program = factories.room(ceiling=10)

    page = staff.post(url(program, "ceiling"), {"ceiling": "10", "weekly_limit": "4"}, follow=True).content.decode()
    assert (fresh(program).weekly_limit, "0 of 4 new cases this week" in page) == (4, True)
    staff.post(url(program, "ceiling"), {"ceiling": "10", "weekly_limit": ""})

    assert fresh(program).weekly_limit is None


@pytest.mark.parametrize("typed", ["0", "-1", "many", "501", "1.5"])
def test_a_weeks_limit_that_is_no_number_of_cases_is_refused_and_stays_typed(staff: Client, typed: str) -> None:
    program = factories.room(ceiling=10)

    answer = staff.post(url(program, "ceiling"), {"ceiling": "8", "weekly_limit": typed})

    assert answer.status_code == 400
    assert f'value="{typed}"' in answer.content.decode()
    assert (fresh(program).weekly_limit, fresh(program).ceiling) == (None, 10)


def test_a_refused_ceiling_leaves_the_weeks_limit_as_it_was(staff: Client) -> None:
    program = factories.room(ceiling=10)
    factories.case()

    assert staff.post(url(program, "ceiling"), {"ceiling": "5", "weekly_limit": "3"}).status_code == 409

    assert fresh(program).weekly_limit is None


def test_a_pause_asks_until_when_and_says_it(staff: Client) -> None:
    program, until = factories.room(ceiling=10), localdate() + timedelta(days=9)

    page = staff.post(url(program, "pause"), day_parts("until", until), follow=True).content.decode()

    assert fresh(program).paused_until == start_of(until)
    assert f"until {until:%b} {until.day}, {until.year}: no new offers" in page
    assert "Until when?" in page


@pytest.mark.parametrize("days", [0, -1])
def test_a_pause_does_not_end_before_it_begins(staff: Client, days: int) -> None:
    program, until = factories.room(ceiling=10), localdate() + timedelta(days=days)

    answer = staff.post(url(program, "pause"), day_parts("until", until))

    assert (answer.status_code, fresh(program).paused_at) == (400, None)
    assert f'value="{until.year}"' in answer.content.decode()


def test_closed_days_are_noted_shown_and_taken_back(staff: Client) -> None:
    program, today = factories.room(ceiling=10), localdate()
    sent = {"name": "Spring recess"} | day_parts("first_day", today) | day_parts("last_day", today)

    page = staff.post(url(program, "close"), sent, follow=True).content.decode()
    again = staff.post(url(program, "close"), sent)
    closure = Closure.objects.get(program=program)

    assert "Spring recess" in page
    assert ">Closed</span>" in page
    assert again.status_code == 409
    gone = staff.post(url(program, f"close/{closure.pk}/open"), follow=True).content.decode()
    assert "Spring recess" not in gone
    assert not Closure.objects.exists()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": ""}, "Write what it is"),
        ({"first": 5, "last": 4}, "before the first"),
        ({"first": -5, "last": -4}, "These days are over"),
        ({"first": 1, "last": 400}, "Longer than a year"),
        ({"first": 800, "last": 801}, "more than two years ahead"),
    ],
)
def test_closed_days_that_make_no_sense_are_refused_and_stay_typed(
    staff: Client, changes: dict[str, Any], fault: str
) -> None:
    program = factories.room(ceiling=10)
    given: dict[str, Any] = {"name": "Training", "first": 1, "last": 2} | changes
    first, last = (localdate() + timedelta(days=given[name]) for name in ("first", "last"))

    answer = staff.post(
        url(program, "close"), {"name": given["name"]} | day_parts("first_day", first) | day_parts("last_day", last)
    )

    page = answer.content.decode()
    assert (answer.status_code, fault in page, Closure.objects.count()) == (400, True, 0)
    assert f'value="{given["name"]}"' in page or not given["name"]
    assert f'value="{last.year}"' in page


def test_languages_and_places_are_set(staff: Client) -> None:
    program = factories.room(ceiling=10)

    page = staff.post(
        url(program, "limits"), {"languages": ["es", "so"], "us_states": "nd, MN", "circuits": "8"}, follow=True
    ).content.decode()

    found = fresh(program)
    assert (found.languages, found.us_states, found.circuits) == (["es", "so"], ["MN", "ND"], [8])
    assert 'value="MN ND"' in page


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"us_states": "Minnesota"}, "No state is written MINNESOTA"),
        ({"circuits": "8 12"}, "There is no circuit 12"),
        ({"languages": ["klingon"]}, "klingon"),
    ],
)
def test_a_place_or_language_nobody_knows_is_refused_and_stays_typed(
    staff: Client, sent: dict[str, Any], fault: str
) -> None:
    program = factories.room(ceiling=10)

    answer = staff.post(url(program, "limits"), sent)

    assert (answer.status_code, fault in answer.content.decode()) == (400, True)
    typed = next(iter(sent.values()))
    assert not isinstance(typed, str) or f'value="{typed}"' in answer.content.decode()
    assert (fresh(program).us_states, fresh(program).circuits, fresh(program).languages) == ([], [], [])


@pytest.mark.parametrize("verb", ["close", "limits", "close/1/open"])
def test_nothing_of_another_providers_program_is_found(staff: Client, verb: str) -> None:
    assert staff.post(url(factories.room("VLN", "nondetained"), verb), {"name": "x"}).status_code == 404


@pytest.mark.parametrize("verb", ["ceiling", "pause", "close", "limits"])
def test_an_address_of_a_form_leads_back_to_the_page(staff: Client, verb: str) -> None:
    assert staff.get(url(factories.room(), verb)).headers["Location"] == "/staff/room/"
