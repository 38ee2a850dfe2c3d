"""The way through a request by phone, in Spanish, so that every page has both languages on it."""

from collections.abc import Iterator

from playwright.sync_api import Page

from accounts.roles import Role
from intake.phone import CONTACT_FIELDS, SECTIONS
from tests.browser.going import Visit, open_, visit
from tests.browser.world import World
from tests.intake.family import STORY
from tests.story.family import choose, press

START = "staff/cases/new/"
CALL = f"{START}<uuid:draft_id>/"


def start(world: World, page: Page) -> None:
    open_(world, page, f"/{START}?language=es")


def start_without_yes(world: World, page: Page) -> None:
    start(world, page)
    press(page)


def begin(world: World, page: Page) -> None:
    start(world, page)
    page.click("label[for=id_agreed]")
    press(page)


def mistake(world: World, page: Page) -> None:
    begin(world, page)
    page.fill("[name=phone]", "12")
    press(page)


def open_question(name: str, world: World, page: Page) -> None:
    open_(world, page, f"{_call_of(world, page)}{name}/")


def cut_too_early(world: World, page: Page) -> None:
    begin(world, page)
    press(page, "button[name=cut]")


def cut(world: World, page: Page) -> None:
    """Just far enough to be called back."""
    begin(world, page)
    asked: set[str] = set()
    for section in SECTIONS:
        open_question(section.pages[0].name, world, page)
        fill_in(page)
        asked |= {field for one in section.pages for field in one.feeds}
        if asked >= CONTACT_FIELDS:
            break
    open_question("cut", world, page)


def all_answered(world: World, page: Page) -> None:
    begin(world, page)
    for _section in SECTIONS:
        fill_in(page)


def send(world: World, page: Page) -> None:
    press(page)


def not_theirs(world: World, page: Page) -> None:
    open_(world, page, f"/{START}00000000-0000-4000-8000-000000000000/check/")


def every_visit() -> Iterator[Visit]:
    question = f"{CALL}<slug:page_name>/"
    yield visit(START, "request by phone", Role.COORDINATOR, start)
    yield visit(START, "request by phone without a yes", Role.COORDINATOR, start_without_yes)
    yield visit(question, "first section of a call", Role.COORDINATOR, begin)
    yield visit(question, "section of a call with an error", Role.COORDINATOR, mistake)
    for section in SECTIONS[1:]:
        name = section.pages[0].name
        yield visit(
            question,
            f"section {name} of a call",
            Role.COORDINATOR,
            lambda world, page, name=name: open_question(name, world, page),  # type: ignore[misc]
        )
    yield visit(f"{CALL}cut/", "cut call without a number", Role.COORDINATOR, cut_too_early)
    yield visit(f"{CALL}cut/", "cut call", Role.COORDINATOR, cut)
    yield visit(f"{CALL}check/", "call read back", Role.COORDINATOR, all_answered)
    yield visit(f"{CALL}sent/", "code to read out", Role.COORDINATOR, send)
    yield visit(f"{CALL}check/", "call of nobody here", Role.COORDINATOR, not_theirs)
    yield visit(START, "request by phone with earlier calls", Role.COORDINATOR, start)


def fill_in(page: Page) -> None:
    """The story's answers to all that stands on the screen, what can wait too, then on."""
    for fold in page.query_selector_all("section details > summary"):
        fold.click()
    for name in [str(one.get_attribute("value")) for one in page.query_selector_all("input[name=page]")]:
        for field, answer in STORY[name].items():
            for value in answer if isinstance(answer, list) else [answer]:
                if page.query_selector(f"input[name={field}][value='{value}']:is([type=radio], [type=checkbox])"):
                    choose(page, field, value)
                elif page.query_selector(f"[name={field}]:not([type=radio], [type=checkbox])"):
                    page.fill(f"[name={field}]", value)
    press(page)


def _call_of(world: World, page: Page) -> str:
    """The address of the call whose page the tab shows, without the server's."""
    return page.url.removeprefix(world.address).split("#")[0].rsplit("/", 2)[0] + "/"
