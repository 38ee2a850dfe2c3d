"""Whoever took the web host, tries everything it can read on everything that is sealed.

Run as a process of its own with the web process's environment; as root it first becomes a user of no rights. Says on
its output how many documents it opened.
"""

import base64
import binascii
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django

NOBODY = 65534
_TEXT_PIECES = re.compile(rb"[A-Za-z0-9+/_=-]{20,}")


def main(forbidden: str) -> None:
    """Read, try, report. `forbidden` is the worker's folder, which this process must not be able to read."""
    django.setup()
    given = json.load(sys.stdin)
    from django.conf import settings
    from django.db import connections

    for alias in settings.DATABASES:
        connections[alias].ensure_connection()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        if os.access(forbidden, os.R_OK):
            raise SystemExit("the worker's folder is readable: the drill proves nothing")
    found = list(_secrets(given))
    print(json.dumps(_try(found)))


def _secrets(given: dict[str, str]) -> Iterator[bytes]:
    """Every piece of bytes that could be a key: settings, environment, files, rows, sessions, and what was given."""
    yield from _pieces(given.values())
    yield from _pieces(os.environ.values())
    from django.conf import settings

    yield from _pieces(str(getattr(settings, name)) for name in dir(settings) if name.isupper())
    from config.environment import BASE_DIR, STATE_DIR

    for folder in (STATE_DIR, BASE_DIR / "config", BASE_DIR / "docker"):
        yield from _pieces(_files(folder))
    yield from _rows()


def _files(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        try:
            if path.is_file() and path.stat().st_size < 100_000:
                yield path.read_bytes()
        except OSError:
            continue


def _rows() -> Iterator[bytes]:
    from django.apps import apps
    from django.contrib.sessions.models import Session
    from django.db.models import BinaryField

    for model in apps.get_models():
        columns = [field.name for field in model._meta.local_fields if isinstance(field, BinaryField)]
        for row in model._default_manager.values_list(*columns) if columns else ():
            yield from (bytes(value) for value in row if value)
    for session in Session.objects.all():
        yield from _pieces([json.dumps(session.get_decoded())])


def _pieces(texts: Iterable[str | bytes]) -> Iterator[bytes]:
    for text in texts:
        content = text.encode() if isinstance(text, str) else text
        yield content
        for piece in set(_TEXT_PIECES.findall(content)):
            yield piece
            for decode in (base64.b64decode, base64.urlsafe_b64decode, binascii.unhexlify):
                try:
                    yield decode(piece if decode is binascii.unhexlify else piece + b"=" * (-len(piece) % 4))
                except (ValueError, binascii.Error):
                    continue


def _try(found: list[bytes]) -> dict[str, Any]:
    """Every secret as a private key and as a symmetric key, and whatever those open, again."""
    from privacy import vault
    from privacy.aead import KEY_BYTES, Unreadable, aead_of, context, decrypt
    from privacy.hpke import PrivateKey
    from privacy.models import HolderKey, ReaderKey, SealedDocument
    from privacy.readers import Keys

    privates: list[PrivateKey] = []
    symmetric = {one for one in found if len(one) == KEY_BYTES}
    sealed_by_cookie = [one for one in found if 60 < len(one) < 1000]
    for key in symmetric:
        opener = aead_of(key)
        for holder in HolderKey.objects.all():
            for place in (context("unlocked/1", holder.holder), context("holder/1", holder.id, holder.holder)):
                for sealed in sealed_by_cookie:
                    try:
                        found.append(decrypt(opener, sealed, place))
                    except Unreadable:
                        continue
    for one in {one for one in found if 20 < len(one) < 2000}:
        try:
            privates.append(PrivateKey(one))
        except Unreadable:
            continue
    keyrings = [
        Keys(reader, {key.id: private})
        for private in [*privates, *_from_grants(privates)]
        for key in ReaderKey.objects.all()
        for reader in [key.reader]
    ]
    opened: Counter[str] = Counter()
    documents = list(SealedDocument.objects.all())
    for document in documents:
        if any(_opens(vault.open_document, document, keys) for keys in keyrings):
            opened[document.kind] += 1
    return {"opened": opened, "total": len(documents)}


def _opens(open_document: Any, document: Any, keys: Any) -> bool:
    from privacy.aead import Unreadable

    try:
        open_document(document, keys=keys)
    except Unreadable:
        return False
    return True


def _from_grants(privates: list[Any]) -> Iterator[Any]:
    """What a stolen member's key would open: their organization's."""
    from privacy.aead import Unreadable, context
    from privacy.hpke import PrivateKey
    from privacy.models import KeyGrant, ReaderKey

    readers = dict(ReaderKey.objects.values_list("id", "reader"))
    for grant in KeyGrant.objects.select_related("holder"):
        place = context("grant/1", grant.reader_key_id, readers.get(grant.reader_key_id, ""), grant.holder_id)
        for private in privates:
            try:
                yield PrivateKey(private.open(grant.sealed, place))
            except Unreadable:
                continue


if __name__ == "__main__":
    main(*sys.argv[1:])
