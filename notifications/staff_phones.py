"""Ringing and texting members of staff, and connecting them with a family; never through the outbox of families' texts.

The words are spoken by inline TwiML: the carrier asks us nothing back, and no webhook ever has to know a number.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from twilio.base.exceptions import TwilioException
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from notifications.backends import CannotAsk
from notifications.backends.twilio_sms import CLOCKS_DIFFER, NEWEST_TO_A_NUMBER, HttpClient, has_account

log = logging.getLogger(__name__)

_RING_SECONDS = 30
_BEFORE_A_MAILBOX_SECONDS = 15


class StaffPhones(Protocol):
    """`text` and `ring` return the carrier's id, "" where it took nothing or its answer was lost, and never raise for
    what a carrier may do; nor does `connect`, which returns whether it was taken.

    The two questions return the carrier's ids of what went to the phone since a moment, and raise `CannotAsk`.
    """

    def text(self, phone: str, body: str) -> str: ...

    def ring(self, phone: str, words: str) -> str: ...

    def connect(self, phone: str, other: str, words: str) -> bool: ...

    def texts_to(self, phone: str, body: str, *, since: datetime) -> list[str]: ...

    def rings_to(self, phone: str, *, since: datetime) -> list[str]: ...


def staff_phones() -> StaffPhones:
    """The way this installation reaches phones, the same as for texts."""
    return TwilioPhones() if settings.TEXT_BACKEND == "twilio" else NoPhones()


class NoPhones:
    """The demo: no phone rings, and the log says that one would have."""

    def text(self, phone: str, body: str) -> str:
        return self._say("A member of staff would be texted.")

    def ring(self, phone: str, words: str) -> str:
        return self._say("A member of staff would be called.")

    def connect(self, phone: str, other: str, words: str) -> bool:
        return bool(self._say("A member of staff would be connected with a family."))

    def texts_to(self, phone: str, body: str, *, since: datetime) -> list[str]:
        return []

    def rings_to(self, phone: str, *, since: datetime) -> list[str]:
        return []

    def _say(self, what: str) -> str:
        log.warning("%s No phone is set up here.", what)
        return "demo"


class TwilioPhones:
    """One request each, no retry: whoever asked sees that it failed, or asks again by the clock."""

    def text(self, phone: str, body: str) -> str:
        return self._ask("messages", to=phone, from_=settings.TWILIO_FROM, body=body)

    def ring(self, phone: str, words: str) -> str:
        response = VoiceResponse()
        # Twice: whoever was asleep misses the first.
        response.say(words, language="en-US", loop=2)
        return self._ask("calls", to=phone, from_=settings.TWILIO_FROM, twiml=str(response))

    def connect(self, phone: str, other: str, words: str) -> bool:
        """Rings `phone`, says `words`, then rings `other`; both see our number and neither the other's."""
        response = VoiceResponse()
        response.say(words, language="en-US")
        dial = response.dial(caller_id=settings.TWILIO_FROM, timeout=_RING_SECONDS)
        dial.number(other)
        # A mailbox takes a call after some twenty seconds; the family must not be connected with one, which records.
        asked = {"twiml": str(response), "timeout": _BEFORE_A_MAILBOX_SECONDS}
        return bool(self._ask("calls", to=phone, from_=settings.TWILIO_FROM, **asked))

    def texts_to(self, phone: str, body: str, *, since: datetime) -> list[str]:
        """As the protocol says, of the newest ones those with these words."""
        return [one.sid for one in self._newest("messages", phone, since) if one.body == body]

    def rings_to(self, phone: str, *, since: datetime) -> list[str]:
        return [one.sid for one in self._newest("calls", phone, since)]

    def _newest(self, what: str, phone: str, since: datetime) -> list[Any]:
        if not has_account():
            raise CannotAsk
        try:
            with _client() as client:
                there = getattr(client, what).list(to=phone, from_=settings.TWILIO_FROM, limit=NEWEST_TO_A_NUMBER)
        except Exception as error:
            # Without its words, which can repeat a number.
            log.warning("the carrier cannot be asked (%s, %s)", what, type(error).__name__)
            raise CannotAsk from None
        return [one for one in there if (one.date_created or since) >= since - CLOCKS_DIFFER]

    def _ask(self, what: str, **asked: Any) -> str:
        if not has_account():
            return ""
        try:
            with _client() as client:
                return str(getattr(client, what).create(**asked).sid)
        except TwilioException as error:
            # Never its message, which can hold a number.
            log.error("the carrier refused (%s, %s)", what, getattr(error, "code", None))
        except Exception as error:
            log.error("the carrier does not answer (%s, %s)", what, type(error).__name__)
        return ""


@contextmanager
def _client() -> Iterator[Any]:
    http = HttpClient()
    try:
        yield Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
    finally:
        http.session.close()
