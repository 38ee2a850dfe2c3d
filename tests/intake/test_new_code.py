"""A new code for a family that lost theirs: after a call-back, once, by whoever has the contact open."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import PROVIDER_ROLES, Actor, Role
from intake import codes
from intake.actions import reissue_code, submit_draft
from intake.codes import Check
from privacy import destruction, return_codes
from privacy.models import DocumentKind, ReturnCode
from referrals import events
from referrals.actions import withdraw
from referrals.actions.openings import OpeningReason, record_opening
from referrals.models import Case, CaseEvent
from referrals.timeline import sentence
from tests import factories
from tests.intake.family import Family, code_on, text
from tests.intake.test_sending import a_draft
from tests.services.threads import close_connections
from tests.story import dump

pytestmark = pytest.mark.django_db

CONFIRMED = {"called": "on", "check": "code_word"}


@pytest.fixture
def filed() -> tuple[Case, str]:
    """The story's case and the code that its family lost; the story has a code word."""
    draft = a_draft()
    return submit_draft(draft=draft), draft.code


@pytest.fixture
def case(filed: tuple[Case, str]) -> Case:
    return filed[0]


@pytest.fixture
def ana() -> User:
    """A coordinator."""
    return factories.member(Role.COORDINATOR)


@pytest.fixture
def hotline(ana: User) -> Client:
    """Her browser, its vault unlocked."""
    return factories.client_of(ana)


def url(case: Case) -> str:
    return f"/staff/cases/{case.reference}/new-code/"


def open_contact(client: Client, case: Case) -> None:
    answer = client.post(f"/staff/cases/{case.reference}/open/contact/", {"reason": "call_family"})
    assert "Jacaranda" in answer.content.decode()


def opened_by(case: Case, by: Actor, reason: str = OpeningReason.CALL_FAMILY) -> None:
    record_opening(case=case, kind=DocumentKind.CONTACT, reason=reason, by=by)


def status_of(code: str) -> HttpResponse:
    return Family().post("status/", {"code": code})


def shown(response: HttpResponse) -> str:
    return text(response)


def test_after_the_call_back_the_family_gets_a_new_code_and_the_old_one_is_dead(
    filed: tuple[Case, str], hotline: Client
) -> None:
    case, old = filed
    open_contact(hotline, case)

    answer = hotline.post(url(case), CONFIRMED)

    new = code_on(answer)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert new != old
    assert case.reference in shown(status_of(new))
    assert "We do not find this code" in shown(status_of(old))
    assert ReturnCode.objects.filter(case_id=case.pk).count() == 1


def test_the_log_says_who_and_how_and_never_which_code(case: Case, ana: User, hotline: Client) -> None:
    open_contact(hotline, case)
    hotline.post(url(case), CONFIRMED)

    event = CaseEvent.objects.get(case=case, kind="code_reissued")
    assert event.detail == {"check": "code_word"}
    assert event.user_id == ana.pk
    assert "new return code" in sentence(event)
    assert events.broken_links(case.pk) == []


def test_the_new_code_is_nowhere_but_in_the_answer(
    case: Case, hotline: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    open_contact(hotline, case)

    answer = hotline.post(url(case), CONFIRMED)

    code = code_on(answer)  # type: ignore[arg-type]
    assert dump.leaks([code, return_codes.show(code)]) == []
    kept = "".join(
        [
            caplog.text,
            str([row.get_decoded() for row in Session.objects.all()]),
            str(hotline.cookies),
            str(answer.items()),
        ]
    )
    assert code not in kept
    assert return_codes.show(code) not in kept
    again = hotline.get(url(case)).content.decode()
    assert return_codes.show(code) not in again
    assert answer["Cache-Control"] == "no-store"


def test_a_family_looking_up_its_code_leaves_no_trace_of_it(
    filed: tuple[Case, str], caplog: pytest.LogCaptureFixture
) -> None:
    _case, code = filed
    caplog.set_level(logging.DEBUG)
    family = Family()

    found = family.post("status/", {"code": code})
    wrong = family.post("status/", {"code": code[::-1]})

    assert found.status_code == wrong.status_code == 200
    assert not Session.objects.exists()
    kept = caplog.text + str(family.client.cookies) + str([*found.items(), *wrong.items()]) + text(found) + text(wrong)
    assert code not in kept
    assert code[::-1] not in kept
    assert dump.leaks([code, code[::-1], return_codes.show(code)]) == []


def test_without_the_contact_open_the_page_says_so_and_leads_there(case: Case, hotline: Client) -> None:
    asked = hotline.get(url(case))
    sent = hotline.post(url(case), CONFIRMED)

    for answer in (asked, sent):
        assert "have not opened this family's contact in the last 30 minutes" in answer.content.decode()
        assert f'href="/staff/cases/{case.reference}/open/contact/"' in answer.content.decode()
    assert (asked.status_code, sent.status_code) == (200, 409)
    assert not CaseEvent.objects.filter(kind="code_reissued").exists()


def test_the_contact_counts_for_thirty_minutes(case: Case, ana: User) -> None:
    by, now = ana.membership.actor(), timezone.now()
    opened_by(case, by)

    with pytest.raises(codes.ContactNotOpened):
        reissue_code(case=case, check=Check.CODE_WORD, by=by, now=now + timedelta(minutes=31))

    assert reissue_code(case=case, check=Check.CODE_WORD, by=by, now=now + timedelta(minutes=29))


@pytest.mark.parametrize("reason", [OpeningReason.SEARCH, OpeningReason.NEW_CODE])
def test_what_a_program_opened_nobody_has_read(reason: str, case: Case, ana: User) -> None:
    by = ana.membership.actor()
    opened_by(case, by, reason)

    with pytest.raises(codes.ContactNotOpened):
        reissue_code(case=case, check=Check.CODE_WORD, by=by)


def test_another_part_another_case_or_another_persons_opening_does_not_count(case: Case, ana: User) -> None:
    by = ana.membership.actor()
    record_opening(case=case, kind=DocumentKind.NAMES, reason="call_family", by=by)
    opened_by(submit_draft(draft=a_draft()), by)
    opened_by(case, factories.actor(Role.COORDINATOR))

    with pytest.raises(codes.ContactNotOpened):
        reissue_code(case=case, check=Check.CODE_WORD, by=by)


def test_a_page_sent_twice_does_not_kill_the_code_just_read_out(case: Case, hotline: Client) -> None:
    open_contact(hotline, case)
    code = code_on(hotline.post(url(case), CONFIRMED))  # type: ignore[arg-type]

    again = hotline.post(url(case), CONFIRMED)

    assert again.status_code == 409
    assert "was given a new code on" in again.content.decode()
    assert case.reference in shown(status_of(code))
    open_contact(hotline, case)
    assert code_on(hotline.post(url(case), CONFIRMED)) != code  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_of_two_coordinators_at_once_one_gives_a_code_and_the_other_is_told(case: Case) -> None:
    actors, together = [factories.actor(Role.COORDINATOR) for _ in range(2)], Barrier(2)
    for actor in actors:
        opened_by(case, actor)

    def reissue(by: Actor) -> str | None:
        together.wait(timeout=20)
        try:
            return reissue_code(case=case, check=Check.CODE_WORD, by=by)
        except codes.ContactNotOpened:
            return None
        finally:
            close_connections()

    with ThreadPoolExecutor(2) as pool:
        given = [code for code in pool.map(reissue, actors) if code]

    # Whoever came second had opened the contact before the first one's code: it is not killed unseen.
    assert len(given) == 1
    (row,) = ReturnCode.objects.filter(case_id=case.pk)
    assert bytes(row.lookup_id) == return_codes.derive(given[0]).lookup_id


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Call the number on file first"),
        ({"check": "code_word"}, "Call the number on file first"),
        ({"called": "on"}, "Without one of these there is no new code"),
        ({"called": "on", "check": "she sounded right"}, "Select a valid choice"),
    ],
)
def test_nothing_is_given_until_both_are_confirmed(
    fields: dict[str, str], says: str, filed: tuple[Case, str], hotline: Client
) -> None:
    case, old = filed
    open_contact(hotline, case)

    answer = hotline.post(url(case), fields).content.decode()

    assert says in answer
    assert not re.search(r"\d{4} \d{4} \d{5}", answer)
    assert case.reference in shown(status_of(old))


def test_a_family_with_a_code_word_is_asked_for_it(case: Case, hotline: Client) -> None:
    open_contact(hotline, case)

    answer = hotline.post(url(case), {"called": "on", "check": "name_and_zip"}).content.decode()

    assert "chose a code word" in answer
    assert "Jacaranda" not in answer
    assert not CaseEvent.objects.filter(kind="code_reissued").exists()


def test_a_family_without_a_code_word_is_known_by_what_it_answered(hotline: Client) -> None:
    case = submit_draft(draft=a_draft(contact={"code_word": ""}))
    hotline.post(f"/staff/cases/{case.reference}/open/contact/", {"reason": "call_family"})

    answer = hotline.post(url(case), {"called": "on", "check": "name_and_zip"})

    assert case.reference in shown(status_of(code_on(answer)))  # type: ignore[arg-type]
    assert CaseEvent.objects.get(kind="code_reissued").detail == {"check": "name_and_zip"}
    # Looking whether there is a code word was an opening too, and stands in the log before it.
    assert CaseEvent.objects.filter(kind="opened_document", detail__reason="new_code").count() == 1


def test_a_case_that_ended_but_is_still_kept_gets_a_code(case: Case, hotline: Client) -> None:
    withdraw(case=case, by=factories.actor(Role.COORDINATOR))
    open_contact(hotline, case)

    assert case.reference in shown(status_of(code_on(hotline.post(url(case), CONFIRMED))))  # type: ignore[arg-type]


def test_a_case_of_which_nothing_is_left_gets_none(case: Case, ana: User, hotline: Client) -> None:
    open_contact(hotline, case)
    now = timezone.now()
    destruction.schedule(case_id=case.pk, reason="closed", due_at=now, now=now, ends_case=True)
    destruction.carry_out_due(now)

    asked, sent = hotline.get(url(case)), hotline.post(url(case), CONFIRMED)

    assert (asked.status_code, sent.status_code) == (200, 409)
    for answer in (asked, sent):
        assert f"No phone number of {case.reference} is kept any more" in answer.content.decode()
        assert "<form class" not in answer.content.decode()
    assert not ReturnCode.objects.filter(case_id=case.pk).exists()
    with pytest.raises(codes.NothingLeft):
        reissue_code(case=case, check=Check.CODE_WORD, by=ana.membership.actor())


def test_a_locked_vault_comes_first(case: Case, ana: User) -> None:
    client = factories.client_of(ana, unlocked=False)

    asked, sent = client.get(url(case)), client.post(url(case), CONFIRMED)

    assert asked.status_code == 302
    assert "/vault/unlock/" in asked["Location"]
    assert sent.status_code == 403


@pytest.mark.parametrize("role", [*sorted(PROVIDER_ROLES), Role.AUDITOR, Role.FINANCE, Role.OPERATOR])
def test_only_the_hotline_gives_codes(role: Role, case: Case) -> None:
    assert factories.client_of(factories.member(role)).get(url(case)).status_code == 403
    with pytest.raises(PermissionDenied):
        reissue_code(case=case, check=Check.CODE_WORD, by=factories.actor(role))
    assert "/staff/sign-in/" in Client().get(url(case))["Location"]


def test_a_case_that_does_not_exist_is_not_found(hotline: Client) -> None:
    assert hotline.get("/staff/cases/ZZZ-ZZZ/new-code/").status_code == 404


def test_whoever_must_not_be_called_is_not_called_unasked(hotline: Client) -> None:
    case = submit_draft(
        draft=a_draft(reach={"may_text": "yes", "may_call": "no", "hours": "any", "text_language": "es"})
    )
    assert "asked us not to call" in hotline.get(url(case)).content.decode()


def test_the_case_page_leads_to_it(case: Case, hotline: Client) -> None:
    assert f'href="{url(case)}"' in hotline.get(f"/staff/cases/{case.reference}/").content.decode()


def test_the_draft_a_code_led_to_is_not_opened_by_a_new_one(filed: tuple[Case, str], hotline: Client) -> None:
    """What was answered is never shown again, to the new code no more than to the old one."""
    case, _old = filed
    open_contact(hotline, case)
    code = code_on(hotline.post(url(case), CONFIRMED))  # type: ignore[arg-type]

    page = shown(status_of(code))

    for typed in ("Testigo", "Madre", "555-0123", "000123456", "55407", "Jacaranda"):
        assert typed not in page


def test_the_new_code_works_until_the_case_is_purged(case: Case, hotline: Client) -> None:
    open_contact(hotline, case)
    code = code_on(hotline.post(url(case), CONFIRMED))  # type: ignore[arg-type]
    with time_machine.travel(timezone.now() + timedelta(days=60), tick=False):
        assert case.reference in shown(status_of(code))
    later = timezone.now() + timedelta(seconds=1)
    destruction.schedule(case_id=case.pk, reason="closed", due_at=later, now=later, ends_case=True)
    destruction.carry_out_due(later)

    assert "We do not find this code" in shown(status_of(code))
