"""axe finds nothing on any page or error, at a phone's width and a desk's, and no page is forgotten.

The same visit measures what axe does not (tests/browser/measures.py) and takes a picture of each family page.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser import measures, routes
from tests.browser.visits import Visit, every_visit
from tests.browser.world import World, build

WIDTHS = (390, 1280)
# Django's own editor of tables: its lists are visited model by model, its other routes follow the same templates.
ADMIN = "staff/admin/"
# Every family page and error, as a phone shows it; not kept in the repository.
SCREENS = Path(settings.BASE_DIR) / "docs" / "screens" / "family"


@pytest.fixture
def world(
    transactional_db: None,
    live_server: LiveServer,
    browser: Browser,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> Iterator[World]:
    built = build(live_server.url, browser)
    yield built
    built.close()


def test_no_route_is_forgotten() -> None:
    visited = {visit.route for visit in every_visit()}
    known = {route for route in routes.pages() if not route.startswith(ADMIN)}
    assert known - visited == set()
    assert {route for route in visited if not route.startswith(ADMIN)} - known == set()


def test_what_is_called_no_page_exists() -> None:
    every = set(routes.pages()) | set(routes.NO_PAGE)
    assert set(routes.NO_PAGE) <= every - set(routes.pages())


def faults(page: Page, visit: Visit) -> list[str]:
    """What is wrong with the page the tab shows, at each width."""
    found = []
    is_ours = not visit.route.startswith(ADMIN)
    if is_ours:
        found += [f"{visit.name}: {fault}" for fault in measures.for_hands_and_eyes(page) + measures.enlarged(page)]
    # Somali and Hmong pages have the same parts as the Spanish ones: only their longer words are new, on a phone.
    for width in WIDTHS if visit.language in ("en", "es") else WIDTHS[:1]:
        page.set_viewport_size({"width": width, "height": 900})
        results = Axe().run(page)
        if results.violations_count:
            found.append(f"{visit.name} at {width} px: {results.generate_report()}")
        if page.evaluate(measures.SCROLLS_SIDEWAYS):
            found.append(f"{visit.name} at {width} px scrolls sideways")
        if is_ours:
            found += [f"{visit.name} at {width} px: {fault}" for fault in measures.small_targets(page)]
        picture(page, visit, width)
        expected = "en" if visit.role or not visit.route.startswith("<lang>") else visit.language
        if page.get_attribute("html", "lang") != expected:
            found.append(f"{visit.name} says lang={page.get_attribute('html', 'lang')}")
    return found


def picture(page: Page, visit: Visit, width: int) -> None:
    """Keeps what a family sees on a phone, and at a desk in English."""
    is_family = visit.route == "" or visit.route.startswith("<lang>")
    if not is_family or (width != WIDTHS[0] and visit.language != "en"):
        return
    name = re.sub(r"[^a-z0-9]+", "-", visit.name.lower().removesuffix(f" {visit.language}")).strip("-")
    path = SCREENS / visit.language / f"{name}-{width}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, type="jpeg", quality=50, full_page=True)


def collector(texts: list[str]) -> Callable[[ConsoleMessage], None]:
    return lambda message: texts.append(message.text)


GROUPS: dict[str, Callable[[Visit], bool]] = {
    "family in English": lambda visit: visit.role is None and visit.language == "en",
    "family in Spanish": lambda visit: visit.language == "es",
    "family in Somali": lambda visit: visit.language == "so",
    "family in Hmong": lambda visit: visit.language == "hmn",
    "staff": lambda visit: visit.role is not None and not visit.route.startswith(ADMIN),
    "admin": lambda visit: visit.route.startswith(ADMIN),
}


@pytest.mark.parametrize("group", GROUPS)
def test_every_page_and_error_is_accessible(world: World, group: str) -> None:
    found: list[str] = []
    refused: list[str] = []
    listened_to: set[Page] = set()
    for visit in filter(GROUPS[group], every_visit()):
        page = world.page_of(visit.role, visit.language)
        if page not in listened_to:
            listened_to.add(page)
            page.on("console", collector(refused))
        visit.go(world, page)
        if visit.is_looked_at:
            found += faults(page, visit)
            found += [f"{visit.name}: {text}" for text in refused if "Content Security Policy" in text]
        refused.clear()
    assert found == [], "\n\n".join(found)
