"""What a visit to a page is."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from accounts.roles import Role
from tests.browser.world import World


@dataclass(frozen=True)
class Visit:
    """`go` brings the tab of `role` (None: a family) to the page to look at."""

    route: str
    name: str
    role: Role | None
    go: Callable[[World, Page], None]
    language: str = "en"
    # False: only a step on the way to the next page.
    is_looked_at: bool = True


def visit(route: str, name: str, role: Role | None, go: Callable[[World, Page], None]) -> Visit:
    return Visit(route, name, role, go)


def open_(world: World, page: Page, path: str) -> None:
    page.goto(world.address + path)


def at(path: str) -> Callable[[World, Page], None]:
    return lambda world, page: open_(world, page, path)
