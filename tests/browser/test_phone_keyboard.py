"""A coordinator on the telephone with a keyboard alone and no scripts: from the notice to the code to read out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts.roles import Role
from intake.phone import SECTIONS
from referrals.models import Case, Channel
from tests import factories as make
from tests.browser import keyboard

NEXT = "main form.form button[type=submit]:not([name])"
# What the caller says where nothing may stay open, and a little more; a tuple is ticked.
SAID: dict[str, str | tuple[str, ...]] = {
    "caller_name": "Caller Made-up",
    "phone": "612-555-0166",
    "shared": "nobody",
    "may_text": "yes",
    "may_call": "yes",
    "hours": "day",
    "taken": "just_now",
    "taken_day": "yesterday at 10 pm",
    "place": "whipple",
    "names": "Held Made-up",
    "papers": ("none",),
    "entry": "uninspected",
    "zip_code": "55407",
    "may_contact": "yes",
}


@pytest.fixture
def desk(transactional_db: None, live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    client = make.client_of(make.member(Role.COORDINATOR), unlocked=False)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    context.add_cookies(
        [{"name": one.key, "value": one.value, "url": live_server.url} for one in client.cookies.values()]
    )
    yield context.new_page()
    context.close()


def answer(page: Page, name: str, value: str | tuple[str, ...]) -> None:
    if isinstance(value, tuple):
        for one in value:
            keyboard.tick(page, name, one)
    elif page.get_attribute(f"[name={name}] >> nth=0", "type") == "radio":
        keyboard.choose(page, name, value)
    else:
        keyboard.type_into(page, name, value)


@pytest.mark.parametrize("language", ["en", "so"])
def test_a_call_is_taken_from_the_notice_to_the_code(desk: Page, live_server: LiveServer, language: str) -> None:
    make.room("AHR", "detained_full", ceiling=60)
    desk.goto(f"{live_server.url}/staff/cases/new/?language={language}")
    keyboard.go_to(desk, "input[name=agreed]")
    desk.keyboard.press("Space")
    keyboard.press(desk, NEXT)

    for _section in SECTIONS:
        if desk.url.endswith("/check/"):
            # Whoever is held is asked fewer sections.
            break
        asked = [name for name in SAID if desk.query_selector(f"section [name={name}]")]
        for name in asked:
            answer(desk, name, SAID[name])
        keyboard.press(desk, NEXT)
    assert desk.url.endswith("/check/")
    assert "Held Made-up" in desk.inner_text("main")
    keyboard.press(desk, NEXT)

    assert "/sent/" in desk.url
    assert len(desk.inner_text(".code").replace(" ", "")) == 13
    case = Case.objects.get()
    assert (case.channel, case.language, case.case_type) == (Channel.PHONE, language, "DET-HAB")


def test_what_can_wait_is_opened_and_answered_without_a_mouse(desk: Page, live_server: LiveServer) -> None:
    desk.goto(f"{live_server.url}/staff/cases/new/")
    keyboard.go_to(desk, "input[name=agreed]")
    desk.keyboard.press("Space")
    keyboard.press(desk, NEXT)

    keyboard.go_to(desk, "section details > summary")
    desk.keyboard.press("Enter")

    keyboard.choose(desk, "reading", "talk")


def test_a_mistake_takes_the_focus_and_its_link_leads_to_the_box(desk: Page, live_server: LiveServer) -> None:
    desk.goto(f"{live_server.url}/staff/cases/new/")
    keyboard.go_to(desk, "input[name=agreed]")
    desk.keyboard.press("Space")
    keyboard.press(desk, NEXT)
    answer(desk, "caller_name", "Caller Made-up")
    answer(desk, "phone", "12")
    keyboard.press(desk, NEXT)

    assert desk.evaluate("document.activeElement.className") == "error-summary"
    keyboard.go_to(desk, ".error-summary a[href='#id_phone']")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    assert desk.evaluate("document.activeElement.name") in ("phone", "shared")
    assert desk.input_value("[name=caller_name]") == "Caller Made-up"
