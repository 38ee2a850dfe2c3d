"""The carrier's REST interface for texts and calls, over HTTP: keeps what was asked of it, lists it and deletes it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

_numbers = count(1)
# A call that goes on cannot be deleted.
IN_PROGRESS = "in-progress"


@dataclass
class FakeCarrier:
    """Every request as (resource, parameters); `status` is what it answers.

    `records`: what it took, by id, which the lists show and a deletion removes. `takes_anyway`: it takes what it
    answers with an error. `meanwhile` is called while a request to create something is being answered.
    """

    url: str = ""
    status: int = 201
    takes_anyway: bool = False
    # Instead of deleting a record: what it says, by the record's id.
    delete_statuses: dict[str, int] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    def asked(self, resource: str) -> list[dict[str, str]]:
        """What was asked of "Messages" or "Calls"."""
        return [asked for name, asked in self.requests if name == resource]

    def take(self, resource: str, *, to: str, body: str = "", created: datetime | None = None, status: str = "") -> str:
        """Have a record; its id."""
        sid = f"{resource[0]}A{next(_numbers):032x}"
        at = format_datetime((created or datetime.now(UTC)).astimezone(UTC), usegmt=True)
        self.records[sid] = {
            "sid": sid,
            "to": to,
            "body": body,
            "status": status or "completed",
            **dict.fromkeys(("date_created", "date_sent", "start_time"), at),
        }
        return sid

    def delete(self, sid: str) -> tuple[int, int]:
        """What it says to that: an HTTP status and its own code, 0 where the record is gone now."""
        self.requests.append(("deleted", {"sid": sid}))
        if sid not in self.records:
            return 404, 20404
        if sid in self.delete_statuses:
            return self.delete_statuses[sid], 20001
        if self.records[sid]["status"] == IN_PROGRESS:
            return 409, 20009
        del self.records[sid]
        return 204, 0

    def listed(self, resource: str, wanted: dict[str, str]) -> list[dict[str, Any]]:
        """The newest first."""
        there = [one for sid, one in self.records.items() if sid[0] == resource[0]]
        return [one for one in reversed(there) if wanted.get("To", one["to"]) == one["to"]]


@contextmanager
def running() -> Iterator[FakeCarrier]:
    """A server on a free port of this machine."""
    fake = FakeCarrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            resource = self._resource()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            fake.requests.append((resource, asked))
            fake.meanwhile()
            is_taken = fake.status == 201
            sid = (
                fake.take(resource, to=asked["To"], body=asked.get("Body", "")) if is_taken or fake.takes_anyway else ""
            )
            refused = {"code": 21211, "message": asked["To"], "status": fake.status}
            self._answer(fake.status, {"sid": sid, "status": "queued"} if is_taken else refused)

        def do_GET(self) -> None:
            resource = self._resource()
            wanted = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            if fake.status >= 500:
                self._answer(fake.status, {"code": 20500, "message": "", "status": fake.status})
                return
            self._answer(200, {resource.lower(): fake.listed(resource, wanted), "next_page_uri": None})

        def do_DELETE(self) -> None:
            sid = urlsplit(self.path).path.rsplit("/", 1)[-1].removesuffix(".json")
            status, code = fake.delete(sid)
            said = {"code": code, "message": fake.records[sid]["to"] if sid in fake.records else "", "status": status}
            self._answer(status, said if code else None)

        def _resource(self) -> str:
            resource = urlsplit(self.path).path.rsplit("/", 1)[-1].removesuffix(".json")
            assert resource in ("Messages", "Calls"), self.path
            return resource

        def _answer(self, status: int, said: dict[str, Any] | None) -> None:
            content = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def set_up(settings: object, fake: FakeCarrier) -> None:
    """Point the application's own carrier at this one."""
    from tests import fake_twilio

    for name, value in {
        "TEXT_BACKEND": "twilio",
        "TWILIO_ACCOUNT_SID": fake_twilio.ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": fake_twilio.AUTH_TOKEN,
        "TWILIO_FROM": fake_twilio.FROM,
        "TWILIO_API_BASE_URL": fake.url,
        "PUBLIC_BASE_URL": fake_twilio.PUBLIC_BASE_URL,
    }.items():
        setattr(settings, name, value)
