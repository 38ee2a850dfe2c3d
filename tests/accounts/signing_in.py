"""What tests of signing in do as a member does it: password, code, setting an app up."""

import re
import time
from datetime import UTC, datetime
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.http import HttpRequest
from django.test import Client, RequestFactory

from accounts.models import User

PASSWORD = "a passphrase of a test"
NOON = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)
SIGN_IN = "/staff/second-factor/sign-in/"
SET_UP = "/staff/second-factor/app/"
RECOVERY_CODES = "/staff/second-factor/recovery-codes/"


def code_of(secret: str, *, steps: int = 0) -> str:
    """What an app shows now, or this many half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def give_password(client: Client, user: User) -> Any:
    return client.post("/staff/sign-in/?next=/staff/cases/", {"login": user.email, "password": PASSWORD})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def set_up_app(client: Client, path: str = SET_UP) -> tuple[str, Any]:
    """Read the key from the page as a person does, type the first code; the key and the answer."""
    page = client.get(path).content.decode()
    shown = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page)
    assert shown
    key = shown[1].replace(" ", "")
    return key, client.post(path, {"code": code_of(key)})


def recovery_codes(client: Client) -> list[str]:
    """The codes the page shows: ten the first time, none later."""
    return re.findall(r"<li><code[^>]*>([0-9 ]{9})</code>", client.get(RECOVERY_CODES).content.decode())


def request_of(client: Client, user: User) -> HttpRequest:
    """A request of the member in the client's session, for the page that unlocks."""
    request = RequestFactory().get("/staff/vault/unlock/?next=/staff/cases/")
    request.session, request.user = client.session, user
    return request
