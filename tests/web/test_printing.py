"""Pages that families take along on paper: one sheet, the steps' numbers on it, nothing that only a screen can use."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)


# A draft stands below its English: together they take both sides of the sheet.
@pytest.mark.parametrize(
    ("path", "sides"), [("en/right-now/", 1), ("en/advice/taken/", 1), ("es/right-now/", 2), ("es/advice/papers/", 2)]
)
def test_advice_fits_on_one_sheet(page: Page, live_server: LiveServer, path: str, sides: int) -> None:
    page.goto(f"{live_server.url}/{path}")

    sheet = page.pdf(format="Letter", margin={"top": "1.5cm", "bottom": "1.5cm", "left": "1.5cm", "right": "1.5cm"})

    assert len(re.findall(rb"/Type /Page\b", sheet)) == sides


def test_what_only_a_screen_can_use_is_not_printed(page: Page, live_server: LiveServer) -> None:
    page.emulate_media(media="print")
    page.goto(f"{live_server.url}/en/right-now/")

    expect(page.get_by_role("button", name="Leave this page")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator(".actions")).to_be_hidden()
    expect(page.get_by_text("612-341-9845")).to_be_visible()
    expect(page.get_by_text("Do not sign anything.")).to_be_visible()


def test_a_steps_number_is_dark_without_its_disk(page: Page, live_server: LiveServer) -> None:
    """Browsers print no backgrounds: white on blue would come out as white on white."""
    page.emulate_media(media="print")
    page.goto(f"{live_server.url}/en/right-now/")

    number = page.evaluate("getComputedStyle(document.querySelector('.steps > li'), '::before').color")

    assert number == "rgb(0, 0, 0)"
