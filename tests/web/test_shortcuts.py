"""Single keys at the desk: they move and open, never while somebody types, and can be switched off."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.roles import Role
from referrals.models import Assignment
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page: Page, live_server: LiveServer) -> Client:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    page.context.add_cookies(
        [{"name": one.key, "value": one.value, "url": live_server.url} for one in client.cookies.values()]
    )
    return client


@pytest.fixture
def references() -> list[str]:
    """Of two cases, in the order of the queue."""
    return [factories.case(factories.free_facts(zip_code="")).reference for _ in range(2)]


@pytest.fixture
def queue(page: Page, live_server: LiveServer, references: list[str]) -> Page:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/staff/cases/")
    return page


def test_j_and_k_move_between_cases_and_enter_opens(queue: Page, references: list[str]) -> None:
    first, second = (queue.get_by_role("link", name=reference) for reference in references)

    queue.keyboard.press("j")
    expect(first).to_be_focused()
    queue.keyboard.press("j")
    expect(second).to_be_focused()
    queue.keyboard.press("j")
    expect(second).to_be_focused()
    queue.keyboard.press("k")
    expect(first).to_be_focused()
    queue.keyboard.press("Enter")

    queue.wait_for_url(f"**/staff/cases/{references[0]}/")


def test_a_leads_to_what_can_be_done_with_the_case(queue: Page, references: list[str]) -> None:
    queue.keyboard.press("j")
    queue.keyboard.press("a")

    queue.wait_for_url(f"**/staff/cases/{references[0]}/#deeds")
    queue.keyboard.press("a")
    expect(queue.locator("#deeds")).to_be_focused()


def test_x_ticks_and_slash_finds_the_field_and_nothing_happens_while_somebody_types(queue: Page) -> None:
    here = queue.url
    queue.keyboard.press("j")
    queue.keyboard.press("x")
    assert queue.locator("input[name=case]:checked").count() == 1
    queue.keyboard.press("/")
    field = queue.locator("[data-search]")
    expect(field).to_be_focused()

    queue.keyboard.type("jkxa?gb")

    expect(field).to_have_value("jkxa?gb")
    assert queue.url == here
    assert queue.locator("dialog[open]").count() == 0


def test_g_b_goes_to_the_board_and_b_alone_nowhere(queue: Page) -> None:
    here = queue.url
    queue.keyboard.press("b")
    queue.wait_for_timeout(200)
    assert queue.url == here

    queue.keyboard.press("g")
    queue.keyboard.press("b")

    queue.wait_for_url("**/staff/board/")


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta", "Insert"])
def test_a_key_with_a_modifier_is_not_ours(queue: Page, modifier: str) -> None:
    queue.keyboard.down(modifier)
    queue.keyboard.press("j")
    queue.keyboard.up(modifier)

    assert queue.evaluate("document.activeElement.closest('[data-row]')") is None


def test_they_are_listed_and_can_be_switched_off(queue: Page, live_server: LiveServer) -> None:
    queue.keyboard.press("?")
    expect(queue.get_by_role("dialog")).to_contain_text("To the next, the previous case")
    queue.get_by_role("link", name="Switch them off").click()
    queue.get_by_role("button", name="Switch them off").click()
    expect(queue.get_by_role("button", name="Switch them on")).to_be_visible()

    queue.goto(f"{live_server.url}/staff/cases/")
    queue.keyboard.press("j")
    queue.keyboard.press("?")

    assert queue.evaluate("document.activeElement === document.body")
    assert queue.locator("dialog").count() == 0


def test_the_desk_works_without_scripts(
    page_without_scripts: Page, live_server: LiveServer, references: list[str]
) -> None:
    page = page_without_scripts
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/staff/cases/")
    for reference in references:
        page.get_by_role("checkbox", name=reference).check()
    page.select_option("#together-do", "take_over")
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("status")).to_have_text("2 done.")
    assert Assignment.objects.count() == 2
    page.get_by_role("link", name=references[0]).click()
    page.get_by_role("link", name="Ask the family for more").click()
    page.fill("[name=sealed_note]", "Typed without scripts.")
    page.get_by_role("button", name="Ask the family for more").click()
    expect(page.get_by_role("status")).to_contain_text("more asked of the family")
