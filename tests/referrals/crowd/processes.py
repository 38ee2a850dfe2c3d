"""The crowd as its test sees it: real processes that are told a round, report, and may be killed at any moment."""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from django.db import connection

from tests.services import process
from tests.services.worker import ROOT, pointed_at_test_databases

_numbers = count(1)


class One:
    """One process with so many threads; the database knows its connections by `name`."""

    def __init__(self, threads: int, folder: Path, sabotage: str = "") -> None:
        self.name = f"crowd-{next(_numbers)}"
        self.log = folder / f"{self.name}.log"
        command = [sys.executable, "-m", "tests.referrals.crowd", str(threads), *([sabotage] if sabotage else [])]
        self.process = process.start(
            command, log=self.log, cwd=ROOT, env=pointed_at_test_databases(self.name), is_spoken_to=True
        )

    def wait_until_ready(self) -> None:
        if self._read() != "ready":
            raise RuntimeError(f"{self.name} did not start:\n{process.tail(self.log)}")

    def begin(self, number: int, seed: str, only: list[str]) -> None:
        assert self.process.stdin is not None
        order = {"round": number, "seed": seed, "only": only}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def report(self, *, is_killed: bool) -> dict[str, Any]:
        """What its round came to; nothing if it was killed before it could say so."""
        line = self._read()
        if line:
            return dict(json.loads(line))
        if not is_killed:
            raise RuntimeError(f"{self.name} ended by itself:\n{process.tail(self.log, 60)}")
        return {}

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        # Half a line is the last word of a process that was killed.
        return line.decode().strip() if line.endswith(b"\n") else ""


@dataclass
class Crowd:
    """So many processes at once, whoever of them is killed; `counts` by deed, `failures` are what no rule allows."""

    processes: int
    threads: int
    folder: Path
    sabotage: str = ""
    kills: int = 0
    # Kills that met somebody at work.
    cut_short: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    members: list[One] = field(default_factory=list)

    def __enter__(self) -> "Crowd":
        self.members = [self._one() for _ in range(self.processes)]
        for one in self.members:
            one.wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.members:
            one.stop()

    def act(
        self,
        number: int,
        seed: str,
        *,
        only: list[str] | None = None,
        kill_after: float | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """One round; after `kill_after` seconds one of the processes, chosen by the seed, is killed.

        `meanwhile` is done while they are at work.
        """
        for position, one in enumerate(self.members):
            one.begin(number, f"{seed} {position}", only or [])
        meanwhile()
        if kill_after is None:
            self._listen()
            return
        time.sleep(kill_after)
        place = Random(f"{seed} {number}").randrange(len(self.members))
        victim, successor = self.members[place], self._one()
        victim.process.kill()
        self.kills += 1
        self.members.append(successor)
        self._listen(killed=victim)
        victim.stop()
        wait_until_gone(victim.name)
        successor.wait_until_ready()
        self.members[place] = self.members.pop()

    def _listen(self, killed: One | None = None) -> None:
        for one in self.members[: self.processes]:
            report = one.report(is_killed=one is killed)
            self.cut_short += not report
            self.done.update(report.get("done", {}))
            self.refused.update(report.get("refused", {}))
            self.failures += report.get("failures", [])

    def _one(self) -> One:
        return One(self.threads, self.folder, self.sabotage)


def wait_until_gone(name: str, seconds: float = 60) -> None:
    """Until the database has ended whatever a dead process had begun."""
    deadline = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [name])
            if cursor.fetchone() == (0,):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"The database still works for {name}, which is dead.")
            time.sleep(0.02)
