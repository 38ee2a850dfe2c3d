"""A provider's room: who sees and sets it, and what stands in the way."""

import pytest
from django.test import Client

from accounts.roles import MEMBER_ROLES, Role
from providers.models import Program
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

    with django_assert_max_num_queries(6):  # type: ignore[operator]
        coordinator.get("/staff/room/")
