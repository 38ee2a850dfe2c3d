"""axe finds nothing, and nothing scrolls sideways, on the pages that this package and `accounts` draw."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ["/", "/nowhere/", "/so/nowhere/", "/staff/nowhere/", "/staff/sign-in/", "/staff/password/reset/"]


def assert_sound(page: Page) -> None:
    """No axe violation; no sideways scrolling; on a family page every target is 44 px high or more."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = """[...document.querySelectorAll(".family :is(a, button, input:not([type=hidden]), select)")]
        .map(e => e.matches(".usa-radio__input, .usa-checkbox__input") ? e.nextElementSibling : e)
        .filter(e => !e.matches(".usa-skipnav") && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"""
    assert page.evaluate(small) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sound_at_every_width(page: Page, live_server: LiveServer, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(live_server.url + path)

    assert_sound(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_form_with_errors_is_sound_and_its_summary_has_the_focus(
    page: Page, live_server: LiveServer, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}/staff/sign-in/")

    page.fill("#id_login", "nobody")
    page.get_by_role("button", name="Sign in").click()

    # Waits: the click comes back before the next page is there.
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.title().startswith("Error:")
    assert_sound(page)
