"""A small Twilio that speaks HTTP: takes texts or refuses them as the real one does, is silent, reports signed."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from twilio.request_validator import RequestValidator

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "a-token-of-the-tests"
FROM = "+16125550100"
PUBLIC_BASE_URL = "https://help.example.org"


@dataclass
class FakeTwilio:
    """What was asked of it in `texts`; `answer` decides what it says (status, Twilio's code) or that it is silent."""

    url: str = ""
    texts: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    answer: tuple[int, int | None] = (201, None)
    silent: bool = False
    hang_up: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    def sid(self, number: int = -1) -> str:
        """The id given to the text of that number."""
        return f"SM{range(len(self.texts))[number]:032x}"

    def report(self, status: str, *, number: int = -1, token: str = AUTH_TOKEN, **changes: Any) -> Any:
        """Send our application a signed status callback for a text, as Twilio would; returns the response."""
        parameters = {
            "MessageSid": self.sid(number),
            "MessageStatus": status,
            "AccountSid": ACCOUNT_SID,
            "To": self.texts[number]["To"],
            "From": FROM,
        } | changes
        address = self.texts[number]["StatusCallback"]
        signature = RequestValidator(token).compute_signature(address, parameters)
        return Client().post(urlsplit(address).path, parameters, headers={"X-Twilio-Signature": signature})


@contextmanager
def running() -> Iterator[FakeTwilio]:
    """A server on a free port of this machine."""
    fake = FakeTwilio()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            assert self.path == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json", self.path
            fake.authorizations.append(self.headers["Authorization"])
            fake.texts.append({name: values[0] for name, values in parse_qs(body).items()})
            if fake.hang_up:
                self.connection.close()
                return
            if fake.silent:
                fake.over.wait()
            self._reply(*fake.answer)

        def _reply(self, status: int, code: int | None) -> None:
            text = fake.texts[-1]
            reply: dict[str, Any] = (
                {"sid": fake.sid(), "status": "queued", "to": text["To"], "body": text["Body"]}
                if status == 201
                else {"status": status, "code": code, "message": f"The number {text['To']} is not welcome here"}
            )
            content = json.dumps(reply).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # The other side did not wait for a slow answer; that is what the test is about.

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield fake
    finally:
        fake.over.set()
        server.shutdown()
        server.server_close()
