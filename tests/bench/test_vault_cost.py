"""What the vault costs over the bare Tink calls it needs, and beside the rest of a submission; docs/performance.md."""

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from intake.actions import submit_draft
from privacy import hpke, readers, vault
from privacy.aead import aead_of, encode, pad
from privacy.hpke import PrivateKey
from privacy.models import DocumentKind, WrappedKey
from referrals.actions.sharing import active_provider_readers
from tests.factories import room
from tests.intake.test_sending import a_draft
from tests.services.vault_keys import keys_for

# A case as intake seals it: who reads which document.
FILE = {"names": "Bench Person", "a_number": "A000123456", "notes": "x" * 200}


def _parts() -> list[vault.Part]:
    providers = active_provider_readers()
    return [
        vault.Part(DocumentKind.CONTACT, FILE, ["worker", "hotline"]),
        vault.Part(DocumentKind.NAMES, FILE, ["hotline", *providers]),
        vault.Part(DocumentKind.FILE, FILE, ["hotline", *providers]),
        vault.Part(DocumentKind.FACTS, FILE, ["worker", "hotline", *providers]),
        vault.Part(DocumentKind.LOOKUP, FILE, ["worker"]),
    ]


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _bare_seal(parts: list[vault.Part], publics: Mapping[str, bytes]) -> list[tuple[bytes, bytes]]:
    """The same documents and wraps by Tink alone; the last document's pair comes back."""
    sealed = []
    for part in parts:
        data_key = os.urandom(32)
        content = aead_of(data_key).encrypt(pad(encode(part.payload)), b"place")
        wraps = [hpke.seal_to(publics[reader], data_key, b"place") for reader in part.readers]
        sealed.append((content, wraps[0]))
    return sealed


@pytest.mark.django_db
def test_what_sealing_a_case_and_opening_a_file_cost(
    scale: Mapping[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    count, now = scale["bench_cases"], timezone.now()
    parts = _parts()
    private = PrivateKey.generate()
    publics = {reader: private.public() for part in parts for reader in part.readers}
    reader_keys = readers.in_use(publics)
    documents: list[Any] = []
    stored, ours, bare, fetched, ours_open, bare_open = [], [], [], [], [], []
    for _ in range(count):
        bare.append(_timed(lambda: _bare_seal(parts, publics)))
        prepared = [(part, pad(encode(part.payload))) for part in parts]
        ours.append(_timed(partial(vault.seal_in_memory, uuid4(), prepared, keys=reader_keys, versions={}, now=now)))
        stored.append(_timed(lambda: documents.append(vault.seal_all(case_id=uuid4(), parts=parts, now=now)[2])))
    content, wrap = _bare_seal(parts, publics)[0]
    keys = keys_for("ahr")
    for document in documents:
        bare_open.append(_timed(lambda: aead_of(private.open(wrap, b"place")).decrypt(content, b"place")))
        row = WrappedKey.objects.get(document_id=document.id, reader="ahr")
        ours_open.append(_timed(partial(vault.open_with, document, row, keys=keys)))
        fetched.append(_timed(partial(vault.open_document, document, keys=keys)))
    with capsys.disabled():
        print(f"\nsealing a case: {_ratio(ours, bare)}; with its statements: {_ratio(stored, bare)}")
        print(f"opening a file: {_ratio(ours_open, bare_open)}; with its query: {_ratio(fetched, bare_open)}")


@pytest.mark.django_db
def test_what_sealing_costs_beside_the_rest_of_a_submission(
    scale: Mapping[str, int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    count = scale["bench_cases"] // 3
    room(ceiling=7 * count)
    sealing: list[float] = []
    seal_all = vault.seal_all

    def timed(**arguments: Any) -> Any:
        begun = time.perf_counter()
        try:
            return seal_all(**arguments)
        finally:
            sealing.append(time.perf_counter() - begun)

    monkeypatch.setattr(vault, "seal_all", timed)
    drafts = [a_draft() for _ in range(count)]
    whole = [_timed(partial(submit_draft, draft=draft)) for draft in drafts]
    rest = [all_of_it - part for all_of_it, part in zip(whole, sealing, strict=True)]
    with capsys.disabled():
        print(f"\nsealing beside the rest of a submission: {_ratio(sealing, rest)}")


def _ratio(ours: list[float], theirs: list[float]) -> str:
    one, other = median(ours), median(theirs)
    return f"ratio {one / other:.2f} ({1000 * one:.2f} ms over {1000 * other:.2f} ms, medians of {len(ours)})"
