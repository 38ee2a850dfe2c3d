"""The worker's own key file: its private keys and the key of the blind indexes. The web process does not have it."""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction

from privacy.aead import KEY_BYTES, Unreadable
from privacy.hpke import PrivateKey
from privacy.models import ReaderKey
from privacy.readers import WORKER, Keys, publish

MAKE_ONE = "make one with `manage.py make_worker_key PATH` and set WORKER_KEY_FILE to that path, for the worker alone"


class WorkerKeyProblem(Exception):
    """Why this process cannot work as the worker, in one sentence for the person who runs the server."""


@dataclass(frozen=True, slots=True)
class WorkerKey:
    """What the file holds. The last of `private` is the pair in use, the others only open what is older."""

    private: dict[UUID, PrivateKey] = field(repr=False)
    index_key: bytes = field(repr=False)

    @property
    def newest_id(self) -> UUID:
        return next(reversed(self.private))

    def keys(self) -> Keys:
        return Keys(WORKER, self.private)


def make_file(path: Path) -> None:
    """Write a new key to `path`, mode 0600; raises FileExistsError rather than replace one.

    The file appears complete or not at all, so that two processes starting together agree on one key.
    """
    _write(path, WorkerKey({uuid4(): PrivateKey.generate()}, os.urandom(KEY_BYTES)), replace=False)


def add_pair(path: Path) -> None:
    """Put a new pair into the file, to be the one in use from now on; the older ones stay to open with."""
    old = read(path)
    _write(path, WorkerKey({**old.private, uuid4(): PrivateKey.generate()}, old.index_key), replace=True)
    _load.cache_clear()


def drop_older_pairs(path: Path) -> None:
    """Leave only the newest pair in the file: whatever is still wrapped under an older one is lost to the worker."""
    old = read(path)
    _write(path, WorkerKey({old.newest_id: old.private[old.newest_id]}, old.index_key), replace=True)
    _load.cache_clear()


def is_here() -> bool:
    """Whether this process is one that has the worker's key (or may make it: the embedded demo)."""
    return bool(settings.WORKER_KEY_FILE)


def load() -> WorkerKey:
    """The worker's key, read once per process; raises `WorkerKeyProblem`."""
    if not settings.WORKER_KEY_FILE:
        raise WorkerKeyProblem(f"This process has no worker key: {MAKE_ONE}.")
    path = Path(settings.WORKER_KEY_FILE)
    if settings.WORKER_KEY_MADE_ON_FIRST_USE and not path.exists():
        try:
            make_file(path)
        except FileExistsError:
            # Another process was quicker: its key is the key.
            pass
        except OSError as error:
            raise WorkerKeyProblem(f"The worker key file {path} cannot be written ({error.strerror}).") from None
    return _load(path)


def publish_worker_key(now: datetime) -> ReaderKey:
    """Let everybody seal for the worker; called when a worker starts. Publishing the same key again changes nothing.

    Raises `WorkerKeyProblem` where another key is in use: a worker with a wrong file must not quietly take over.
    """
    key = load()
    in_use = ReaderKey.objects.filter(reader=WORKER, retired_at=None).first() or _publish_first(key, now)
    if in_use.id not in key.private:
        raise WorkerKeyProblem(
            f"The worker key file {settings.WORKER_KEY_FILE} is not the one this database is sealed for: "
            "give the worker the file it was set up with."
        )
    if key.private[in_use.id].public() != bytes(in_use.public):
        raise WorkerKeyProblem("The worker's public key in the database was changed: look who wrote to it.")
    if in_use.id != key.newest_id:
        return publish(WORKER, key.private[key.newest_id], key_id=key.newest_id, now=now)
    return in_use


def read(path: Path) -> WorkerKey:
    """The file's key; raises `WorkerKeyProblem` if it cannot be read or is no such file."""
    try:
        content = json.loads(path.read_bytes())
        private = {UUID(pair["id"]): PrivateKey(base64.b64decode(pair["private"])) for pair in content["pairs"]}
        index_key = base64.b64decode(content["index"])
    except OSError as error:
        raise WorkerKeyProblem(f"The worker key file {path} cannot be read ({error.strerror}): {MAKE_ONE}.") from None
    except (ValueError, KeyError, TypeError, Unreadable):
        raise WorkerKeyProblem(f"The worker key file {path} does not hold a worker key: {MAKE_ONE}.") from None
    if not private or len(index_key) != KEY_BYTES:
        raise WorkerKeyProblem(f"The worker key file {path} does not hold a worker key: {MAKE_ONE}.")
    return WorkerKey(private, index_key)


def _publish_first(key: WorkerKey, now: datetime) -> ReaderKey:
    """Publish where no worker ever was; of workers that start at once with two files, the second finds the first's key.

    `publish` would retire it.
    """
    public = key.private[key.newest_id].public()
    try:
        with transaction.atomic():
            return ReaderKey.objects.create(id=key.newest_id, reader=WORKER, public=public, created_at=now)
    except IntegrityError:
        return ReaderKey.objects.get(reader=WORKER, retired_at=None)


@lru_cache(maxsize=8)
def _load(path: Path) -> WorkerKey:
    return read(path)


def _write(path: Path, key: WorkerKey, *, replace: bool) -> None:
    content = {
        "pairs": [
            {"id": str(pair_id), "private": base64.b64encode(private.serialize()).decode()}
            for pair_id, private in key.private.items()
        ],
        "index": base64.b64encode(key.index_key).decode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    if replace:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
