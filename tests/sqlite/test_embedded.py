"""The embedded defaults themselves; the main job on them is told beside."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections

from config.celery import app


@pytest.mark.django_db
@pytest.mark.parametrize("alias", ["default", "keys"])
def test_both_databases_are_sqlite_files_that_readers_and_a_writer_share(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
        cursor.execute("PRAGMA foreign_keys")
        assert cursor.fetchone() == (1,)
    assert connections[alias].settings_dict["NAME"].endswith(f"test_{alias}.sqlite3")
    assert connections[alias].settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_the_broker_is_in_memory() -> None:
    assert app.conf.broker_url.startswith("memory://")


def test_the_cache_is_in_memory_too() -> None:
    assert settings.CACHES["default"]["BACKEND"].endswith("LocMemCache")
    cache.set("seen", 1)
    assert cache.get("seen") == 1
