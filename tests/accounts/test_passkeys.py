"""Passkeys in a real browser, whose built-in virtual authenticator stands for the member's own."""

import json
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticatorData, CollectedClientData
from playwright.sync_api import CDPSession, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.roles import Role
from accounts.second_factor import add_app, has_second_factor, passed_second_factor
from tests.accounts.signing_in import (
    PASSWORD,
    SIGN_IN,
    give_password,
    is_signed_in,
    request_of,
)
from tests.factories import member, with_passkey

# What a browser would never send for a passkey.
BROKEN = ["", "{}", "[]", '"word"', '{"id": 1}', '{"id": "AAAA", "rawId": "AAAA", "response": {}}']
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def devtools(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    return session


@pytest.fixture
def device(devtools: CDPSession) -> str:
    """An authenticator that says yes whenever it is asked; its id."""
    made: str = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    return made


@pytest.fixture
def refusals(page: Page) -> Iterator[list[str]]:
    """What the content security policy refused; there must be nothing."""
    texts: list[str] = []

    def note(message: ConsoleMessage) -> None:
        texts.append(message.text)

    page.on("console", note)
    yield texts
    assert [text for text in texts if "Content Security Policy" in text] == []


@pytest.fixture
def lead(transactional_db: None) -> User:
    return member(Role.HOTLINE_LEAD, password=PASSWORD)


@pytest.fixture
def coordinator(db: None) -> User:
    return member(Role.COORDINATOR, password=PASSWORD)


@pytest.fixture
def address(live_server: LiveServer) -> str:
    # A passkey belongs to a name, never to a number such as 127.0.0.1.
    return f"http://localhost:{live_server.thread.port}"


def sign_in(page: Page, address: str, user: User) -> None:
    page.goto(f"{address}/staff/sign-in/?next=/staff/second-factor/")
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")


def add_passkey(page: Page) -> None:
    page.click("text=Add a passkey")
    page.fill("[name=name]", "The office laptop")
    page.click("button:has-text('Add it')")
    page.wait_for_url("**/recovery-codes/**")


def test_a_passkey_is_added_asked_for_at_sign_in_and_opens(
    page: Page, address: str, device: str, lead: User, refusals: list[str]
) -> None:
    sign_in(page, address, lead)
    add_passkey(page)
    page.goto(f"{address}/staff/second-factor/")
    page.click("button:has-text('Sign out')")

    sign_in(page, address, lead)
    asked_at = page.url
    page.click("button:has-text('Use my passkey')")

    expect(page.locator("h1")).to_have_text("Second factor")
    expect(page.locator("main")).to_contain_text("The office laptop")
    assert asked_at.endswith("/staff/second-factor/sign-in/")
    assert Authenticator.objects.get(user=lead, type=Authenticator.Type.WEBAUTHN).last_used_at


def test_a_passkey_is_removed_only_after_it_was_proved_again(
    page: Page, address: str, device: str, lead: User, refusals: list[str]
) -> None:
    sign_in(page, address, lead)
    add_passkey(page)
    page.goto(f"{address}/staff/second-factor/")
    page.click("button:has-text('Sign out')")
    sign_in(page, address, lead)
    page.click("button:has-text('Use my passkey')")

    page.click("text=remove The office laptop")
    expect(page.locator("h1")).to_have_text("Confirm it is you")
    page.click("button:has-text('Use my passkey')")
    page.click("button:has-text('Remove it')")

    expect(page.locator("main")).to_contain_text("You have none yet.")
    assert not Authenticator.objects.filter(user=lead).exists()


def test_a_refusing_device_is_told_in_words_and_nobody_is_in(
    page: Page, address: str, devtools: CDPSession, device: str, lead: User, refusals: list[str]
) -> None:
    sign_in(page, address, lead)
    add_passkey(page)
    page.goto(f"{address}/staff/second-factor/")
    page.click("button:has-text('Sign out')")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    devtools.send("WebAuthn.clearCredentials", {"authenticatorId": device})

    sign_in(page, address, lead)
    page.click("button:has-text('Use my passkey')")

    expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")
    assert page.url.endswith("/staff/second-factor/sign-in/")


def test_without_scripts_the_page_points_to_the_app(page_without_scripts: Page, address: str, lead: User) -> None:
    page = page_without_scripts
    sign_in(page, address, lead)

    page.click("text=Add a passkey")

    expect(page.locator("main")).to_contain_text("An authenticator app works without it.")
    expect(page.locator("button:has-text('Add it')")).to_be_hidden()


def test_who_has_no_passkey_is_not_offered_one_at_sign_in(page: Page, address: str, lead: User) -> None:
    add_app(lead, "DEMOONLYDEMOONLYDEMOONLYDEMOONLY")

    sign_in(page, address, lead)

    expect(page.locator("[name=code]")).to_be_visible()
    expect(page.locator("text=Use my passkey")).to_have_count(0)


@pytest.mark.parametrize("credential", BROKEN)
def test_no_passkey_or_a_broken_one_proves_nothing_and_is_said_on_the_page(
    client: Client, coordinator: User, credential: str
) -> None:
    with_passkey(coordinator)
    client.force_login(coordinator)
    page = "/staff/second-factor/passkeys/confirm/"
    client.get(page)

    answer = client.post(page, {"credential": credential})

    assert (answer.status_code, "There is a problem on this page" in answer.content.decode()) == (200, True)
    assert not passed_second_factor(request_of(client, coordinator))


@pytest.mark.parametrize("credential", BROKEN)
def test_a_broken_passkey_neither_signs_in_nor_is_added(client: Client, coordinator: User, credential: str) -> None:
    other = member(Role.COORDINATOR, password=PASSWORD)
    with_passkey(coordinator)
    give_password(client, coordinator)
    adding = Client()
    give_password(adding, other)
    adding.get("/staff/second-factor/passkeys/add/")

    answers = [
        client.post(SIGN_IN, {"credential": credential}),
        adding.post("/staff/second-factor/passkeys/add/", {"credential": credential, "name": "Laptop"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("There is a problem on this page" in answer.content.decode() for answer in answers)
    assert not is_signed_in(client)
    assert not has_second_factor(other)


def test_wrong_passkeys_are_counted_like_wrong_codes(client: Client, coordinator: User) -> None:
    with_passkey(coordinator)
    give_password(client, coordinator)
    client.get(SIGN_IN)
    asked = CollectedClientData.create("webauthn.get", bytes(32), "http://localhost")
    answered = AuthenticatorData.create(bytes(32), AuthenticatorData.FLAG.UP, 0)
    response = {"clientDataJSON": asked.b64, "authenticatorData": websafe_encode(answered), "signature": "AAAA"}
    unknown = json.dumps({"type": "public-key", "id": "AAAA", "rawId": "AAAA", "response": response})

    said = [client.post(SIGN_IN, {"credential": unknown}).content.decode() for _try in range(6)]

    assert all("This passkey was not accepted." in page for page in said[:5])
    assert "Too many failed login attempts" in said[5]
