"""How a browser gets to the pages of certifications and clinics, and to the errors of their forms."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from accounts.roles import Role
from tests.browser.going import Visit, at, open_, visit
from tests.browser.world import World
from tests.story.family import press


def every_visit() -> Iterator[Visit]:
    yield from certification_visits()
    yield from clinic_visits()

    def case(name: str) -> Callable[[World, Page], None]:
        return lambda world, page: open_(world, page, f"/staff/cases/{world.cases[name].reference}/")

    for name in ("lost", "seated"):
        yield visit("staff/cases/<reference:reference>/", f"case {name}", Role.COORDINATOR, case(name))


def certification_visits() -> Iterator[Visit]:
    def one(rest: str = "") -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            assert world.certification
            open_(world, page, f"/staff/certifications/{world.certification.pk}/{rest}")

        return go

    def without_a_day(world: World, page: Page) -> None:
        one()(world, page)
        page.click("summary:has-text('Supplement B is signed')")
        press(page, "details[open] button")

    route = "staff/certifications/"
    page = f"{route}<uuid:request_id>/"
    yield visit(route, "certifications", Role.COORDINATOR, at(f"/{route}"))
    yield visit(route, "no certification of theirs", Role.PROVIDER_LEAD, at(f"/{route}"))
    yield visit(page, "certification", Role.COORDINATOR, one())
    yield visit(f"{page}letter/", "letter for a certification", Role.COORDINATOR, one("letter/"))
    yield visit(f"{page}do/<slug:step>/", "certification without a day", Role.COORDINATOR, without_a_day)


def clinic_visits() -> Iterator[Visit]:
    def one(rest: str = "") -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            assert world.clinic
            open_(world, page, f"/staff/clinics/{world.clinic.pk}/{rest}")

        return go

    def empty(world: World, page: Page) -> None:
        open_(world, page, "/staff/clinics/new/")
        press(page, "main button[type=submit]")

    route = "staff/clinics/"
    page = f"{route}<uuid:session_id>/"
    yield visit(route, "no clinic ahead", Role.COORDINATOR, at(f"/{route}"))
    yield visit(route, "earlier clinics", Role.COORDINATOR, at(f"/{route}?past=1"))
    yield visit(f"{route}new/", "new clinic", Role.PROVIDER_LEAD, at(f"/{route}new/"))
    yield visit(f"{route}new/", "new clinic with errors", Role.COORDINATOR, empty)
    yield visit(page, "clinic", Role.COORDINATOR, one())
    yield visit(f"{page}change/", "change a clinic", Role.COORDINATOR, one("change/"))
    yield visit(f"{page}list/", "list for the door", Role.COORDINATOR, one("list/"))
