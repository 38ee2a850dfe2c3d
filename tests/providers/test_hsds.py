"""The public directory: valid under the strict form of HSDS 3.1, the same for all, and nothing of a case in it."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.roles import Role
from providers.actions import add_closure, pause, publish_room, set_ceiling, set_limits
from providers.days import day_of, start_of
from providers.hsds.schedules import AHEAD, stretches
from providers.models import Program, Provider
from tests import factories
from tests.providers.hsds_fields import FIELDS, faults

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/hsds/"
LISTS = {
    "organizations": "organization",
    "services": "service",
    "service_at_locations": "service_at_location",
    "taxonomies": "taxonomy",
    "taxonomy_terms": "taxonomy_term",
}


def read(path: str) -> Any:
    answer = Client().get(ROOT + path)
    assert answer.status_code == 200, (path, answer.content)
    return answer.json()


def everything(path: str) -> list[dict[str, Any]]:
    return list(read(f"{path}?per_page=100")["contents"])


def service(code: str = "AHR", kind: str = "detained full") -> dict[str, Any]:
    owner = next(one["id"] for one in everything("organizations") if one["alternate_name"] == code)
    found = everything("services")
    listed = next(one for one in found if one["organization_id"] == owner and kind in one["name"].replace(",", ""))
    return dict(read(f"services/{listed['id']}"))


@pytest.fixture
def program() -> Program:
    """A program that uses everything the directory can show."""
    program = factories.room(ceiling=60)
    coordinator = factories.actor(Role.COORDINATOR)
    set_limits(program=program, languages=["en", "es"], us_states=["MN"], circuits=[8], by=coordinator)
    today = day_of(timezone.now())
    first, last = today + timedelta(days=30), today + timedelta(days=44)
    add_closure(program=program, name="Semester break", first_day=first, last_day=last, by=coordinator)
    publish_room(timezone.now())
    return program


@pytest.mark.usefixtures("program")
@pytest.mark.parametrize(("path", "table"), LISTS.items())
def test_every_record_is_valid_and_has_no_field_the_standard_does_not_know(path: str, table: str) -> None:
    in_list = f"{table}_list" if f"{table}_list" in FIELDS else table
    listed = everything(path)
    assert listed

    found = [fault for one in listed for fault in faults(one, in_list)]
    found += [fault for one in listed for fault in faults(read(f"{path}/{one['id']}"), table)]

    assert found == []


@pytest.mark.parametrize("path", ["organizations", "services", "service_at_locations"])
@pytest.mark.usefixtures("program")
def test_full_lists_are_what_each_record_is_by_itself(path: str) -> None:
    full = everything_full(path)

    assert full == [read(f"{path}/{one['id']}") for one in full]


def everything_full(path: str) -> list[dict[str, Any]]:
    return list(read(f"{path}?per_page=100&full=true")["contents"])


def test_the_check_refuses_what_the_standard_refuses() -> None:
    good = read("services")["contents"][0]

    for wrong in (
        {"in_use": 3},
        {"id": "AHR"},
        {"status": "open"},
        {"last_modified": "yesterday"},
        {"organization": {"id": good["id"]}},
        {"minimum_age": "18"},
    ):
        assert list(faults(good | wrong, "service_list")), wrong
    assert list(faults({"id": good["id"]}, "service_list")) == ["service_list lacks name", "service_list lacks status"]


def test_the_root_names_version_profile_and_schema() -> None:
    root = read("")

    assert root["version"] == "3.1"
    assert root["profile"].startswith("https://")
    described = Client().get("/" + root["openapi_url"].split("/", 3)[3])
    assert described["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert "/api/v1/hsds/services" in json.loads(described.content)["paths"]
    assert set(root) == {"version", "profile", "openapi_url"}


def test_pages_have_the_standards_envelope() -> None:
    count = Program.objects.count()

    first, last = read("services?per_page=3"), read(f"services?per_page=3&page={-(-count // 3)}")

    assert {name: value for name, value in first.items() if name != "contents"} == {
        "total_items": count,
        "total_pages": -(-count // 3),
        "page_number": 1,
        "size": 3,
        "first_page": True,
        "last_page": False,
        "empty": False,
    }
    assert (last["first_page"], last["last_page"]) == (False, True)
    beyond = read("services?page=99")
    assert (beyond["empty"], beyond["size"], beyond["contents"]) == (True, 0, [])


@pytest.mark.parametrize(
    "asked",
    ["page=0", "page=-1", "page=x", "page=²", "per_page=0", "per_page=101", "full=perhaps", "organization_id=AHR"],
)
def test_a_parameter_that_makes_no_sense_is_bad_data(asked: str) -> None:
    assert Client().get(f"{ROOT}services?{asked}").status_code == 400


@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_record_is_not_found(path: str) -> None:
    assert Client().get(f"{ROOT}{path}/00000000-0000-4000-8000-000000000000").status_code == 404
    assert Client().get(f"{ROOT}{path}/AHR").status_code == 404


@pytest.mark.parametrize("path", ["", *LISTS])
def test_nobody_writes_and_nobody_needs_to_sign_in(path: str) -> None:
    assert Client().get(ROOT + path).status_code == 200
    assert Client().post(ROOT + path, {}, content_type="application/json").status_code == 405
    assert Client().delete(ROOT + path).status_code == 405


def test_services_are_found_by_provider_and_by_term() -> None:
    ahr = next(one for one in everything("organizations") if one["alternate_name"] == "AHR")
    habeas = next(one for one in everything("taxonomy_terms") if one["code"] == "DET-HAB")

    of_ahr = read(f"services?organization_id={ahr['id']}")["contents"]
    with_habeas = read(f"services?taxonomy_term_id={habeas['id']}")["contents"]

    assert len(of_ahr) == Program.objects.filter(provider__code="AHR").count()
    expected = Program.objects.filter(offer_places__case_type="DET-HAB").distinct()
    assert len(with_habeas) == expected.count() > 0
    own = next(one for one in everything("taxonomies") if one["name"] != "LIST")
    terms = read(f"taxonomy_terms?taxonomy_id={own['id']}&per_page=100")["contents"]
    assert {one["taxonomy_id"] for one in terms} == {own["id"]}


def test_ids_are_made_from_names_and_so_are_the_same_in_every_installation() -> None:
    assert service()["id"] == "fd95349b-0103-5fd5-8062-a603f7e09535"


@pytest.mark.usefixtures("program")
def test_a_service_says_what_is_public_of_its_program() -> None:
    shown = service()

    assert shown["status"] == "active"
    assert [one["code"] for one in shown["languages"]] == ["en", "es"]
    assert "held in MN" in shown["eligibility_description"]
    assert shown["phones"][0]["number"] == "612-341-9845"
    codes = {one["taxonomy_term"]["code"] for one in shown["attributes"]}
    assert {"IM-02", "DET-HAB", "DET-BOND"} <= codes
    assert "VLN" not in str(shown)
    (capacity,) = shown["capacities"]
    assert (capacity["available"], capacity["maximum"], capacity["unit"]["name"]) == (60, 60, "Point")


def test_room_is_published_in_steps_and_does_not_move_with_a_case(program: Program) -> None:
    before = service()

    factories.case(factories.held_facts())

    assert Program.objects.get(pk=program.pk).in_use == 6
    assert service()["capacities"] == before["capacities"]
    assert service()["last_modified"] == before["last_modified"]
    publish_room(timezone.now())
    # 54 free, in steps of five.
    assert service()["capacities"][0]["available"] == 50


def test_a_provider_that_sets_its_ceiling_publishes_it(program: Program) -> None:
    set_ceiling(program=program, ceiling=33, by=factories.actor(Role.COORDINATOR))

    (capacity,) = service()["capacities"]

    assert (capacity["available"], capacity["maximum"]) == (30, 33)


def test_a_program_whose_room_was_never_published_shows_none() -> None:
    factories.room(ceiling=60)

    assert service()["capacities"] == []


def test_who_takes_no_cases_now_is_closed_and_has_none_available(program: Program) -> None:
    until = day_of(timezone.now()) + timedelta(days=7)
    pause(program=program, until=start_of(until), by=factories.actor(Role.COORDINATOR))

    paused = service()
    Provider.objects.filter(code="AHR").update(is_active=False)

    assert (paused["status"], paused["capacities"][0]["available"]) == ("temporarily closed", 0)
    assert f"{until:%B %-d, %Y}" in paused["alert"]
    assert service()["status"] == "inactive"


@pytest.mark.usefixtures("program")
def test_the_schedule_leaves_the_closed_days_out() -> None:
    today = day_of(timezone.now())
    shown = service()["schedules"]

    spans = [(date.fromisoformat(one["valid_from"]), date.fromisoformat(one["valid_to"])) for one in shown]

    assert (spans[0][0], spans[-1][1]) == (today, today + AHEAD)
    for number in range(AHEAD.days + 1):
        day = today + timedelta(days=number)
        is_open = any(first <= day <= last for first, last in spans)
        assert is_open == (not 30 <= number <= 44), day
    assert {(one["freq"], one["byday"]) for one in shown} == {("WEEKLY", "MO,TU,WE,TH,FR")}
    # With an interval the standard wants the day of the first event, too; every week is what is meant without one.
    assert all("interval" not in one or "dtstart" in one for one in shown)
    assert {one["opens_at"] for one in shown} == {"09:00-06:00", "09:00-05:00"}


@given(
    st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    st.lists(st.tuples(st.integers(-10, 380), st.integers(0, 40)), max_size=4),
)
def test_stretches_are_the_open_days_once_each_with_one_offset(today: date, closed: list[tuple[int, int]]) -> None:
    closures = [(today + timedelta(days=begins), today + timedelta(days=begins + days)) for begins, days in closed]

    found = list(stretches(today, closures))

    year = [today + timedelta(days=number) for number in range(AHEAD.days + 1)]
    open_days = [day for day in year if not any(first <= day <= last for first, last in closures)]
    covered = [one.first + timedelta(days=number) for one in found for number in range((one.last - one.first).days + 1)]
    assert covered == open_days


def test_an_unchanged_answer_is_not_sent_twice_and_may_be_kept_by_anybody() -> None:
    first = Client().get(ROOT + "services")

    again = Client().get(ROOT + "services", headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304
    assert first["Cache-Control"] == "public, max-age=300" or first["Cache-Control"] == "max-age=300, public"
    assert "Cookie" not in first.get("Vary", "")
    assert not first.cookies


@pytest.mark.parametrize("path", ["organizations", "services?full=true", "service_at_locations", "taxonomy_terms"])
def test_every_list_costs_the_same_few_queries(
    path: str, program: Program, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(3):
        today = day_of(timezone.now()) + timedelta(days=100 * number)
        add_closure(
            program=program, name="Break", first_day=today, last_day=today, by=factories.actor(Role.COORDINATOR)
        )

    # Offer places, programs, closures, case types.
    with django_assert_num_queries(4):
        Client().get(ROOT + path)


def test_the_directory_is_in_the_openapi_schema() -> None:
    out = StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out)

    for path in LISTS:
        assert f"/api/v1/hsds/{path}:" in out.getvalue()
        assert f"/api/v1/hsds/{path}/{{record_id}}:" in out.getvalue()
