"""The carrier's REST interface for texts and calls, over HTTP: keeps what was asked of it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs

_numbers = count(1)


@dataclass
class FakeCarrier:
    """Every request as (resource, parameters); `status` is what it answers."""

    url: str = ""
    status: int = 201
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def asked(self, resource: str) -> list[dict[str, str]]:
        """What was asked of "Messages" or "Calls"."""
        return [asked for name, asked in self.requests if name == resource]


@contextmanager
def running() -> Iterator[FakeCarrier]:
    """A server on a free port of this machine."""
    fake = FakeCarrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            resource = self.path.rsplit("/", 1)[-1].removesuffix(".json")
            assert resource in ("Messages", "Calls"), self.path
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            fake.requests.append((resource, asked))
            sid = f"{resource[0]}M{next(_numbers):032x}"
            said = {"sid": sid, "status": "queued"} if fake.status == 201 else {"code": 21211, "message": asked["To"]}
            content = json.dumps(said | {"status": fake.status if fake.status != 201 else "queued"}).encode()
            self.send_response(fake.status)
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
