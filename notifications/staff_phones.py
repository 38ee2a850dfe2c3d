"""Ringing and texting members of staff, and connecting them with a family; never through the outbox of families' texts.

The words are spoken by inline TwiML: the carrier asks us nothing back, and no webhook ever has to know a number.
"""

import logging
from typing import Any, Protocol

from django.conf import settings
from twilio.base.exceptions import TwilioException
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from notifications.backends.twilio_sms import HttpClient

log = logging.getLogger(__name__)

_RING_SECONDS = 30
_BEFORE_A_MAILBOX_SECONDS = 15


class StaffPhones(Protocol):
    """Each returns whether the carrier took it, and never raises for what a carrier may do."""

    def text(self, phone: str, body: str) -> bool: ...

    def ring(self, phone: str, words: str) -> bool: ...

    def connect(self, phone: str, other: str, words: str) -> bool: ...


def staff_phones() -> StaffPhones:
    """The way this installation reaches phones, the same as for texts."""
    return TwilioPhones() if settings.TEXT_BACKEND == "twilio" else NoPhones()


class NoPhones:
    """The demo: no phone rings, and the log says that one would have."""

    def text(self, phone: str, body: str) -> bool:
        return self._say("A member of staff would be texted.")

    def ring(self, phone: str, words: str) -> bool:
        return self._say("A member of staff would be called.")

    def connect(self, phone: str, other: str, words: str) -> bool:
        return self._say("A member of staff would be connected with a family.")

    def _say(self, what: str) -> bool:
        log.warning("%s No phone is set up here.", what)
        return True


class TwilioPhones:
    """One request each, no retry: whoever asked sees that it failed, or asks again by the clock."""

    def text(self, phone: str, body: str) -> bool:
        return self._ask("messages", to=phone, from_=settings.TWILIO_FROM, body=body)

    def ring(self, phone: str, words: str) -> bool:
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
        return self._ask(
            "calls", to=phone, from_=settings.TWILIO_FROM, twiml=str(response), timeout=_BEFORE_A_MAILBOX_SECONDS
        )

    def _ask(self, what: str, **asked: Any) -> bool:
        if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
            return False
        http = HttpClient()
        try:
            client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
            getattr(client, what).create(**asked)
        except TwilioException as error:
            # Never its message, which can hold a number.
            log.error("the carrier refused (%s, %s)", what, getattr(error, "code", None))
            return False
        except Exception as error:
            log.error("the carrier does not answer (%s, %s)", what, type(error).__name__)
            return False
        else:
            return True
        finally:
            http.session.close()
