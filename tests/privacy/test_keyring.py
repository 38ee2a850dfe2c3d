"""The key file: made once, by nobody else readable, never replaced, and asked for in a sentence."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from privacy import keyring


@pytest.fixture
def key_file(settings: Any, tmp_path: Path) -> Path:
    path = tmp_path / "state" / "vault.key"
    settings.VAULT_KEY_FILE = str(path)
    settings.VAULT_KEY_MADE_ON_FIRST_USE = True
    return path


def vault_errors() -> list[Any]:
    return [message for message in run_checks() if message.id == "privacy.E001"]


def test_first_use_makes_a_key_that_only_its_owner_reads(key_file: Path) -> None:
    wrapped = keyring.wrap(b"k" * 32, reader="worker", bound_to=b"here")

    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == ["vault.key"]
    assert keyring.unwrap(wrapped, reader="worker", bound_to=b"here") == b"k" * 32


def test_processes_that_start_together_agree_on_one_key(key_file: Path) -> None:
    load = keyring._load.__wrapped__
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: load(key_file), range(8)))

    sealed = keys[0].encrypt(b"word", b"")
    assert {key.decrypt(sealed, b"") for key in keys} == {b"word"}


def test_an_installation_without_a_key_is_told_how_to_make_one(key_file: Path, settings: Any) -> None:
    settings.VAULT_KEY_MADE_ON_FIRST_USE = False

    assert "manage.py make_vault_key" in vault_errors()[0].msg
    with pytest.raises(ImproperlyConfigured, match="make_vault_key"):
        keyring.wrap(b"k" * 32, reader="worker", bound_to=b"here")
    assert not key_file.exists()


@pytest.mark.parametrize("made_on_first_use", [True, False])
def test_the_check_is_content_with_a_key(key_file: Path, settings: Any, made_on_first_use: bool) -> None:
    keyring.make_key_file(key_file)
    settings.VAULT_KEY_MADE_ON_FIRST_USE = made_on_first_use

    assert vault_errors() == []


def test_the_command_writes_a_keyset_and_never_replaces_one(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"

    call_command("make_vault_key", str(path), verbosity=0)

    first = path.read_text()
    assert json.loads(first)["primaryKeyId"]
    with pytest.raises(CommandError, match="exists"):
        call_command("make_vault_key", str(path))
    assert path.read_text() == first
    assert len(list(tmp_path.iterdir())) == 1
