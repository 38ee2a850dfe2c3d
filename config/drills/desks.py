"""Staff at work in a drill: signed in, second factor proved, vault unlocked, using the pages like anybody."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.test import Client

from accounts.second_factor import add_app
from config.drills.office import Office
from privacy import holders, unlocked


class StoryBroken(Exception):
    """A page did not do what the drill needs of it: the drill would prove nothing."""


class Desk:
    """The lead of an office at a browser."""

    def __init__(self, office: Office, now: datetime) -> None:
        self.office = office
        self.client = Client(raise_request_exception=False)
        self.client.force_login(office.lead)
        session = self.client.session
        factor = add_app(office.lead, generate_totp_secret())
        session["account_authentication_methods"] = [
            {"method": "mfa", "at": time.time(), "id": factor.pk, "type": factor.type}
        ]
        private = holders.private_of(office.holder, office.passphrase)
        self.client.cookies[settings.VAULT_COOKIE_NAME] = unlocked.put(
            session, holder=office.holder, private=private, now=now
        )
        session.save()

    def get(self, path: str) -> str:
        """The page; raises `StoryBroken` for any other answer."""
        return shown(self.client.get(path, secure=True), path)

    def post(self, path: str, fields: Mapping[str, object]) -> str:
        """What the form answers: a page, or nothing where it leads to another; raises `StoryBroken` for an error."""
        return shown(self.client.post(path, fields, secure=True), path, leads_on=True)


def shown(response: Any, path: str, *, leads_on: bool = False) -> str:
    """The page in an answer; raises `StoryBroken` for an error and, unless it `leads_on`, for a redirect."""
    if response.status_code != 200 and not (leads_on and response.status_code == 302):
        raise StoryBroken(f"{path} answered {response.status_code}")
    page: str = response.content.decode()
    return page
