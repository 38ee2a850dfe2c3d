"""A small Twilio that speaks HTTP: takes texts or refuses them as the real one does, is silent, reports signed."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client
from twilio.request_validator import RequestValidator

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "a-token-of-the-tests"
FROM = "+16125550100"
PUBLIC_BASE_URL = "https://help.example.org"

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages"
FORM = "application/x-www-form-urlencoded"
ON_THEIR_WAY = ("accepted", "queued", "sending")

# What the API says, and whether it took the text all the same: (status, Twilio's own code).
Answer = tuple[int, int | None]


@dataclass
class Record:
    """A text as Twilio's list has it."""

    sid: str
    to: str
    body: str
    callback: str
    created: datetime
    status: str = "queued"
    error_code: int | None = None

    def as_json(self) -> dict[str, Any]:
        created = format_datetime(self.created)
        return {
            "sid": self.sid,
            "status": self.status,
            "to": self.to,
            "from": FROM,
            "body": self.body,
            "error_code": self.error_code,
            "date_created": created,
            "date_sent": None if self.status in ON_THEIR_WAY else created,
            "date_updated": created,
        }


@dataclass(frozen=True)
class Mood:
    """What it does with one text: what it says, or that it says nothing; `takes_anyway` as in `FakeTwilio`."""

    answer: Answer = (201, None)
    silent: bool = False
    hang_up: bool = False
    takes_anyway: bool = True

    @property
    def takes(self) -> bool:
        in_doubt = self.silent or self.hang_up or self.answer[0] >= 500
        return self.takes_anyway if in_doubt else self.answer[0] == 201


@dataclass
class FakeTwilio:
    """What was asked of it in `texts`; `answer` decides what it says (status, Twilio's code) or that it is silent.

    `records`: the texts it took, by id, which the list shows and a deletion removes. `takes_anyway`: it takes a text
    although the answer never comes or says that something broke.
    """

    url: str = ""
    texts: list[dict[str, str]] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    answer: Answer = (201, None)
    list_answer: Answer = (200, None)
    # Instead of deleting a record: what it says, by the record's id.
    delete_answers: dict[str, Answer] = field(default_factory=dict)
    not_deleted: list[str] = field(default_factory=list)
    silent: bool = False
    hang_up: bool = False
    takes_anyway: bool = True
    # Decides for each text, instead of the fields above.
    mood_for: Callable[[dict[str, str]], Mood] | None = None
    # Before it answers: called with the record it has just made, as Twilio reports at times.
    before_answering: Any = None
    seconds_to_answer: float = 0.0
    now: datetime | None = None
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sid(self, number: int = -1) -> str:
        """The id given to the text of that number."""
        return f"SM{range(len(self.texts))[number]:032x}"

    def mood(self, text: dict[str, str]) -> Mood:
        """What it does with this text."""
        if self.mood_for is not None:
            return self.mood_for(text)
        return Mood(self.answer, self.silent, self.hang_up, self.takes_anyway)

    def take(self, text: dict[str, str], authorization: str, *, mood: Mood | None = None) -> Record | None:
        """Note a text that was asked for, and make a record of it unless it is refused."""
        with self.lock:
            self.authorizations.append(authorization)
            self.texts.append(text)
            sid = self.sid()
            if not (mood or Mood()).takes:
                return None
            now = self.now or datetime.now(UTC)
            record = Record(sid, text["To"], text["Body"], text.get("StatusCallback", ""), now.replace(microsecond=0))
            self.records[sid] = record
        return record

    def report(self, status: str, *, number: int = -1, token: str = AUTH_TOKEN, **changes: Any) -> Any:
        """Send our application a signed status callback for a text, as Twilio would; returns the response."""
        sid, text = self.sid(number), self.texts[number]
        if record := self.records.get(sid):
            record.status, record.error_code = status, int(changes.get("ErrorCode", 0)) or None
        return post_report(sid, text["To"], text["StatusCallback"], status, token=token, **changes)


def post_report(sid: str, to: str, address: str, status: str, *, token: str = AUTH_TOKEN, **changes: Any) -> Any:
    """One signed status callback to our application, at the path of `address`."""
    parameters = {
        "MessageSid": sid,
        "MessageStatus": status,
        "SmsSid": sid,
        "SmsStatus": status,
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "To": to,
        "From": FROM,
    } | changes
    signature = RequestValidator(token).compute_signature(address, parameters)
    return Client().post(
        urlsplit(address).path, urlencode(parameters), content_type=FORM, headers={"X-Twilio-Signature": signature}
    )


class Handler(BaseHTTPRequestHandler):
    """Messages: create, list, fetch, delete."""

    fake: FakeTwilio
    protocol_version = "HTTP/1.1"
    # Head and body of an answer in one packet, or a client on a kept connection waits for the second one.
    wbufsize = -1

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length).decode()
        if len(body) < length:
            # Whoever asked died in the middle of it: no server takes half a request.
            self.close_connection = True
            return
        assert self.path == f"{MESSAGES}.json", self.path
        text = {name: values[0] for name, values in parse_qs(body).items()}
        mood = self.fake.mood(text)
        record = self.fake.take(text, self.headers["Authorization"], mood=mood)
        if self.fake.before_answering is not None and record is not None:
            self.fake.before_answering(record)
        if mood.silent:
            self.fake.over.wait()
        if mood.silent or mood.hang_up:
            self.close_connection = True
            return
        if self.fake.seconds_to_answer:
            time.sleep(self.fake.seconds_to_answer)
        status, code = mood.answer
        if status == 201 and record is not None:
            self._reply(201, record.as_json())
        else:
            self._reply(
                status, {"status": status, "code": code, "message": f"The number {text['To']} is not welcome here"}
            )

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path != f"{MESSAGES}.json":
            self._record(address.path, lambda record: self._reply(200, record.as_json()))
            return
        self.fake.asked.append(asked)
        status, code = self.fake.list_answer
        if status != 200:
            self._reply(status, {"status": status, "code": code, "message": f"Not now, {asked.get('To')}"})
            return
        with self.fake.lock:
            found = [one.as_json() for one in reversed(self.fake.records.values()) if matches(one, asked)]
        # As Twilio does: the next page begins after the last record of this one, whatever was deleted meanwhile.
        found = [one for one in found if one["sid"] < asked.get("PageToken", "T")]
        size = int(asked.get("PageSize", 50))
        after = urlencode(asked | {"PageToken": found[size - 1]["sid"]}) if len(found) > size else ""
        next_page = f"{MESSAGES}.json?{after}" if after else None
        self._reply(200, {"messages": found[:size], "page": 0, "next_page_uri": next_page})

    def do_DELETE(self) -> None:
        self._record(urlsplit(self.path).path, self._delete)

    def _delete(self, record: Record) -> None:
        if record.sid in self.fake.delete_answers:
            status, code = self.fake.delete_answers[record.sid]
            self.fake.not_deleted.append(record.sid)
            self._reply(status, {"status": status, "code": code, "message": f"Not the text to {record.to}"})
            return
        if record.status in ON_THEIR_WAY:
            self._reply(409, {"status": 409, "code": 20009, "message": "Delivery has not been completed"})
            return
        with self.fake.lock:
            del self.fake.records[record.sid]
            self.fake.deleted.append(record.sid)
        self._reply(204, None)

    def _record(self, path: str, then: Any) -> None:
        sid = path.removeprefix(f"{MESSAGES}/").removesuffix(".json")
        if record := self.fake.records.get(sid):
            then(record)
        else:
            self._reply(404, {"status": 404, "code": 20404, "message": f"{path} was not found"})

    def _reply(self, status: int, reply: dict[str, Any] | None) -> None:
        content = b"" if reply is None else json.dumps(reply).encode()
        # The other side may not have waited for a slow answer; that is what a test is about.
        with suppress(OSError):
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

    def log_message(self, *args: Any) -> None: ...


@contextmanager
def running() -> Iterator[FakeTwilio]:
    """A server on a free port of this machine."""
    fake = FakeTwilio()
    handler = type("HandlerOfOne", (Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield fake
    finally:
        fake.over.set()
        server.shutdown()
        server.server_close()


def matches(record: Record, asked: dict[str, str]) -> bool:
    """Whether a search of the list finds the text."""
    if asked.get("To", record.to) != record.to or asked.get("From", FROM) != FROM:
        return False
    before = asked.get("DateSent<")
    return before is None or (record.status not in ON_THEIR_WAY and record.created <= moment_of(before))


def moment_of(text: str) -> datetime:
    """A moment as Twilio's SDK writes it into an address."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)
