"""No funder can tell that another exists: it sees the same whether other money is a funder's or the fund's own.

The same cases are paid from two sources in two worlds. In one the second source is a funder with members, mails and
invoices of its own to sign; in the other it is the fund's own money. Whatever the first funder asks for, every route of
the installation, answers with the same bytes, at the same number of queries.
"""

import re
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from accounts.models import Organization, OrganizationKind, User
from accounts.roles import Role
from funding import views_releases
from funding.actions import award_grant, make_release
from funding.actions.portal import switch_public_page
from funding.actions.release_mail import mail_release_news
from funding.models import Grant, Invoice, MoneyRule, Release
from funding.quarters import CHICAGO, Quarter
from tests.browser.routes import walk
from tests.factories import client_of, member
from tests.funding.builders import FINANCE, NOW, commitment, grant, payment, submitted

pytestmark = pytest.mark.django_db

APRIL, AUGUST = date(2026, 4, 20), date(2026, 8, 20)
# Sorted after the City in both worlds: of equally good choices the order of rows picks one.
SECOND = "second-source"
NAME, GRANT, ADDRESS = "Lakes Foundation", "Of the second source", "b@lakes.example"


# Headers that say the time, or a number drawn for this answer.
OF_THE_MOMENT = {"Expires", "Content-Length", "Content-Security-Policy"}
# Pages that draw a new secret each time they are asked: of them the body says nothing.
DRAWN_ANEW = {"staff/second-factor/app/", "staff/second-factor/passkeys/add/"}


class Answer(NamedTuple):
    """What came back, without what is new in every answer; and how many queries it took."""

    status: int
    body: bytes
    headers: str = ""
    queries: int = 0


def build(second: Organization, days: tuple[date, ...]) -> None:
    """Quarters that are released, and a large invoice of the second source that waits."""
    city = grant(90_000_000)
    theirs = award_grant(
        funder=second,
        name=GRANT,
        award_cents=90_000_000,
        starts_on=date(2026, 1, 1),
        ends_on=date(2027, 12, 31),
        by=FINANCE,
        now=NOW,
    )
    for day in days:
        for source, code, number in ((city, "AHR", 20), (city, "VLN", 13), (theirs, "AHR", 12), (theirs, "VLN", 17)):
            pay(source, code, number, day)
        make_release(quarter=str(Quarter.of(day)), by=FINANCE, now=NOW)
    MoneyRule.objects.update(funder_signature_cents=1)
    submitted(commitment(theirs))


def pay(source: Grant, code: str, number: int, day: date) -> None:
    at = datetime.combine(day, time(12), tzinfo=CHICAGO)
    kinds = [("bond", 90_000) if one % 3 else ("advice", 15_000) for one in range(number)]
    made = [
        commitment(source, code=code, stage=stage, cents=cents, committed_at=at - timedelta(days=10))
        for stage, cents in kinds
    ]
    payment(*made, on=day, now=at)


def addresses() -> dict[str, str]:
    """An address for every route, which asks for the second source's own things wherever one can be asked for."""
    invoice = Invoice.objects.latest("submitted_at")
    places: dict[str, Any] = {
        "quarter": "2026Q2",
        "edition": SECOND,
        "file_format": "csv",
        "invoice_id": invoice.pk,
        "line_id": invoice.lines.get().pk,
        "number": 2026,
    }
    found = {"funders/?page=2": "/funders/?page=2", "their pdf": f"/funders/2026Q2/editions/{SECOND}.pdf"}
    for route in walk(get_resolver(), ""):
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: str(places.get(part[1], 1)), route.replace("<lang>", "en"))
        # Patterns are django's own pages (a reset's link); what is not a page of this installation is left out.
        if not re.search(r"[\^$\\]", path) and not path.startswith(("handset", "hooks", "static")):
            found[route] = f"/{path}"
    return found


def ask(client: Client, path: str) -> Answer:
    with CaptureQueriesContext(connection) as counted:
        got: Any = client.get(path)
    content = b"".join(got.streaming_content) if got.streaming else got.content
    body = re.sub(rb'(csrfmiddlewaretoken" value|nonce)="[^"]*"', b"", content).replace(path.encode(), b"")
    headers = {name: value for name, value in got.items() if name not in OF_THE_MOMENT}
    told = repr(sorted(headers.items())).replace(path, "")
    return Answer(got.status_code, body, told, len(counted))


def seen_by_the_city(*, is_a_funder: bool, days: tuple[date, ...] = (APRIL, AUGUST)) -> dict[str, Answer]:
    """All that the City's member sees, by route; then the world is undone."""
    found: dict[str, Answer] = {}
    with transaction.atomic():
        old = NOW - timedelta(days=400)
        home = member(Role.FUNDER, "city")
        User.objects.filter(pk=home.pk).update(date_joined=old, email="a@city.example", name="A")
        kind, name = (OrganizationKind.FUNDER, NAME) if is_a_funder else (OrganizationKind.FUND, "The fund itself")
        second = Organization.objects.create(slug=SECOND, name=name, kind=kind)
        if is_a_funder:
            other = member(Role.FUNDER, SECOND)
            User.objects.filter(pk=other.pk).update(date_joined=old, email=ADDRESS)
        build(second, days)
        switch_public_page(is_on=True, by=FINANCE, now=NOW)
        client = client_of(User.objects.get(pk=home.pk))
        for route, path in addresses().items():
            answer = ask(client, path)
            found[route] = answer._replace(body=b"") if route in DRAWN_ANEW else answer
        for release in Release.objects.all():
            for one in release.documents.filter(edition__in=("", "city")):
                found[str(one)] = Answer(0, bytes(one.content))
        mail.outbox.clear()
        mail_release_news(NOW)
        mine = [(one.subject, one.body) for one in mail.outbox if one.to == ["a@city.example"]]
        found["mail"] = Answer(0, repr(mine).encode())
        transaction.set_rollback(True)
    return found


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def test_a_funder_cannot_tell_whether_other_money_is_another_funders() -> None:
    beside, alone = (seen_by_the_city(is_a_funder=is_a_funder) for is_a_funder in (True, False))

    assert beside.keys() == alone.keys()
    assert len(beside) > 150, "every route was asked"
    assert [route for route in beside if beside[route] != alone[route]] == []
    for route, answer in beside.items():
        assert not [word for word in (NAME, GRANT, SECOND, ADDRESS) if word.encode() in answer.body], route
    # It did see pages with figures, its own row, and the mail; of the other's edition nothing.
    assert beside["funders/"].status == 200
    assert b"Your own grants" in beside["funders/<slug:quarter>/"].body
    assert b"The report for 2026Q3" in beside["mail"].body
    assert beside["their pdf"].status == 404


def test_the_comparison_notices_a_page_that_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a page that counts funders is found."""
    whole = views_releases._index

    def telling(*given: Any) -> dict[str, Any]:
        return whole(*given) | {"threshold": Organization.objects.filter(kind=OrganizationKind.FUNDER).count()}

    monkeypatch.setattr(views_releases, "_index", telling)
    beside, alone = (seen_by_the_city(is_a_funder=is_a_funder, days=(APRIL,)) for is_a_funder in (True, False))

    assert "funders/" in {route for route in beside if beside[route] != alone[route]}
