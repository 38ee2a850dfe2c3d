"""What every test shares: real servers, no way to the internet, the counts of tests/scale.toml."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_django

from tests.services import environment

# Before Django's settings are read, and so before anything below is imported.
HEADER = environment.prepare()

import django  # noqa: E402

django.setup()

import hypothesis  # noqa: E402
import redis  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection, connections  # noqa: E402

from funding import ledger  # noqa: E402
from tests import fake_carrier  # noqa: E402
from tests.fake_carrier import FakeCarrier  # noqa: E402
from tests.services import browser as chromium  # noqa: E402
from tests.services import flush, vault_keys  # noqa: E402
from tests.services.browser import browser, page, page_without_scripts  # noqa: E402, F401
from tests.services.worker import _worker, celery_worker_process  # noqa: E402, F401

flush.install()

TABLE = "soak" if os.environ.get("SOAK") else "test"
SCALE: Mapping[str, int] = tomllib.loads((Path(__file__).parent / "scale.toml").read_text())[TABLE]
hypothesis.settings.register_profile("scale", max_examples=SCALE["hypothesis_examples"], deadline=None)
hypothesis.settings.load_profile("scale")

BROKER = redis.Redis.from_url(settings.REDIS_URL or "redis://")
# Each leg has a folder of its own; the suite itself is everything else.
_LEGS = {"sqlite", "bench"}
collect_ignore = sorted(_LEGS - {environment.LEG})


def pytest_report_header() -> list[str]:
    return [*HEADER, f"browser: {chromium.executable() or 'none'}; counts: [{TABLE}] of tests/scale.toml"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each test process start servers of its own.

    Told of Django's settings by the environment, it would read them, and the addresses of ours, before its conftest.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every database test use both databases: the vault's keys are a part of nearly every action."""
    for item in items:
        if {"db", "transactional_db", "live_server", "celery_worker_process"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.django_db)
        if (marker := item.get_closest_marker("django_db")) and "databases" not in marker.kwargs:
            # In front of the others: pytest-django obeys the closest marker only.
            both = pytest.mark.django_db(*marker.args, **{**marker.kwargs, "databases": "__all__"})
            item.add_marker(both, append=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """Every reader has a key from the start."""
    with django_db_blocker.unblock():
        vault_keys.install()
    yield
    with django_db_blocker.unblock():
        _end_other_sessions()


def _end_other_sessions() -> None:
    """Tests kill processes; the server may still hold their sessions, and with one left a database cannot go."""
    for alias in connections:
        connection = connections[alias]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


@pytest.fixture(scope="session")
def scale() -> Mapping[str, int]:
    """The counts for heavy tests; SOAK=1 picks the full ones."""
    return SCALE


@pytest.fixture
def carrier(settings: Any) -> Iterator[FakeCarrier]:
    """The real SDK, talking to a carrier of the tests, which takes texts and calls."""
    with fake_carrier.running() as fake:
        fake_carrier.set_up(settings, fake)
        yield fake


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Throttles count in the cache: no test inherits another's counts."""
    yield
    if environment.LEG == "sqlite":
        cache.clear()
        return
    # Not cache.clear(): that empties the whole Redis, and with it the broker's bindings.
    if stale := list(BROKER.scan_iter("tests:*")):
        BROKER.delete(*stale)


@pytest.fixture(autouse=True)
def _zero_trial_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test that had the database, whatever it is of, the books' debits are their credits."""
    marker = request.node.get_closest_marker("django_db")
    if marker is not None:
        # Before this one, so that the books are looked at before they are emptied.
        request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    yield
    # A test that ends with a refused statement has no transaction left to look at.
    if marker is not None and not connection.needs_rollback:
        assert sum(ledger.trial_balance().values()) == 0
