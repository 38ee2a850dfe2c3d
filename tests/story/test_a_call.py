"""The whole way of a family that has only a phone: a call at night, somebody woken, the desk, the form, a lawyer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.roles import Role
from intake.voice.prompts import BY_NAME
from notifications import delivery
from notifications.models import Message, MessageState
from privacy import worker_key
from referrals import events
from referrals.actions import pages_out, paging
from referrals.actions.sharing import share_contact
from referrals.business_time import CHICAGO
from referrals.models import Case, DutyPage, DutyPhone, DutyShift, Offer, OfferState, State, Urgency
from tests import factories as make
from tests.fake_carrier import FakeCarrier
from tests.intake.family import STORY
from tests.intake.voice import conftest as voice
from tests.intake.voice.phone import Phone, up_to, work
from tests.story import dump
from tests.story.attorney import check_and_accept
from tests.story.family import choose, press
from tests.story.test_main_job import PASSWORD, desk

_codes = voice._codes

CALLER = "+16125550147"
DUTY = "+16125550161"
SAFE = "612-555-0166"
TYPED = ["6125550166", "+16125550166", CALLER, CALLER[2:], "Testigo Ficticio Ñandú", "Madre Inventada"]


@pytest.fixture
def tonight() -> Iterator[datetime]:
    """The last 23:00 in Minneapolis."""
    now = timezone.now().astimezone(CHICAGO)
    late = now.replace(hour=23, minute=0, second=0, microsecond=0)
    if late > now:
        late -= timedelta(days=1)
    with time_machine.travel(late, tick=True):
        yield late


def on_duty(user: User, now: datetime) -> None:
    DutyPhone.objects.create(user=user, phone=DUTY)
    DutyShift.objects.create(user=user, begins_at=now - timedelta(hours=5), ends_at=now + timedelta(hours=9))


def answer_section(page: Page) -> None:
    """Fills in what the screen asks, as the family tells it, and goes on."""
    told: dict[str, Any] = {}
    for hidden in page.query_selector_all("main input[name=page]"):
        told |= STORY[str(hidden.get_attribute("value"))]
    told |= {"phone": SAFE} if "phone" in told else {}
    for fold in page.query_selector_all("main form details:not([open]) > summary"):
        fold.click()
    for name, value in told.items():
        for one in value if isinstance(value, list) else [value]:
            if page.locator(f"main input[name={name}][value='{one}']:not([type=text])").count():
                choose(page, name, one)
            elif one and page.locator(f"main [name={name}]").count():
                page.fill(f"main [name={name}]", one)
    press(page, "main form button[type=submit] >> nth=0")


def deliver_texts() -> None:
    """What the worker does for the outbox."""
    for message_id in Message.objects.filter(state=MessageState.QUEUED).values_list("pk", flat=True):
        delivery.deliver(message_id, now=timezone.now())


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_call_at_night_leads_to_a_lawyer(
    tonight: datetime, live_server: LiveServer, browser: Browser, carrier: FakeCarrier
) -> None:
    address = live_server.url
    make.room("AHR", "detained_full", ceiling=6)
    coordinator = make.member(Role.COORDINATOR, password=PASSWORD)
    on_duty(coordinator, tonight)

    # She calls at eleven, in Spanish, and presses keys; then the call is cut.
    call = up_to("give_code", "es", caller=CALLER)
    code = call.code()
    for key in ("1", "1", "1", "6", "55407"):
        call.press(key)
    call.hang_up()
    case = Case.objects.get()
    assert (case.language, case.urgency) == ("es", Urgency.T0)

    # Somebody is woken, by a text and a call that name the reference and nobody.
    pages_out.send_waiting(timezone.now())
    assert DutyPage.objects.get().user_id == coordinator.pk
    assert [one["To"] for one in carrier.asked("Messages")] == [DUTY]
    assert [one["To"] for one in carrier.asked("Calls")] == [DUTY]

    # The coordinator takes the call, reads how to make it, and is connected.
    page = desk(browser, address, coordinator)
    page.goto(f"{address}/staff/vault/unlock/")
    page.fill("input[name=passphrase]", make.PASSPHRASE)
    press(page, "main button:has-text('Unlock')")
    page.goto(f"{address}/staff/calls/")
    assert "Paged" in page.inner_text("main")
    press(page, "main button:has-text('Take')")
    assert paging.escalate(timezone.now() + timedelta(minutes=11)) == 0
    press(page, "main button:has-text('Open how')")
    press(page, "main button:has-text('Ring my phone')")
    connected = carrier.asked("Calls")[-1]
    assert connected["To"] == DUTY
    assert f"<Number>{CALLER}</Number>" in connected["Twiml"]
    assert CALLER[2:] not in page.content()

    # Reached: the whole form, into the case that is there.
    choose(page, "outcome", "reached")
    press(page, "main button:has-text('Write it down')")
    assert page.get_attribute("main .say", "lang") == "es"
    page.click("label[for=id_agreed]")
    press(page, "main button:has-text('Begin')")
    for _section in range(12):
        if page.url.endswith("/check/"):
            break
        answer_section(page)
    press(page, "main button:has-text('send')")
    assert "keeps the code it has" in page.inner_text("main")
    assert Case.objects.count() == 1
    work()

    # A lawyer's office takes it, and the family's phone gets a neutral text in Spanish.
    offer = Offer.objects.get(case=case, state=OfferState.LIVE)
    assert offer.program.provider.code == "AHR"
    attorney = desk(browser, address, make.member(Role.PROVIDER_LEAD, "ahr", password=PASSWORD))
    check_and_accept(attorney, address, case.reference, make.PASSPHRASE)
    case.refresh_from_db()
    assert case.state == State.ACCEPTED
    share_contact(offer_id=offer.pk, keys=worker_key.load().keys(), now=timezone.now())
    deliver_texts()
    texts = [one for one in carrier.asked("Messages") if one["To"].endswith("5550166")]
    assert any("Buenas noticias" in one["Body"] for one in texts)
    for word in ("ICE", "abogad", "deten", "Whipple", case.reference):
        assert word not in " ".join(one["Body"] for one in texts)

    # With the code of the first call she hears how it stands.
    later = Phone(language="es", caller="+16125550199").dial().press("2").press(code)
    assert BY_NAME["status_accepted"].words("es") in later.words()

    assert dump.leaks([*TYPED, code]) == []
    assert dump.zip_in_columns("55407") == []
    assert all(events.broken_links(pk) == [] for pk in Case.objects.values_list("pk", flat=True))
