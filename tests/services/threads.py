"""What a test's own thread must close before it ends: nobody else can."""

from typing import Any

from django.core.cache import cache
from django.db import connections


def close_connections() -> None:
    """Close this thread's connections to both databases and to Redis."""
    connections.close_all()
    client: Any = getattr(cache, "_cache", None)
    for pool in getattr(client, "_pools", {}).values():
        pool.disconnect()
