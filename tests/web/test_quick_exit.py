""" "Leave this page": by the button without scripts, by Esc three times with them."""

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, Request, Route
from pytest_django.live_server_helper import LiveServer

from tests.services.browser import close
from tests.story.family import press
from web.quick_exit import LEAVE_TO

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "Testigo Ficticio"


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


def started(page: Page, address: str) -> None:
    """Agrees to the notice, with the page before it something else."""
    page.goto("about:blank")
    page.goto(f"{address}/en/before/")
    press(page)


def typed_into(page: Page, address: str) -> None:
    """A question with something typed into it, not sent."""
    started(page, address)
    page.goto(f"{address}/en/ask/person/")
    page.fill("[name=names]", SECRET)


def shows(page: Page) -> str:
    """Everything the page shows, in its fields too."""
    fields = "[...document.querySelectorAll('input:not([type=hidden]), textarea')].map(e => e.value).join(' ')"
    return f"{page.inner_text('body')} {page.evaluate(fields)}"


def test_after_leaving_the_back_button_shows_nothing(page: Page, live_server: LiveServer) -> None:
    page.route(f"{LEAVE_TO}**", weather)
    typed_into(page, live_server.url)

    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url(LEAVE_TO)
    # The page goes before the server has answered, so that the cookie may outlive it by a moment.
    for _look in range(50):
        if not page.context.cookies(live_server.url):
            break
        page.wait_for_timeout(100)
    assert page.context.cookies(live_server.url) == []
    page.go_back()

    assert SECRET not in shows(page)


def test_after_leaving_without_scripts_the_back_button_shows_nothing(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.route(f"{LEAVE_TO}**", weather)
    typed_into(page, live_server.url)

    page.get_by_role("button", name="Leave this page").click()
    page.wait_for_url(LEAVE_TO)
    assert context.cookies(live_server.url) == []
    for _step in range(3):
        page.go_back()
        page.wait_for_load_state()
        assert SECRET not in page.content()
        if page.url == "about:blank":
            break
        if "/ask/" in page.url:
            # The question is gone with the cookie; whoever looks is offered a new start.
            assert page.locator("[name=names]").count() == 0
    close(context)


def test_a_page_kept_in_memory_is_emptied_and_asked_for_again(page: Page, live_server: LiveServer) -> None:
    typed_into(page, live_server.url)
    page.context.clear_cookies()

    with page.expect_navigation():
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    assert SECRET not in shows(page)
    assert page.locator("[name=names]").count() == 0


def test_a_page_shown_for_the_first_time_keeps_what_was_typed(page: Page, live_server: LiveServer) -> None:
    typed_into(page, live_server.url)

    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }))")

    page.wait_for_timeout(200)
    assert SECRET in shows(page)


def test_a_family_page_asks_nobody_else_for_anything(page: Page, live_server: LiveServer) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    started(page, live_server.url)
    for path in ("", "en/", "es/right-now/", "en/advice/", "en/advice/taken/", "en/ask/person/", "en/nowhere/"):
        page.goto(f"{live_server.url}/{path}")

    assert asked
    assert [url for url in asked if not url.startswith((live_server.url, "about:"))] == []


def test_leaving_tells_the_browser_to_forget(client: Client) -> None:
    response = client.post("/en/leave/")

    assert '"cookies"' in response["Clear-Site-Data"]
    assert LEAVE_TO in response.content.decode()
