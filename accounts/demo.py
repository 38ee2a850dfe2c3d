"""The demo's funders and a sign-in for each role. The password is public: these accounts are for demos only."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Membership, Organization, OrganizationKind, User
from accounts.roles import Role

PASSWORD = "demo-only-passphrase"  # noqa: S105 (printed on the start page of every demo)

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
    SignIn("finance", "Finley Finance", Role.FINANCE, "fund"),
    SignIn("approver", "Avery Approver", Role.APPROVER, "fund"),
    SignIn("auditor", "Audrey Auditor", Role.AUDITOR, "fund"),
    SignIn("operator", "Olly Operator", Role.OPERATOR, "fund", is_superuser=True),
    SignIn("city", "Cameron City", Role.FUNDER, "city"),
    SignIn("mpls-foundation", "Frankie Foundation", Role.FUNDER, "mpls-foundation"),
]


def seed(now: datetime) -> None:
    """Make the funders and the sign-ins; `now` is not needed, accounts carry no demo dates."""
    for slug, name in FUNDERS:
        Organization.objects.get_or_create(slug=slug, defaults={"name": name, "kind": OrganizationKind.FUNDER})
    for one in SIGN_INS:
        user = User.objects.create_user(
            one.email, PASSWORD, name=one.name, is_staff=one.is_superuser, is_superuser=one.is_superuser
        )
        Membership.objects.create(
            user=user, organization=Organization.objects.get(slug=one.organization), role=one.role
        )
