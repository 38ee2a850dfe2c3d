"""Twilio's own SDK, with our time-outs, our errors and, where it is told so, another server."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from notifications.backends.codes import ENDINGS
from notifications.backends.outcome import CannotAsk, Ending, Found, Outcome, Swept
from notifications.models import CarrierReport, Message
from notifications.quiet_hours import next_closing, zone_named

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
# A connection that was not used for so long may have been closed at the other end without our hearing of it.
IDLE_SECONDS = 20.0
# How long a text may wait in the carrier's own queue: never into the night, and not until it is old news.
LONGEST_IN_QUEUE = timedelta(hours=4)
SHORTEST_IN_QUEUE = timedelta(seconds=10)
# Between our clock and the carrier's, which counts whole seconds.
CLOCKS_DIFFER = timedelta(minutes=2)
# As many texts to one number as we look through for a lost one; and the records of one page that is swept.
NEWEST_TO_A_NUMBER = 20
PAGE = 200
# Its code for a record that cannot be deleted yet.
STILL_ON_ITS_WAY = 20009
# In one sweep; there are four a day.
MOST_SWEPT = 10_000
# What the carrier says to whoever asks for whatever; all else is about the one record, and keeps no other there.
OF_THE_ACCOUNT = frozenset({401, 429, 503})


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


class _Kept(threading.local):
    """The client of this thread, so that texts that leave one after the other share a connection."""

    made_for: tuple[Any, ...] = ()
    client: Any = None
    used_at: float = 0.0


_kept = _Kept()


@contextmanager
def connected() -> Iterator[Any]:
    """Twilio's client. After any error its connection is closed: nobody knows what the other end thinks of it."""
    made_for = (os.getpid(), settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, TIMEOUT_SECONDS)
    if _kept.made_for != made_for or time.monotonic() - _kept.used_at > IDLE_SECONDS:
        close()
        client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=HttpClient())
        _kept.made_for, _kept.client = made_for, client
    try:
        yield _kept.client
    except BaseException:
        close()
        raise
    _kept.used_at = time.monotonic()


def close() -> None:
    """Give up this thread's connection."""
    if _kept.client is not None:
        _kept.client.http_client.session.close()
    _kept.client, _kept.made_for = None, ()


def has_account() -> bool:
    """Whether the installation was told its account; without, the SDK would send all the same, to nobody's."""
    return bool(settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN)


class TwilioBackend:
    """One request, no retry here: whether a text may be sent again is decided where its state is kept."""

    @property
    def sender(self) -> str:
        return settings.TWILIO_FROM

    @property
    def texts_per_second(self) -> float:
        return settings.TEXTS_PER_SECOND

    def send(self, message: Message, *, phone: str, body: str, now: datetime) -> Outcome:
        """As the protocol says; `message.contact` decides until when it may leave the carrier."""
        if not has_account():
            return Outcome(Ending.CREDENTIALS)
        options = {"validity_period": int(_may_wait(message, now).total_seconds()), **_callback(message)}
        try:
            with connected() as client:
                sent = client.messages.create(to=phone, body=body, from_=settings.TWILIO_FROM, **options)
            return Outcome(Ending.ACCEPTED, carrier_id=sent.sid or "")
        except TwilioException as error:
            return refusal(error)
        except Exception as error:
            # Neither the message of an error nor its traceback is logged: both can hold the number.
            log.warning("message %s: %s", message.id, type(error).__name__)
            return Outcome(Ending.BUSY if never_left(error) else Ending.LOST)

    def find(self, message: Message, *, phone: str, body: str) -> Found | None:
        """Look through the newest texts to the number for one that is no other message's."""
        newest = {"limit": NEWEST_TO_A_NUMBER, "page_size": NEWEST_TO_A_NUMBER}
        with asking() as client:
            there = client.messages.list(to=phone, from_=settings.TWILIO_FROM, **newest)
        since = (message.tried_at or message.created_at) - CLOCKS_DIFFER
        mine = [one for one in there if (one.date_created or since) >= since and _says(one, body)]
        ids = [one.sid for one in mine]
        known = _known(ids)
        return next((_found(one) for one in mine if one.sid not in known), None)

    def fetch(self, carrier_id: str) -> Found:
        """As the protocol says."""
        return fetch(carrier_id)

    def remove(self, carrier_id: str) -> bool:
        """As the protocol says; a record that is not there any more is removed. Raises `CannotAsk`."""
        return delete_record(carrier_id, lambda client: client.messages(carrier_id))

    def remove_older_than(self, moment: datetime) -> Swept:
        """By Twilio's list, each once, the oldest first; a text that is still on its way stays until the next time."""
        with asking() as client:
            there = client.messages.list(date_sent_before=moment, limit=MOST_SWEPT, page_size=PAGE)
        old = [one.sid for one in reversed(there) if (one.date_created or one.date_sent or moment) <= moment]
        removed = sum(self.remove(sid) for sid in old)
        return Swept(removed, is_clean=removed == len(old) and len(there) < MOST_SWEPT)


class Refused(CannotAsk):
    """Twilio answered a question with an error: its HTTP status and its own code, 0 where it gave none."""

    def __init__(self, status: int, code: int) -> None:
        super().__init__(status, code)
        self.status, self.code = status, code


@contextmanager
def asking() -> Iterator[Any]:
    """The client, for a question; raises `CannotAsk` where no answer comes, or one that says no."""
    if not has_account():
        raise CannotAsk
    try:
        with connected() as client:
            yield client
    except TwilioException as error:
        # Without its words, which can repeat a number.
        raise Refused(getattr(error, "status", None) or 0, getattr(error, "code", None) or 0) from None
    except Exception as error:
        log.warning("the carrier cannot be asked: %s", type(error).__name__)
        raise CannotAsk from None


def delete_record(carrier_id: str, record_of: Callable[[Any], Any]) -> bool:
    """Delete one record, of a text or a call: `record_of` finds it by the client.

    False for one that Twilio keeps, which is about that record alone; `CannotAsk` for what holds for all of them.
    """
    try:
        with asking() as client:
            return bool(record_of(client).delete())
    except Refused as refused:
        if refused.status == 404:
            return True
        if refused.status in OF_THE_ACCOUNT:
            raise
        if refused.status != 409 and refused.code != STILL_ON_ITS_WAY:
            log.error("the record %s was not deleted: %s, code %s", carrier_id, refused.status, refused.code)
        return False


def fetch(carrier_id: str) -> Found:
    """What Twilio says of one text now; raises `CannotAsk`."""
    with asking() as client:
        return _found(client.messages(carrier_id).fetch())


def never_left(error: Exception) -> bool:
    """Whether the request surely did not reach the other side, because there was no connection to send it on."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError | ConnectTimeoutError)


def refusal(error: TwilioException) -> Outcome:
    """What an error that the API answered with means; the SDK has two classes of them with the same two fields."""
    status: int | None = getattr(error, "status", None)
    code = str(getattr(error, "code", None) or "")
    if code in ENDINGS:
        ending = ENDINGS[code]
    elif status is None:
        # No answer of the API but a complaint of the SDK: nobody knows whether before sending or after.
        ending = Ending.LOST
    elif status == 401:
        ending = Ending.CREDENTIALS
    elif status in (429, 503):
        ending = Ending.BUSY
    elif 400 <= status < 500:
        ending = Ending.REFUSED
    else:
        # It broke while it worked on our request, or is a redirect: nobody knows what it did.
        ending = Ending.LOST
    return Outcome(ending, error_code=(code or str(status or ""))[:10])


def _may_wait(message: Message, now: datetime) -> timedelta:
    """How long the text may stay in the carrier's queue."""
    if message.contact.any_hour and message.is_urgent:
        return LONGEST_IN_QUEUE
    until_night = next_closing(now, zone_named(message.contact.time_zone)) - now
    return max(SHORTEST_IN_QUEUE, min(LONGEST_IN_QUEUE, until_night))


def _known(carrier_ids: list[str]) -> set[str]:
    """Those of the ids that we heard of, from answers or reports."""
    answered = Message.objects.filter(carrier_id__in=carrier_ids).values_list("carrier_id", flat=True)
    reported = CarrierReport.objects.filter(carrier_id__in=carrier_ids).values_list("carrier_id", flat=True)
    return {*answered, *reported}


def _found(one: Any) -> Found:
    return Found(str(one.sid), str(one.status), str(one.error_code or ""))


def _says(one: Any, body: str) -> bool:
    """Whether Twilio's record can be of a text of these words: it may keep none, and a trial account adds some."""
    return not one.body or str(one.body).strip().endswith(body.strip())


def _callback(message: Message) -> dict[str, str]:
    """Where Twilio reports what became of the text; the message's id in it settles a send whose answer was lost."""
    # Of a text that is in no outbox, such as one that tries an installation, nobody could take a report.
    if not settings.PUBLIC_BASE_URL or message._state.adding:
        return {}
    path = reverse("notifications:twilio_status", kwargs={"message_id": message.id})
    return {"status_callback": settings.PUBLIC_BASE_URL.rstrip("/") + path}
