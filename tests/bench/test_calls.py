"""Two hundred calls in progress against one web process, a key every five seconds; docs/performance.md keeps the ratio.

What one webhook takes is measured twice in the same process: with one call at a time, and with all of them; for each
step by itself, too, because the heaviest would hide the others. The calls are spread over a call's length, as calls in
progress are.
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
from statistics import median
from typing import Any

import pytest

from intake.models import PhoneCall
from referrals.models import Case
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, FROM, PUBLIC_BASE_URL
from tests.intake.voice.phone import MAIN_WAY, START, Phone
from tests.services import process
from tests.services.served import free_port
from tests.services.worker import pointed_at_test_databases

ROOT = Path(__file__).parents[2]
AT_MOST = 5.0
SECONDS_BETWEEN_KEYS = 5.0
# Calls before anything is measured, and calls of which one webhook at a time is.
WARMING, ALONE = 5, 30
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
    """One connection of the carrier; keeps how long each webhook took, with the step at which it was heard."""

    port: int
    took: list[tuple[str, float]] = field(default_factory=list)

    def post(self, path: str, body: str, *, content_type: str, headers: Mapping[str, str]) -> Answer:
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, body, {"Content-Type": content_type, **headers})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        step = path.removeprefix(START).split("/")[0] or "the first"
        self.took.append((step, time.perf_counter() - began))
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


def by_step(took: list[tuple[str, float]]) -> dict[str, list[float]]:
    """The seconds of each step's webhooks."""
    found: dict[str, list[float]] = {}
    for step, seconds in took:
        found.setdefault(step, []).append(seconds)
    return found


def table(alone: Mapping[str, list[float]], together: Mapping[str, list[float]]) -> str:
    """One line a step, in milliseconds: alone and together, and what the load multiplies."""
    lines = [f"{'step':14}{'alone: median':>14}{'p95':>7}{'together: median':>18}{'p95':>7}{'medians':>9}{'p95s':>7}"]
    for step, here in together.items():
        figures = [median(alone[step]), p95(alone[step]), median(here), p95(here)]
        a, b, c, d = (1000 * one for one in figures)
        lines.append(f"{step:14}{a:14.1f}{b:7.1f}{c:18.1f}{d:7.1f}{c / a:9.2f}{d / b:7.2f}")
    return "\n".join(lines)


def test_two_hundred_calls_at_once_are_answered_in_time(port: int, scale: Mapping[str, int]) -> None:
    assert all(call(Line(port), number, 0.05) for number in range(WARMING))
    quiet = Line(port)
    assert all(call(quiet, WARMING + number, 0.05) for number in range(ALONE))
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

    busy = [one for line in lines for one in line.took]
    alone, together = by_step(quiet.took), by_step(busy)
    times, times_alone = [seconds for _step, seconds in busy], [seconds for _step, seconds in quiet.took]
    ratio = p95(times) / p95(times_alone)
    worst = max(together, key=lambda step: median(together[step]) / median(alone[step]))
    worst_ratio = median(together[worst]) / median(alone[worst])
    print(
        f"\n{len(lines)} calls, {len(times)} webhooks: p95 {1000 * p95(times):.0f} ms, longest"
        f" {1000 * max(times):.0f} ms; one at a time ({len(times_alone)}) p95 {1000 * p95(times_alone):.0f} ms;"
        f" ratio {ratio:.2f}; of the medians of one step at most {worst_ratio:.2f} ({worst})\n{table(alone, together)}"
    )
    assert ended == [True] * len(lines), "calls were lost"
    assert Case.objects.count() - begun == len(lines), "one case for each call"
    assert not PhoneCall.objects.filter(ended_at=None).exists()
    assert ratio <= AT_MOST
    assert worst_ratio <= AT_MOST, f"{worst} is slower than all"
    assert max(times) < BUDGET_SECONDS
