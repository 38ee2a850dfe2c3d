"""The coordinators' desk: what is unread, the board, many cases at once, who has how much; and who sees none of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.roles import FAMILY, MEMBER_ROLES, SYSTEM, Role
from referrals import events, together
from referrals.actions import decline_offer, request_info, withdraw
from referrals.actions.assignments import take_over
from referrals.actions.desk import mark_read
from referrals.filters import Filters
from referrals.models import Assignment, Case, CaseEvent, CaseRead, CoordinatorTask, Screening, State, TaskKind
from referrals.models.case import OPEN_STATES
from referrals.selectors import board, queue, workload
from referrals.selectors.board import MOST_PER_COLUMN
from referrals.together import MOST_AT_ONCE, TOGETHER, do_together
from tests import factories
from tests.referrals.test_queue import bulk_cases

pytestmark = pytest.mark.django_db

HOTLINE = {Role.COORDINATOR, Role.HOTLINE_LEAD}
READS_ALL = HOTLINE | {Role.AUDITOR}


@pytest.fixture
def member() -> User:
    return factories.member(Role.COORDINATOR)


@pytest.fixture
def client(member: User) -> Client:
    return factories.client_of(member)


def received(**changes: Any) -> Case:
    """A case that waits for a coordinator's decision on eligibility."""
    return factories.case(factories.free_facts(zip_code="", **changes))


def unread(member: User) -> set[str]:
    rows = queue(Filters(unread=True), reader=member.membership.actor(), now=timezone.now()).rows
    assert all(row.is_unread for row in rows)
    return {row.case.reference for row in rows}


def something_happens(case: Case, by: Any = FAMILY, kind: str = "answers_sent") -> None:
    events.record(case=Case.objects.get(pk=case.pk), kind=kind, by=by, now=timezone.now(), detail={"page": "home"})


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_each_role_opens_its_pages_and_no_other(role: Role) -> None:
    client = factories.client_of(factories.member(role))

    opened = {
        path: client.get(f"/staff/{path}/").status_code
        for path in ("board", "first-answer", "filters", "workload", "cases/together", "cases/go", "filters/new")
    }

    reads = 200 if role in READS_ALL else 403
    goes = 302 if role in READS_ALL else 403
    assert opened == {
        "board": reads,
        "first-answer": reads,
        "filters": reads,
        "workload": 200 if role in (Role.HOTLINE_LEAD, Role.PROVIDER_LEAD) else 403,
        "cases/together": 302 if role in HOTLINE else 403,
        "cases/go": goes,
        "filters/new": goes,
    }


# What is unread.


def test_a_case_is_unread_until_its_page_is_opened_and_again_when_something_happens(
    member: User, client: Client
) -> None:
    case = received()
    assert unread(member) == {case.reference}

    client.get(f"/staff/cases/{case.reference}/")
    assert unread(member) == set()

    something_happens(case)
    assert unread(member) == {case.reference}
    page = client.get(f"/staff/cases/{case.reference}/").content.decode()
    assert "New since you last looked" in page
    assert unread(member) == set()
    assert "New since you last looked" not in client.get(f"/staff/cases/{case.reference}/").content.decode()


def test_what_one_does_oneself_is_no_news_and_to_a_colleague_it_is(member: User) -> None:
    case, colleague = received(), factories.member(Role.COORDINATOR)
    for one in (member, colleague):
        mark_read(case=case, by=one.membership.actor())

    request_info(case=case, by=member.membership.actor())

    assert unread(member) == set()
    assert unread(colleague) == {case.reference}


def test_that_a_colleague_opened_the_file_is_no_news_and_a_providers_no_is(member: User) -> None:
    factories.room()
    case = factories.case()
    mark_read(case=case, by=member.membership.actor())
    something_happens(case, factories.actor(Role.COORDINATOR), "opened_document")
    assert unread(member) == set()

    offer = factories.live_offer(case)
    decline_offer(offer=offer, reason="scope", by=factories.staff_of(offer))

    assert unread(member) == {case.reference}


def test_a_mark_never_goes_back_and_holds_only_what_the_page_showed(member: User) -> None:
    case, by = received(), member.membership.actor()
    mark_read(case=case, by=by)
    newest = CaseEvent.objects.filter(case=case).count()
    something_happens(case)

    mark_read(case=case, by=by, through=newest)
    assert unread(member) == {case.reference}
    mark_read(case=case, by=by)
    mark_read(case=case, by=by, through=1)

    assert unread(member) == set()
    assert CaseRead.objects.get().read_through == newest + 1


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PROVIDER_STAFF, Role.PROVIDER_LEAD])
def test_who_does_not_work_at_the_hotline_marks_nothing(role: Role) -> None:
    factories.room()
    case, other = factories.case(), factories.member(role)

    assert factories.client_of(other).get(f"/staff/cases/{case.reference}/").status_code == 200

    assert not CaseRead.objects.exists()
    with pytest.raises(PermissionDenied):
        mark_read(case=case, by=other.membership.actor())


# The board.


def test_the_board_shows_the_most_urgent_of_each_state_and_counts_all() -> None:
    factories.room(ceiling=600)
    bulk_cases(4 * MOST_PER_COLUMN)
    waiting = received()

    columns = {column.state: column for column in board(reader=SYSTEM, now=timezone.now())}

    assert list(columns) == list(OPEN_STATES)
    accepted = columns[State.ACCEPTED]
    assert (accepted.count, len(accepted.rows)) == (4 * MOST_PER_COLUMN, MOST_PER_COLUMN)
    assert {row.case.urgency for row in accepted.rows} == {0}
    assert accepted.address == "?state=accepted"
    assert [row.case.pk for row in columns[State.RECEIVED].rows] == [waiting.pk]
    # All of `bulk_cases` have a task that is due.
    assert (accepted.overdue, columns[State.RECEIVED].overdue, columns[State.OFFERED].count) == (accepted.count, 0, 0)


def test_the_board_orders_each_column_like_the_queue() -> None:
    bulk_cases(MOST_PER_COLUMN)
    now = timezone.now()

    on_board = [row.case.pk for column in board(reader=SYSTEM, now=now) for row in column.rows]

    assert on_board == [row.case.pk for row in queue(Filters(), reader=SYSTEM, now=now).rows]


@pytest.mark.parametrize("path", ["/staff/cases/", "/staff/board/", "/staff/first-answer/", "/staff/workload/"])
def test_four_hundred_cases_take_as_many_queries_as_forty(path: str) -> None:
    lead = factories.member(Role.HOTLINE_LEAD)
    client = factories.client_of(lead)
    # The first visit of a minute also sends the files that follow.
    client.get("/staff/cases/")
    counted = []
    for number in (40, 360):
        before = Case.objects.count()
        with_numbers_from(before, number, lead)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counted.append(len(queries))

    assert counted[0] == counted[1]


def with_numbers_from(first: int, number: int, worker: User) -> None:
    """More cases, each with a long story, some of them the worker's."""
    now = timezone.now()
    cases = [
        Case(
            reference=f"A{index // 100:02d}-B{index % 100:02d}",
            channel="web",
            language="en",
            state=OPEN_STATES[index % len(OPEN_STATES)],
            state_since=now,
            state_due_at=now,
            opened_at=now - timedelta(days=index % 9),
            case_type="DET-HAB",
            urgency=index % 4,
            urgency_reason="held",
        )
        for index in range(first, first + number)
    ]
    Case.objects.bulk_create(cases)
    CaseEvent.objects.bulk_create(
        CaseEvent(case=case, sequence=sequence, kind="waitlist", role="system", at=now)
        for case in cases
        for sequence in range(1, 4)
    )
    CoordinatorTask.objects.bulk_create(
        CoordinatorTask(case=case, kind=TaskKind.LOCATE, opened_at=now, due_at=now) for case in cases
    )
    Assignment.objects.bulk_create(
        Assignment(case=case, organization=worker.membership.organization, user_id=worker.pk, since=now)
        for case in cases[::3]
    )


# Many at once.


def post(client: Client, do: str, cases: list[Case], **given: Any) -> Any:
    sent = {"do": do, "case": [case.reference for case in cases]} | given
    return client.post("/staff/cases/together/?tier=2", sent)


def test_each_case_is_done_or_refused_for_itself(client: Client) -> None:
    factories.room()
    wrong, first, last = factories.accepted_case(), received(), received()

    asked = post(client, "request_info", [wrong, first, last])
    answer = post(client, "request_info", [wrong, first, last], sure="1").content.decode()

    assert "We will call you soon" in asked.content.decode()
    assert "2 done" in answer
    assert "1 not done" in answer
    assert f"{wrong.reference} is accepted now." in answer
    states = dict(Case.objects.values_list("pk", "state"))
    assert [states[one.pk] for one in (wrong, first, last)] == [State.ACCEPTED, State.NEEDS_INFO, State.NEEDS_INFO]


def test_nothing_that_texts_families_is_done_before_the_words_were_seen(client: Client) -> None:
    case = received()

    post(client, "request_info", [case])

    assert Case.objects.get(pk=case.pk).state == State.RECEIVED


def test_a_case_that_is_not_the_actors_is_refused_and_the_others_are_done() -> None:
    factories.room()
    theirs, others = factories.accepted_case(), factories.case(factories.free_facts())
    advocate = factories.actor(Role.PROVIDER_STAFF)

    outcomes = do_together("take_over", [others.reference, "AAA-AAA", theirs.reference], {}, by=advocate)

    assert [(one.reference, one.is_done) for one in outcomes] == [
        (others.reference, False),
        ("AAA-AAA", False),
        (theirs.reference, True),
    ]
    assert {one.sentence for one in outcomes[:2]} == {together.NOT_FOUND}
    assert list(Assignment.objects.values_list("case_id", flat=True).filter(user_id=advocate.user_id or 0)) == [
        theirs.pk
    ]


def test_what_a_role_may_not_do_is_refused_for_each_case() -> None:
    cases = [received(), received()]
    coordinator, colleague = factories.actor(Role.COORDINATOR), factories.member(Role.COORDINATOR)

    references = [case.reference for case in cases]
    outcomes = do_together("give", references, {"member": colleague}, by=coordinator)
    refused = do_together("mark_read", references, {}, by=factories.actor(Role.AUDITOR))

    assert not any(one.is_done for one in outcomes + refused)
    assert "Only a lead gives a case to somebody." in {one.sentence for one in outcomes}
    assert not Assignment.objects.filter(user_id=colleague.pk).exists()


def test_a_case_that_fails_leaves_the_others_done(monkeypatch: pytest.MonkeyPatch, member: User) -> None:
    cases = [received(), received(), received()]
    broken = cases[1].pk

    def act(*, case: Case, by: Any) -> None:
        take_over(case=case, by=by)
        if case.pk == broken:
            raise RuntimeError("the disk is full of Pretend")

    monkeypatch.setitem(TOGETHER, "take_over", together.Together("Assign to me", "you work on it now", act))

    outcomes = do_together("take_over", [case.reference for case in cases], {}, by=member.membership.actor())

    assert [one.is_done for one in outcomes] == [True, False, True]
    assert outcomes[1].sentence == together.FAILED


@pytest.mark.parametrize(
    ("do", "given", "after"),
    [
        ("take_over", {}, lambda case, member: Assignment.objects.get(case=case).user_id == member.pk),
        ("mark_read", {}, lambda case, member: case.reference not in unread(member)),
        (
            "task_done",
            {"kind": TaskKind.CALL_FAMILY},
            lambda case, member: not case.tasks.filter(kind=TaskKind.CALL_FAMILY, done_at=None).exists(),
        ),
        ("pass_screening", {"reason": "statement"}, lambda case, member: case.screening == Screening.PASSED),
    ],
)
def test_each_thing_is_done_to_all_ticked_cases(
    client: Client, member: User, do: str, given: dict[str, str], after: Callable[[Case, User], bool]
) -> None:
    cases = [received(), received()]
    now = timezone.now()
    for case in cases:
        CoordinatorTask.objects.create(case=case, kind=TaskKind.CALL_FAMILY, opened_at=now, due_at=now)

    answer = post(client, do, cases, sure="1", **given)

    assert "2 done" in answer.content.decode()
    assert all(after(Case.objects.get(pk=case.pk), member) for case in cases)


def test_a_lead_gives_several_cases_to_a_colleague_and_a_coordinator_is_not_offered_it(client: Client) -> None:
    lead, colleague = factories.member(Role.HOTLINE_LEAD), factories.member(Role.COORDINATOR)
    cases = [received(), received()]
    leads = factories.client_of(lead)

    assert post(leads, "give", cases).status_code == 200
    assert post(leads, "give", cases, sure="1", member="").status_code == 400
    assert not Assignment.objects.exists()
    post(leads, "give", cases, sure="1", member=colleague.pk)

    assert set(Assignment.objects.values_list("user_id", flat=True)) == {colleague.pk}
    assert post(client, "give", cases, sure="1", member=colleague.pk).status_code == 302
    assert "Assign to a colleague" not in client.get("/staff/cases/").content.decode()


@pytest.mark.parametrize("do", ["", "nonsense", "take_over"])
def test_without_cases_or_with_too_many_nothing_is_done(client: Client, do: str) -> None:
    case = received()
    many = [case.reference, *(f"AAA-{number:03d}" for number in range(MOST_AT_ONCE))]

    for references in ([], ["\x00", "Pretend"], many):
        answer = client.post("/staff/cases/together/?tier=2", {"do": do, "case": references})
        assert (answer.status_code, answer["Location"]) == (302, "/staff/cases/?tier=2")
    assert not Assignment.objects.exists()


def test_a_rows_button_takes_that_case_only(client: Client, member: User) -> None:
    case, ticked = received(), received()
    assert f'name="take" value="{case.reference}"' in client.get("/staff/cases/").content.decode()

    answer = client.post("/staff/cases/together/?unread=1", {"take": case.reference, "case": [ticked.reference]})

    assert answer["Location"] == "/staff/cases/?unread=1"
    assert list(Assignment.objects.values_list("case_id", "user_id")) == [(case.pk, member.pk)]


def test_it_is_not_done_by_an_address_or_from_another_site(member: User) -> None:
    case = received()
    client = factories.client_of(member)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies

    assert client.get(f"/staff/cases/together/?do=take_over&case={case.reference}").status_code == 302
    assert strict.post("/staff/cases/together/", {"take": case.reference}).status_code == 403
    assert not Assignment.objects.exists()


# Who has how much.


def test_a_lead_sees_what_each_colleague_has_and_what_nobody_has() -> None:
    factories.room(ceiling=600)
    lead, busy = factories.member(Role.HOTLINE_LEAD), factories.member(Role.COORDINATOR)
    gone = factories.member(Role.COORDINATOR, is_active=False)
    now = timezone.now()
    for case in (factories.case(), factories.case(factories.free_facts())):
        take_over(case=case, by=busy.membership.actor())
    ended = received()
    take_over(case=ended, by=busy.membership.actor())
    withdraw(case=ended, by=FAMILY)
    of_gone = factories.case()
    Assignment.objects.create(case=of_gone, organization=gone.membership.organization, user_id=gone.pk, since=now)
    Case.objects.filter(pk=of_gone.pk).update(state_due_at=now - timedelta(minutes=1))

    loads = {load.member: load for load in workload(reader=lead.membership.actor(), now=now)}

    assert (loads[busy].open, loads[busy].t0, loads[busy].overdue) == (2, 1, 0)
    assert (loads[None].open, loads[None].t0, loads[None].overdue) == (1, 1, 1)
    assert loads[lead].open == 0
    assert gone not in loads
    assert loads[busy].address == f"?assignee={busy.pk}"


def test_a_providers_lead_sees_its_own_people_and_the_cases_it_has() -> None:
    factories.room()
    lead = factories.member(Role.PROVIDER_LEAD)
    factories.accepted_case()
    factories.case(factories.free_facts())
    stranger = factories.member(Role.COORDINATOR)

    loads = workload(reader=lead.membership.actor(), now=timezone.now())

    assert sum(load.open for load in loads) == 1
    assert stranger not in {load.member for load in loads}
    assert {load.address for load in loads} == {""}
