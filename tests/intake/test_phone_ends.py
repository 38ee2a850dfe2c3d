"""How a call ends: the code is read out, or the line is cut and a case waits for the call back."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from intake import phone
from notifications.models import Contact
from privacy.return_codes import parse
from referrals.models import Case, CaseEvent, Channel, CoordinatorTask, State, TaskKind
from tests import factories
from tests.intake.calling import START, Call, a_sent_call, section_with, sections_until_contact
from tests.intake.family import Family, code_on, text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "es", "so", "hmn"])
def test_the_code_is_read_out_in_groups_and_opens_the_familys_page(language: str) -> None:
    call = a_sent_call(language)
    shown = text(call.get(f"{call.path}sent/"))
    code = code_on(call.get(f"{call.path}sent/"))

    assert parse(code)
    groups = re.findall(r"<li>([^<]*–[^<]*)</li>", shown)
    assert [len(group.split(" – ")) for group in groups] == [4, 4, 5]
    words = phone._DIGITS.get(language, tuple("0123456789"))
    assert "".join(str(words.index(word)) for group in groups for word in group.split(" – ")) == code
    reference = Case.objects.get().reference
    assert reference in shown
    status = Family(language).post("status/", {"code": code})
    assert status.status_code == 200
    assert reference in text(status)


def test_the_code_is_shown_for_a_day_and_until_it_is_put_away() -> None:
    call = a_sent_call()
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        factories_client = factories.client_of(call.user, unlocked=False)
        for name, cookie in call.client.cookies.items():
            if "phone" in name:
                factories_client.cookies[name] = cookie.value
        assert factories_client.get(f"{call.path}sent/").status_code == 404

    done = call.post(f"{call.path}sent/", {})

    assert done["Location"] == f"/staff/cases/{Case.objects.get().reference}/"
    assert call.get(f"{call.path}sent/").status_code == 404


def test_a_call_that_was_cut_becomes_a_case_that_waits_for_the_call_back() -> None:
    call = Call("es")
    call.begin()
    *before, last = sections_until_contact()
    for section in before:
        call.send(section)
    assert call.send(last, {"cut": "1"})["Location"] == f"{call.path}cut/"
    assert not Case.objects.exists()

    assert call.post(f"{call.path}cut/", {})["Location"] == f"{call.path}sent/"

    case = Case.objects.get()
    assert (case.state, case.channel) == (State.NEEDS_INFO, Channel.PHONE)
    assert CaseEvent.objects.get(case=case, kind="open").user_id == call.user.pk
    assert CoordinatorTask.objects.filter(case=case, kind=TaskKind.CALL_BACK, done_at=None).exists()
    assert Contact.objects.filter(case_id=case.pk, may_call=True).exists()
    shown = text(call.get(f"{call.path}sent/"))
    assert "The call was cut" in shown
    assert "An answer is missing" in shown
    assert "asking lawyers right now" not in shown
    assert case.reference in text(Family("es").post("status/", {"code": code_on(call.get(f"{call.path}sent/"))}))


def test_a_cut_call_without_a_safe_number_waits_under_its_code() -> None:
    call = Call("es")
    call.begin()
    call.send(section_with("home"), {"cut": "1"}, zip_code="55404")
    page = call.get(f"{call.path}cut/")
    assert "There is no safe way to call back yet" in text(page)

    # Nobody gets past it by pressing what is not there.
    assert call.post(f"{call.path}cut/", {}).status_code == 200
    assert not Case.objects.exists()

    assert f"{call.path}cut/" in text(call.get(START))
    family = Family("es")
    assert "/es/ask/" in family.post("status/", {"code": code_on(page)})["Location"]
    assert "55404" in text(family.get("ask/home/"))
    # What the family took up is theirs.
    assert call.get(f"{call.path}home/").status_code == 404


def test_a_family_that_finishes_a_cut_call_itself_keeps_its_channel() -> None:
    call = Call("en")
    call.begin()
    family = Family("en")
    family.post("status/", {"code": code_on(call.get(f"{call.path}cut/"))})
    family.answer_all()
    family.send()

    case = Case.objects.get()
    assert case.channel == Channel.PHONE
    assert CaseEvent.objects.get(case=case, kind="open").user_id is None


def test_a_cut_call_saves_what_was_said_and_complains_of_nothing_nobody_touched() -> None:
    call = Call()
    call.begin()
    contact = section_with("contact")
    names = [page.name for page in contact.pages if page.shown({})]
    untouched = call.post(f"{call.path}contact/", {"page": names, "cut": "1"})
    assert untouched["Location"] == f"{call.path}cut/"

    wrong = call.send(contact, {"cut": "1"}, phone="12")
    assert wrong.status_code == 200
    assert 'value="12"' in text(wrong)
