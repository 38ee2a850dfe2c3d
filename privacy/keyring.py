"""The one key of this installation, held in a file, under which data keys are wrapped per reader.

`wrap` and `unwrap` are the whole seam to the vault: where each reader holds a key of its own, only these two change.
"""

import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import tink
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from tink import aead, json_proto_keyset_format, secret_key_access

from privacy.aead import context, decrypt

MISSING = (
    "The vault has no key: make one with `manage.py make_vault_key PATH` and set VAULT_KEY_FILE to that path, "
    "readable by this process."
)


def make_key_file(path: Path) -> None:
    """Write a new keyset to `path`, mode 0600; raises FileExistsError rather than replace a key.

    The file appears complete or not at all, so that two processes starting together agree on one key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    finally:
        draft.unlink()


def key_is_there() -> bool:
    """Whether the configured key file can be read, or will be made on first use."""
    if settings.VAULT_KEY_MADE_ON_FIRST_USE:
        return True
    return bool(settings.VAULT_KEY_FILE) and os.access(settings.VAULT_KEY_FILE, os.R_OK)


def wrap(key: bytes, *, reader: str, bound_to: bytes) -> bytes:
    """A data key, wrapped for `reader`; opens only with the same `reader` and `bound_to`."""
    return file_key().encrypt(key, context("wrap/1", reader, bound_to.hex()))


def unwrap(wrapped: bytes | memoryview, *, reader: str, bound_to: bytes) -> bytes:
    """The data key that `wrap` was given; raises `Unreadable`."""
    return decrypt(file_key(), wrapped, context("wrap/1", reader, bound_to.hex()))


def file_key() -> aead.Aead:
    """The primitive of the configured key file, loaded once per process."""
    if not key_is_there():
        raise ImproperlyConfigured(MISSING)
    return _load(Path(settings.VAULT_KEY_FILE))


@lru_cache(maxsize=8)
def _load(path: Path) -> aead.Aead:
    if not path.exists():
        # If another process was quicker, its key is the key.
        with suppress(FileExistsError):
            make_key_file(path)
    handle = json_proto_keyset_format.parse(path.read_text(), secret_key_access.TOKEN)
    return handle.primitive(aead.Aead)
