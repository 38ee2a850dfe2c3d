"""Releases: for a funder's member, for the fund's office, and for anybody once the fund has switched that on."""

from collections.abc import Callable, Iterator

from django.utils import timezone
from playwright.sync_api import Page

from accounts.roles import Role
from funding.actions.portal import switch_public_page
from funding.models import AskedRelease, PublicPageSwitch, Release
from tests.browser.going import Visit, at, open_, visit
from tests.browser.world import World
from tests.factories import actor
from tests.story.family import press


def every_visit() -> Iterator[Visit]:
    def newest(path: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            quarter = Release.objects.values_list("quarter", flat=True)[0]
            open_(world, page, path.format(quarter=quarter, year=quarter[:4]))

        return go

    def public(path: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            if not PublicPageSwitch.objects.filter(is_on=True).exists():
                switch_public_page(is_on=True, by=actor(Role.FINANCE))
            newest(path)(world, page)

        return go

    def without_mail(world: World, page: Page) -> None:
        open_(world, page, "/funders/")
        press(page, "main button:has-text('Stop these mails')")

    def asked(**fields: object) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            made = AskedRelease.objects.create(
                quarter="2020Q1", asked_by_user_id=1, asked_at=timezone.now(), started_at=timezone.now(), **fields
            )
            open_(world, page, "/staff/money/")
            made.delete()

        return go

    yield visit("staff/money/", "money while a quarter is closed", Role.FINANCE, asked())
    refused = {"state": "refused", "ended_at": timezone.now(), "reason": "2020Q1 is already released."}
    yield visit("staff/money/", "money when a quarter was not closed", Role.APPROVER, asked(**refused))
    yield visit("funders/", "releases", Role.FUNDER, at("/funders/"))
    yield visit("funders/", "releases without mails", Role.FUNDER, without_mail)
    yield visit("funders/", "releases of the office", Role.FINANCE, at("/funders/"))
    yield visit("funders/<slug:quarter>/", "a release", Role.FUNDER, newest("/funders/{quarter}/"))
    yield visit("funders/<slug:quarter>/", "a release of an auditor", Role.AUDITOR, newest("/funders/{quarter}/"))
    yield visit("funders/years/<int:number>/", "a year", Role.FUNDER, newest("/funders/years/{year}/"))
    # Not of a family, and no member either: the pages are in English whatever the browser asks for.
    yield visit("reports/", "public reports", None, public("/reports/"))
    yield visit("reports/<slug:quarter>/", "a public report", None, public("/reports/{quarter}/"))
    yield visit("reports/years/<int:number>/", "a public year", None, public("/reports/years/{year}/"))
