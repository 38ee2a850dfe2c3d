"""What a family hears back: once, in its language, never against its wish."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications import Arrived, delivery
from notifications.keywords import CARRIERS_STOP
from notifications.models import Contact, Message
from notifications.texts import render
from tests.fake_twilio import FakeTwilio
from tests.notifications.conftest import LATE, NOON, MakeContact
from tests.notifications.inbound.family import answers, hear_us
from tests.notifications.test_delivery import StubbornBackend, state_of

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.mark.parametrize(("language", "body"), [("en", "HELP"), ("es", "ayuda"), ("so", "INFO"), ("hmn", "pab")])
def test_help_is_answered_in_the_familys_language(
    findable: MakeContact,
    carrier: StubbornBackend,
    language: str,
    body: str,
) -> None:
    findable(language=language)

    hear_us(body)
    delivery.deliver(Message.objects.get().id, now=NOON)

    assert [words for _, words in carrier.sent] == [render("help", language)]


def test_a_stop_is_confirmed_once_and_never_again(
    findable: MakeContact,
    carrier: StubbornBackend,
) -> None:
    findable(language="so")
    findable(language="so")

    for second, word in enumerate(["jooji", "STOP", "jooji", "please stop texting me"]):
        hear_us(word, now=NOON + timedelta(seconds=second))
    for message in Message.objects.all():
        delivery.deliver(message.id, now=NOON + timedelta(minutes=1))

    assert answers() == [("stopped", "so")]
    assert [words for _, words in carrier.sent] == [render("stopped", "so")]


def test_a_confirmation_that_comes_too_late_is_not_sent(
    findable: MakeContact,
    carrier: StubbornBackend,
) -> None:
    findable()
    hear_us("alto")

    delivery.deliver(Message.objects.get().id, now=NOON + timedelta(minutes=5, seconds=1))

    assert state_of(Message.objects.get()) == ("cancelled", "opted_out")
    assert carrier.sent == []


@pytest.mark.parametrize("word", sorted(CARRIERS_STOP))
def test_what_the_carrier_confirms_by_itself_we_do_not_confirm_again(
    findable: MakeContact, twilio: FakeTwilio, word: str
) -> None:
    findable()

    hear_us(word)

    assert answers() == []


def test_start_begins_them_again_and_says_so_once(findable: MakeContact) -> None:
    contact = findable()
    hear_us("STOP")

    hear_us("START", now=NOON + timedelta(minutes=1))
    hear_us("START", now=NOON + timedelta(hours=1))

    contact.refresh_from_db()
    assert contact.opted_out_at is None
    assert answers() == [("stopped", "en"), ("started", "en"), ("received", "en")]


@pytest.mark.parametrize("word", ["Sí", "haa", "yog", "haye", "yog lawm", "inicio", "bilow", "pib"])
def test_no_word_but_the_carriers_lifts_a_stop_a_person_reads_it(
    findable: MakeContact, filed: list[Arrived], word: str
) -> None:
    contact = findable()
    hear_us("STOP")

    hear_us(word, now=NOON + timedelta(minutes=1))

    contact.refresh_from_db()
    assert contact.opted_out_at == NOON
    # Neither news nor a command: referrals opens a task to answer it.
    assert (filed[-1].wish, filed[-1].is_news) == ("other", False)
    assert answers() == [("stopped", "en")]


def test_yes_begins_texts_only_for_who_had_stopped_them(findable: MakeContact, filed: list[Arrived]) -> None:
    contact = findable()
    Contact.objects.filter(pk=contact.pk).update(may_text=False)

    hear_us("YES")

    contact.refresh_from_db()
    assert contact.may_text is False
    assert [(one.wish, one.is_news) for one in filed] == [("yes", False)]
    assert answers() == []


def test_anything_else_is_answered_once_a_day(findable: MakeContact, filed: list[Arrived]) -> None:
    findable(language="es")

    for hours in (0, 1, 5, 25):
        hear_us("¿Hay novedades?", now=NOON + timedelta(hours=hours))

    assert answers() == [("received", "es"), ("received", "es")]
    assert len(filed) == 4


def test_two_machines_that_answer_each_other_are_slowed(findable: MakeContact) -> None:
    findable()

    for second in range(300):
        hear_us("HELP", now=NOON + timedelta(seconds=second))

    assert len(answers()) <= 2


@pytest.mark.parametrize("terms", [{"may_text": False}, {"phone_is_shared": True}])
def test_a_phone_that_must_not_be_texted_gets_no_answer(
    findable: MakeContact, filed: list[Arrived], terms: dict[str, Any]
) -> None:
    findable(**terms)

    hear_us("What is the news?")
    hear_us("alto")

    assert answers() == []
    assert len(filed) == 2


def test_who_stopped_the_texts_and_writes_gets_no_answer_and_is_heard(
    findable: MakeContact, filed: list[Arrived]
) -> None:
    findable()
    hear_us("STOP")

    hear_us("They are moving him, call me")

    assert answers() == [("stopped", "en")]
    assert filed[-1].body == "They are moving him, call me"


def test_answers_wait_for_the_morning_like_every_text_and_a_stop_is_not_confirmed_then(
    findable: MakeContact,
    carrier: StubbornBackend,
) -> None:
    findable()
    findable(phone="+16125550143")
    hear_us("HELP", now=LATE)
    hear_us("tsum", now=LATE, number="+16125550143")

    morning = datetime.fromisoformat("2026-11-21T14:00:00+00:00")
    for now in (LATE, LATE + timedelta(hours=3), morning):
        for message in Message.objects.all():
            delivery.deliver(message.id, now=now)

    assert [words for _, words in carrier.sent] == [render("help", "en")]
