"""What a call keeps, and when: the case from the first answer, the code, a person asked for, the promise at the end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils.timezone import localdate

from intake.models import Draft, LikelyDuplicate, NoticeShown, PhoneCall
from intake.tasks import purge_calls
from intake.voice.answers import NOTICE_VERSION
from intake.voice.prompts import BY_NAME as PROMPTS
from intake.voice.prompts import digit, status
from notifications.models import Contact
from privacy.models import DocumentKind, ReturnCode
from referrals.models import Case, Channel, State, TaskKind, Urgency
from tests import factories
from tests.intake.two_requests import sent, told
from tests.intake.voice.phone import CALLER, Phone, up_to, work

pytestmark = pytest.mark.django_db

# Tuesday, 17 November 2026, 10:00 in Minneapolis, and 23:00 that day.
MORNING = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)


def the_case() -> Case:
    return Case.objects.get()


def facts_of(case: Case) -> dict[str, Any]:
    """The deciding answers as the worker has put them together."""
    return next(one for one in told(case, DocumentKind.FACTS) if "wish" in one)


def contact_of(case: Case) -> dict[str, Any]:
    return told(case, DocumentKind.CONTACT)[-1]


def test_a_whole_call_makes_one_case_with_everything_said() -> None:
    phone = up_to("end")

    case = the_case()
    facts = facts_of(case)
    assert (case.channel, case.language, case.state) == (Channel.PHONE, "en", State.NEEDS_INFO)
    assert (facts["taken"], facts["place"], facts["flight"], facts["zip_code"]) == (
        "just_now",
        "whipple",
        "no",
        "55407",
    )
    assert [one["a_number"] for one in told(case, DocumentKind.FILE) if one["a_number"]] == ["000123456"]
    assert (contact_of(case)["phone"], contact_of(case)["hours"]) == (CALLER, "any")
    contact = Contact.objects.get(case_id=case.pk)
    assert (contact.may_call, contact.may_text, contact.any_hour) == (True, True, True)
    assert "someone calls you within 30 minutes" in phone.words()
    assert "Do not sign anything." in phone.words()


@pytest.mark.parametrize("step", ["taken", "place", "soon", "zip", "a_number", "number", "text", "hours", "end"])
def test_hanging_up_keeps_what_was_said(step: str) -> None:
    phone = up_to(step)
    phone.hang_up()

    if step == "taken":
        assert not Case.objects.exists()
        return
    case = the_case()
    assert case.state == State.NEEDS_INFO
    assert case.urgency == Urgency.T0
    assert case.tasks.filter(kind=TaskKind.CALL_BACK, done_at=None).exists()
    assert facts_of(case)["taken"] == "just_now"
    assert facts_of(case)["place"] == ("whipple" if step != "place" else "unknown")
    assert contact_of(case)["phone"] == CALLER


@pytest.mark.parametrize(
    ("keys", "tier"),
    [
        ({"taken": "2", "place": "1"}, Urgency.T0),
        ({"taken": "2", "place": "4"}, Urgency.T1),
        ({"taken": "2", "place": "4", "soon": "1"}, Urgency.T0),
        ({"taken": "3", "soon": "3"}, Urgency.T1),
        ({"taken": "3", "soon": "6"}, Urgency.T3),
    ],
)
def test_the_tier_follows_the_answers_as_they_come(keys: dict[str, str], tier: Urgency) -> None:
    phone = up_to("taken")
    for step, key in keys.items():
        assert phone.step == step
        phone.press(key)
    phone.hang_up()

    case = the_case()
    due = case.tasks.get(kind=TaskKind.CALL_BACK).due_at
    assert case.urgency == tier
    assert tier != Urgency.T0 or due <= case.opened_at + timedelta(minutes=31)


def test_a_date_is_counted_from_the_day_of_the_call() -> None:
    up_to("soon").press("5").hang_up()

    assert facts_of(the_case())["hearing_on"] == (localdate() + timedelta(days=3)).isoformat()


def test_nothing_is_asked_before_the_notice_was_heard_and_agreed_to() -> None:
    phone = up_to("consent")
    assert not NoticeShown.objects.exists()
    phone.press("1")

    shown = NoticeShown.objects.get()
    assert (shown.version, shown.language, shown.channel) == (NOTICE_VERSION, "en", Channel.PHONE)
    phone.press("1").press("1")
    assert NoticeShown.objects.get().case_id == the_case().pk


def test_who_does_not_agree_leaves_nothing_behind() -> None:
    phone = up_to("consent")
    for _time in range(6):
        if phone.waits:
            phone.press()

    assert phone.is_over
    assert [model.objects.count() for model in (Case, Draft, ReturnCode)] == [0, 0, 0]


def test_an_unsafe_phone_is_not_kept() -> None:
    up_to("consent").press("2").press("1").press("1").hang_up()

    case = the_case()
    assert contact_of(case)["phone"] == ""
    assert not Contact.objects.get(case_id=case.pk).may_call
    assert CALLER not in str(told(case, DocumentKind.CONTACT))


def test_another_number_is_the_one_that_is_called() -> None:
    up_to("other_number").press("6125550166").press("2").press("2").hang_up()

    contact = contact_of(the_case())
    assert (contact["phone"], contact["may_text"], contact["hours"]) == ("+16125550166", "no", "day")


def test_a_caller_without_a_number_is_asked_for_one() -> None:
    phone = up_to("number", caller="anonymous").press("1")

    assert phone.step == "other_number"
    phone.press("#")
    assert phone.step == "end"
    assert "call us again, with your code" in phone.words()


def test_the_code_is_read_twice_and_leads_to_the_case() -> None:
    phone = up_to("give_code")
    code = phone.code()
    said = [" ".join(f"{PROMPTS[digit(int(one))].words('en')}." for one in code[at]) for at in (slice(4), slice(8, 13))]
    assert len(code) == 13
    assert [phone.heard.count(group) >= 2 for group in said] == [True, True]

    phone.press("1").press("1").hang_up()

    later = up_to("code").press(code)
    assert later.step == "status"
    assert "An answer is missing." in later.words()


def test_the_code_can_be_heard_again_and_is_the_same() -> None:
    phone = up_to("give_code")
    first = phone.code()

    assert phone.press("*").code() == first


def test_a_new_code_at_the_end_ends_the_old_one() -> None:
    phone = up_to("give_code")
    old = phone.code()
    for key in ("1", "1", "1", "6", "#", "#", "1", "2", "2"):
        phone.press(key)
    assert phone.step == "end"
    new = phone.press("1").code()

    assert new != old
    assert up_to("code").press(old).step == "code"
    assert up_to("code").press(new).step == "status"


def test_a_new_code_before_any_answer_ends_the_old_one_too() -> None:
    phone = up_to("give_code")
    old = phone.code()
    for _step in range(9):
        phone.press("#")
    assert phone.step == "end"
    new = phone.press("1").code()

    assert ReturnCode.objects.count() == 1
    assert up_to("code").press(old).step == "code"
    assert up_to("code").press(new).step == "consent"


def test_a_code_of_a_call_that_was_cut_goes_on_under_the_same_code() -> None:
    phone = up_to("give_code")
    code = phone.code()
    phone.hang_up()

    again = up_to("code").press(code)
    assert again.step == "consent"
    again.press("1")
    assert again.step == "taken"
    again.press("1")

    assert ReturnCode.objects.get().case_id == the_case().pk
    assert up_to("code").press(code).step == "status"


def test_answers_that_wait_on_the_web_are_left_there() -> None:
    from tests.intake.test_sending import a_draft

    draft = a_draft()
    phone = up_to("code").press(draft.code)

    assert phone.step == "unsent"
    assert not Draft.objects.get(pk=draft.row.pk).submitted_at


def test_the_state_is_said_in_the_language_of_the_call() -> None:
    _case, code = sent()

    phone = up_to("code", "es").press(code)

    words = PROMPTS[status(the_case().state)].words("es")
    assert words in phone.words()
    assert words != PROMPTS[status(the_case().state)].words("en")


def test_caller_id_reveals_nothing() -> None:
    sent(phone="612-555-0147")
    known = up_to("code", caller=CALLER)
    unknown = up_to("code", caller="+16125550199")

    assert known.heard == unknown.heard


def test_a_second_call_of_the_same_phone_is_a_likely_duplicate() -> None:
    first, _code = sent(phone="612-555-0147")
    up_to("place").hang_up()
    work()

    newer = Case.objects.exclude(pk=first.pk).get()
    assert LikelyDuplicate.objects.get().matched_by == "phone"
    assert newer.tasks.filter(kind=TaskKind.LIKELY_DUPLICATE, done_at=None).exists()


def test_two_families_on_the_web_with_one_phone_are_no_duplicates() -> None:
    sent(phone="612-555-0147")
    sent(phone="612-555-0147")
    work()

    assert not LikelyDuplicate.objects.exists()


def test_zero_leads_to_a_person_in_opening_hours_and_shows_them_no_number(settings: Any) -> None:
    settings.DESK_LINE = "612-555-0101"
    with time_machine.travel(MORNING):
        phone = up_to("place", answers=lambda number: "completed").press("0")

    assert phone.dialed == ["+16125550101"]
    assert phone.callers_shown == [settings.TWILIO_FROM]
    assert phone.is_over


@pytest.mark.parametrize("at", [MORNING, NIGHT])
def test_when_no_person_answers_the_call_goes_on_where_it_was(settings: Any, at: datetime) -> None:
    settings.DESK_LINE = "612-555-0101"
    with time_machine.travel(at):
        phone = up_to("place").press("0")

    assert phone.step == "place"
    assert ("closed" in phone.words()) == (at == NIGHT)


def test_at_night_only_a_very_urgent_case_is_promised_a_call_before_we_open() -> None:
    with time_machine.travel(NIGHT):
        urgent = up_to("end")
        calm = up_to("taken", caller="+16125550148").press("3")
        for key in ("6", "#", "#", "1", "2", "2"):
            calm.press(key)

    assert "within 30 minutes" in urgent.words()
    assert "We open at 9 in the morning" in calm.words()


def test_the_rows_of_calls_go_after_a_day() -> None:
    up_to("place").hang_up()
    assert not PhoneCall.objects.exclude(sealed=b"").exists()

    with time_machine.travel(datetime.now(UTC) + timedelta(days=1, minutes=1)):
        assert purge_calls() == 1
    assert Case.objects.exists()


def test_an_answer_after_the_case_ended_is_dropped_and_the_call_goes_on() -> None:
    phone = up_to("zip")
    factories_withdraw()

    phone.press("55407")

    assert phone.step == "a_number"


def factories_withdraw() -> None:
    from accounts.roles import Role
    from referrals.actions import withdraw

    withdraw(case=the_case(), by=factories.actor(Role.COORDINATOR))


def test_a_call_that_nobody_answers_ends_by_itself() -> None:
    phone = Phone().dial()
    pressed = 0
    while phone.waits:
        phone.press()
        pressed += 1

    assert pressed <= 12
    assert phone.is_over
