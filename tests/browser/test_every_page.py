"""axe finds nothing on any page or error, at a phone's width and a desk's, and no page is forgotten."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser import routes
from tests.browser.visits import Visit, every_visit
from tests.browser.world import World, build

WIDTHS = (390, 1280)
# Django's own editor of tables: its lists are visited model by model, its other routes follow the same templates.
ADMIN = "staff/admin/"


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
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        results = Axe().run(page)
        if results.violations_count:
            found.append(f"{visit.name} at {width} px: {results.generate_report()}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{visit.name} at {width} px scrolls sideways")
        expected = "en" if visit.role or not visit.route.startswith("<lang>") else visit.language
        if page.get_attribute("html", "lang") != expected:
            found.append(f"{visit.name} says lang={page.get_attribute('html', 'lang')}")
    return found


def collector(texts: list[str]) -> Callable[[ConsoleMessage], None]:
    return lambda message: texts.append(message.text)


GROUPS: dict[str, Callable[[Visit], bool]] = {
    "family in English": lambda visit: visit.role is None and visit.language == "en",
    "family in Spanish": lambda visit: visit.language == "es",
    "family in Somali and Hmong": lambda visit: visit.language in ("so", "hmn"),
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
