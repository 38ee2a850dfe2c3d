"""Hears all that the program says while a drill goes on: every log record, every task it asks for."""

import logging
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import redis
from celery import Celery
from celery.signals import before_task_publish
from django.conf import settings


class Ears(logging.Handler):
    """A context manager. `lines` are all log records, with tracebacks, `asked` all tasks, in order.

    As much is logged as with LOG_LEVEL=DEBUG: everything but what settings.LOGGING itself keeps above that. Tasks go
    to a queue of the drill's own, that no worker listens to: the drill runs them itself, by `work`.
    """

    def __init__(self, app: Celery) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(pathname)s %(funcName)s %(message)s"))
        self.lines: list[str] = []
        self.asked: list[str] = []
        self._waiting: list[tuple[str, list[str]]] = []
        self._app = app
        self._queue = f"drill-{uuid4().hex[:8]}"

    def emit(self, record: logging.LogRecord) -> None:
        # The arguments too: a formatter elsewhere might write them all.
        self.lines.append(f"{self.format(record)} {record.args!r}")

    def work(self) -> None:
        """Do what was asked of the worker so far, and what that asks for."""
        while self._waiting:
            name, arguments = self._waiting.pop(0)
            self._app.tasks[name].apply(args=arguments)

    def tick(self) -> None:
        """Do once everything that the clock does."""
        for entry in self._app.conf.beat_schedule.values():
            self._app.tasks[entry["task"]].apply()
        self.work()

    def __enter__(self) -> Self:
        # As a worker does at its start: without, no task is known.
        self._app.loader.import_default_modules()
        root = logging.getLogger()
        kept: Any = settings.LOGGING["loggers"]
        others = (one for name, one in root.manager.loggerDict.items() if name not in kept)
        loggers = [root, *(one for one in others if isinstance(one, logging.Logger))]
        self._before = [(logger, logger.level, logger.disabled) for logger in loggers]
        # Only ours: at this level the others would fill the terminal.
        self._handlers, root.handlers = root.handlers, [self]
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
            logger.disabled = False
        self._queue_before = self._app.conf.task_default_queue
        self._app.conf.task_default_queue = self._queue
        before_task_publish.connect(self._hear_task)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        before_task_publish.disconnect(self._hear_task)
        self._app.conf.task_default_queue = self._queue_before
        logging.getLogger().handlers = self._handlers
        for logger, level, disabled in self._before:
            logger.setLevel(level)
            logger.disabled = disabled
        if settings.REDIS_URL:
            with redis.Redis.from_url(settings.REDIS_URL) as client:
                if left := list(client.scan_iter(f"*{self._queue}*")):
                    client.delete(*left)

    def _hear_task(self, sender: str, body: Any, headers: dict[str, Any], **more: Any) -> None:
        self.asked.append(f"{sender} {body!r} {headers!r} {more!r}")
        self._waiting.append((sender, list(body[0])))
