"""A coordinator on the phone: a signed-in client that walks the pages of a call as a browser without scripts would."""

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from intake import phone
from intake.actions import NOTICE_VERSION
from intake.questions import BY_NAME
from tests import factories
from tests.intake.family import STORY, text

START = "/staff/cases/new/"


class Call:
    """One coordinator's browser, and in it one call."""

    def __init__(self, language: str = "en", user: User | None = None, client: Client | None = None) -> None:
        self.user = user or factories.member(Role.COORDINATOR)
        self.client = client or factories.client_of(self.user, unlocked=False)
        self.language = language
        self.path = ""
        self.presses = 0

    def begin(self, **changes: str) -> HttpResponse:
        """Reads the notice, hears the yes; `path` is then the call's own address."""
        given = {"version": NOTICE_VERSION, "agreed": "on"} | changes
        response = self.post(f"{START}?language={self.language}", given)
        if response.status_code == 302:
            self.path = response["Location"].rsplit("/", 2)[0] + "/"
        return response

    def get(self, path: str) -> HttpResponse:
        return self.client.get(path)  # type: ignore[return-value]

    def post(self, path: str, fields: dict[str, Any]) -> HttpResponse:
        self.presses += 1
        return self.client.post(path, fields)  # type: ignore[return-value]

    def send(self, section: phone.Section, press: dict[str, str] | None = None, **changes: Any) -> HttpResponse:
        """The section's pages as the screen shows them, answered by the story with some answers changed."""
        address = f"{self.path}{section.pages[0].name}/"
        shown = text(self.get(address))
        names = re.findall(r'name="page" value="(\w+)"', shown)
        seen = dict(re.findall(r'name="(saved_at-\w+)" value="(\d+)"', shown))
        typed: dict[str, Any] = {}
        for name in names:
            typed |= STORY[name]
        return self.post(address, typed | changes | seen | {"page": names} | (press or {}))

    def answer_all(self, **changes: Any) -> HttpResponse:
        """Every section in order; the last answer of the server."""
        for section in phone.SECTIONS:
            response = self.send(section, **changes)
        return response

    def submit(self) -> HttpResponse:
        revision = re.search(r'name="revision" value="(\d+)"', text(self.get(f"{self.path}check/")))
        return self.post(f"{self.path}check/", {"revision": revision[1] if revision else ""})


def section_with(page: str) -> phone.Section:
    return phone.section_of(BY_NAME[page])


def sections_until_contact() -> list[phone.Section]:
    """The sections that ask how to reach the family: together they come first."""
    return [one for one in phone.SECTIONS if any(phone.CONTACT_FIELDS & set(page.feeds) for page in one.pages)]


def a_sent_call(language: str = "en", **changes: Any) -> Call:
    call = Call(language)
    call.begin()
    call.answer_all(**changes)
    assert call.submit()["Location"] == f"{call.path}sent/"
    return call
