"""What a family says on the site and by text about its texts: the newest word counts, wherever it was said."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from intake.actions import submit_draft
from intake.tasks import merge_all_corrections
from notifications import delivery, inbound, opt_out
from notifications.actions import change_contact
from notifications.models import Contact, HandsetText, Message
from tests import factories
from tests.intake.family import Family
from tests.intake.test_corrections import correct
from tests.intake.test_rights import with_code
from tests.intake.test_sending import a_draft

pytestmark = pytest.mark.django_db

# Wednesday, 18 November 2026: 10:00 in Minneapolis, 11:00 in New York, 19:00 in Nairobi.
MORNING = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
PHONE = "+16125550123"
MINUTE = timedelta(minutes=1)


def text_us(body: str) -> None:
    """A text is committed; no worker has counted it."""
    now = datetime.now(UTC)
    inbound.receive(carrier_id=f"SM{uuid4().hex}", number=PHONE, body=body, now=now)


def say_yes(family: Family, **also: str) -> None:
    correct(family, "reach", may_text="yes", may_call="no", hours="day", text_language="en", **also)


Word = Callable[[Family], None]
STOP: Word = lambda family: text_us("STOP")  # noqa: E731
START: Word = lambda family: text_us("START")  # noqa: E731
YES_ON_SITE: Word = say_yes
NO_ON_SITE: Word = lambda family: correct(  # noqa: E731
    family, "reach", may_text="no", may_call="yes", hours="day", text_language="en"
)
ANOTHER_PAGE: Word = lambda family: correct(family, "you", caller_name="Otra")  # noqa: E731


@pytest.mark.parametrize("is_counted_between", [True, False])
@pytest.mark.parametrize(
    ("words", "is_texted"),
    [
        ([STOP], False),
        ([STOP, YES_ON_SITE], True),
        ([STOP, ANOTHER_PAGE], False),
        ([YES_ON_SITE, STOP], False),
        ([STOP, YES_ON_SITE, STOP], False),
        ([NO_ON_SITE, YES_ON_SITE], True),
        ([NO_ON_SITE, START], False),
        ([STOP, START], True),
        ([STOP, YES_ON_SITE, NO_ON_SITE], False),
    ],
    ids=lambda value: "",
)
def test_the_newest_word_counts(words: list[Word], is_texted: bool, is_counted_between: bool) -> None:
    factories.room()
    family, case = with_code()
    with time_machine.travel(MORNING, tick=False) as clock:
        for word in words:
            clock.shift(MINUTE)
            word(family)
            if is_counted_between:
                opt_out.count_waiting(datetime.now(UTC))
        clock.shift(MINUTE)
        now = datetime.now(UTC)
        contact = Contact.objects.get(case_id=case.pk)
        message = Message.objects.create(
            contact=contact, case_id=case.pk, template="accepted", trigger=uuid4(), language="en", send_after=now,
            created_at=now, state_since=now,
        )  # fmt: skip

        delivery.deliver(message.pk, now=now)

    assert HandsetText.objects.filter(message=message).exists() is is_texted


@pytest.mark.parametrize("is_counted", [True, False])
def test_a_stop_stands_that_came_in_while_a_yes_waited_for_its_case(is_counted: bool) -> None:
    factories.room()
    _, case = with_code()
    contact = Contact.objects.get(case_id=case.pk)
    with time_machine.travel(MORNING, tick=False) as clock:
        said_yes_at = datetime.now(UTC)
        clock.shift(MINUTE)
        text_us("STOP")
        if is_counted:
            opt_out.count_waiting(datetime.now(UTC))

        change_contact(contact_id=contact.pk, case_id=case.pk, now=said_yes_at, may_text=True)

        opt_out.count_waiting(datetime.now(UTC))
    contact.refresh_from_db()
    assert contact.opted_out_at == MORNING + MINUTE


def test_who_erases_the_clock_goes_by_minneapolis_again() -> None:
    factories.room()
    family, case = with_code()
    say_yes(family, clock="America/New_York")

    say_yes(family, erase="1")

    assert Contact.objects.get(case_id=case.pk).time_zone == "America/Chicago"


def test_a_family_says_whose_day_it_is_and_is_texted_by_it() -> None:
    factories.room()

    with time_machine.travel(MORNING, tick=False):
        case = submit_draft(draft=a_draft(reach={"clock": "Africa/Nairobi", "hours": "day"}))
    contact = Contact.objects.get(case_id=case.pk)
    assert contact.time_zone == "Africa/Nairobi"
    [message] = Message.objects.filter(case_id=case.pk, template="opened")

    # Nine in the evening there.
    delivery.deliver(message.pk, now=MORNING + timedelta(hours=2))

    message.refresh_from_db()
    assert (message.state, message.reason) == ("queued", "quiet_hours")
    assert message.send_after == datetime(2026, 11, 19, 5, 0, tzinfo=UTC)


def test_who_states_no_clock_goes_by_minneapolis_and_a_correction_changes_it_at_once() -> None:
    factories.room()
    # Half past seven in the morning here, half past eight in New York.
    early = datetime(2026, 11, 19, 13, 30, tzinfo=UTC)
    with time_machine.travel(early, tick=False):
        family, case = with_code()
        contact = Contact.objects.get(case_id=case.pk)
        assert contact.time_zone == "America/Chicago"
        message = Message.objects.create(
            contact=contact, case_id=case.pk, template="accepted", trigger=uuid4(), language="en", send_after=early,
            created_at=early, state_since=early,
        )  # fmt: skip
        delivery.deliver(message.pk, now=early)
        message.refresh_from_db()
        assert message.reason == "quiet_hours"

        say_yes(family, clock="America/New_York")

        delivery.deliver(message.pk, now=early)
        message.refresh_from_db()
        assert message.state == "delivered"
        # What is left open later stays as it was; what is named changes.
        say_yes(family)
        merge_all_corrections()
        contact.refresh_from_db()
        assert contact.time_zone == "America/New_York"
        say_yes(family, clock="America/Chicago")
        contact.refresh_from_db()
        assert contact.time_zone == "America/Chicago"


def test_a_clock_that_is_none_is_refused() -> None:
    factories.room()
    family, case = with_code()

    say_yes(family, clock="Mars/Olympus")

    assert Contact.objects.get(case_id=case.pk).time_zone == "America/Chicago"
