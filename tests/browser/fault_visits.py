"""How a browser gets to what is said when the fault is ours, and when somebody tries too often."""

from collections.abc import Callable, Iterator
from unittest.mock import patch

from django.test import override_settings
from playwright.sync_api import Page

from accounts.roles import Role
from tests.browser.going import Visit, open_, visit
from tests.browser.world import World
from tests.story.family import press

BROKEN = RuntimeError("a fault of ours")


def broken(path: str, *functions: str) -> Callable[[World, Page], None]:
    """Opens the page while these functions of the server fail."""

    def go(world: World, page: Page) -> None:
        patches = [patch(name, side_effect=BROKEN) for name in functions]
        for one in patches:
            one.start()
        try:
            answer = page.goto(world.address + path)
        finally:
            for one in patches:
                one.stop()
        assert answer is not None
        assert answer.status == 500

    return go


def of_a_family(visit: Callable[..., Visit], home: str) -> Iterator[Visit]:
    path = f"{home}right-now/"
    yield visit("right-now/", "a fault of ours", broken(path, "intake.views.family.render"))
    if home == "/en/":
        # One page for all, in English and Spanish.
        both = ("intake.views.family.render", "web.views.render")
        yield visit("right-now/", "a fault that leaves no page", broken(path, *both))


def of_staff() -> Iterator[Visit]:
    def too_often(world: World, page: Page) -> None:
        with override_settings(ACCOUNT_RATE_LIMITS={"login": "1/m/ip"}):
            for _try in range(2):
                open_(world, page, "/staff/sign-in/")
                page.fill("[name=login]", "nobody@test.example")
                page.fill("[name=password]", "wrong")
                press(page, "main button[type=submit]")
        assert page.inner_text("h1") == "Too many tries"

    yield visit("staff/room/", "a fault on a desk", Role.COORDINATOR, broken("/staff/room/", "providers.views.render"))
    yield visit("staff/sign-in/", "too many tries", None, too_often)
