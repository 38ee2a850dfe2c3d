"""Things tests need, made the way the product makes them: each walks the real path through the actions.

The reference rows (organizations, providers, programs without room, law tables) come from the migrations.
"""

import time
from collections.abc import MutableMapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import uuid4

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.test import Client
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from accounts.demo import AUTHENTICATOR_SECRET
from accounts.models import Membership, Organization, OrganizationKind, User
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES, SYSTEM, Actor, Role
from accounts.second_factor import FACTORS, add_app, has_second_factor
from notifications.actions import add_contact
from notifications.models import Contact
from privacy.holders import let_in, make_holder, member_holder
from privacy.hpke import PrivateKey
from privacy.models import DocumentKind, SealedDocument
from privacy.unlocked import put
from providers.models import Program, Provider
from referrals import actions
from referrals.actions import accept_offer, engage, open_case, record_no_conflict
from referrals.actions.call_attempts import note_attempt
from referrals.actions.offers import Appearance
from referrals.actions.openings import OpeningReason, record_opening
from referrals.facts import PLACE_FREE, Entry, Facts, Paper, Taken, Wish
from referrals.models import CallOutcome, Case, Channel, ClinicSession, Offer, OfferState, ReferralPartner
from tests.services.vault_keys import keys_for

# A Tuesday at 10:00 in Minneapolis: every office is open.
OFFICE_HOURS = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
# A Tuesday a week after it.
CLINIC_DAY = date(2026, 11, 24)
MINNEAPOLIS_ZIP = "55407"
# Every test member's vault passphrase.
PASSPHRASE = "seven obvious test words for a vault"

_numbers = count(1)
_HOMES = {**dict.fromkeys(HOTLINE_ROLES, "hotline"), **dict.fromkeys(PROVIDER_ROLES, "ahr")}


def organization(slug: str) -> Organization:
    """The organization of this slug: a seeded one, or else a new funder."""
    made, _ = Organization.objects.get_or_create(
        slug=slug, defaults={"name": slug.replace("-", " ").title(), "kind": OrganizationKind.FUNDER}
    )
    return made


def member(role: Role, slug: str = "", **fields: Any) -> User:
    """An account with this role, at the role's usual organization (providers: AHR) unless `slug` names another."""
    slug = slug or _HOMES.get(role, "city" if role == Role.FUNDER else "fund")
    number = next(_numbers)
    user = User.objects.create_user(f"{role.value}-{number}@test.example", name=f"Test {role.label} {number}", **fields)
    Membership.objects.create(user=user, organization=organization(slug), role=role)
    return user


def actor(role: Role, slug: str = "") -> Actor:
    """The actor a new member of this role is."""
    return member(role, slug).membership.actor()


def client_of(user: User, *, unlocked: bool = True) -> Client:
    """A test client signed in as the member, whose vault is unlocked if their organization reads documents."""
    client = Client()
    client.force_login(user)
    home = Organization.objects.filter(memberships__user=user).first()
    if unlocked and home is not None and home.kind in (OrganizationKind.HOTLINE, OrganizationKind.PROVIDER):
        session = client.session
        now = timezone.now()
        with_second_factor(user)
        mark_passed(session)
        session_cookie = put(session, holder=member_holder(user.pk), private=let_into_vault(user, home.slug), now=now)
        session.save()
        client.cookies[settings.VAULT_COOKIE_NAME] = session_cookie
    return client


def with_second_factor(user: User) -> str:
    """Give the member an authenticator app; returns its base32 secret, the same for every test member."""
    if not has_second_factor(user):
        add_app(user, AUTHENTICATOR_SECRET)
    return AUTHENTICATOR_SECRET


def with_passkey(user: User, name: str = "The office laptop") -> Authenticator:
    """Give the member a passkey that nobody holds: it is asked for and never proved."""
    key_id = name.encode()
    public_key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    described = AuthenticatorData.create(
        sha256(b"localhost").digest(), flags, 0, AttestedCredentialData.create(Aaguid.NONE, key_id, public_key)
    )
    asked = CollectedClientData.create("webauthn.create", bytes(32), "http://localhost")
    response = {
        "clientDataJSON": websafe_encode(asked),
        "attestationObject": websafe_encode(AttestationObject.create("none", described, {})),
    }
    credential = {"type": "public-key", "id": websafe_encode(key_id), "rawId": websafe_encode(key_id)}
    kept = {"name": name, "credential": credential | {"response": response}}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=kept)


def mark_passed(session: MutableMapping[str, Any]) -> None:
    """Let the signed-in session have proved the member's second factor; the caller saves it."""
    user_id = session["_auth_user_id"]
    factor = Authenticator.objects.filter(user_id=user_id, type__in=FACTORS).latest("created_at")
    proof = {"method": "mfa", "at": time.time(), "id": factor.pk, "type": factor.type}
    session["account_authentication_methods"] = [proof]
    session["account_authentication_methods_user"] = user_id


def let_into_vault(user: User, reader: str, *, passphrase: str = PASSPHRASE) -> PrivateKey:
    """The member's own key, under `passphrase`, let in to their organization's."""
    private = make_holder(member_holder(user.pk), passphrase, now=OFFICE_HOURS)
    let_in(member_holder(user.pk), keys_for(reader), now=OFFICE_HOURS)
    return private


def room(code: str = "AHR", kind: str = "detained_full", *, ceiling: int = 60) -> Program:
    """The provider's program with this ceiling; programs start without room."""
    Program.objects.filter(provider__code=code, kind=kind).update(
        ceiling=ceiling, room_changed_at=OFFICE_HOURS - timedelta(days=30)
    )
    return Program.objects.select_related("provider__organization").get(provider__code=code, kind=kind)


def partner(code: str = "ilcm-intake") -> ReferralPartner:
    """Somebody outside the fund to refer a family to."""
    return ReferralPartner.objects.filter(code=code).latest("valid_from")


def held_facts(**changes: Any) -> Facts:
    """Taken today, held at Whipple, nobody let them in, lives in the city, within the line: T0, DET-HAB, 6 points."""
    given: dict[str, Any] = {
        "taken": Taken.JUST_NOW,
        "place": "whipple",
        "entry": Entry.UNINSPECTED,
        "zip_code": MINNEAPOLIS_ZIP,
        "household": 3,
        "monthly_income": 2000,
    }
    return Facts(**given | changes)


def free_facts(**changes: Any) -> Facts:
    """Not held, with a court paper: T2, REM-ND, 5 points, VLN first."""
    given: dict[str, Any] = {"taken": Taken.NO, "place": PLACE_FREE, "papers": (Paper.HEARING_NOTICE,)}
    return held_facts(**given | changes)


def clinic_facts(**changes: Any) -> Facts:
    """Not held, wants to prepare the family: T3, PREP, what a clinic can serve."""
    return free_facts(**{"papers": (), "wish": Wish.PREPARE} | changes)


def clinic(*, held_on: date = CLINIC_DAY, **changes: Any) -> ClinicSession:
    """VLN's clinic for family preparedness, 18 to 20 o'clock: two seats, any language."""
    given: dict[str, Any] = {
        "provider": Provider.objects.get(code="VLN"),
        "held_on": held_on,
        "starts_at": 18 * 60,
        "ends_at": 20 * 60,
        "place": "Test Library",
        "address": "1 Test Street, Minneapolis",
        "seats": 2,
        "case_types": ["PREP", "FAM"],
    }
    return ClinicSession.objects.create(**given | changes)


def case(
    facts: Facts | None = None, *, now: datetime | None = None, language: str = "en", by: Actor = SYSTEM, **more: Any
) -> Case:
    """A case opened, triaged, screened and routed from `held_facts()` or the facts given."""
    return open_case(
        case_id=uuid4(), facts=facts or held_facts(), channel=Channel.WEB, language=language, by=by, now=now, **more
    )


def contact(of: Case, **changes: Any) -> Contact:
    """Somebody who asked for help on the case and may be texted; nothing is sealed, so nothing can be sent."""
    given: dict[str, Any] = {"may_text": True, "may_call": True, "any_hour": False, "phone_is_shared": False}
    given |= {"language": "en"} | changes
    return add_contact(case_id=of.pk, contact_id=uuid4(), **given, now=OFFICE_HOURS)


def live_offer(of: Case) -> Offer:
    """The offer of the case that waits for an answer."""
    return Offer.objects.select_related("program__provider__organization").get(case=of, state=OfferState.LIVE)


def staff_of(offer: Offer, role: Role = Role.PROVIDER_STAFF) -> Actor:
    """A new member of the provider the offer is made to."""
    return actor(role, offer.program.provider.organization.slug)


def checked(offer: Offer, *, by: Actor | None = None, now: datetime | None = None) -> Actor:
    """The provider reads the names, where there are any, and finds no conflict; who did it, to answer with."""
    by = by or staff_of(offer)
    if SealedDocument.objects.filter(case_id=offer.case_id, kind=DocumentKind.NAMES).exists():
        record_opening(
            case=offer.case, kind=DocumentKind.NAMES, reason=OpeningReason.CONFLICT_CHECK.value, by=by, now=now
        )
    record_no_conflict(offer=offer, by=by, now=now)
    return by


def accept(offer: Offer, *, by: Actor | None = None, now: datetime | None = None, **more: Any) -> Offer:
    """The provider checks for a conflict, finds none, and takes the case."""
    return accept_offer(offer=offer, by=checked(offer, by=by, now=now), now=now, **more)


def tried(of: Case, *, now: datetime | None = None, by: Actor | None = None) -> Case:
    """The case, after three tries on three days to reach its family."""
    by, now = by or actor(Role.COORDINATOR), now or timezone.now()
    for days in (3, 2, 1):
        note_attempt(case=of, outcome=CallOutcome.NO_ANSWER, by=by, now=now - timedelta(days=days))
    return of


def lose_contact(*, case: Case, by: Actor, now: datetime | None = None) -> Case:
    """Contact is lost, after as many tries as that takes."""
    return actions.lose_contact(case=tried(case, by=by, now=now), by=by, now=now)


def accepted_case(facts: Facts | None = None, *, now: datetime | None = None) -> Case:
    """A case that the first program asked has accepted; needs `room()`."""
    made = case(facts, now=now)
    accept(live_offer(made), now=now)
    return Case.objects.get(pk=made.pk)


def represented_case(facts: Facts | None = None, *, now: datetime | None = None) -> Case:
    """An accepted case whose lawyer has appeared."""
    made = accepted_case(facts, now=now)
    offer = made.offers.get(state=OfferState.ACCEPTED)
    return engage(case=made, appearance=Appearance.EOIR_28, by=staff_of(offer), now=now)
