""" "Leave this page": by the button without scripts, by Esc three times with them."""

import pytest
from django.test import Client
from playwright.sync_api import Page, Route
from pytest_django.live_server_helper import LiveServer

from web.quick_exit import LEAVE_TO

pytestmark = pytest.mark.django_db(transaction=True)


def weather(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<title>Weather</title><h1>Weather</h1>")


@pytest.fixture
def visit(page: Page, live_server: LiveServer) -> Page:
    page.route(f"{LEAVE_TO}**", weather)
    page.goto("about:blank")
    page.goto(f"{live_server.url}/es/")
    return page


def test_escape_three_times_leaves_and_the_back_button_does_not_return(visit: Page) -> None:
    for _press in range(3):
        visit.keyboard.press("Escape")

    visit.wait_for_url(LEAVE_TO)
    visit.go_back()
    assert visit.url == "about:blank"


def test_escape_twice_stays(visit: Page) -> None:
    here = visit.url

    visit.keyboard.press("Escape")
    visit.keyboard.press("Escape")

    visit.wait_for_timeout(200)
    assert visit.url == here


def test_the_button_leaves(visit: Page) -> None:
    visit.get_by_role("button", name="Salir de esta página").click()

    visit.wait_for_url(LEAVE_TO)


def test_the_button_leaves_without_scripts(page_without_scripts: Page, live_server: LiveServer) -> None:
    page_without_scripts.route(f"{LEAVE_TO}**", weather)
    page_without_scripts.goto(f"{live_server.url}/en/")

    page_without_scripts.get_by_role("button", name="Leave this page").click()

    page_without_scripts.wait_for_url(LEAVE_TO)


def test_leaving_tells_the_browser_to_forget(client: Client) -> None:
    response = client.post("/en/leave/")

    assert '"cookies"' in response["Clear-Site-Data"]
    assert LEAVE_TO in response.content.decode()
