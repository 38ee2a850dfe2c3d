"""U visa certifications: the clocks of a request, who follows it, and who is told when an agency is late."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import MEMBER_ROLES, Actor, Role
from referrals import events, tasks
from referrals.actions import certifications as actions
from referrals.actions import close
from referrals.actions.certifications import (
    certify,
    note_filed,
    note_good_cause,
    recount,
    refuse,
    remind,
    request_certification,
    tell_of_late,
    withdraw_request,
)
from referrals.certification_letter import as_pdf, letter
from referrals.certifications import tracker
from referrals.forms.certifications import STEP_FORMS
from referrals.models import (
    Case,
    CertificationDesk,
    CertificationRequest,
    CertifyingAgency,
    CoordinatorTask,
    DeadlineRule,
    TaskKind,
)
from referrals.policies import WrongState
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = make.OFFICE_HOURS
# A Thursday, as in the law's test vectors.
ASKED = date(2026, 11, 12)


@pytest.fixture
def coordinator() -> Actor:
    return make.actor(Role.COORDINATOR)


def ask(
    case: Case | None = None, *, by: Actor | None = None, now: datetime = NOW, **changes: Any
) -> CertificationRequest:
    asked: dict[str, Any] = {
        "agency": CertifyingAgency.MPD,
        "requested_on": ASKED,
        "in_removal": True,
        "expedite_asked": True,
    }
    by = by or make.actor(Role.COORDINATOR)
    return request_certification(case=case or make.case(make.free_facts(), now=now), by=by, now=now, **asked | changes)


def fresh(request: CertificationRequest) -> CertificationRequest:
    return CertificationRequest.objects.select_related("case").get(pk=request.pk)


def told(request: CertificationRequest, kind: str = TaskKind.CERTIFICATION_LATE) -> int:
    return CoordinatorTask.objects.filter(case_id=request.case_id, kind=kind).count()


def on(day: date) -> datetime:
    """Noon in Minneapolis."""
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


# 12 Nov 2026 + 7 = Thu 19 Nov; + 14 = Thanksgiving, so Fri 27 Nov; + 30 = Sat 12 Dec, so Mon 14 Dec; + 90 = Wed 10 Feb.
SHORT, LONG = (date(2026, 11, 19), date(2026, 11, 27)), (date(2026, 12, 14), date(2027, 2, 10))


@pytest.mark.parametrize(
    ("agency", "in_removal", "expedite_asked", "city", "state"),
    [
        ("mpd", True, True, *SHORT),
        ("city_attorney", True, True, *SHORT),
        # Asked for nobody in removal, or not asked in the request: the long clocks.
        ("mpd", False, True, *LONG),
        ("mpd", True, False, *LONG),
        ("mpd", False, False, *LONG),
        # The City's ordinance does not bind them.
        ("hennepin_sheriff", True, True, None, SHORT[1]),
        ("other", True, False, None, LONG[1]),
    ],
)
def test_the_short_clocks_run_only_for_somebody_in_removal_whose_request_asked(
    agency: str, in_removal: bool, expedite_asked: bool, city: date | None, state: date
) -> None:
    request = ask(agency=agency, in_removal=in_removal, expedite_asked=expedite_asked)

    assert (request.city_due, request.state_due) == (city, state)


def test_nothing_changes_afterwards_whether_the_request_asked_to_expedite(coordinator: Actor) -> None:
    request = ask(expedite_asked=False, by=coordinator)

    asked = [form for form in STEP_FORMS.values() if "expedite_asked" in form.base_fields]
    with pytest.raises(WrongState, match="withdraw that request and make a new one"):
        ask(request.case, by=coordinator, expedite_asked=True)
    withdraw_request(request=request, by=coordinator, now=NOW)
    again = ask(request.case, by=coordinator, expedite_asked=True, requested_on=NOW.date())

    assert asked == []
    assert fresh(request).expedite_asked is False
    assert again.city_due == NOW.date() + timedelta(days=7)


def test_two_agencies_can_be_asked_at_once(coordinator: Actor) -> None:
    request = ask(by=coordinator)

    ask(request.case, by=coordinator, agency=CertifyingAgency.HENNEPIN_SHERIFF)

    with pytest.raises(IntegrityError), transaction.atomic():
        CertificationRequest.objects.filter(case=request.case).update(agency=CertifyingAgency.MPD)


def test_supplement_b_signed_on_31_august_runs_out_on_28_february(coordinator: Actor) -> None:
    request = ask(by=coordinator, requested_on=date(2026, 8, 3))

    certify(request=request, signed_on=date(2026, 8, 31), certified_on=date(2026, 9, 2), by=coordinator, now=NOW)

    assert fresh(request).runs_out_on == date(2027, 2, 28)
    assert fresh(request).is_open is False


def test_a_late_agency_makes_one_task_for_each_clock_however_often_the_clock_asks(coordinator: Actor) -> None:
    request = ask(by=coordinator)

    assert tell_of_late(on(SHORT[0])) == 0, "the last day is not over"
    assert [tell_of_late(on(SHORT[0] + timedelta(days=1))) for _ in range(3)] == [1, 0, 0]
    CoordinatorTask.objects.filter(case=request.case).update(done_at=NOW)
    assert tell_of_late(on(SHORT[1])) == 0, "ticked off is ticked off"
    assert [tell_of_late(on(SHORT[1] + timedelta(days=1))) for _ in range(3)] == [1, 0, 0]

    assert told(request) == 2


def test_after_a_good_cause_only_the_states_clock_counts(coordinator: Actor) -> None:
    request = ask(by=coordinator)
    tell_of_late(on(SHORT[0] + timedelta(days=1)))

    note_good_cause(request=request, by=coordinator, now=on(SHORT[0] + timedelta(days=1)))

    assert not CoordinatorTask.objects.filter(kind=TaskKind.CERTIFICATION_LATE, done_at=None).exists()
    assert tell_of_late(on(SHORT[1])) == 0
    assert tell_of_late(on(SHORT[1] + timedelta(days=1))) == 1


def test_a_good_cause_noted_while_the_clock_waits_for_the_case_makes_no_task(
    coordinator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, late_on = ask(by=coordinator), on(SHORT[0] + timedelta(days=1))
    lock_case = actions.lock_case

    def overtaken(case_id: UUID) -> Case:
        monkeypatch.setattr(actions, "lock_case", lock_case)
        note_good_cause(request=request, by=coordinator, now=late_on)
        return lock_case(case_id)

    monkeypatch.setattr(actions, "lock_case", overtaken)

    assert tell_of_late(late_on) == 0
    assert told(request) == 0
    assert tell_of_late(on(SHORT[1] + timedelta(days=1))) == 1, "the State's clock still counts"


def test_nobody_is_told_of_a_request_that_was_answered_or_whose_case_is_over(coordinator: Actor) -> None:
    make.room("VLN", "nondetained")
    accepted = make.accepted_case(make.free_facts(), now=NOW)
    requests = [ask(by=coordinator) for _ in range(3)] + [ask(accepted, by=coordinator)]
    refuse(request=requests[0], refused_on=NOW.date(), by=coordinator, now=NOW)
    withdraw_request(request=requests[1], by=coordinator, now=NOW)
    certify(request=requests[2], signed_on=NOW.date(), certified_on=NOW.date(), by=coordinator, now=NOW)
    close(case=accepted, outcome="advice", by=coordinator, now=NOW)

    assert tell_of_late(on(SHORT[1] + timedelta(days=30))) == 0


def test_a_signed_supplement_b_that_runs_out_in_a_month_makes_one_task(coordinator: Actor) -> None:
    request = ask(by=coordinator)
    certify(request=request, signed_on=NOW.date(), certified_on=NOW.date(), by=coordinator, now=NOW)
    runs_out = fresh(request).runs_out_on
    assert runs_out == date(2027, 5, 17)

    assert tell_of_late(on(runs_out - timedelta(days=31))) == 0
    assert [tell_of_late(on(runs_out - timedelta(days=30))) for _ in range(3)] == [1, 0, 0]
    note_filed(request=request, filed_on=runs_out, by=coordinator, now=on(runs_out))

    assert not CoordinatorTask.objects.filter(kind=TaskKind.CERTIFICATION_ENDS, done_at=None).exists()
    assert told(request, TaskKind.CERTIFICATION_ENDS) == 1


def test_a_changed_row_of_the_law_counts_open_requests_anew(coordinator: Actor) -> None:
    open_one, ended = ask(by=coordinator), ask(by=coordinator)
    refuse(request=ended, refused_on=NOW.date(), by=coordinator, now=NOW)
    DeadlineRule.objects.filter(code="U-CITY-7").update(n=5)

    assert [recount(NOW), recount(NOW)] == [1, 0]

    assert fresh(open_one).city_due == date(2026, 11, 17)
    assert fresh(ended).city_due == SHORT[0]
    assert events.broken_links(open_one.case_id) == []


def test_the_task_of_the_morning_tells(coordinator: Actor) -> None:
    request = ask(by=coordinator, now=timezone.now(), requested_on=timezone.localdate() - timedelta(days=200))

    tasks.note_late_certifications()

    assert told(request) == 1


def test_a_reminder_says_who_has_it_now(coordinator: Actor) -> None:
    request = ask(by=coordinator)
    tell_of_late(on(SHORT[0] + timedelta(days=1)))

    remind(request=request, desk=CertificationDesk.OURS, by=coordinator, now=NOW)
    ours = fresh(request)
    remind(request=request, desk=CertificationDesk.RECORDS, by=coordinator, now=NOW)

    assert (ours.held_by_user_id, ours.reminded_on) == (coordinator.user_id, NOW.date())
    assert (fresh(request).desk, fresh(request).held_by_user_id) == (CertificationDesk.RECORDS, None)
    assert not CoordinatorTask.objects.filter(kind=TaskKind.CERTIFICATION_LATE, done_at=None).exists()


STEPS: dict[str, tuple[Any, dict[str, Any]]] = {
    "remind": (remind, {"desk": "records"}),
    "good_cause": (note_good_cause, {}),
    "certify": (certify, {"signed_on": ASKED, "certified_on": ASKED}),
    "refuse": (refuse, {"refused_on": ASKED}),
    "withdraw": (withdraw_request, {}),
}


@pytest.mark.parametrize("step", STEPS)
def test_an_answered_request_takes_no_more_steps_and_a_stranger_takes_none(step: str, coordinator: Actor) -> None:
    request = ask(by=coordinator)
    act, given = STEPS[step]

    with pytest.raises(PermissionDenied):
        act(request=request, by=make.actor(Role.PROVIDER_LEAD, "ilcm"), now=NOW, **given)
    with pytest.raises(PermissionDenied):
        act(request=request, by=make.actor(Role.AUDITOR), now=NOW, **given)
    refuse(request=request, refused_on=ASKED, by=coordinator, now=NOW)
    with pytest.raises(WrongState):
        act(request=request, by=coordinator, now=NOW, **given)


def test_a_provider_follows_the_requests_of_the_cases_it_holds_and_reads_of_no_other() -> None:
    make.room("VLN", "nondetained")
    held = make.accepted_case(make.free_facts())
    theirs = make.member(Role.PROVIDER_STAFF, "vln")
    vln, ilcm = make.client_of(theirs), make.client_of(make.member(Role.PROVIDER_STAFF, "ilcm"))
    own = ask(held, by=theirs.membership.actor())
    other = ask()

    listed = vln.get("/staff/certifications/").content.decode()

    assert held.reference in listed
    assert other.case.reference not in listed
    assert held.reference not in ilcm.get("/staff/certifications/").content.decode()
    for path in ("", "letter/", "letter.pdf"):
        assert vln.get(f"/staff/certifications/{own.pk}/{path}").status_code == 200
        assert ilcm.get(f"/staff/certifications/{own.pk}/{path}").status_code == 404
    assert ilcm.post(f"/staff/certifications/{own.pk}/do/withdraw/").status_code == 404
    with pytest.raises(PermissionDenied):
        ask(held, by=make.actor(Role.PROVIDER_STAFF, "ilcm"), agency=CertifyingAgency.OTHER)


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_role_opens_the_tracker_or_does_not(role: Role) -> None:
    request = ask()
    client = make.client_of(make.member(role))
    reads = {Role.COORDINATOR, Role.HOTLINE_LEAD, Role.AUDITOR}
    providers = {Role.PROVIDER_STAFF, Role.PROVIDER_LEAD}

    answers = [client.get(f"/staff/certifications/{path}").status_code for path in ("", f"{request.pk}/")]

    assert answers == ([200, 200] if role in reads else [200, 404] if role in providers else [403, 403])


def test_the_longest_overdue_come_first_and_the_first_to_run_out(coordinator: Actor) -> None:
    today = date(2026, 12, 1)
    late = ask(by=coordinator)
    later = ask(by=coordinator, expedite_asked=False)
    with_cause = ask(by=coordinator, requested_on=ASKED - timedelta(days=3))
    note_good_cause(request=with_cause, by=coordinator, now=NOW)
    signed = [ask(by=coordinator, requested_on=date(2026, 9, 1)) for _ in range(2)]
    for request, day in zip(signed, (date(2026, 10, 2), date(2026, 10, 1)), strict=True):
        certify(request=request, signed_on=day, certified_on=day, by=coordinator, now=NOW)

    page = tracker(coordinator, today=today)

    # Due 19 Nov; 23 Nov, 14 days after the 9th; 14 Dec.
    assert [line.request for line in page.waiting_lines] == [late, with_cause, later]
    assert [line.words for line in page.waiting_lines] == ["12 days late", "8 days late", "13 days left"]
    assert [line.request for line in page.signed_lines] == [signed[1], signed[0]]


def test_the_tracker_costs_as_much_for_many_as_for_one(coordinator: Actor) -> None:
    client = make.client_of(make.member(Role.COORDINATOR))
    ask(by=coordinator)
    before = _queries(client)
    for _ in range(6):
        remind(request=ask(by=coordinator), desk=CertificationDesk.OURS, by=coordinator, now=NOW)

    assert _queries(client) <= before + 1, "the names of who has them"


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/staff/certifications/").status_code == 200
    return len(queries)


def test_each_step_is_taken_on_the_requests_page_and_a_wrong_day_is_refused() -> None:
    client = make.client_of(make.member(Role.COORDINATOR))
    request = ask(now=timezone.now(), requested_on=date(2026, 1, 5))
    page = f"/staff/certifications/{request.pk}/"

    wrong_days = _day("signed_on", date(2026, 1, 4)) | _day("certified_on", date(2099, 1, 1))
    wrong = client.post(f"{page}do/certify/", wrong_days)
    given = _day("signed_on", date(2026, 1, 6)) | _day("certified_on", date(2026, 1, 7))
    right = client.post(f"{page}do/certify/", given, follow=True)
    again = client.post(f"{page}do/refuse/", _day("refused_on", date(2026, 1, 8)), follow=True)
    filed = client.post(f"{page}do/filed/", _day("filed_on", date(2026, 2, 2)), follow=True)

    assert wrong.status_code == 400
    assert b"This day is before the request was made." in wrong.content
    assert b"This day is in the future." in wrong.content
    assert b"Six months run from the day on Supplement B." in right.content
    assert b"somebody may have been quicker" in again.content
    assert b"Petition received on Feb 2, 2026" in filed.content
    assert client.post(f"{page}do/nonsense/").status_code == 404
    assert client.get(f"/staff/certifications/{uuid4()}/").status_code == 404


def _day(name: str, day: date) -> dict[str, str]:
    return {f"{name}_0": str(day.month), f"{name}_1": str(day.day), f"{name}_2": str(day.year)}


def test_the_letter_names_the_law_the_days_and_the_reference_and_leaves_the_name_to_a_hand() -> None:
    client = make.client_of(make.member(Role.COORDINATOR))
    short, long = ask(), ask(agency=CertifyingAgency.OTHER, expedite_asked=False)

    letters = [client.get(f"/staff/certifications/{one.pk}/letter/").content.decode() for one in (short, long)]

    assert short.case.reference in letters[0]
    assert "______ in removal proceedings. Please expedite." in letters[0]
    assert "visa@minneapolismn.gov" in letters[0]
    assert "ordinance of the City of Minneapolis of December 15, 2017" in letters[0]
    assert "section 611A.95" in letters[0]
    assert "November 19, 2026" in letters[0]
    assert "November 27, 2026" in letters[0]
    assert "expedite" not in letters[1].replace("not expedite", "").split("Letter to the agency")[1].split("</main>")[0]
    assert "City of Minneapolis" not in letters[1]
    assert "February 10, 2027" in letters[1]
    assert "Name of the person, written by hand: _" in " ".join(letters[1].replace("</strong>", "").split())


def test_the_letter_is_a_pdf_in_memory() -> None:
    request = ask()

    pdf = as_pdf(letter(request, make.organization("vln"), today=NOW.date()))

    assert pdf.startswith(b"%PDF-")


def test_a_request_is_entered_on_the_cases_page_and_by_the_api() -> None:
    client = make.client_of(make.member(Role.COORDINATOR))
    case = make.case(make.free_facts())
    given = {"agency": "mpd", "in_removal": "on", "expedite_asked": "on"} | _day("requested_on", date(2026, 1, 5))

    page = client.post(f"/staff/cases/{case.reference}/do/request_certification/", given, follow=True)
    answer = client.post(
        f"/api/v1/cases/{case.reference}/request_certification/",
        {"agency": "other", "requested_on": "2026-01-05", "in_removal": False, "expedite_asked": True},
        content_type="application/json",
    )
    future = client.post(
        f"/api/v1/cases/{case.reference}/request_certification/",
        {"agency": "other", "requested_on": "2099-01-05", "in_removal": False, "expedite_asked": True},
        content_type="application/json",
    )

    assert b"Minneapolis Police Department, Jan 5, 2026" in page.content
    assert b"Asked for a U visa certification, by the short clocks: Minneapolis Police Department." in page.content
    assert [(one["agency"], one["city_due"]) for one in answer.json()["certifications"]] == [
        ("mpd", "2026-01-12"),
        ("other", None),
    ]
    assert future.status_code == 400


def test_what_happened_is_on_the_cases_chain_in_codes(coordinator: Actor) -> None:
    request = ask(by=coordinator)
    for act, given in (STEPS["remind"], STEPS["good_cause"], STEPS["certify"]):
        act(request=request, by=coordinator, now=NOW, **given)
    note_filed(request=request, filed_on=NOW.date(), by=coordinator, now=NOW)

    kinds = [event.kind for event in request.case.events.filter(detail__has_key="request")]
    assert kinds == [
        "certification_requested",
        "certification_reminded",
        "certification_good_cause",
        "certified",
        "petition_filed",
    ]
    assert events.broken_links(request.case_id) == []
    assert actions.may_request_certification(coordinator, request.case)
