"""Reminders: seven, three days and one day before, to who said yes, by the day and never by what it is."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from accounts.roles import Role
from notifications import delivery
from notifications.backends import Ending, Outcome
from notifications.models import Contact, Message
from notifications.texts import Planned, render
from privacy import vault
from privacy.models import DocumentKind
from referrals.actions import record_facts, withdraw
from referrals.actions.clinics import give_up_seat, remind_families, tend_seats
from referrals.actions.deadlines import drop_deadline
from referrals.actions.reminders import remind_of_dates
from referrals.business_time import CHICAGO
from referrals.models import Case, CaseDeadline
from tests import factories as make
from tests.factories import OFFICE_HOURS
from tests.referrals.test_clinics import waiting

PHONE = "+16125550142"
# A Thursday, sixteen days after the request.
DAY = date(2026, 12, 3)
TEN = datetime(2026, 11, 26, 10, 0, tzinfo=CHICAGO)
DAY_AFTER = datetime(2026, 12, 4, 20, 0, tzinfo=CHICAGO)


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> list[tuple[datetime, str]]:
    """When what left."""
    sent: list[tuple[datetime, str]] = []

    class Carrier:
        sender, texts_per_second = "", 1000

        def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
            sent.append((now, body))
            return Outcome(Ending.DELIVERED)

    monkeypatch.setattr(delivery, "text_backend", Carrier)
    return sent


def a_person(case: Case, *, says: str = "yes", language: str = "en", **terms: Any) -> Contact:
    """Somebody of the case, with their second yes or no sealed beside their number."""
    contact = make.contact(case, language=language, **terms)
    vault.seal(
        case_id=case.pk,
        kind=DocumentKind.CONTACT,
        payload={"phone": PHONE, "may_remind": says},
        readers=[vault.WORKER],
        subject=contact.pk,
        now=OFFICE_HOURS,
    )
    return contact


def a_case(day: date | None = DAY) -> Case:
    with time_machine.travel(OFFICE_HOURS, tick=False):
        return make.case(make.free_facts(hearing_on=day, date_kind="court"))


def run(until: datetime, since: datetime = OFFICE_HOURS) -> None:
    """The clock, every half hour, and whatever is due is sent."""
    at = since
    while at <= until:
        remind_of_dates(at)
        remind_families(at)
        for message in Message.objects.filter(state="queued", send_after__lte=at, template__contains="remind"):
            delivery.deliver(message.pk, now=at)
        at += timedelta(minutes=30)


@pytest.mark.django_db
def test_who_said_yes_is_reminded_three_times_of_the_day_and_not_of_what_it_is(
    carrier: list[tuple[datetime, str]],
) -> None:
    a_person(a_case())

    run(datetime(2026, 12, 4, 20, 0, tzinfo=CHICAGO))

    noon = datetime(2026, 12, 3, 12, 0, tzinfo=CHICAGO)
    assert [at.astimezone(CHICAGO).date() for at, _ in carrier] == [DAY - timedelta(days=n) for n in (7, 3, 1)]
    assert all(10 <= at.astimezone(CHICAGO).hour < 19 for at, _ in carrier)
    assert [words for _, words in carrier] == [
        render("reminder", "en", Planned(noon, noon - timedelta(days=7))),
        render("reminder", "en", Planned(noon, noon - timedelta(days=3))),
        render("reminder_tomorrow", "en", Planned(noon, noon - timedelta(days=1))),
    ]
    assert "in 7 days, on Thursday" in carrier[0][1]


@pytest.mark.django_db
@pytest.mark.parametrize("says", ["no", ""])
def test_who_did_not_say_yes_is_not_reminded(carrier: list[tuple[datetime, str]], says: str) -> None:
    a_person(a_case(), says=says)

    run(datetime(2026, 12, 4, 20, 0, tzinfo=CHICAGO))

    assert carrier == []
    assert set(Message.objects.filter(template="reminder").values_list("state", "reason")) == {
        ("cancelled", "not_asked_for")
    }


@pytest.mark.django_db
def test_each_of_two_relatives_has_a_yes_of_their_own(carrier: list[tuple[datetime, str]]) -> None:
    case = a_case()
    a_person(case, says="no")
    a_person(case, says="yes", language="hmn")

    run(TEN + timedelta(hours=1), since=TEN)

    assert len(carrier) == 1
    assert carrier[0][1].startswith("Xov tooj pab:")


@pytest.mark.django_db
def test_a_date_that_changed_is_the_one_they_are_reminded_of(carrier: list[tuple[datetime, str]]) -> None:
    case = a_case()
    a_person(case)
    later = DAY + timedelta(days=1)
    with time_machine.travel(OFFICE_HOURS + timedelta(days=1), tick=False):
        record_facts(case=case, facts=make.free_facts(hearing_on=later, date_kind="court"), by=make.SYSTEM)

    run(TEN + timedelta(days=1, hours=8), since=TEN)

    assert [at.astimezone(CHICAGO).date() for at, _ in carrier] == [later - timedelta(days=7)]


@pytest.mark.django_db
@pytest.mark.parametrize(("moved_by", "left"), [(1, 0), (0, 1), (None, 0)], ids=["moved", "said again", "no date"])
def test_a_reminder_that_waits_says_no_day_that_the_family_took_back(
    carrier: list[tuple[datetime, str]], moved_by: int | None, left: int
) -> None:
    case = a_case()
    a_person(case)
    remind_of_dates(TEN)
    day = None if moved_by is None else DAY + timedelta(days=moved_by)
    with time_machine.travel(TEN + timedelta(minutes=1), tick=False):
        record_facts(case=case, facts=make.free_facts(hearing_on=day, date_kind="court"), by=make.SYSTEM)

    run(TEN + timedelta(hours=1), since=TEN)

    assert len(carrier) == left
    reason = Message.objects.get(template="reminder").reason
    assert reason == ("" if left else "date_changed")


@pytest.mark.django_db
def test_of_a_date_that_staff_ended_nobody_is_reminded(carrier: list[tuple[datetime, str]]) -> None:
    case = a_case()
    a_person(case)
    remind_of_dates(TEN)
    [date_of_family] = CaseDeadline.objects.running().filter(case=case, rule=None)
    drop_deadline(
        case=case,
        deadline=date_of_family,
        reason="overtaken",
        by=make.actor(make.Role.COORDINATOR),
        now=TEN + timedelta(minutes=1),
    )

    run(DAY_AFTER, since=TEN)

    assert carrier == []
    assert Message.objects.get(template="reminder").reason == "date_over"


@pytest.mark.django_db
def test_a_seat_that_is_given_back_takes_every_reminder_with_it(carrier: list[tuple[datetime, str]]) -> None:
    clinic = make.clinic(starts_at=18 * 60)
    case = waiting(OFFICE_HOURS - timedelta(days=1))
    a_person(case)
    tend_seats(OFFICE_HOURS - timedelta(days=1))
    a_week_before = clinic.begins.astimezone(CHICAGO).replace(hour=11) - timedelta(days=7)
    remind_of_dates(a_week_before)
    assert Message.objects.get(template="reminder_hour").state == "queued"

    give_up_seat(case=case, by=make.actor(make.Role.COORDINATOR), now=a_week_before + timedelta(minutes=1))

    run(clinic.begins, since=a_week_before + timedelta(minutes=2))
    assert [words for _, words in carrier if "Thursday" in words or "Tuesday" in words] == []
    assert Message.objects.get(template="reminder_hour").reason == "seat_freed"


@pytest.mark.django_db
def test_who_named_the_date_today_knows_it(carrier: list[tuple[datetime, str]]) -> None:
    a_person(a_case(OFFICE_HOURS.astimezone(CHICAGO).date() + timedelta(days=3)))

    run(OFFICE_HOURS + timedelta(hours=8))

    assert carrier == []


@pytest.mark.django_db
def test_of_a_date_that_staff_ended_nobody_is_reminded_whatever_else_changes(
    carrier: list[tuple[datetime, str]],
) -> None:
    case = a_case()
    a_person(case)
    named = CaseDeadline.objects.running().get(case=case, code="HEARING")
    drop_deadline(case=case, deadline=named, reason="does_not_apply", by=make.actor(Role.COORDINATOR), now=OFFICE_HOURS)
    with time_machine.travel(OFFICE_HOURS + timedelta(hours=1), tick=False):
        facts = make.free_facts(hearing_on=DAY, date_kind="court", monthly_income=2100)
        record_facts(case=case, facts=facts, by=make.SYSTEM)

    run(DAY_AFTER)

    assert carrier == []


@pytest.mark.django_db
@pytest.mark.parametrize("days", [7, 3, 1])
def test_whatever_else_changes_on_that_day_they_are_reminded(carrier: list[tuple[datetime, str]], days: int) -> None:
    case = a_case()
    a_person(case)
    with time_machine.travel(datetime.combine(DAY, time(8), CHICAGO) - timedelta(days=days), tick=False):
        facts = make.free_facts(hearing_on=DAY, date_kind="court", monthly_income=2100)
        record_facts(case=case, facts=facts, by=make.SYSTEM)

    run(DAY_AFTER)

    assert [(DAY - at.astimezone(CHICAGO).date()).days for at, _ in carrier] == [7, 3, 1]


@pytest.mark.django_db
def test_of_a_case_that_is_over_nobody_is_reminded(carrier: list[tuple[datetime, str]]) -> None:
    case = a_case()
    a_person(case)
    withdraw(case=case, by=make.actor(make.Role.COORDINATOR), now=OFFICE_HOURS)

    run(TEN + timedelta(hours=8), since=TEN)

    assert carrier == []


@pytest.mark.django_db
def test_a_reminder_that_comes_too_late_is_not_sent(carrier: list[tuple[datetime, str]]) -> None:
    a_person(a_case())
    remind_of_dates(datetime(2026, 12, 2, 18, 30, tzinfo=CHICAGO))
    message = Message.objects.get(template="reminder")

    delivery.deliver(message.pk, now=datetime(2026, 12, 3, 8, 0, tzinfo=CHICAGO))

    message.refresh_from_db()
    assert carrier == []
    assert (message.state, message.reason) == ("cancelled", "day_is_over")


@pytest.mark.django_db
def test_a_clock_of_the_law_is_no_reminder(carrier: list[tuple[datetime, str]]) -> None:
    case = a_case()
    a_person(case)
    CaseDeadline.objects.filter(case=case).update(from_answers=False)

    run(TEN + timedelta(hours=8), since=TEN)

    assert carrier == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("says", "days", "words"),
    [
        ("yes", [7, 3, 1], "You have something in 7 days, on Tuesday at 6:00 PM."),
        ("no", [3, 1], "You have something coming up soon."),
    ],
)
def test_of_a_clinic_who_said_yes_reads_the_hour_and_others_that_something_is_near(
    carrier: list[tuple[datetime, str]], says: str, days: list[int], words: str
) -> None:
    clinic = make.clinic(starts_at=18 * 60)
    case = waiting(OFFICE_HOURS - timedelta(days=1))
    a_person(case, says=says)
    tend_seats(OFFICE_HOURS - timedelta(days=1))

    run(clinic.begins, since=OFFICE_HOURS)

    assert [(clinic.held_on - at.astimezone(CHICAGO).date()).days for at, _ in carrier] == days
    assert words in carrier[0][1]
    kept = set(Message.objects.filter(state="delivered").values_list("template", flat=True))
    assert kept == ({"reminder_hour"} if says == "yes" else {"clinic_reminder"})
    reasons = set(
        Message.objects.filter(state="cancelled", template__contains="remind").values_list("reason", flat=True)
    )
    assert reasons == {"reminded_by_day" if says == "yes" else "not_asked_for"}


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.times(),
    st.integers(-3, 10),
    st.integers(0, 23),
)
def test_a_reminder_never_says_a_wrong_day(day: date, hour_now: time, days: int, hour: int) -> None:
    today = datetime.combine(day, hour_now, CHICAGO)
    at = datetime.combine(today.date() + timedelta(days=days), datetime.min.time(), CHICAGO) + timedelta(hours=hour)
    planned = Planned(at, today)

    assert planned.days == (at.astimezone(CHICAGO).date() - today.date()).days
    assert planned.fields()["days"] == str(planned.days)
