"""Worker and clock in threads of the web process: the one-process demo's engine, on a broker in memory."""

import threading
from types import TracebackType
from typing import Self

from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.worker import WorkController


class Engine:
    """A Celery worker and its clock as threads; a context manager that ends both within `seconds`."""

    def __init__(self, app: Celery, *, threads: int = 4, seconds: float = 4) -> None:
        # The in-memory broker is polled; a text on the handset page should not wait a second for it.
        app.conf.broker_transport_options = {"polling_interval": 0.1}
        # Threads cannot be timed out, and saying so at each task would only fill the log.
        app.conf.task_time_limit = app.conf.task_soft_time_limit = None
        # Not celery.apps.worker: that one takes over the process's signals and logging.
        self._worker = WorkController(
            app=app, pool_cls="threads", concurrency=threads, without_gossip=True, without_mingle=True
        )
        self._thread = threading.Thread(target=self._worker.start, name="worker", daemon=True)
        # Not the scheduler that keeps its times in a file: every task is due soon after a start anyway.
        self._clock = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
        self._due_at_start = [entry["task"] for entry in app.conf.beat_schedule.values()]
        self._app = app
        self._seconds = seconds

    def __enter__(self) -> Self:
        self._thread.start()
        self._clock.start()
        for task in self._due_at_start:
            self._app.send_task(task)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Both are daemon threads: what does not end in time ends with the process, and the sweep finds its work.
        self._clock.service.stop(wait=False)
        threading.Thread(target=self._worker.stop, name="worker-stop", daemon=True).start()
        self._thread.join(self._seconds)
        self._clock.join(1)
