"""Two hundred calls in progress against one web process, a key every five seconds; docs/performance.md keeps the ratio.

What one webhook takes is measured twice in the same process: with one call at a time, and with all of them. The calls
are spread over a call's length, as calls in progress are.
"""

import http.client
import math
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from intake.models import PhoneCall
from referrals.models import Case
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, FROM, PUBLIC_BASE_URL
from tests.intake.voice.phone import MAIN_WAY, Phone
from tests.services import process
from tests.services.served import free_port
from tests.services.worker import pointed_at_test_databases

ROOT = Path(__file__).parents[2]
AT_MOST = 5.0
SECONDS_BETWEEN_KEYS = 5.0
ALONE = 5
# A webhook may take no longer, whatever the load: the carrier would give up.
BUDGET_SECONDS = 5.0


@dataclass
class Answer:
    """What the phone looks at."""

    status_code: int
    content: bytes
    kind: str

    def __getitem__(self, _name: str) -> str:
        return self.kind


@dataclass
class Line:
    """One connection of the carrier; keeps how long each webhook took, in seconds."""

    port: int
    took: list[float] = field(default_factory=list)

    def post(self, path: str, body: str, *, content_type: str, headers: Mapping[str, str]) -> Answer:
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, body, {"Content-Type": content_type, **headers})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.took.append(time.perf_counter() - began)
        return Answer(answer.status, content, answer.headers["Content-Type"])


@pytest.fixture
def port(transactional_db: None, tmp_path: Path) -> Iterator[int]:
    """One web process of the product's own settings."""
    number = free_port()
    environment = pointed_at_test_databases("web") | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": FROM,
        "PUBLIC_BASE_URL": PUBLIC_BASE_URL,
    }
    options = ["--workers", "1", "--threads", "8", "--bind", f"127.0.0.1:{number}", "--log-level", "warning"]
    log = tmp_path / "web.log"
    web = process.start(
        [sys.executable, "-m", "gunicorn", "config.wsgi:application", *options], log=log, cwd=ROOT, env=environment
    )
    for _try in range(300):
        try:
            socket.create_connection(("127.0.0.1", number), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    else:
        pytest.fail(process.tail(log))
    yield number
    process.stop(web)


def call(line: Line, number: int, pause: float) -> bool:
    """One whole call with one caller; whether it came to its end."""
    client: Any = line
    phone = Phone(caller=f"+1612555{number % 10000:04}", client=client, works=False).dial()
    for step, key in MAIN_WAY[:-2]:
        if phone.step != step:
            return False
        time.sleep(pause)
        phone.press("1" if step == "language" else key)
    phone.hang_up()
    return True


def p95(times: list[float]) -> float:
    return sorted(times)[max(math.ceil(len(times) * 0.95) - 1, 0)]


def test_two_hundred_calls_at_once_are_answered_in_time(port: int, scale: Mapping[str, int]) -> None:
    alone = Line(port)
    call(Line(port), 0, 0)
    assert all(call(alone, 1 + number, 0.05) for number in range(ALONE))
    begun = Case.objects.count()
    lines = [Line(port) for _ in range(scale["voice_calls"])]
    ended: list[bool] = []
    length = SECONDS_BETWEEN_KEYS * (len(MAIN_WAY) - 1)

    def ring(number: int) -> None:
        time.sleep(length * number / len(lines))
        ended.append(call(lines[number], 100 + number, SECONDS_BETWEEN_KEYS))

    threads = [threading.Thread(target=ring, args=(number,)) for number in range(len(lines))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    together = [seconds for line in lines for seconds in line.took]
    ratio = p95(together) / p95(alone.took)
    print(
        f"\n{len(lines)} calls, {len(together)} webhooks: p95 {1000 * p95(together):.0f} ms, longest"
        f" {1000 * max(together):.0f} ms; one at a time p95 {1000 * p95(alone.took):.0f} ms; ratio {ratio:.2f}"
    )
    assert ended == [True] * len(lines), "calls were lost"
    assert Case.objects.count() - begun == len(lines), "one case for each call"
    assert not PhoneCall.objects.filter(ended_at=None).exists()
    assert ratio <= AT_MOST
    assert max(together) < BUDGET_SECONDS
