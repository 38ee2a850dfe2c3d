"""Starts the servers and sets the environment, before Django reads its settings.

LEG picks what runs: nothing (the default) for the suite on PostgreSQL and Redis, `sqlite` for the main job on the
embedded defaults, `bench` for the measurements, which run on PostgreSQL and Redis too.
"""

import atexit
import os
import secrets
import tempfile
from pathlib import Path
from shutil import rmtree

from tests.services import postgres, redis

LEG = os.environ.get("LEG", "")
# Settings of the shell that runs the tests must not leak into them.
_FROM_SHELL = ("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "PUBLIC_BASE_URL", "LOG_LEVEL")


def prepare() -> list[str]:
    """Start what this leg needs and point the settings at it; returns the lines for pytest's header."""
    for name in (*_FROM_SHELL, *(name for name in os.environ if name.startswith("TWILIO_"))):
        os.environ.pop(name, None)
    state = Path(tempfile.mkdtemp(prefix="tests-state-"))
    atexit.register(rmtree, state, ignore_errors=True)
    (state / "static").mkdir()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        # Playwright's synchronous API runs an event loop in the test's own thread.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        "DEMO": "1",
        "TEXT_BACKEND": "handset",
        "STATE_DIR": str(state),
        "STATIC_ROOT": str(state / "static"),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "RETURN_CODE_PEPPER": secrets.token_urlsafe(48),
        "SECOND_FACTOR_KEY": secrets.token_urlsafe(48),
        "WORKER_KEY_FILE": str(state / "worker.key"),
    }
    return ["servers: SQLite and memory:// (the embedded defaults)"] if LEG == "sqlite" else _real_servers()


def _real_servers() -> list[str]:
    database = postgres.running()
    atexit.register(database.stop)
    broker = redis.running()
    atexit.register(broker.stop)
    os.environ |= {
        "DATABASE_URL": database.url_of("main"),
        "KEYS_DATABASE_URL": database.url_of("keys"),
        "REDIS_URL": broker.url,
    }
    return [f"servers: {database.description}, {broker.description}"]
