"""Copies of both databases, each a file of its own that only the fund's age identities open; see docs/backups.md."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from privacy import dumps
from privacy.dumps.problems import BackupProblem

# The main one first: what stands in it was wrapped before, so that the copy of `keys` which follows has the wraps.
ALIASES = {"main": DEFAULT_DB_ALIAS, "keys": "keys"}
# A destroyed key is gone for good when the last copy of `keys` with it is: never keep these longer.
KEEP = {"main": timedelta(days=30), "keys": timedelta(days=7)}
# What a backup that was killed left behind.
KEEP_UNFINISHED = timedelta(days=1)

_TIME = "%Y%m%dT%H%M%SZ"
_UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class SealedCopy:
    """A copy in its file, and the identities to open it with."""

    path: Path
    identities: list[pyrage.x25519.Identity] = field(repr=False)

    def feed(self, writer: Any) -> None:
        """Write the content to `writer`, authenticated piece by piece; raises `BackupProblem` unless it is whole."""
        try:
            with self.path.open("rb") as file:
                pyrage.decrypt_io(file, writer, self.identities)
        except pyrage.DecryptError as error:
            if "No matching keys" in str(error):
                raise BackupProblem(f"{self.path} is not encrypted for any of these identities.") from None
            raise BackupProblem(f"{self.path} is no age file, or it was cut short or changed.") from None
        except OSError as error:
            if error.errno is None:
                # The library's own: a piece of the file does not authenticate.
                raise BackupProblem(f"{self.path} was cut short or changed.") from None
            if error.filename is not None:
                raise BackupProblem(f"{self.path} cannot be read: {error.strerror}.") from None
            raise


def recipients() -> list[pyrage.x25519.Recipient]:
    """The public keys to encrypt for; raises `BackupProblem` without any, or for one that is none."""
    given = [entry.strip() for entry in settings.BACKUP_RECIPIENTS if entry.strip()]
    if not given:
        raise BackupProblem("Set BACKUP_RECIPIENTS to the fund's age public keys (age1…), separated by commas.")
    return [
        # The entry is not repeated: it may be a private key that somebody put there by mistake.
        _parsed(pyrage.x25519.Recipient.from_str, entry, f"Entry {place} of BACKUP_RECIPIENTS is no age public key.")
        for place, entry in enumerate(given, start=1)
    ]


def identities(path: Path) -> list[pyrage.x25519.Identity]:
    """The private keys in an identity file as `age-keygen` writes it; raises `BackupProblem`."""
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BackupProblem(f"The identity file {path} cannot be read: {reason}.") from None
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise BackupProblem(f"The identity file {path} is empty.")
    return [_parsed(pyrage.x25519.Identity.from_str, key, f"{path} holds no age identity.") for key in keys]


def write(name: str, folder: Path, *, now: datetime) -> Path:
    """Copy one database into a new file of `folder`, which appears complete or not at all; raises `BackupProblem`."""
    path = folder / f"{name}-{now.astimezone(UTC):{_TIME}}.age"
    readers, draft = recipients(), path.with_name(path.name + _UNFINISHED)
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BackupProblem(f"{draft} is there: another backup is being written.") from None
    except OSError as error:
        raise BackupProblem(f"{folder} cannot be written to: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            with dumps.reading(ALIASES[name]) as content:
                pyrage.encrypt_io(content, file, readers)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _make_last(folder)
    except (pyrage.EncryptError, OSError) as error:
        raise BackupProblem(f"{draft} could not be written: {error}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return path


def prune(name: str, folder: Path, *, now: datetime) -> list[Path]:
    """Remove copies of this database that are older than it keeps them, never the newest; returns which."""
    made = sorted((when, path) for path in folder.iterdir() if (when := _made_at(path, name)))
    gone = [path for when, path in made[:-1] if now - when > KEEP[name]]
    drafts = [(path, _made_at(path.with_suffix(""), name)) for path in folder.glob(f"{name}-*{_UNFINISHED}")]
    gone += [path for path, when in drafts if when and now - when > KEEP_UNFINISHED]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def _made_at(path: Path, name: str) -> datetime | None:
    """When a file of ours was made, by its name; None for anything else."""
    found = re.fullmatch(rf"{name}-(\d{{8}}T\d{{6}}Z)\.age", path.name)
    if found is None:
        return None
    with suppress(ValueError):
        return datetime.strptime(found[1], _TIME).replace(tzinfo=UTC)
    return None


def _make_last(folder: Path) -> None:
    """Have the new name itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parsed(parse: Callable[[str], Any], text: str, otherwise: str) -> Any:
    try:
        return parse(text)
    except (pyrage.RecipientError, pyrage.IdentityError):
        raise BackupProblem(otherwise) from None
