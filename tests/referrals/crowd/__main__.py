"""One process of the crowd: `python -m tests.referrals.crowd THREADS [SABOTAGE]`.

Each line it reads, {"round": int, "seed": str, "only": [deed, …]}, is a round: every thread does one deed, all at once.
Each line it writes, {"done": {deed: n}, "refused": {deed: n}, "failures": [text, …]}, is what came of that.
"""

import json
import logging
import sys
import threading
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import django

django.setup()

from tests.referrals.crowd import deeds  # noqa: E402
from tests.referrals.crowd.sabotage import SABOTAGE  # noqa: E402

# Locks are waited for; a round that takes this long stands still.
PATIENCE_SECONDS = 120
# A broker that is slow to answer loses nothing: the sweep finds the row (notifications/broker.py).
HARMLESS = "notifications.broker"


class Report(logging.Handler):
    """What a round came to. What the code only logs, such as an error after a commit, is a failure, too."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.failures: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != HARMLESS:
            trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
            self.failures.append(f"logged by {record.name}: {record.getMessage()}\n{trace}")

    def as_line(self) -> str:
        return json.dumps({"done": self.done, "refused": self.refused, "failures": self.failures})


def main(threads: int, sabotage: str = "") -> None:
    if sabotage:
        SABOTAGE[sabotage]()
    start_together = threading.Barrier(threads, timeout=PATIENCE_SECONDS)
    with ThreadPoolExecutor(threads) as pool:
        # Django starts faster than it imports: the first round would be one of imports.
        print("ready", flush=True)
        for line in sys.stdin:
            order = json.loads(line)
            report = Report()
            logging.getLogger().addHandler(report)
            house = deeds.look_around(order["round"])
            # The barrier holds each thread to one: every thread of the pool does exactly one deed.
            list(pool.map(lambda number: _do_one(number, order, house, start_together, report), range(threads)))  # noqa: B023
            logging.getLogger().removeHandler(report)
            print(report.as_line(), flush=True)


def _do_one(
    number: int, order: dict[str, Any], house: deeds.House, start_together: threading.Barrier, report: Report
) -> None:
    rng = Random(f"{order['seed']} {order['round']} {number}")
    name = deeds.by_chance(rng, order["only"])
    _weight, deed = deeds.DEEDS[name]
    start_together.wait()
    try:
        deed(deeds.Chance(rng, house))
    except deeds.NothingToDo:
        return
    except deeds.REFUSALS:
        report.refused[name] += 1
    except Exception:
        report.failures.append(f"{name}:\n{traceback.format_exc()}")
    else:
        report.done[name] += 1


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
