"""The page without sign-in: off until the fund switches it on, then the public edition and nothing else."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import URLPattern

from accounts.roles import MEMBER_ROLES, Actor, Role
from funding.actions.portal import switch_public_page
from funding.models import PublicPageSwitch, ReleaseDocument
from funding.urls import urlpatterns
from tests.factories import client_of, member, organization
from tests.funding.builders import APPROVER, FINANCE, NOW
from tests.funding.portal.stored import FORMATS, release

pytestmark = pytest.mark.django_db

PAGES = ["/reports/", "/reports/2026Q3/", "/reports/years/2026/"]
PATHS = [*PAGES, *(f"/reports/2026Q3/report.{file_format}" for file_format in FORMATS)]


@pytest.fixture(autouse=True)
def _two_editions() -> None:
    organization("city")
    release(editions=("", "city"))


@pytest.fixture
def on() -> None:
    switch_public_page(is_on=True, by=FINANCE, now=NOW)


def test_every_public_route_is_asked_here() -> None:
    public = {
        one.name for one in urlpatterns if isinstance(one, URLPattern) and str(one.pattern).startswith("reports/")
    }
    assert public == {"reports", "report", "report_year", "report_file"}


@pytest.mark.parametrize("path", PATHS)
def test_while_it_is_off_nothing_is_there(path: str) -> None:
    assert Client().get(path).status_code == 404
    assert client_of(member(Role.FINANCE)).get(path).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_off_is_answered_as_any_address_without_a_page(path: str) -> None:
    def answer(of: str) -> tuple[int, str, list[tuple[str, str]]]:
        got = Client().get(of)
        body = re.sub(r'value="[^"]{64}"', "", got.content.decode()).replace(of, "")
        return got.status_code, body, sorted((name, value) for name, value in got.items() if name != "Content-Length")

    switch_public_page(is_on=True, by=FINANCE, now=NOW)
    switch_public_page(is_on=False, by=FINANCE, now=NOW)

    assert answer(path) == answer("/nowhere/at/all/")


@pytest.mark.parametrize("path", PATHS)
def test_while_it_is_on_anybody_reads_it_and_gets_no_cookie(path: str, on: None) -> None:
    client = Client()

    answer = client.get(path)

    assert answer.status_code == 200
    assert not answer.cookies
    assert not client.cookies
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_a_public_page_names_no_role_no_funder_and_no_way_to_sign_in(path: str, on: None) -> None:
    page = Client().get(path, headers={"accept-language": "es"}).content.decode()

    for hint in ("/staff/", "/funders/", "sign in", "Sign in", "editions/", "Your own", "City of", "csrf"):
        assert hint not in page, hint
    assert '<html lang="en">' in page
    # The row of the City is in its own edition only.
    assert "$60,000" not in page


def test_a_member_sees_the_same_public_page(on: None) -> None:
    stranger, funder = (client.get("/reports/2026Q3/") for client in (Client(), client_of(member(Role.FUNDER))))

    assert stranger.content == funder.content


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_public_download_is_the_stored_bytes(file_format: str, on: None) -> None:
    answer = Client().get(f"/reports/2026Q3/report.{file_format}")

    assert answer.content == bytes(ReleaseDocument.objects.get(edition="", format=file_format).content)
    assert answer["Content-Disposition"] == f'attachment; filename="report-2026Q3.{file_format}"'


@pytest.mark.parametrize("path", ["/reports/2026Q3/editions/city.csv", "/reports/2026Q3/city.csv", "/reports/2025Q1/"])
def test_no_funders_edition_is_public(path: str, on: None) -> None:
    assert Client().get(path).status_code == 404


MAY = {Role.FINANCE, Role.APPROVER, Role.OPERATOR}


@pytest.mark.parametrize("role", [*MEMBER_ROLES, Role.SYSTEM, Role.FAMILY])
def test_the_funds_office_and_the_operator_switch_it_and_no_other(role: Role) -> None:
    if role in MAY:
        switch_public_page(is_on=True, by=Actor(role, user_id=9), now=NOW)
        last = PublicPageSwitch.objects.get()
        assert (last.is_on, last.switched_at, last.switched_by_user_id) == (True, NOW, 9)
    else:
        with pytest.raises(PermissionDenied):
            switch_public_page(is_on=True, by=Actor(role, user_id=9), now=NOW)


def test_the_last_switch_counts_and_every_one_of_them_stays() -> None:
    switch_public_page(is_on=True, by=FINANCE, now=NOW)
    switch_public_page(is_on=False, by=APPROVER, now=NOW)

    assert Client().get("/reports/").status_code == 404
    assert [(one.is_on, one.switched_by_user_id) for one in PublicPageSwitch.objects.all()] == [(False, 2), (True, 1)]
    with pytest.raises(IntegrityError), transaction.atomic():
        PublicPageSwitch.objects.update(is_on=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        PublicPageSwitch.objects.all().delete()


def test_it_is_switched_in_the_editor_of_tables_which_says_who() -> None:
    operator = member(Role.OPERATOR, is_staff=True, is_superuser=True)
    client = client_of(operator)

    assert client.post("/staff/admin/funding/publicpageswitch/add/", {"is_on": "on"}).status_code == 302

    last = PublicPageSwitch.objects.get()
    assert (last.is_on, last.switched_by_user_id) == (True, operator.pk)
    assert Client().get("/reports/").status_code == 200
    assert client.post("/staff/admin/funding/publicpageswitch/add/", {}).status_code == 302
    assert Client().get("/reports/").status_code == 404
    changed = client.post(f"/staff/admin/funding/publicpageswitch/{last.pk}/change/", {"is_on": ""})
    assert changed.status_code == 403
