"""From a family's yes on the site to the text that leaves and the call a coordinator sees: by pages and tasks alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from accounts.roles import Role
from intake import tasks as intake_tasks
from notifications import tasks
from notifications.models import Message
from referrals import tasks as referrals_tasks
from referrals.business_time import CHICAGO
from referrals.models import Case
from tests import factories
from tests.fake_twilio import FakeTwilio
from tests.intake.family import Family

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def clock() -> Iterator[Any]:
    """Thursday, 22 October 2026, ten in the morning; the clocks go back on Sunday, 1 November."""
    with time_machine.travel(datetime(2026, 10, 22, 10, 0, tzinfo=CHICAGO), tick=False) as clock:
        yield clock


def local() -> datetime:
    return datetime.now(CHICAGO)


def beat() -> None:
    """What the clock does again and again."""
    referrals_tasks.remind_of_dates()
    referrals_tasks.tend_clinic_seats()
    tasks.sweep()
    for message_id in Message.objects.filter(state="queued", send_after__lte=datetime.now(CHICAGO)).values_list(
        "id", flat=True
    ):
        tasks.deliver(str(message_id))


def run_until(clock: Any, end: datetime, twilio: FakeTwilio, reported: str = "delivered") -> list[tuple[datetime, str]]:
    """The clock by half hours; when which words left, each reported as `reported` at once."""
    left = []
    while local() <= end:
        before = len(twilio.texts)
        beat()
        for number in range(before, len(twilio.texts)):
            left.append((local(), twilio.texts[number]["Body"]))
            code = {"ErrorCode": "30003"} if reported == "undelivered" else {}
            assert twilio.report(reported, number=number, **code).status_code == 204
        clock.shift(HALF_AN_HOUR)
    return left


def a_family(clock: Any, twilio: FakeTwilio, **changes: dict[str, Any]) -> Case:
    """Walks every page, says yes to texts and reminders, and names a day in court."""
    factories.room()
    family = Family()
    family.begin()
    dates = {"flight": "no", "hearing_day_0": "11", "hearing_day_1": "4", "hearing_day_2": "2026", "date_kind": "court"}
    dates |= {"hearing_day": "11/4/2026"}
    family.answer_all(dates=dates, reach={"text_language": "en", "hours": "day"}, **changes)
    assert family.send().status_code == 302
    intake_tasks.index_lookups()
    return Case.objects.get()


def test_reminders_leave_seven_three_and_one_days_before_across_the_change_of_the_clocks(
    clock: Any, twilio: FakeTwilio
) -> None:
    a_family(clock, twilio)

    left = run_until(clock, datetime(2026, 11, 5, 12, 0, tzinfo=CHICAGO), twilio)

    reminders = [(at, words) for at, words in left if "You have something" in words]
    assert [at.date().isoformat() for at, _ in reminders] == ["2026-10-28", "2026-11-01", "2026-11-03"]
    assert [at.utcoffset() for at, _ in reminders] == [timedelta(hours=-5), timedelta(hours=-6), timedelta(hours=-6)]
    assert all(8 <= at.hour < 21 for at, _ in left)
    assert "in 7 days, on Wednesday" in reminders[0][1]
    assert "in 3 days, on Wednesday" in reminders[1][1]
    assert "tomorrow, Wednesday" in reminders[2][1]
    assert len({words for _, words in left}) == len(left)


def test_who_said_no_to_reminders_gets_none(clock: Any, twilio: FakeTwilio) -> None:
    a_family(clock, twilio, consent={"may_remind": "no"})

    left = run_until(clock, datetime(2026, 11, 4, 12, 0, tzinfo=CHICAGO), twilio)

    assert [words for _, words in left if "You have something" in words] == []


def test_a_text_that_reaches_nobody_thrice_more_is_a_call_on_the_coordinators_desk(
    clock: Any, twilio: FakeTwilio
) -> None:
    case = a_family(clock, twilio)
    opened = Message.objects.get(case_id=case.pk, template="opened")

    run_until(clock, local() + timedelta(hours=26), twilio, reported="undelivered")

    opened.refresh_from_db()
    # At once, and one, five and seventeen hours later; the last one waits for eight in the morning.
    assert (opened.state, opened.reason, opened.times_returned) == ("undelivered", "out_of_reach", 4)
    assert len([text for text in twilio.texts if str(opened.pk) in text["StatusCallback"]]) == 4
    coordinator = factories.client_of(factories.member(Role.COORDINATOR))
    assert case.tasks.filter(kind="call_family", done_at=None).exists()
    assert case.reference in coordinator.get("/staff/calls/").content.decode()
    assert "Text did not arrive: call" in coordinator.get(f"/staff/cases/{case.reference}/").content.decode()


def test_a_providers_mail_in_the_morning_counts_and_names_nobody(clock: Any, twilio: FakeTwilio) -> None:
    lead = factories.member(Role.PROVIDER_LEAD)
    case = a_family(clock, twilio)
    factories.accept(factories.live_offer(case))
    clock.move_to(datetime(2026, 11, 3, 7, 30, tzinfo=CHICAGO))
    mail.outbox.clear()

    for _ in range(24):
        referrals_tasks.mail_digests()
        clock.shift(timedelta(minutes=10))

    [digest] = [one for one in mail.outbox if lead.email in one.to]
    said = f"{digest.subject} {digest.body}"
    assert any(letter.isdigit() for letter in said)
    for word in ("Testigo", "Ficticio", "Madre", "Inventada", "555-0123", "000-123-456", "Jacaranda", case.reference):
        assert word not in said
