"""A person who has only a keyboard, in a browser without scripts."""

from playwright.sync_api import Page

# More stops than any family page has.
MOST_STOPS = 150


class OutOfReach(AssertionError):
    """No number of presses on Tab led to what was looked for."""


def _here(page: Page, selector: str) -> bool:
    return bool(page.evaluate("selector => document.activeElement.matches(selector)", selector))


def go_to(page: Page, selector: str) -> None:
    """Presses Tab until the focus is on `selector`, and can be seen there."""
    for _ in range(MOST_STOPS):
        if _here(page, selector):
            return
        page.keyboard.press("Tab")
    raise OutOfReach(f"{selector} on {page.url}")


def type_into(page: Page, name: str, text: str) -> None:
    go_to(page, f"[name={name}]")
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def choose(page: Page, name: str, value: str) -> None:
    """Picks one of several answers with the arrow keys."""
    go_to(page, f"input[type=radio][name={name}]")
    page.keyboard.press("Space")
    for _ in range(MOST_STOPS):
        if page.evaluate("() => document.activeElement.value") == value:
            assert page.is_checked(f"input[name={name}][value='{value}']")
            return
        page.keyboard.press("ArrowDown")
    raise OutOfReach(f"{name}={value} on {page.url}")


def tick(page: Page, name: str, value: str) -> None:
    go_to(page, f"input[type=checkbox][name={name}][value='{value}']")
    page.keyboard.press("Space")


def press(page: Page, selector: str) -> None:
    """Enter on a link or a button, and the page it leads to."""
    go_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")
