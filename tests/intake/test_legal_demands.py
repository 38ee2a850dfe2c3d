"""What families may know of legal demands."""

import gzip
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from privacy.published import published_list
from privacy.registry import Level
from referrals.actions import demands
from referrals.models import CounselAdvice, DemandKind, ServedOn
from tests import factories

pytestmark = pytest.mark.django_db

PAGE = "/en/legal-demands/"


def test_the_start_page_leads_to_it_and_no_other_page_does(client: Client) -> None:
    assert f'href="{PAGE}"' in client.get("/en/").content.decode()
    assert PAGE not in client.get("/en/before/").content.decode()


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}list/", "/es/legal-demands/", "/so/legal-demands/list/"])
def test_it_is_open_to_all_sets_no_cookie_and_has_a_neutral_title(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert not response.cookies
    title = response.content.decode().split("<title>")[1].split("</title>")[0]
    assert title == client.get(f"/{path.split('/')[1]}/").content.decode().split("<title>")[1].split("</title>")[0]


@pytest.mark.parametrize("language", ["en", "es", "so", "hmn"])
def test_the_long_list_travels_packed_and_is_as_light_as_any_later_page(client: Client, language: str) -> None:
    address = f"/{language}/legal-demands/list/"
    whole = client.get(address)
    packed = client.get(address, headers={"accept-encoding": "gzip"})

    # Whatever is packed must hold no secret that a reader's words could be compared with (docs/family-pages.md).
    assert "csrfmiddlewaretoken" not in whole.content.decode()
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) <= 14_000
    assert gzip.decompress(packed.content) == whole.content


def test_a_year_without_a_demand_shows_zero(client: Client) -> None:
    page = client.get(PAGE).content.decode()

    assert f"{timezone.localdate().year}: orders and requests: 0. We handed something over: 0." in page


def test_demands_are_counted_by_year_and_kind(client: Client) -> None:
    lead, operator = factories.actor(Role.HOTLINE_LEAD), factories.actor(Role.OPERATOR)
    today = timezone.localdate()
    for kind, day in ((DemandKind.GRAND_JURY, today), (DemandKind.INFORMAL, today - timedelta(days=366 * 2))):
        demand = demands.enter_demand(received_on=day, kind=kind, served_on=ServedOn.CITY, by=lead)
        demands.review_by_counsel(demand=demand, advice=CounselAdvice.RELEASE, by=lead)
    newest = demands.release(demand=demand, by=lead)
    demands.release(demand=newest, by=operator)

    page = client.get(PAGE).content.decode()

    assert f"{today.year}: orders and requests: 1. We handed something over: 0." in page
    assert f"{today.year - 1}: orders and requests: 0. We handed something over: 0." in page
    assert "Order from a grand jury: 1" in page
    assert "Request that nobody has to obey: 1 (handed something over: 1)" in page


def test_the_list_names_everything_that_can_be_read_of_a_case_and_nothing_sealed(client: Client) -> None:
    page = client.get(f"{PAGE}list/").content.decode()

    for table in published_list():
        readable = table.of(Level.P1)
        assert (f">{table.name}</h2>" in page) == bool(readable)
        for column in readable:
            assert f"<strong>{column.name}</strong>" in page
    assert "<strong>wrapped</strong>" not in page
    assert "probably share the number" in page
    assert len(page) < 100_000
