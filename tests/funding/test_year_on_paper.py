"""The year in review as a report to print: tables stay tables, and what only a screen can use is not on the sheet."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from funding.actions.portal import switch_public_page
from tests.funding.builders import FINANCE, NOW, grant
from tests.funding.portal.stored import release

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def year(page: Page, live_server: LiveServer) -> Page:
    grant(4_000_000)
    for number in range(1, 5):
        release(f"2026Q{number}")
    switch_public_page(is_on=True, by=FINANCE, now=NOW)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 960})
    page.goto(f"{live_server.url}/reports/years/2026/")
    return page


def test_what_only_a_screen_can_use_is_not_printed(year: Page) -> None:
    expect(year.locator(".staff-header")).to_be_hidden()
    expect(year.locator(".actions").first).to_be_hidden()
    expect(year.get_by_role("heading", name="What one more attorney would do")).to_be_visible()


def test_a_table_is_a_table_on_paper_with_four_quarters_and_the_year(year: Page) -> None:
    money = year.locator("table", has_text="Paid, by purpose")

    assert money.evaluate("table => getComputedStyle(table).display") == "table"
    expect(money.locator("thead th").last).to_be_visible()
    assert money.locator("thead th").all_inner_texts() == ["Purpose", "2026Q1", "2026Q2", "2026Q3", "2026Q4", "Year"]
    assert year.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_report_is_a_few_sheets(year: Page) -> None:
    sheet = year.pdf(format="Letter", margin={"top": "1.5cm", "bottom": "1.5cm", "left": "1.5cm", "right": "1.5cm"})

    assert 2 <= len(re.findall(rb"/Type /Page\b", sheet)) <= 5


def test_a_withheld_bar_is_hatched_on_paper(year: Page) -> None:
    chart = year.locator("svg.chart__drawing").first

    assert chart.locator("rect.chart__bar").count() == 4
    assert chart.evaluate("svg => svg.getBoundingClientRect().width > 100")
