"""The coordinators' desk: filters, board, answer times, many cases at once, and a deed's page."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from accounts.roles import Role
from notifications.models import Contact
from tests.browser.going import Visit, at, open_, visit
from tests.browser.world import World
from tests.story.family import press

DEED = "staff/cases/<reference:reference>/do/<slug:deed>/"
TOGETHER = "staff/cases/together/"


def every_visit() -> Iterator[Visit]:
    yield from deed_visits()
    yield from queue_visits()
    yield from call_visits()
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

    def edited(page_of: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            open_(world, page, f"/staff/cases/{world.cases['unclear'].reference}/{page_of}/")
            if page.query_selector("summary:has-text('Change the words')"):
                page.click("summary:has-text('Change the words')")
                page.fill("main textarea[name^=words-]", "Your court date is on Tuesday")
                press(page, "main form.form button[type=submit]")

        return go

    def deed_page(name: str) -> Callable[[World, Page], None]:
        return lambda world, page: open_(world, page, f"/staff/cases/{world.cases['unclear'].reference}/{name}/")

    write = "staff/cases/<reference:reference>/write/"
    yield visit(write, "writing to the family", Role.COORDINATOR, deed_page("write"))
    yield visit(write, "writing what nobody may read", Role.COORDINATOR, edited("write"))
    yield visit(DEED, "deed with words that nobody may read", Role.COORDINATOR, edited("do/request_info"))
    yield visit("staff/wordings/", "every text", Role.COORDINATOR, at("/staff/wordings/"))
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


def call_visits() -> Iterator[Visit]:
    """The call-back desk: the list, somebody's script before and after it is opened, and what can be wrong there."""

    def script(world: World, page: Page) -> None:
        open_(world, page, f"/staff/calls/{world.cases['needs_info'].reference}/")

    def of_filed(world: World, page: Page) -> None:
        open_(world, page, f"/staff/calls/{world.cases['filed'].reference}/")
        press(page, "main button:has-text('Open how')")

    def without_outcome(world: World, page: Page) -> None:
        script(world, page)
        press(page, "main button:has-text('Write it down')")

    def without_phone(world: World, page: Page) -> None:
        open_(world, page, "/staff/calls/")
        page.fill("main [name=phone]", "nonsense")
        press(page, "main button:has-text('Save my phone')")

    def with_phone(world: World, page: Page) -> None:
        open_(world, page, "/staff/calls/")
        page.fill("main [name=phone]", "612-555-0161")
        press(page, "main button:has-text('Save my phone')")
        # Whoever may be called by day only has no such button at night, when this may run.
        Contact.objects.filter(case_id=world.cases["filed"].pk).update(any_hour=True)
        of_filed(world, page)
        press(page, "main button:has-text('Ring my phone')")

    def taken(world: World, page: Page) -> None:
        open_(world, page, "/staff/calls/")
        # Whoever opened a script before has taken its call.
        if page.locator("main button:has-text('Take')").count():
            press(page, "main button:has-text('Take') >> nth=0")

    def form_of_case(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/new/?case={world.cases['needs_info'].reference}&language=es")

    one = "staff/calls/<reference:reference>/"
    yield visit("staff/calls/", "calls to make", Role.COORDINATOR, at("/staff/calls/"))
    yield visit("staff/calls/my-phone/", "own phone with an error", Role.COORDINATOR, without_phone)
    yield visit(one, "call script", Role.COORDINATOR, script)
    yield visit(one, "call script opened", Role.COORDINATOR, of_filed)
    yield visit(one + "tried/", "a try without its outcome", Role.COORDINATOR, without_outcome)
    yield visit(one + "call/<uuid:contact_id>/", "a call begun", Role.COORDINATOR, with_phone)
    yield visit(one, "a call taken", Role.COORDINATOR, taken)
    yield visit("staff/cases/new/", "the form for a case that is there", Role.COORDINATOR, form_of_case)
