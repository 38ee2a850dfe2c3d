"""What the fund's office, a funder and anybody read after the families' quarter: every page of money and releases."""

from collections.abc import Iterator
from datetime import datetime, time

from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Organization, OrganizationKind, User
from accounts.roles import SYSTEM, Role
from funding.actions import follow_acceptances, make_release
from funding.actions.portal import switch_public_page
from funding.models import Release, ReleaseDocument
from funding.quarters import CHICAGO, Quarter, day_of

RELEASES = ("/funders/", "/funders/{quarter}/", "/funders/years/{year}/", "/funders/{quarter}/report.json")
PUBLIC = ("/reports/", "/reports/{quarter}/", "/reports/years/{year}/", "/reports/{quarter}/report.csv")
MONEY = (
    "/staff/money/",
    "/staff/money/journal/",
    "/staff/money/splits/",
    "/staff/invoices/",
    "/staff/payments/",
    "/staff/allowances/",
    "/staff/bonds/",
)


class NotShownError(RuntimeError):
    """A page that must be there is not: nothing is proven about it."""


def pages() -> Iterator[tuple[str, bytes]]:
    """(address, answer) of each, after the quarter of the families was released; then every stored document."""
    follow_acceptances()
    quarter = Quarter.of(day_of(timezone.now()))
    # As if it were over.
    make_release(quarter=str(quarter), by=SYSTEM, now=datetime.combine(quarter.next.first_day, time(12), CHICAGO))
    finance, funder = _member(Role.FINANCE, OrganizationKind.FUND), _member(Role.FUNDER, OrganizationKind.FUNDER)
    switch_public_page(is_on=True, by=finance.membership.actor())
    names = {"quarter": quarter, "year": quarter.year}
    published = Release.objects.get().level != "nothing"
    for user, paths in ((finance, (*RELEASES, *MONEY)), (funder, RELEASES), (None, PUBLIC)):
        client = Client()
        if user is not None:
            client.force_login(user)
        for path in (path.format(**names) for path in paths):
            if not published and "report." in path:
                continue
            answer = client.get(path, secure=True)
            if answer.status_code != 200:
                raise NotShownError(f"{path} answers {answer.status_code}")
            yield path, answer.content
    for one in ReleaseDocument.objects.all():
        yield str(one), bytes(one.content)


def _member(role: Role, kind: OrganizationKind) -> User:
    home, _ = Organization.objects.get_or_create(
        kind=kind, slug=f"drill-{kind}", defaults={"name": f"Drill {kind.label}"}
    )
    user = User.objects.create_user(f"drill-{role}@{home.slug}.example", name=f"Drill {role.label}")
    Membership.objects.create(user=user, organization=home, role=role)
    return user
