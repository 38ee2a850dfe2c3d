"""One small installation with something of everything: a case in every kind of state, people in every role, money."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts import people
from accounts.models import User
from accounts.roles import Role
from funding.actions import follow_acceptances
from funding.models import Commitment
from intake import demo as intake_demo
from intake.tasks import index_lookups
from privacy.destruction import carry_out_due
from privacy.holders import make_holder, member_holder
from referrals.actions import place_hold, record_locator_check, reopen
from referrals.actions.certifications import certify, request_certification
from referrals.actions.clinics import book_seat
from referrals.actions.demands import enter_demand
from referrals.actions.endings import ReopenReason
from referrals.models import (
    AlertKind,
    Case,
    CertificationRequest,
    CertifyingAgency,
    ClinicSession,
    DemandKind,
    LegalDemand,
    LookedAt,
    LookResult,
    Offer,
    OpeningAlert,
    ServedOn,
)
from tests import factories as make

PASSWORD = "only-for-this-test-2026"


@dataclass
class World:
    """`address`: where the live server is; `people`: a member by role; the rest are objects that routes name."""

    address: str
    browser: Browser
    people: dict[Role, User] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    offer: Offer | None = None
    commitment: Commitment | None = None
    invitation_token: str = ""
    demand: LegalDemand | None = None
    certification: CertificationRequest | None = None
    clinic: ClinicSession | None = None
    passkey: Authenticator | None = None
    # Who has a passphrase and is not let in yet.
    locked: set[Role] = field(default_factory=set)
    _pages: dict[tuple[Role | None, str], Page] = field(default_factory=dict)

    def page_of(self, role: Role | None, language: str = "en") -> Page:
        """The one tab of this role (None: a family's); signed in by a session of the server's own making."""
        if (role, language) not in self._pages:
            context = self.browser.new_context(locale=language, timezone_id="America/Chicago")
            if role is not None:
                # Signed in, second factor proved, and the vault unlocked where there is one.
                client = make.client_of(self.people[role], unlocked=role not in self.locked)
                if role in self.locked:
                    session = client.session
                    make.mark_passed(session)
                    session.save()
                context.add_cookies(
                    [{"name": one.key, "value": one.value, "url": self.address} for one in client.cookies.values()]
                )
            self._pages[role, language] = context.new_page()
        return self._pages[role, language]

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


def build(address: str, browser: Browser) -> World:
    world = World(address, browser)
    for role in (Role.COORDINATOR, Role.PROVIDER_LEAD, Role.FINANCE, Role.APPROVER, Role.FUNDER, Role.AUDITOR):
        world.people[role] = make.member(role, password=PASSWORD)
    world.people[Role.OPERATOR] = make.member(Role.OPERATOR, is_staff=True, is_superuser=True)
    make.with_second_factor(world.people[Role.COORDINATOR])
    world.passkey = make.with_passkey(world.people[Role.COORDINATOR])
    make.room("AHR", ceiling=60)
    make.room("BINGER", ceiling=6)
    now = timezone.now()
    world.cases["represented"] = make.represented_case()
    world.cases["accepted"] = make.accepted_case()
    world.cases["provisional"] = make.case(make.held_facts(zip_code="55423"))
    world.cases["offered"] = make.case(language="es")
    world.cases["unclear"] = make.case(make.free_facts(zip_code=""))
    make.contact(world.cases["unclear"], language="es")
    world.cases["waiting"] = make.case(make.free_facts())
    world.cases["needs_info"] = make.case(make.free_facts(), is_complete=False)
    world.cases["filed"] = _file(now)
    world.cases["held"] = _file(now)
    place_hold(case=world.cases["held"], by=make.actor(Role.HOTLINE_LEAD))
    world.cases["asked_twice"], world.cases["asked_again"] = (_file(now, a_number="A000-777-123") for _ in range(2))
    world.cases["destroyed"] = _destroyed(now)
    world.offer = make.live_offer(world.cases["offered"])
    from funding import demo as funding_demo

    funding_demo.seed(now)
    follow_acceptances()
    world.demand = enter_demand(
        received_on=now.date(),
        kind=DemandKind.ADMINISTRATIVE,
        served_on=ServedOn.OPERATOR,
        cases=[world.cases["held"]],
        by=make.actor(Role.HOTLINE_LEAD),
        now=now,
    )
    _follow_up(world, now)
    index_lookups()
    _invite(world)
    hotline_lead = world.people[Role.HOTLINE_LEAD] = make.member(Role.HOTLINE_LEAD)
    OpeningAlert.objects.create(
        organization=hotline_lead.membership.organization,
        kind=AlertKind.MANY,
        user_id=world.people[Role.COORDINATOR].pk,
        openings=21,
        at=now,
    )
    from funding.billing import billable

    ours = world.people[Role.PROVIDER_LEAD].membership.organization.provider
    world.commitment = billable(ours)[0]
    return world


def _follow_up(world: World, now: datetime) -> None:
    """A search that goes on, agencies asked for certifications, and a clinic that has begun, with a seat taken."""
    coordinator = make.actor(Role.COORDINATOR)
    lost = world.cases["lost"] = make.case(make.held_facts(place="unknown"))
    record_locator_check(case=lost, looked_at=LookedAt.CBP, result=LookResult.NOT_FOUND, by=coordinator)
    asked: dict[str, Any] = {"in_removal": True, "expedite_asked": True}
    asked["requested_on"] = now.date() - timedelta(days=20)
    world.certification, signed = (
        request_certification(case=lost, agency=agency, **asked, by=coordinator)
        for agency in (CertifyingAgency.MPD, CertifyingAgency.OTHER)
    )
    certify(request=signed, signed_on=now.date(), certified_on=now.date(), by=coordinator)
    world.clinic = make.clinic(held_on=now.date() + timedelta(days=9))
    seated = world.cases["seated"] = make.case(make.clinic_facts())
    book_seat(case=seated, session=world.clinic, by=coordinator)
    ClinicSession.objects.filter(pk=world.clinic.pk).update(held_on=now.date() - timedelta(days=1))


def _invite(world: World) -> None:
    """At AHR one colleague waits to be let in, and another is invited."""
    waiting = world.people[Role.PROVIDER_STAFF] = make.member(Role.PROVIDER_STAFF)
    make.with_second_factor(waiting)
    make_holder(member_holder(waiting.pk), make.PASSPHRASE, now=timezone.now())
    world.locked.add(Role.PROVIDER_STAFF)

    def link_to(token: str) -> str:
        world.invitation_token = token
        return f"{world.address}/staff/invitation/{token}/"

    lead = world.people[Role.PROVIDER_LEAD]
    people.invite(
        organization=lead.membership.organization,
        email="new-colleague@test.example",
        role=Role.PROVIDER_STAFF,
        by=lead,
        link_to=link_to,
    )


def _file(now: datetime, **more: str | list[str]) -> Case:
    """A case with everything sealed, as a family files it."""
    answers: dict[str, str | list[str]] = {
        "phone": "612-555-0178",
        "text_language": "en",
        "place": "whipple",
        "names": "Visit Fictional",
        "caller_name": "Visit Caller",
    }
    return intake_demo.file_request(intake_demo.ANSWERS | answers | more, language="en", now=now)


def _destroyed(now: datetime) -> Case:
    """Ended so long ago that nothing sealed is left, and taken up again."""
    case = _file(now - timedelta(days=92))
    coordinator = make.actor(Role.COORDINATOR)
    make.lose_contact(case=case, by=coordinator, now=now - timedelta(days=91))
    carry_out_due(now)
    return reopen(case=Case.objects.get(pk=case.pk), reason=ReopenReason.FOUND_AGAIN, by=coordinator, now=now)
