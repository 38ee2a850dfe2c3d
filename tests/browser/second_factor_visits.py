"""The way to the pages of the second factor."""

from collections.abc import Callable, Iterator

from django.utils import timezone
from playwright.sync_api import Page

from accounts.demo import authenticator_code
from accounts.roles import Role
from tests.browser.going import Visit, at, open_, visit
from tests.browser.world import PASSWORD, World
from tests.story.family import press


def second_factor_visits() -> Iterator[Visit]:
    """Finance has a password and no second factor; the coordinator an app, a passkey, and a session that proved one."""
    base = "staff/second-factor/"

    def fill(**typed: str) -> Callable[[World, Page], None]:
        def go(world: World, page: Page) -> None:
            for name, value in typed.items():
                page.fill(f"[name={name}]", value)
            press(page, "main form button >> nth=0")

        return go

    def right_code(world: World, page: Page) -> None:
        fill(code=authenticator_code(timezone.now()))(world, page)

    def remove_passkey(world: World, page: Page) -> None:
        assert world.passkey
        open_(world, page, f"/{base}passkeys/{world.passkey.pk}/remove/")

    def second_question(world: World, page: Page) -> None:
        open_(world, page, "/staff/sign-in/")
        page.fill("[name=login]", world.people[Role.COORDINATOR].email)
        page.fill("[name=password]", PASSWORD)
        press(page, "main button[type=submit]")

    finance, coordinator = Role.FINANCE, Role.COORDINATOR
    yield visit(base, "no second factor", finance, at(f"/{base}"))
    yield visit("staff/confirm/", "password again", finance, at(f"/{base}app/"))
    yield visit("staff/confirm/", "password again with an error", finance, fill(password="wrong"))
    yield visit(f"{base}app/", "set up an app", finance, fill(password=PASSWORD))
    yield visit(f"{base}app/", "set up an app with an error", finance, fill(code="000000"))
    yield visit(f"{base}passkeys/add/", "add a passkey", finance, at(f"/{base}passkeys/add/"))
    yield visit(base, "second factor", coordinator, at(f"/{base}"))
    yield visit(f"{base}confirm/", "code again", coordinator, at(f"/{base}app/remove/"))
    yield visit(f"{base}confirm/", "code again with an error", coordinator, fill(code="000000"))
    yield visit(f"{base}passkeys/confirm/", "passkey again", coordinator, at(f"/{base}passkeys/confirm/"))
    yield Visit(f"{base}confirm/", "code again", coordinator, at(f"/{base}app/remove/"), is_looked_at=False)
    yield visit(f"{base}app/remove/", "remove the app", coordinator, right_code)
    yield visit(f"{base}passkeys/<int:pk>/remove/", "remove a passkey", coordinator, remove_passkey)
    yield visit(f"{base}recovery-codes/new/", "new recovery codes", coordinator, at(f"/{base}recovery-codes/new/"))
    yield visit(f"{base}recovery-codes/", "recovery codes", coordinator, fill())
    yield visit(f"{base}recovery-codes/", "recovery codes again", coordinator, at(f"/{base}recovery-codes/"))
    yield visit(f"{base}sign-in/", "second question", None, second_question)
    yield visit(f"{base}sign-in/", "second question with an error", None, fill(code="000000"))
    # The question stands until it is answered or given up.
    yield Visit(
        f"{base}sign-in/",
        "somebody else",
        None,
        lambda world, page: press(page, "text=somebody else"),
        is_looked_at=False,
    )
