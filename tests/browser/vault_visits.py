"""The way to the pages of people, keys and sealed parts."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from accounts.roles import Role
from tests import factories as make
from tests.browser.going import Visit, at, open_, visit
from tests.browser.world import World
from tests.story.family import choose, press


def every_visit() -> Iterator[Visit]:
    yield from people_visits()
    yield from code_visits()
    yield from thread_visits()
    yield from search_visits()
    yield from key_visits()
    yield from retention_visits()
    yield from demand_visits()


def people_visits() -> Iterator[Visit]:
    def invite_nobody(world: World, page: Page) -> None:
        open_(world, page, "/staff/team/")
        press(page, "button:has-text('Send the invitation')")

    def of_waiting(what: str) -> Callable[[World, Page], None]:
        return lambda world, page: open_(world, page, f"/staff/team/{world.people[Role.PROVIDER_STAFF].pk}/{what}/")

    def show_number(world: World, page: Page) -> None:
        open_(world, page, "/staff/team/number/")
        page.fill("[name=passphrase]", make.PASSPHRASE)
        press(page, "button:has-text('Show my number')")

    def operator_error(world: World, page: Page) -> None:
        open_(world, page, "/staff/invitations/")
        press(page, "button:has-text('Send the invitation')")

    def accept(world: World, page: Page) -> None:
        open_(world, page, f"/staff/invitation/{world.invitation_token}/")

    def accept_error(world: World, page: Page) -> None:
        accept(world, page)
        press(page, "button:has-text('Make my account')")

    token = "staff/invitation/<str:token>/"
    yield visit("staff/team/", "team of a lead", Role.PROVIDER_LEAD, at("/staff/team/"))
    yield visit("staff/team/", "team of who waits", Role.PROVIDER_STAFF, at("/staff/team/"))
    yield visit("staff/team/invite/", "invite with an error", Role.PROVIDER_LEAD, invite_nobody)
    yield visit("staff/team/number/", "check number", Role.PROVIDER_STAFF, at("/staff/team/number/"))
    yield visit("staff/team/number/", "check number shown", Role.PROVIDER_STAFF, show_number)
    yield visit("staff/team/<int:user_id>/let-in/", "let in", Role.PROVIDER_LEAD, of_waiting("let-in"))
    yield visit("staff/team/<int:user_id>/remove/", "remove", Role.PROVIDER_LEAD, of_waiting("remove"))
    yield visit("staff/invitations/", "invitations", Role.OPERATOR, at("/staff/invitations/"))
    yield visit("staff/invitations/", "invitations with an error", Role.OPERATOR, operator_error)
    yield visit(token, "invitation", None, accept)
    yield visit(token, "invitation with an error", None, accept_error)
    yield visit(token, "invitation over", None, at("/staff/invitation/unknown/"))
    yield visit(token, "invitation, signed in", Role.COORDINATOR, at("/staff/invitation/unknown/"))


def code_visits() -> Iterator[Visit]:
    def new_code(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['filed'].reference}/new-code/")

    def new_code_after_opening(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['filed'].reference}/open/contact/")
        choose(page, "reason", "call_family")
        press(page)
        new_code(world, page)

    def new_code_unconfirmed(world: World, page: Page) -> None:
        new_code_after_opening(world, page)
        press(page)

    def new_code_given(world: World, page: Page) -> None:
        new_code_after_opening(world, page)
        page.click("label[for=id_called]")
        choose(page, "check", "name_and_zip")
        press(page)

    route = "staff/cases/<reference:reference>/new-code/"
    yield visit(route, "new code, contact not open", Role.COORDINATOR, new_code)
    yield visit(route, "new code", Role.COORDINATOR, new_code_after_opening)
    yield visit(route, "new code with an error", Role.COORDINATOR, new_code_unconfirmed)
    yield visit(route, "new code given", Role.COORDINATOR, new_code_given)

    def note_too_short(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['filed'].reference}/note/")
        press(page, "main button[type=submit]")

    yield visit("staff/cases/<reference:reference>/note/", "note with an error", Role.COORDINATOR, note_too_short)


def thread_visits() -> Iterator[Visit]:
    def thread(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['filed'].reference}/texts/")

    def thread_opened(world: World, page: Page) -> None:
        thread(world, page)
        press(page)

    route = "staff/cases/<reference:reference>/texts/"
    yield visit(route, "thread of texts, asked why", Role.COORDINATOR, thread)
    yield visit(route, "thread of texts", Role.COORDINATOR, thread_opened)


def search_visits() -> Iterator[Visit]:
    def search_for(number: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            open_(world, page, "/staff/search/")
            page.fill("[name=number]", number)
            press(page, "main button[type=submit]")

        return go

    def alike(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['filed'].reference}/")
        press(page, "button:has-text('Look for the same')")

    def give_to_nobody(world: World, page: Page) -> None:
        open_(world, page, f"/staff/cases/{world.cases['filed'].reference}/")
        page.click("summary:has-text('Give it')")
        press(page, "details[open] button:has-text('Give')")

    yield visit("staff/search/", "search", Role.COORDINATOR, at("/staff/search/"))
    yield visit("staff/search/", "search with an error", Role.COORDINATOR, search_for("abc"))
    yield visit("staff/search/", "search without a hit", Role.COORDINATOR, search_for("612-555-0177"))
    yield visit("staff/search/", "search with a hit", Role.COORDINATOR, search_for("612-555-0178"))
    yield visit("staff/cases/<reference:reference>/alike/", "cases alike", Role.COORDINATOR, alike)
    yield visit("staff/cases/<reference:reference>/give/", "give to nobody", Role.HOTLINE_LEAD, give_to_nobody)
    yield visit("staff/alerts/", "alerts", Role.HOTLINE_LEAD, at("/staff/alerts/"))
    yield visit("staff/alerts/", "no alerts", Role.PROVIDER_LEAD, at("/staff/alerts/"))


def key_visits() -> Iterator[Visit]:
    """The hotline's lead is unlocked at first, and locked from the last visits on."""
    lead = Role.HOTLINE_LEAD

    def pressed(path: str, **typed: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            open_(world, page, path)
            for name, value in typed.items():
                page.fill(f"[name={name}]", value)
            press(page, "main form button[type=submit] >> nth=0")

        return go

    def lock(world: World, page: Page) -> None:
        open_(world, page, "/staff/vault/")
        press(page, "button:has-text('Lock') >> nth=0")

    yield visit("staff/vault/", "vault", lead, at("/staff/vault/"))
    yield visit("staff/vault/passphrase/", "change passphrase", lead, at("/staff/vault/passphrase/"))
    yield visit("staff/vault/passphrase/", "passphrase with an error", lead, pressed("/staff/vault/passphrase/"))
    yield visit("staff/vault/passphrase/lost/", "lost passphrase", lead, at("/staff/vault/passphrase/lost/"))
    yield visit("staff/vault/passphrase/start-again/", "start again", lead, at("/staff/vault/passphrase/start-again/"))
    yield visit("staff/vault/recovery-key/", "recovery key", lead, at("/staff/vault/recovery-key/"))
    yield visit("staff/vault/recovery-key/", "recovery key shown", lead, pressed("/staff/vault/recovery-key/"))
    yield visit("staff/vault/recover/", "recover", lead, at("/staff/vault/recover/"))
    yield visit(
        "staff/vault/recover/", "recover with an error", lead, pressed("/staff/vault/recover/", printed="12345")
    )
    yield visit("staff/vault/key/change/", "change the key", lead, at("/staff/vault/key/change/"))
    yield visit("staff/vault/key/", "the key is made", lead, at("/staff/vault/key/"))
    yield visit("staff/vault/unlock/", "waits to be let in", Role.PROVIDER_STAFF, at("/staff/vault/unlock/"))
    yield Visit("staff/vault/unlock/", "lock", lead, lock, is_looked_at=False)
    yield visit("staff/vault/unlock/", "unlock", lead, at("/staff/vault/unlock/"))
    yield visit(
        "staff/vault/unlock/", "unlock with an error", lead, pressed("/staff/vault/unlock/", passphrase="wrong")
    )


def retention_visits() -> Iterator[Visit]:
    case = "staff/cases/<reference:reference>/"

    def of_case(name: str, path: str = "") -> Callable[[World, Page], None]:
        return lambda world, page: open_(world, page, f"/staff/cases/{world.cases[name].reference}/{path}")

    def new_file_empty(world: World, page: Page) -> None:
        of_case("destroyed", "new-file/")(world, page)
        press(page, "main form.form button[type=submit]")

    yield visit(case, "case on legal hold", Role.COORDINATOR, of_case("held"))
    yield visit(case, "case destroyed", Role.COORDINATOR, of_case("destroyed"))
    yield visit(f"{case}hand-over/", "hand-over", Role.PROVIDER_LEAD, of_case("accepted", "hand-over/"))
    yield visit(f"{case}new-file/", "new file", Role.COORDINATOR, of_case("destroyed", "new-file/"))
    yield visit(f"{case}new-file/", "new file with errors", Role.COORDINATOR, new_file_empty)


def demand_visits() -> Iterator[Visit]:
    lead, of_one = Role.HOTLINE_LEAD, "staff/demands/<uuid:demand_id>/"

    def show(world: World, page: Page) -> None:
        assert world.demand
        open_(world, page, f"/staff/demands/{world.demand.pk}/")

    def enter_nothing(world: World, page: Page) -> None:
        open_(world, page, "/staff/demands/new/")
        press(page, "main form.form button[type=submit]")

    def review_nothing(world: World, page: Page) -> None:
        show(world, page)
        page.click("summary:has-text('advice')")
        press(page, "details[open] button:has-text('Note it')")

    yield visit("staff/demands/", "register of demands", lead, at("/staff/demands/"))
    yield visit("staff/demands/", "register for the auditor", Role.AUDITOR, at("/staff/demands/"))
    yield visit("staff/demands/new/", "enter a demand", lead, at("/staff/demands/new/"))
    yield visit("staff/demands/new/", "demand with errors", lead, enter_nothing)
    yield visit(of_one, "demand", lead, show)
    yield visit(f"{of_one}do/<slug:step>/", "advice with an error", lead, review_nothing)
