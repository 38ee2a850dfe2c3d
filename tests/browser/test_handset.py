"""The demo's handset: a family answers a text by STOP, HELP, a question and START, on a phone without scripts."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from intake.actions import submit_draft
from notifications import delivery, inbound
from notifications.models import Contact, Message
from tests import factories
from tests.browser import measures
from tests.intake.test_sending import a_draft

pytestmark = pytest.mark.django_db(transaction=True)

# Wednesday, 18 November 2026, 10:00 in Minneapolis.
MORNING = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
NUMBER = "+16125550123"


def work() -> None:
    """What the worker does within a second."""
    now = datetime.now(UTC)
    inbound.file_waiting(now)
    for message_id in delivery.due_messages(now, 50):
        delivery.deliver(message_id, now=now)


def send(page: Page, words: str) -> None:
    """Type on the phone of the page and press its button; then look again."""
    phone = page.locator("section.handset", has_text=NUMBER)
    phone.get_by_label("Text message").fill(words)
    phone.get_by_role("button").click()
    work()
    page.get_by_role("link", name="look again").click()
    page.wait_for_load_state()


def thread(page: Page) -> list[tuple[str, str]]:
    """The bubbles of the phone, top to bottom: whose, and how it begins."""
    bubbles = page.locator("section.handset", has_text=NUMBER).locator("li")
    return [
        (
            "mine" if "mine" in (bubble.get_attribute("class") or "") else "ours",
            " ".join(bubble.locator("p").first.inner_text().split()),
        )
        for bubble in bubbles.all()
    ]


def test_a_phone_without_scripts_stops_asks_and_starts_again(
    live_server: LiveServer, page_without_scripts: Page
) -> None:
    page = page_without_scripts
    factories.room()
    with time_machine.travel(MORNING, tick=True):
        case = submit_draft(draft=a_draft(reach={"text_language": "en"}))
        work()
        page.goto(f"{live_server.url}/handset/")
        assert [whose for whose, _ in thread(page)] == ["ours"]

        send(page, "HELP")
        send(page, "Is there <b>news</b>? ¿Hay noticias?")
        send(page, "STOP")
        stopped = thread(page)
        Message.objects.create(
            contact=Contact.objects.get(case_id=case.pk), case_id=case.pk, template="accepted", trigger=case.pk,
            language="en", send_after=MORNING, created_at=datetime.now(UTC), state_since=MORNING,
        )  # fmt: skip
        send(page, "Are you there?")
        assert [words for _, words in thread(page)][len(stopped) :] == ["Typed here: Are you there?"]
        send(page, "START")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / "handset.png", full_page=True)

    assert [(whose, words[:40]) for whose, words in thread(page)][1:] == [
        ("mine", "Typed here: HELP"),
        ("ours", "Help line: We text you news about your r"),
        ("mine", "Typed here: Is there <b>news</b>? ¿Hay n"),
        ("ours", "Help line: We got your text. A person wi"),
        ("mine", "Typed here: STOP"),
        ("ours", "Help line: You will get no more texts. T"),
        ("mine", "Typed here: Are you there?"),
        ("mine", "Typed here: START"),
        ("ours", "Help line: You will get our texts again."),
    ]
    assert page.evaluate("1 + 1") == 2
    assert not page.evaluate(measures.SCROLLS_SIDEWAYS)


def test_what_is_sent_empty_is_said_beside_its_phone(live_server: LiveServer, page_without_scripts: Page) -> None:
    page = page_without_scripts
    factories.room()
    with time_machine.travel(MORNING, tick=True):
        submit_draft(draft=a_draft(reach={"text_language": "en"}))
        work()
        page.goto(f"{live_server.url}/handset/")

        page.locator("section.handset").get_by_role("button").click()

        assert page.get_by_text("Type something to send, such as STOP, HELP or a question.").count() >= 1
        assert len(thread(page)) == 1
