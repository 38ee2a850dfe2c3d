"""The main job on the embedded default: one process, SQLite, the broker in memory, texts on the handset page."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.demo import PASSWORD, VAULT_PASSPHRASE, authenticator_code
from tests.services import process
from tests.services.served import Served
from tests.story.attorney import check_and_accept
from tests.story.family import Answers, file_request, look_up, press

MOTHER = Answers(taken_time="")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where `make run`'s process serves, with the demo data it puts into an empty database."""
    served = Served(tmp_path)
    served.wait_until_ready()
    yield f"http://127.0.0.1:{served.port}"
    process.stop(served.process)


def sign_in(browser: Browser, address: str, mailbox: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{address}/staff/sign-in/")
    page.fill("input[name=login]", f"{mailbox}@demo.example")
    page.fill("input[name=password]", PASSWORD)
    press(page, "main button[type=submit]")
    page.fill("input[name=code]", authenticator_code(timezone.now()))
    press(page, "form:has(input[name=code]) button")
    return page


def wait_for_texts(page: Page, address: str, count: int, seconds: int = 30) -> str:
    """The handset page once it shows `count` texts to the mother's phone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        page.goto(f"{address}/handset/")
        thread = page.locator(".handset", has_text="0142")
        if thread.locator(".handset__text").count() >= count:
            return thread.inner_text()
        page.wait_for_timeout(300)
    raise AssertionError(page.inner_text("main"))


def test_a_mother_files_and_her_son_gets_a_lawyer(
    address: str, tmp_path: Path, browser: Browser, page_without_scripts: Page
) -> None:
    phone = page_without_scripts
    code = file_request(phone, address, "es", MOTHER)
    found = re.search(r"[A-Z0-9]{3}-[A-Z0-9]{3}", phone.inner_text("main"))
    assert found
    assert "lame al" in wait_for_texts(phone, address, 1)
    assert "Advocates" not in look_up(phone, address, "es", code)

    attorney = sign_in(browser, address, "ahr-lead")
    check_and_accept(attorney, address, found[0], VAULT_PASSPHRASE)
    attorney.context.close()

    assert "The Advocates for Human Rights" in look_up(phone, address, "es", code)
    assert "Buenas noticias" in wait_for_texts(phone, address, 2)

    for secret in MOTHER.secrets():
        for file in tmp_path.glob("*.sqlite3*"):
            assert secret.encode() not in file.read_bytes(), (secret, file.name)
        assert secret not in (tmp_path / f"{address.rpartition(':')[2]}.log").read_text()
