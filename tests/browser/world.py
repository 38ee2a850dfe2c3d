"""One small installation with something of everything: a case in every kind of state, people in every role, money."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.models import User
from accounts.roles import Role
from funding.actions import follow_acceptances
from funding.models import Commitment
from referrals.models import Case, Offer
from tests import factories as make


@dataclass
class World:
    """`address`: where the live server is; `people`: a member by role; the rest are objects that routes name."""

    address: str
    browser: Browser
    people: dict[Role, User] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    offer: Offer | None = None
    commitment: Commitment | None = None
    _pages: dict[tuple[Role | None, str], Page] = field(default_factory=dict)

    def page_of(self, role: Role | None, language: str = "en") -> Page:
        """The one tab of this role (None: a family's); signed in by a session of the server's own making."""
        if (role, language) not in self._pages:
            context = self.browser.new_context(locale=language, timezone_id="America/Chicago")
            if role is not None:
                context.add_cookies([self._session_cookie(self.people[role])])
            self._pages[role, language] = context.new_page()
        return self._pages[role, language]

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()

    def _session_cookie(self, user: User) -> Any:
        session = SessionStore()
        session["_auth_user_id"] = str(user.pk)
        session["_auth_user_backend"] = "allauth.account.auth_backends.AuthenticationBackend"
        session["_auth_user_hash"] = user.get_session_auth_hash()
        session.create()
        return {"name": "session", "value": session.session_key, "url": self.address}


def build(address: str, browser: Browser) -> World:
    world = World(address, browser)
    for role in (Role.COORDINATOR, Role.PROVIDER_LEAD, Role.FINANCE, Role.APPROVER, Role.FUNDER, Role.AUDITOR):
        world.people[role] = make.member(role, password="only-for-this-test-2026")
    world.people[Role.OPERATOR] = make.member(Role.OPERATOR, is_staff=True, is_superuser=True)
    make.room("AHR", ceiling=60)
    make.room("BINGER", ceiling=6)
    now = timezone.now()
    world.cases["represented"] = make.represented_case()
    world.cases["accepted"] = make.accepted_case()
    world.cases["provisional"] = make.case(make.held_facts(zip_code="55423"))
    world.cases["offered"] = make.case(language="es")
    world.cases["unclear"] = make.case(make.free_facts(zip_code=""))
    world.cases["waiting"] = make.case(make.free_facts())
    world.cases["needs_info"] = make.case(make.free_facts(), is_complete=False)
    world.offer = make.live_offer(world.cases["offered"])
    from funding import demo as funding_demo

    funding_demo.seed(now)
    follow_acceptances()
    world.commitment = Commitment.objects.filter(state="open").first()
    return world
