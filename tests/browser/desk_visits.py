"""The coordinators' desk: filters, board, answer times, many cases at once, and a deed's page."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from accounts.roles import Role
from tests.browser.going import Visit, at, open_, visit
from tests.browser.world import World
from tests.story.family import press

DEED = "staff/cases/<reference:reference>/do/<slug:deed>/"
TOGETHER = "staff/cases/together/"


def every_visit() -> Iterator[Visit]:
    yield from deed_visits()
    yield from queue_visits()
    for role in (Role.COORDINATOR, Role.AUDITOR):
        yield visit("staff/board/", f"board of {role}", role, at("/staff/board/"))
        yield visit("staff/first-answer/", f"time to a human answer of {role}", role, at("/staff/first-answer/"))
    for role in (Role.HOTLINE_LEAD, Role.PROVIDER_LEAD):
        yield visit("staff/workload/", f"workload of {role}", role, at("/staff/workload/"))
    yield visit("staff/shortcuts/", "shortcuts", Role.COORDINATOR, at("/staff/shortcuts/"))
    yield visit("staff/cases/", "list of shortcuts", Role.COORDINATOR, _list_of_shortcuts)


def _list_of_shortcuts(world: World, page: Page) -> None:
    open_(world, page, "/staff/cases/")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")


def deed_visits() -> Iterator[Visit]:
    def deed(name: str, state: str) -> Callable[[World, Page], None]:
        return lambda world, page: open_(world, page, f"/staff/cases/{world.cases[state].reference}/do/{name}/")

    def with_error(world: World, page: Page) -> None:
        deed("screen_out", "unclear")(world, page)
        press(page, "main button:has-text('Not eligible')")

    yield visit(DEED, "deed that texts", Role.COORDINATOR, deed("request_info", "unclear"))
    yield visit(DEED, "deed that texts nobody", Role.COORDINATOR, deed("withdraw", "unclear"))
    yield visit(DEED, "deed with an error", Role.COORDINATOR, with_error)


def queue_visits() -> Iterator[Visit]:
    def tick_all(page: Page) -> None:
        for box in page.query_selector_all("input[name=case]"):
            box.check()

    def together(do: str, *more: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            open_(world, page, "/staff/cases/")
            tick_all(page)
            page.select_option("#together-do", do)
            press(page, ".together button")
            for button in more:
                press(page, button)

        return go

    def without_name(world: World, page: Page) -> None:
        open_(world, page, "/staff/filters/new/?tier=0")
        press(page, "main form button:has-text('Save')")

    def saved(world: World, page: Page) -> None:
        open_(world, page, "/staff/cases/?custody=ice_hold_room")
        page.fill(".choose__save [name=name]", "Hold room")
        press(page, ".choose__save button")
        open_(world, page, "/staff/filters/")

    def renamed_to_nothing(world: World, page: Page) -> None:
        open_(world, page, "/staff/filters/")
        page.fill("main [name=name]", "")
        press(page, "button:has-text('Rename')")

    yield visit("staff/filters/", "no saved filters", Role.COORDINATOR, at("/staff/filters/"))
    yield visit("staff/cases/", "filtered queue", Role.COORDINATOR, at("/staff/cases/?overdue=1&tier=0"))
    yield visit("staff/filters/new/", "saving a filter without a name", Role.COORDINATOR, without_name)
    yield visit("staff/filters/", "saved filters", Role.COORDINATOR, saved)
    yield visit("staff/filters/<int:filter_id>/rename/", "renaming with an error", Role.COORDINATOR, renamed_to_nothing)
    yield visit(TOGETHER, "many cases: what is texted", Role.COORDINATOR, together("request_info"))
    yield visit(TOGETHER, "many cases: an error", Role.COORDINATOR, together("task_done", "main form button"))
    yield visit(TOGETHER, "many cases: what came of each", Role.COORDINATOR, together("take_over"))
