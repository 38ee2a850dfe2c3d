"""Emptying the tables after a transactional test, although triggers forbid it and reference rows must stay.

Packages with append-only tables say how to drop and re-create their triggers (`privacy.append_only`); packages with
reference rows load them again (`<app>.seeds.load`). Both are found among the installed apps.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.apps import apps
from django.core.management.commands.flush import Command
from django.db import DEFAULT_DB_ALIAS, connections

from tests.services import vault_keys


def install() -> None:
    """Make Django's `flush` survive append-only triggers and load the reference rows again."""
    flush = Command.handle

    def handle(self: Command, **options: Any) -> str | None:
        connection = connections[options["database"]]
        triggers = _module("privacy.append_only")
        if triggers is not None:
            triggers.drop_all(connection)
        try:
            return flush(self, **options)
        finally:
            if triggers is not None:
                triggers.create_all(connection)
            if connection.alias == DEFAULT_DB_ALIAS:
                load_reference_rows()
            # Whichever of the two databases is emptied last finds the other ready.
            vault_keys.install()

    pytest.MonkeyPatch().setattr(Command, "handle", handle)


def load_reference_rows() -> None:
    """Load the seeds of every package, lower packages first."""
    for app in reversed([config.name for config in apps.get_app_configs()]):
        seeds = _module(f"{app}.seeds")
        if hasattr(seeds, "load"):
            seeds.load(apps)


def _module(name: str) -> Any:
    return import_module(name) if find_spec(name) else None
