"""A contact whose number is sealed, and a text waiting for it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
import time_machine

from notifications import undelivered_handlers
from notifications.actions import add_contact, queue_texts
from notifications.backends import twilio_sms
from notifications.models import Contact, Message
from privacy import vault
from privacy.models import DocumentKind
from tests import fake_twilio

# Friday, 20 November 2026, 10:00 in Minneapolis.
NOON = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
# The same day at 22:10.
LATE = datetime(2026, 11, 21, 4, 10, tzinfo=UTC)
PHONE = "+16125550142"


# Tests with processes of their own, whose clock is the real one.
OF_PROCESSES = {"test_chaos.py", "test_worker.py"}


@pytest.fixture(autouse=True)
def _noon(request: pytest.FixtureRequest) -> Iterator[None]:
    """It is noon for whatever asks the clock itself, such as a webhook: nothing depends on when the tests run."""
    if request.path.name in OF_PROCESSES:
        yield
        return
    with time_machine.travel(NOON, tick=True):
        yield


class MakeContact(Protocol):
    def __call__(self, *, phone: str | None = PHONE, **changes: Any) -> Contact: ...


class MakeMessage(Protocol):
    def __call__(self, contact: Contact | None = None, *, is_urgent: bool = False, now: datetime = NOON) -> Message: ...


@pytest.fixture
def make_contact() -> MakeContact:
    def make(*, phone: str | None = PHONE, **changes: Any) -> Contact:
        terms: dict[str, Any] = {
            "case_id": uuid4(),
            "contact_id": uuid4(),
            "language": "en",
            "may_text": True,
            "may_call": True,
            "any_hour": False,
            "phone_is_shared": False,
            "now": NOON,
        }
        contact = add_contact(**terms | changes)
        if phone:
            vault.seal(
                case_id=contact.case_id,
                kind=DocumentKind.CONTACT,
                payload={"phone": phone},
                readers=[vault.WORKER],
                subject=contact.id,
                now=NOON,
            )
        return contact

    return make


@pytest.fixture
def make_message(make_contact: MakeContact) -> MakeMessage:
    def make(contact: Contact | None = None, *, is_urgent: bool = False, now: datetime = NOON) -> Message:
        contact = contact or make_contact()
        trigger = uuid4()
        queue_texts(case_id=contact.case_id, template="accepted", trigger=trigger, is_urgent=is_urgent, now=now)
        return Message.objects.get(contact=contact, trigger=trigger)

    return make


@pytest.fixture
def calls_asked_for() -> Iterator[list[tuple[UUID, UUID, datetime]]]:
    """What the packages above are told when somebody has to call; theirs do not hear of it meanwhile."""
    told: list[tuple[UUID, UUID, datetime]] = []
    registered = undelivered_handlers[:]
    undelivered_handlers[:] = [lambda *call: told.append(call)]
    yield told
    undelivered_handlers[:] = registered


@pytest.fixture
def twilio(settings: Any) -> Iterator[fake_twilio.FakeTwilio]:
    """The real SDK, talking to a Twilio of the tests."""
    with fake_twilio.running() as fake:
        settings.TEXT_BACKEND = "twilio"
        settings.TWILIO_ACCOUNT_SID = fake_twilio.ACCOUNT_SID
        settings.TWILIO_AUTH_TOKEN = fake_twilio.AUTH_TOKEN
        settings.TWILIO_FROM = fake_twilio.FROM
        settings.TWILIO_API_BASE_URL = fake.url
        settings.PUBLIC_BASE_URL = fake_twilio.PUBLIC_BASE_URL
        settings.TEXTS_PER_SECOND = 0.0
        fake.now = NOON
        yield fake
        twilio_sms.close()
