"""Legal clocks as staff see them, by page and API; and that no page or text for a family shows one."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Actor, Role
from referrals.actions import enter_trigger
from referrals.actions.deadlines import FIRST_DAY
from referrals.business_time import CHICAGO, ONE_DAY
from referrals.deadlines import NotCounted
from referrals.models import Case, CaseDeadline
from tests import factories

pytestmark = pytest.mark.django_db

NOW = factories.OFFICE_HOURS
TODAY = NOW.astimezone(CHICAGO).date()


@pytest.fixture
def coordinator() -> Actor:
    return factories.actor(Role.COORDINATOR)


@pytest.fixture
def free() -> Case:
    """T2, waiting: nobody has room."""
    return factories.case(factories.free_facts(), now=NOW)


def test_the_case_page_starts_and_stops_a_clock(free: Case) -> None:
    member = factories.member(Role.COORDINATOR)
    client = factories.client_of(member)
    case = factories.case(factories.free_facts(papers=("administrative",)), now=NOW)
    address = f"/staff/cases/{case.reference}/"
    day = timezone.now().astimezone(CHICAGO).date()

    page = client.get(address).content.decode()
    assert "ADM-RESP-10" in page
    assert "ADM-RESP-13" in page
    sent = {"code": "ADM-RESP-10", "day_0": day.month, "day_1": day.day, "day_2": day.year}
    assert client.post(f"{address}do/enter_trigger/", sent).status_code == 302
    page = client.get(address).content.decode()
    assert "Legal status as of" in page
    assert "Recalled, check" in page
    row = CaseDeadline.objects.get(case=case)
    assert client.post(f"{address}do/meet_deadline/", {"deadline": str(row.pk)}).status_code == 302
    assert CaseDeadline.objects.get(pk=row.pk).met_at


def test_the_action_refuses_the_year_too(free: Case, coordinator: Actor) -> None:
    with pytest.raises(NotCounted, match="look at the year"):
        enter_trigger(case=free, code="BIA30", trigger=FIRST_DAY - ONE_DAY, by=coordinator, now=NOW)
    assert enter_trigger(case=free, code="BIA30", trigger=FIRST_DAY, by=coordinator, now=NOW).raw.year == 1953


def test_the_page_says_which_day_to_aim_for(free: Case, coordinator: Actor) -> None:
    today = timezone.now().astimezone(CHICAGO).date()
    enter_trigger(case=free, code="BIA30", trigger=today, by=coordinator)
    page = factories.client_of(factories.member(Role.COORDINATOR)).get(f"/staff/cases/{free.reference}/")
    assert "(BIA10, blocked)" in page.content.decode()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"code": "BIA30", "day_0": "2", "day_1": "30", "day_2": "2026"}, "This day does not exist"),
        ({"code": "BIA30", "day_0": "1", "day_1": "1", "day_2": "2999"}, "still to come"),
        ({"code": "BIA30", "day_0": "1", "day_1": "5", "day_2": "1026"}, "look at the year"),
        ({"code": "BIA30", "day_0": "12", "day_1": "23", "day_2": "1952"}, "look at the year"),
        ({"code": "CUST48", "day_0": "1", "day_1": "5", "day_2": "2026"}, "give the time of day"),
        ({"code": "BIA10", "day_0": "1", "day_1": "5", "day_2": "2026"}, "Choose one from the list"),
        ({"code": "CUST48", "day_0": "1", "day_1": "5", "day_2": "2026", "time": "25:00"}, "Write the time as"),
    ],
)
def test_a_trigger_that_cannot_be_read_is_said_at_its_field(free: Case, sent: dict[str, str], says: str) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    answer = client.post(f"/staff/cases/{free.reference}/do/enter_trigger/", sent)
    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_the_api_starts_stops_and_lists_clocks(free: Case) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    base = f"/api/v1/cases/{free.reference}/"

    def post(deed: str, given: dict[str, Any]) -> Any:
        return client.post(f"{base}{deed}/", given, content_type="application/json")

    started = post("enter_trigger", {"code": "CUST48", "day": "2026-11-01", "time": "00:30"})
    assert started.status_code == 200
    row = started.json()["deadlines"][0]
    assert (row["code"], row["raw"], row["is_ours"]) == ("CUST48", "2026-11-02", False)
    assert post("enter_trigger", {"code": "NOPE", "day": "2026-11-01"}).status_code == 400
    assert post("enter_trigger", {"code": "BIA10", "day": "2026-11-01"}).status_code == 409
    assert post("drop_deadline", {"deadline": row["id"], "reason": "missed"}).json()["deadlines"] == []
    assert post("drop_deadline", {"deadline": row["id"], "reason": "missed"}).status_code in (400, 409)


def test_the_case_page_costs_the_same_with_many_clocks(free: Case, coordinator: Actor) -> None:
    client = factories.client_of(factories.member(Role.COORDINATOR))
    enter_trigger(case=free, code="BIA30", trigger=TODAY, by=coordinator, now=NOW)

    def cost() -> int:
        client.get(f"/staff/cases/{free.reference}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/staff/cases/{free.reference}/")
        return len(queries)

    before = cost()
    for code in ("RECON", "REOPEN", "INABS", "PFR30", "ASY1Y"):
        enter_trigger(case=free, code=code, trigger=TODAY, by=coordinator, now=NOW)
    assert cost() == before


def test_the_table_is_read_by_who_works_on_cases_and_counts_a_day() -> None:
    for role, status in ((Role.COORDINATOR, 200), (Role.AUDITOR, 200), (Role.PROVIDER_LEAD, 200), (Role.FUNDER, 403)):
        assert factories.client_of(factories.member(role)).get("/staff/deadlines/").status_code == status
    assert Client().get("/staff/deadlines/").status_code == 302

    client = factories.client_of(factories.member(Role.COORDINATOR))
    page = client.get("/staff/deadlines/?code=bia30&trigger=2026-10-30").content.decode()
    assert "Monday, November 30, 2026" in page
    assert "Friday, November 27, 2026" in page
    assert "1 year<" in page
    assert "10 calendar days<" in page
    hours = client.get("/staff/deadlines/?code=CUST48&trigger=2026-11-21T22:15").content.decode()
    assert "Monday, November 23, 2026, 22:15" in hours
    assert client.get("/staff/deadlines/?code=NOPE&trigger=2026-10-30").status_code == 400
    assert client.get("/staff/deadlines/?code=BIA30&trigger=soon").status_code == 400


def family_words() -> str:
    """Whatever a family may be shown or sent: templates of its pages, the words of texts, the receipt's code."""
    roots = ("intake/templates", "notifications", "intake", "web/templates")
    files = [
        path
        for root in roots
        for path in (settings.BASE_DIR / root).rglob("*")
        if path.suffix in (".html", ".py", ".txt")
    ]
    staff = re.compile(r"intake/(templates/intake/(hand_over|staff)|hand_over\.py|views/hand_over)")
    shown = [path for path in files if not staff.search(str(path.relative_to(settings.BASE_DIR)))]
    return "\n".join(path.read_text(encoding="utf-8") for path in shown)


def test_no_page_or_text_for_a_family_reads_a_legal_date() -> None:
    words = family_words()
    # The walk found the pages and the texts.
    assert len(words) > 100_000
    for name in ("next_deadline", "CaseDeadline", "safe_by", "case.deadlines", "DeadlineRule"):
        assert name not in words
