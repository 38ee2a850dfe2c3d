"""Asking a worker to do something now. A lost request is no loss: the clock's sweep finds the row."""

import logging
import time
from collections.abc import Iterable
from uuid import UUID

from celery import current_app
from kombu import pools

log = logging.getLogger(__name__)

# One try and at most two seconds: whoever waits for this is a family whose request is already committed.
_PUBLISHING = {"max_retries": 0, "socket_connect_timeout": 2, "socket_timeout": 2}
# After a try that failed nobody tries for so long: a request that asks for three things waits once.
_PAUSE_SECONDS = 5.0
_paused_until = 0.0


def ask_worker(task: str, ids: Iterable[UUID]) -> None:
    """Run the named task once for each id. A broker that is away is logged and costs one short try."""
    global _paused_until  # noqa: PLW0603 (one broker per process, one pause)
    ids = list(ids)
    if not ids or time.monotonic() < _paused_until:
        return
    try:
        # A pool apart from the workers' own connections, which have to be patient.
        broker = current_app.connection_for_write(transport_options=_PUBLISHING)
        with pools.producers[broker].acquire(block=True, timeout=2) as producer:
            for one in ids:
                current_app.send_task(task, (str(one),), producer=producer)
    except Exception as error:
        # Whatever a broker's client raises: the rows are committed, and the request that wrote them must not fail.
        _paused_until = time.monotonic() + _PAUSE_SECONDS
        waiting = ", ".join(map(str, ids))
        log.error("broker away (%s): %s of %s waits for the sweep", type(error).__name__, task, waiting)
