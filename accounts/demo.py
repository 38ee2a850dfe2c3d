"""The demo's funders, a sign-in for each role and the readers' keys; all its secrets are public."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from accounts.models import Membership, Organization, OrganizationKind, User
from accounts.policies import VAULT_KINDS
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES, Role
from accounts.second_factor import add_app
from privacy import vault
from privacy.holders import make_holder, make_reader, member_holder

PASSWORD = "demo-only-passphrase"  # noqa: S105 (printed on the start page of every demo)
# Opens the vault of every demo account of the hotline and the providers.
VAULT_PASSPHRASE = "demo-only words for the vault"  # noqa: S105 (public, like the password)
# The authenticator app of every demo account of the hotline and the providers; its codes are on /handset/.
AUTHENTICATOR_SECRET = "DEMOONLYDEMOONLYDEMOONLYDEMOONLY"  # noqa: S105 (public, like the password)

# The hotline, the fund's office and the providers are reference rows of every installation; funders are not.
FUNDERS = [("city", "City of Minneapolis"), ("mpls-foundation", "Minneapolis Foundation")]


@dataclass(frozen=True)
class SignIn:
    """A demo account; its address is `<mailbox>@demo.example`."""

    mailbox: str
    name: str
    role: Role
    organization: str
    is_superuser: bool = False

    @property
    def email(self) -> str:
        return f"{self.mailbox}@demo.example"


SIGN_INS = [
    SignIn("coordinator", "Casey Coordinator", Role.COORDINATOR, "hotline"),
    SignIn("hotline-lead", "Harper Hotline", Role.HOTLINE_LEAD, "hotline"),
    SignIn("ahr", "Alex Advocate", Role.PROVIDER_STAFF, "ahr"),
    SignIn("ahr-lead", "Ariel Advocate", Role.PROVIDER_LEAD, "ahr"),
    SignIn("vln", "Vic Volunteer", Role.PROVIDER_STAFF, "vln"),
    SignIn("vln-lead", "Val Volunteer", Role.PROVIDER_LEAD, "vln"),
    SignIn("ilcm", "Ira Immigrantlaw", Role.PROVIDER_STAFF, "ilcm"),
    SignIn("mmla", "Morgan Midminn", Role.PROVIDER_STAFF, "mmla"),
    SignIn("binger", "Blair Binger", Role.PROVIDER_STAFF, "binger"),
    SignIn("iimn", "Indra Institute", Role.PROVIDER_STAFF, "iimn"),
    SignIn("finance", "Finley Finance", Role.FINANCE, "fund"),
    SignIn("approver", "Avery Approver", Role.APPROVER, "fund"),
    SignIn("auditor", "Audrey Auditor", Role.AUDITOR, "fund"),
    SignIn("operator", "Olly Operator", Role.OPERATOR, "fund", is_superuser=True),
    SignIn("city", "Cameron City", Role.FUNDER, "city"),
    SignIn("mpls-foundation", "Frankie Foundation", Role.FUNDER, "mpls-foundation"),
]


def authenticator_code(now: datetime) -> str:
    """What the demo's authenticator app shows at `now`."""
    counter = int(now.timestamp()) // app_settings.TOTP_PERIOD
    return format_hotp_value(hotp_value(AUTHENTICATOR_SECRET, counter))


def seed(now: datetime) -> None:
    """Make the funders, the sign-ins and the keys; each Argon2id costs a quarter of a second."""
    for slug, name in FUNDERS:
        Organization.objects.get_or_create(slug=slug, defaults={"name": name, "kind": OrganizationKind.FUNDER})
    for one in SIGN_INS:
        user = User.objects.create_user(
            one.email, PASSWORD, name=one.name, is_staff=one.is_superuser, is_superuser=one.is_superuser
        )
        Membership.objects.create(
            user=user, organization=Organization.objects.get(slug=one.organization), role=one.role
        )
        if one.role in HOTLINE_ROLES | PROVIDER_ROLES:
            add_app(user, AUTHENTICATOR_SECRET)
    for organization in Organization.objects.filter(kind__in=VAULT_KINDS):
        _make_key(organization, now)


def _make_key(organization: Organization, now: datetime) -> None:
    """A key that every demo member opens. Without a recovery key: nobody would be there to write it down."""
    members = [member_holder(one.user_id) for one in Membership.objects.filter(organization=organization)]
    for member in members:
        make_holder(member, VAULT_PASSPHRASE, now=now)
    if members:
        make_reader(vault.reader_of(organization), members, now=now)
