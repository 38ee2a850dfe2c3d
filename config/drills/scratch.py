"""An empty installation beside the real one: databases, worker key and cache of its own, gone afterwards."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from django.conf import settings
from django.db import connections
from django.test import override_settings
from django.test.utils import setup_databases, setup_test_environment, teardown_databases, teardown_test_environment


class CannotPrepare(Exception):
    """Why there is no place to drill in, in one sentence for the person who runs the server."""


@contextmanager
def installation() -> Iterator[None]:
    """Whatever is read and written inside of this is the scratch installation's. Raises `CannotPrepare`.

    On a PostgreSQL server its databases stand beside the real ones, which takes the right to create databases.
    """
    name = f"drill_{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        for alias in connections:
            connection = connections[alias]
            in_file = connection.vendor == "sqlite"
            connection.settings_dict["TEST"]["NAME"] = (
                str(Path(folder) / f"{alias}.sqlite3") if in_file else f"{name}_{alias}"
            )
        setup_test_environment(debug=False)
        try:
            with _settings(name, Path(folder)), _databases():
                yield
        finally:
            teardown_test_environment()
            _forget_keys(name)


@contextmanager
def _databases() -> Iterator[None]:
    try:
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
    except SystemExit:
        # What Django does after printing the database's own words.
        raise CannotPrepare("The scratch databases could not be made: may the database role create some?") from None
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)


def _settings(name: str, folder: Path) -> override_settings:
    """The real settings with places of its own; static files without the manifest that only a real one has."""
    return override_settings(
        WORKER_KEY_FILE=str(folder / "worker.key"),
        WORKER_KEY_MADE_ON_FIRST_USE=True,
        CACHES={alias: {**cache, "KEY_PREFIX": name} for alias, cache in settings.CACHES.items()},
        STORAGES=settings.STORAGES
        | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    )


def _forget_keys(prefix: str) -> None:
    if settings.REDIS_URL:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            if left := list(client.scan_iter(f"{prefix}*")):
                client.delete(*left)
