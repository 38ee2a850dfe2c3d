"""Twilio's own SDK, with our time-outs, our errors and, where it is told so, another server."""

import logging
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from notifications.backends.outcome import Ending, Outcome
from notifications.models import Message

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0

# https://www.twilio.com/docs/api/errors; what we do about each is in docs/architecture.md.
_ENDINGS = {
    20003: Ending.CREDENTIALS,
    20429: Ending.BUSY,
    21211: Ending.BAD_NUMBER,
    21614: Ending.BAD_NUMBER,
    21635: Ending.BAD_NUMBER,
    21610: Ending.OPTED_OUT,
}


class HttpClient(TwilioHttpClient):
    """Sends to TWILIO_API_BASE_URL where that is set, and logs nothing: the SDK's log lines show what we send."""

    def __init__(self) -> None:
        super().__init__(timeout=TIMEOUT_SECONDS, max_retries=0)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if settings.TWILIO_API_BASE_URL:
            base = urlsplit(settings.TWILIO_API_BASE_URL)
            url = urlsplit(url)._replace(scheme=base.scheme, netloc=base.netloc).geturl()
        return super().request(method, url, *args, **kwargs)

    def log_request(self, kwargs: dict[str, Any]) -> None: ...

    def log_response(self, status_code: int, response: Any) -> None: ...


class TwilioBackend:
    """One request, no retry here: whether a text may be sent again is decided where its state is kept."""

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
        if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
            # The SDK would send the text all the same, to nobody's account.
            return Outcome(Ending.CREDENTIALS)
        http = HttpClient()
        try:
            client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
            sent = client.messages.create(to=phone, body=body, from_=settings.TWILIO_FROM, **_callback(message))
            return Outcome(Ending.ACCEPTED, carrier_id=sent.sid or "")
        except TwilioException as error:
            return _refusal(error)
        except Exception as error:
            # Neither the message of an error nor its traceback is logged: both can hold the number.
            log.warning("message %s: %s", message.id, type(error).__name__)
            return Outcome(Ending.BUSY if never_left(error) else Ending.LOST)
        finally:
            http.session.close()


def never_left(error: Exception) -> bool:
    """Whether the request surely did not reach the other side, because there was no connection to send it on."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError | ConnectTimeoutError)


def _refusal(error: TwilioException) -> Outcome:
    """What an error that the API answered with means; the SDK has two classes of them with the same two fields."""
    status: int | None = getattr(error, "status", None)
    code: int | None = getattr(error, "code", None)
    if code in _ENDINGS:
        ending = _ENDINGS[code]
    elif status is None:
        # No answer of the API but a complaint of the SDK: nobody knows whether before sending or after.
        ending = Ending.LOST
    elif status == 401:
        ending = Ending.CREDENTIALS
    elif status == 429 or status >= 500:
        ending = Ending.BUSY
    elif status >= 400:
        ending = Ending.REFUSED
    else:
        # A redirect or another answer that is no error and no message: nobody knows what it did.
        ending = Ending.LOST
    return Outcome(ending, error_code=str(code or status or "")[:10])


def _callback(message: Message) -> dict[str, str]:
    """Where Twilio reports what became of the text; the message's id in it settles a send whose answer was lost."""
    if not settings.PUBLIC_BASE_URL:
        return {}
    path = reverse("notifications:twilio_status", kwargs={"message_id": message.id})
    return {"status_callback": settings.PUBLIC_BASE_URL.rstrip("/") + path}
