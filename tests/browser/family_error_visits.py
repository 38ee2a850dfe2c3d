"""How a browser gets to what a family's pages say when something is not as it was: in each turn of a request."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from intake.drafts import COOKIE
from tests.browser.going import Visit, at, open_
from tests.browser.world import World
from tests.story.family import press

ASK = "ask/<slug:page_name>/"


def before_a_draft(visit: Callable[..., Visit], home: str) -> Iterator[Visit]:
    def expired(world: World, page: Page) -> None:
        page.context.add_cookies([{"name": COOKIE, "value": "gone", "url": world.address}])
        open_(world, page, f"{home}ask/you/")
        page.context.clear_cookies()

    def cookie_gone(world: World, page: Page) -> None:
        open_(world, page, f"{home}status/")
        page.fill("input[name=code]", "1234")
        page.context.clear_cookies()
        press(page)

    yield visit("", "no such page", at(f"{home}nowhere/"))
    yield visit(ASK, "answers that are gone", expired)
    yield visit("status/", "a form whose cookie is gone", cookie_gone)


def answered(visit: Callable[..., Visit], home: str) -> Iterator[Visit]:
    def changed_elsewhere(world: World, page: Page) -> None:
        """A page that was drawn before another window answered it is sent."""
        open_(world, page, f"{home}ask/you/")
        page.evaluate("document.querySelector('[name=saved_at]').value = '0'")
        page.fill("[name=caller_name]", "Another Name")
        press(page)

    def check_changed_elsewhere(world: World, page: Page) -> None:
        open_(world, page, f"{home}check/")
        page.evaluate("document.querySelector('[name=revision]').value = '0'")
        press(page)

    yield visit(ASK, "an answer given in another window", changed_elsewhere)
    yield visit("check/", "answers changed in another window", check_changed_elsewhere)


def sent(visit: Callable[..., Visit], home: str) -> Iterator[Visit]:
    yield visit("sent/", "sent twice", at(f"{home}sent/?again"))
