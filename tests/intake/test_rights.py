"""What a family may do after the right code: the short visit behind it, taking back, stopping, asking for its data."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone, translation

from accounts.roles import FAMILY, SYSTEM, Actor, Role
from intake.actions import submit_draft
from intake.models import Correction
from intake.visits import COOKIE
from notifications.actions import queue_texts
from notifications.delivery import deliver
from notifications.models import Contact, Message, MessageState
from privacy import destruction, return_codes, visits
from privacy.models import CodeVisit, ReturnCode, SealedDocument
from privacy.tasks import sweep_orphans
from referrals.actions import place_hold, withdraw
from referrals.actions.rights import ANSWER_DAYS, ask_about_data, delete_data, may_delete_data, withdraw_consent
from referrals.business_time import HOTLINE_HOURS
from referrals.filters import Filters
from referrals.models import Case, CaseEvent, CoordinatorTask, State, TaskKind
from referrals.policies import WrongState
from referrals.selectors import queue
from tests import factories
from tests.intake.family import Family, text
from tests.intake.test_sending import a_draft
from tests.services.threads import close_connections

pytestmark = pytest.mark.django_db

PAGES = ["status/yours/", "status/yours/change/", "status/yours/change/home/", "status/yours/back/"]
PAGES += ["status/yours/stop/", "status/yours/data/"]
ONLY_READ = ["status/yours/", "status/yours/change/"]
ASKED_FOR_CODE = "/en/status/"


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """A request leaves its language behind in the thread."""
    with translation.override("en"):
        yield


def with_code(language: str = "en") -> tuple[Family, Case]:
    """A family that sent its answers and typed its code in a new browser."""
    draft = a_draft()
    case = submit_draft(draft=draft)
    family = Family(language)
    family.post("status/", {"code": draft.code})
    return family, case


def events_of(case: Case, kind: str) -> list[CaseEvent]:
    return list(CaseEvent.objects.filter(case=case, kind=kind))


def open_task(case: Case, kind: str) -> CoordinatorTask:
    return CoordinatorTask.objects.get(case=case, kind=kind, done_at=None)


def test_the_right_code_opens_every_page_and_nothing_of_it_is_in_address_or_session() -> None:
    family, case = with_code()
    token = family.client.cookies[COOKIE]

    assert token["httponly"]
    assert bool(token["secure"]) is not settings.DEMO
    assert (token["path"], token["samesite"]) == ("/", "Lax")
    assert (token["max-age"], token["expires"]) == ("", "")
    assert len(token.value) >= 43
    assert bytes(CodeVisit.objects.get().token_hash) != token.value.encode()
    assert not dict(family.client.session)
    for page in PAGES:
        shown = family.get(page)
        assert shown.status_code == 200, page
        assert shown["Cache-Control"].find("no-store") >= 0
        assert str(case.pk) not in text(shown)
        assert token.value not in text(shown)


@pytest.mark.parametrize("cookie", [None, "", "wrong", "A" * 43])
def test_without_the_cookie_the_code_is_asked_again(cookie: str | None) -> None:
    with_code()
    stranger = Family()
    if cookie is not None:
        stranger.client.cookies[COOKIE] = cookie

    for page in PAGES:
        answers = [stranger.get(page)]
        if page not in ONLY_READ:
            answers.append(stranger.post(page, {"what": "delete", "consents": ["texts"]}))
        for answer in answers:
            assert (answer.status_code, answer.headers["Location"]) == (302, ASKED_FOR_CODE), page

    assert not CoordinatorTask.objects.filter(kind__in=[TaskKind.DELETE_DATA, TaskKind.CONSENT]).exists()


def test_a_visit_ends_half_an_hour_after_its_last_page() -> None:
    family, case = with_code()
    token, now = family.client.cookies[COOKIE].value, timezone.now()

    assert visits.code_of(token, now + timedelta(minutes=29)).case_id == case.pk  # type: ignore[union-attr]
    assert visits.code_of(token, now + timedelta(minutes=58)).case_id == case.pk  # type: ignore[union-attr]
    assert visits.code_of(token, now + timedelta(minutes=89)) is None

    CodeVisit.objects.update(expires_at=now)
    assert family.get("status/yours/")["Location"] == ASKED_FOR_CODE
    sweep_orphans()
    assert not CodeVisit.objects.exists()


def new_code(case: Case) -> None:
    keys = return_codes.derive(return_codes.generate())
    return_codes.replace(case_id=case.pk, lookup_id=keys.lookup_id, now=timezone.now())


def end_of_life(case: Case) -> None:
    now = timezone.now()
    destruction.schedule(case_id=case.pk, reason="closed", due_at=now, now=now, ends_case=True)
    assert destruction.carry_out_due(now) == 1


@pytest.mark.parametrize("end", [new_code, end_of_life])
def test_a_visit_dies_with_its_code(end: Callable[[Case], None]) -> None:
    family, case = with_code()

    end(case)

    assert family.get("status/yours/")["Location"] == ASKED_FOR_CODE
    assert not CodeVisit.objects.exists()


def test_the_quick_exit_forgets_the_visit_here_and_on_the_server() -> None:
    family, _ = with_code()
    token = family.client.cookies[COOKIE].value

    answer = family.post("leave/")

    assert answer.cookies[COOKIE]["max-age"] == 0
    family.client.cookies[COOKIE] = token
    assert family.get("status/yours/")["Location"] == ASKED_FOR_CODE


def test_a_visit_to_one_case_changes_no_other() -> None:
    family, case = with_code()
    _, other = with_code()
    contacts = Contact.objects.filter(case_id=other.pk)
    sealed = SealedDocument.objects.filter(case_id=other.pk).count()

    family.post("status/yours/stop/", {"consents": ["texts", "calls", "sharing"]})
    family.post("status/yours/change/home/", {"zip_code": "55408", "case": str(other.pk)})
    family.post("status/yours/data/", {"what": "delete", "reference": other.reference})
    family.post("status/yours/back/")

    assert Case.objects.get(pk=case.pk).state == State.WITHDRAWN
    assert Case.objects.get(pk=other.pk).is_open
    assert all(contact.may_text and contact.may_call for contact in contacts)
    assert SealedDocument.objects.filter(case_id=other.pk).count() == sealed
    assert not Correction.objects.filter(case_id=other.pk).exists()


def test_a_request_is_taken_back_once_and_the_page_says_so() -> None:
    family, case = with_code()

    for _ in range(2):
        answer = family.post("status/yours/back/")

    assert "taken back" in text(family.get(answer["Location"].removeprefix("/en/")))
    (event,) = events_of(case, "withdraw")
    assert event.role == Role.FAMILY
    assert "nothing to take back" in text(family.get("status/yours/back/"))


def test_stopped_texts_stop_at_once_and_a_person_knows() -> None:
    family, case = with_code()
    queue_texts(case_id=case.pk, template="waitlisted", trigger=case.pk, is_urgent=True, now=timezone.now())

    for _ in range(2):
        family.post("status/yours/stop/", {"consents": ["texts"]})

    contact = Contact.objects.get(case_id=case.pk)
    assert (contact.may_text, contact.may_call) == (False, True)
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.CANCELLED}
    assert [event.detail for event in events_of(case, "consent_withdrawn")] == [{"consents": ["texts"]}]
    assert open_task(case, TaskKind.CONSENT).due_at > timezone.now()
    assert "stop texts or calls" in text(family.get("status/yours/"))


def test_a_text_that_a_worker_has_in_hand_is_not_sent_after_the_consent_is_gone() -> None:
    _, case = with_code()
    Message.objects.all().delete()
    now = factories.OFFICE_HOURS
    (message,) = queue_texts(case_id=case.pk, template="opened", trigger=case.pk, is_urgent=True, now=now)
    withdraw_consent(case=case, consents=["texts"], by=FAMILY, now=now)
    Message.objects.filter(pk=message.pk).update(state=MessageState.QUEUED, reason="")

    deliver(message.pk, now=now)

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CANCELLED, "no_consent")


def test_stopped_sharing_is_a_task_and_stopping_nothing_is_an_error() -> None:
    family, case = with_code()

    assert "Please choose one of the answers" in text(family.post("status/yours/stop/"))
    for _ in range(2):
        family.post("status/yours/stop/", {"consents": ["sharing"]})

    assert open_task(case, TaskKind.STOP_SHARING)
    assert len(events_of(case, "consent_withdrawn")) == 1
    assert Contact.objects.get(case_id=case.pk).may_text


@pytest.mark.parametrize(("what", "kind"), [("copy", TaskKind.COPY_OF_DATA), ("delete", TaskKind.DELETE_DATA)])
def test_asking_for_data_is_one_task_with_ten_working_days(what: str, kind: TaskKind) -> None:
    family, case = with_code()
    asked_at = timezone.now()

    for _ in range(2):
        answer = family.post("status/yours/data/", {"what": what})

    task = open_task(case, kind)
    assert task.due_at >= HOTLINE_HOURS.after_business_days(asked_at, ANSWER_DAYS)
    assert task.due_at <= HOTLINE_HOURS.after_business_days(timezone.now(), ANSWER_DAYS)
    assert len(events_of(case, "data_asked")) == 1
    shown = text(family.get(answer["Location"].removeprefix("/en/")))
    assert "Done. We have it." in shown
    assert "A person takes care of it by" in shown


def test_a_promise_that_was_not_kept_is_said_to_be_late() -> None:
    family, case = with_code()
    family.post("status/yours/data/", {"what": "copy"})
    CoordinatorTask.objects.filter(case=case).update(due_at=timezone.now())

    assert "We are late with this" in text(family.get("status/yours/"))


def test_what_a_family_asked_outlives_its_case_and_stays_in_the_queue() -> None:
    family, case = with_code()
    family.post("status/yours/data/", {"what": "delete"})
    family.post("status/yours/back/")

    shown = queue(Filters(), reader=SYSTEM, now=timezone.now())

    assert [row.case.pk for row in shown.rows] == [case.pk]
    assert [task.kind for task in shown.rows[0].tasks] == [TaskKind.DELETE_DATA]
    assert "You asked us to delete your data" in text(family.get("status/yours/"))


def ended_and_asked() -> Case:
    case = submit_draft(draft=a_draft())
    ask_about_data(case=case, kind=TaskKind.DELETE_DATA, by=FAMILY)
    return withdraw(case=case, by=FAMILY)


def test_a_coordinator_deletes_what_the_family_asked_to_delete() -> None:
    case = ended_and_asked()

    delete_data(case=case, by=factories.actor(Role.COORDINATOR))
    destruction.carry_out_due(timezone.now())

    assert not SealedDocument.objects.filter(case_id=case.pk).exists()
    assert not ReturnCode.objects.filter(case_id=case.pk).exists()
    assert not CoordinatorTask.objects.filter(case=case, done_at=None).exists()


def test_a_legal_hold_keeps_what_the_family_asked_to_delete() -> None:
    case, lead = ended_and_asked(), factories.actor(Role.HOTLINE_LEAD)
    place_hold(case=case, by=lead)

    with pytest.raises(WrongState, match="legal hold"):
        delete_data(case=case, by=lead)

    assert open_task(case, TaskKind.DELETE_DATA)


def test_a_hold_that_comes_after_the_deletion_was_ordered_still_keeps_it() -> None:
    case, lead = ended_and_asked(), factories.actor(Role.HOTLINE_LEAD)
    delete_data(case=case, by=lead)
    place_hold(case=case, by=lead)

    destruction.carry_out_due(timezone.now())

    assert SealedDocument.objects.filter(case_id=case.pk).exists()


def test_data_are_not_deleted_of_a_case_that_goes_on_nor_unasked() -> None:
    case = submit_draft(draft=a_draft())
    assert not may_delete_data(withdraw(case=submit_draft(draft=a_draft()), by=FAMILY))

    ask_about_data(case=case, kind=TaskKind.DELETE_DATA, by=FAMILY)

    assert not may_delete_data(case)


@pytest.mark.parametrize("by", [SYSTEM, Actor(Role.PROVIDER_LEAD), Actor(Role.AUDITOR)])
def test_only_the_family_and_the_hotline_speak_for_it(by: Actor) -> None:
    case = submit_draft(draft=a_draft())

    with pytest.raises(PermissionDenied):
        withdraw_consent(case=case, consents=["texts"], by=by)
    with pytest.raises(PermissionDenied):
        ask_about_data(case=case, kind=TaskKind.COPY_OF_DATA, by=by)
    with pytest.raises(PermissionDenied):
        delete_data(case=case, by=by)


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_take_a_request_back_once() -> None:
    family, case = with_code()
    token, together = family.client.cookies[COOKIE].value, Barrier(10)

    def press() -> int:
        try:
            mine = Family()
            mine.client.cookies[COOKIE] = token
            together.wait(timeout=30)
            return mine.post("status/yours/back/").status_code
        finally:
            close_connections()

    with ThreadPoolExecutor(10) as pool:
        answers = [future.result() for future in [pool.submit(press) for _ in range(10)]]

    assert answers == [302] * 10
    assert len(events_of(case, "withdraw")) == 1


def test_every_page_speaks_spanish() -> None:
    english, _ = with_code()
    spanish, _ = with_code("es")
    for family in (english, spanish):
        family.post("status/yours/data/", {"what": "copy"})

    for page in PAGES:
        shown = text(spanish.get(page))
        for sentence in ("Back</a>", "What you", "We do not", "Then we", "Texts and calls", "A person"):
            assert sentence not in shown, (page, sentence)
    assert "Usted pidió una copia de sus datos" in text(spanish.get("status/yours/"))
