"""A U visa certification followed through the pages by a coordinator as the days go by; and two agencies at once."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.roles import Actor, Role
from referrals import tasks
from referrals.actions.certifications import (
    certify,
    note_filed,
    refuse,
    remind,
    request_certification,
    tell_of_late,
    withdraw_request,
)
from referrals.models import Case, CertificationDesk, CertificationRequest, CertifyingAgency, CoordinatorTask, TaskKind
from tests import factories as make

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

# A Thursday; the City's seven days end on the 19th, the State's fourteen on Thanksgiving and so on the 27th.
ASKED = date(2026, 11, 12)
TRACKER = "/staff/certifications/"


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


def day_fields(name: str, day: date) -> dict[str, str]:
    return {f"{name}_0": str(day.month), f"{name}_1": str(day.day), f"{name}_2": str(day.year)}


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    main = answer.content.decode().split("<main")[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def signed_in() -> Client:
    return make.client_of(make.member(Role.COORDINATOR))


def entered(client: Client, case: Case, **changes: str) -> CertificationRequest:
    given = {"agency": "mpd", "in_removal": "on", "expedite_asked": "on"} | day_fields("requested_on", ASKED) | changes
    given = {name: value for name, value in given.items() if value}
    answer = client.post(f"/staff/cases/{case.reference}/do/request_certification/", given)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return case.certification_requests.latest("entered_at")


def open_tasks(case: Case, kind: str = TaskKind.CERTIFICATION_LATE) -> int:
    return CoordinatorTask.objects.filter(case=case, kind=kind, done_at=None).count()


def test_a_request_is_followed_from_the_mailbox_to_the_petition() -> None:
    with time_machine.travel(noon(ASKED), tick=False):
        client, case = signed_in(), make.case(make.free_facts())
        request = entered(client, case)
        page = f"{TRACKER}{request.pk}/"
        assert (request.city_due, request.state_due) == (date(2026, 11, 19), date(2026, 11, 27))
        assert "7 days left" in text_of(client, TRACKER)
        tasks.note_late_certifications()
        assert open_tasks(case) == 0
    with time_machine.travel(noon(date(2026, 11, 20)), tick=False):
        client = signed_in()
        tasks.note_late_certifications()
        tasks.note_late_certifications()
        assert open_tasks(case) == 1
        assert "1 day late" in text_of(client, TRACKER)
        letter = text_of(client, f"{page}letter/")
        assert case.reference in letter
        assert "Please expedite" in letter
        assert client.get(f"{page}letter.pdf").status_code in (200, 503)
        assert client.post(f"{page}do/remind/", {"desk": "records"}).status_code == 302
        assert open_tasks(case) == 0
        assert "The agency's records unit" in text_of(client, page).replace("&#x27;", "'")
    with time_machine.travel(noon(date(2026, 11, 30)), tick=False):
        client = signed_in()
        tasks.note_late_certifications()
        assert open_tasks(case) == 1, "the State's clock has run out too"
        answer = client.post(
            f"{page}do/certify/",
            day_fields("signed_on", date(2026, 11, 30)) | day_fields("certified_on", date(2026, 11, 30)),
        )
        assert answer.status_code == 302
        assert open_tasks(case) == 0
        request.refresh_from_db()
        assert request.runs_out_on == date(2027, 5, 30)
    with time_machine.travel(noon(date(2027, 5, 1)), tick=False):
        client = signed_in()
        tasks.note_late_certifications()
        assert open_tasks(case, TaskKind.CERTIFICATION_ENDS) == 1
        assert "29 days left" in text_of(client, TRACKER)
        assert client.post(f"{page}do/filed/", day_fields("filed_on", date(2027, 5, 1))).status_code == 302
        assert open_tasks(case, TaskKind.CERTIFICATION_ENDS) == 0
        assert case.reference not in text_of(client, TRACKER)


@pytest.mark.parametrize(
    ("changes", "city", "state"),
    [
        ({"expedite_asked": ""}, date(2026, 12, 14), date(2027, 2, 10)),
        ({"in_removal": ""}, date(2026, 12, 14), date(2027, 2, 10)),
        ({"agency": "hennepin_sheriff"}, None, date(2026, 11, 27)),
    ],
)
def test_what_the_form_says_decides_the_clocks(changes: dict[str, str], city: date | None, state: date) -> None:
    with time_machine.travel(noon(ASKED), tick=False):
        request = entered(signed_in(), make.case(make.free_facts()), **changes)

    assert (request.city_due, request.state_due) == (city, state)


@pytest.mark.parametrize(
    ("day", "status"), [(date(2000, 10, 27), 400), (date(1026, 11, 12), 400), (date(2000, 10, 28), 302)]
)
def test_nobody_asked_before_there_were_u_visas(day: date, status: int) -> None:
    case = make.case(make.free_facts())
    sent = {"agency": "mpd"} | day_fields("requested_on", day)

    answer = signed_in().post(f"/staff/cases/{case.reference}/do/request_certification/", sent)

    assert answer.status_code == status
    assert case.certification_requests.exists() is (status == 302)


@pytest.fixture
def coordinator() -> Actor:
    return make.actor(Role.COORDINATOR)


def two_late(coordinator: Actor) -> tuple[CertificationRequest, CertificationRequest, datetime]:
    """One case with two agencies that are late, and the day after: one task for both."""
    now = noon(ASKED)
    case = make.case(make.free_facts(), now=now)
    first, second = (
        request_certification(
            case=case, agency=agency, requested_on=ASKED, in_removal=True, expedite_asked=True, by=coordinator, now=now
        )
        for agency in (CertifyingAgency.MPD, CertifyingAgency.CITY_ATTORNEY)
    )
    later = noon(date(2026, 11, 20))
    assert tell_of_late(later) == 2
    assert open_tasks(case) == 1
    return first, second, later


@pytest.mark.parametrize("step", ["remind", "certify", "refuse", "withdraw"])
def test_what_one_agency_does_leaves_the_task_about_another_that_is_late(step: str, coordinator: Actor) -> None:
    first, second, now = two_late(coordinator)

    if step == "remind":
        remind(request=first, desk=CertificationDesk.RECORDS, by=coordinator, now=now)
    elif step == "certify":
        certify(request=first, signed_on=now.date(), certified_on=now.date(), by=coordinator, now=now)
    elif step == "refuse":
        refuse(request=first, refused_on=now.date(), by=coordinator, now=now)
    else:
        withdraw_request(request=first, by=coordinator, now=now)

    assert open_tasks(first.case) == 1
    remind(request=second, desk=CertificationDesk.RECORDS, by=coordinator, now=now)
    assert open_tasks(first.case) == 0


def test_a_petition_that_was_received_leaves_the_task_about_another_signed_form(coordinator: Actor) -> None:
    first, second, now = two_late(coordinator)
    for request in (first, second):
        certify(request=request, signed_on=now.date(), certified_on=now.date(), by=coordinator, now=now)
    later = now + timedelta(days=160)
    assert tell_of_late(later) == 2

    note_filed(request=first, filed_on=later.date(), by=coordinator, now=later)

    assert open_tasks(first.case, TaskKind.CERTIFICATION_ENDS) == 1
    note_filed(request=second, filed_on=later.date(), by=coordinator, now=later)
    assert open_tasks(first.case, TaskKind.CERTIFICATION_ENDS) == 0
