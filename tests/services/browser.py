"""A real Chromium: Debian's, driven by Playwright, with no way out of this machine."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "The browser tests need Chromium: run `make setup` as root, or `apt-get install chromium`."
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # A page that loads anything from elsewhere fails here as it would fail a family on a prepaid plan.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


def executable() -> str | None:
    """The first Chromium on PATH."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def close(context: BrowserContext) -> None:
    """Close a context whose pages have loaded: Chromium never answers when told to close one in mid-navigation."""
    for page in context.pages:
        page.wait_for_load_state()
    context.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run; tests take `page` or contexts of their own."""
    path = executable()
    if path is None:
        pytest.fail(MISSING, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh profile, 1280 × 900."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    yield context.new_page()
    close(context)


@pytest.fixture
def page_without_scripts(browser: Browser) -> Iterator[Page]:
    """A phone's page, 390 × 844, with JavaScript off: how every family page must work."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context.new_page()
    close(context)
