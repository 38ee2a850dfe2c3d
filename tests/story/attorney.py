"""An attorney who is offered a case: from the list of offers to the acceptance, with the conflict check between."""

from playwright.sync_api import Page

from tests.story.family import press


def check_and_accept(page: Page, address: str, reference: str, passphrase: str) -> None:
    """Unlocks the vault, reads the names, finds no conflict and accepts: four presses once it is unlocked."""
    page.goto(f"{address}/staff/vault/unlock/")
    page.fill("input[name=passphrase]", passphrase)
    press(page, "main button:has-text('Unlock')")
    page.goto(f"{address}/staff/offers/")
    press(page, f"main a:has-text('Check for a conflict and answer {reference}')")
    press(page, "main button:has-text('Open the names')")
    press(page, "main button:has-text('No conflict')")
    press(page, f"main button:has-text('Accept {reference}')")
