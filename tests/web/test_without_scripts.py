"""Where the focus stands after a mistake, in a browser that runs no scripts."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_error_summary_takes_the_focus_and_its_first_link_leads_to_the_mistake(
    page_without_scripts: Page, live_server: LiveServer
) -> None:
    page = page_without_scripts
    page.goto(f"{live_server.url}/en/status/")
    page.fill("[name=code]", "12")

    page.keyboard.press("Enter")

    expect(page.locator(".error-summary")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".error-summary a").first).to_be_focused()
    page.keyboard.press("Enter")
    assert page.url.endswith("#id_code")
