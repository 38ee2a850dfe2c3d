"""What a case can be found by, written one way however it was typed: phone, A-number, the person by name and day."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from intake.duplicates import note_likely_duplicates
from intake.name_sound import birth_day_of, country_of, sounds
from privacy import indexes, vault
from privacy.models import BlindIndex, DocumentKind, SealedDocument, WrappedKey
from privacy.worker_key import WorkerKey
from web.phone_numbers import e164

_A_NUMBER = re.compile(r"A?([0-9]{7,9})")
_BETWEEN_DIGITS = re.compile(r"[\s.\-\u2010-\u2015#]+")
_INDEXED = (indexes.PHONE, indexes.A_NUMBER, indexes.PERSON, indexes.BORN_IN)


def normalized_a_number(typed: str) -> str:
    """Nine digits, or "" for what is no A-number; older ones have seven or eight and are filled with zeros."""
    found = _A_NUMBER.fullmatch(_BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", typed)).upper())
    return found[1].zfill(9) if found and found[1].strip("0") else ""


def number_meant(typed: str) -> tuple[str, str] | None:
    """What somebody searches by, as (purpose, normalized number); None for neither a phone nor an A-number.

    Seven to nine digits are an A-number: a phone is searched with its area code.
    """
    if a_number := normalized_a_number(typed):
        return indexes.A_NUMBER, a_number
    if phone := e164(typed):
        return indexes.PHONE, phone
    return None


def lookup_of(contact: Mapping[str, Any], names: Mapping[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """The `lookup` document of a case: what the worker makes indexes of, of each a list.

    A person is indexed by each sound of their name with the birth day, and once more with the country where it was
    told. Without a whole birth day there is nothing to tell one Mohamed Ali from another, and no index.
    """
    phone, a_number = str(contact.get("phone", "")), str(file.get("a_number", ""))
    birth_day, country = birth_day_of(names.get("birth_day")), country_of(str(file.get("country") or ""))
    heard = sounds(str(names.get("names") or ""), str(names.get("other_names") or "")) if birth_day else []
    return {
        indexes.PHONE: [e164(phone)],
        indexes.A_NUMBER: [normalized_a_number(a_number)],
        indexes.PERSON: [f"{sound} {birth_day}" for sound in heard],
        indexes.BORN_IN: [f"{sound} {birth_day} {country}" for sound in heard] if country else [],
    }


def cases_to_index() -> list[UUID]:
    """The cases whose look-up document still waits for the worker."""
    waiting = SealedDocument.objects.filter(kind=DocumentKind.LOOKUP)
    return list(waiting.order_by("case_id").values_list("case_id", flat=True).distinct())


def index_case(case_id: UUID, key: WorkerKey) -> None:
    """Write the case's indexes, look for others about the same person, destroy the look-up documents; as the worker.

    Doing it again, twice at once, or after dying half-way leaves the same rows. Raises `vault.Unreadable` for a
    document that was changed.
    """
    with transaction.atomic():
        waiting = SealedDocument.objects.select_for_update(skip_locked=True).filter(
            case_id=case_id, kind=DocumentKind.LOOKUP
        )
        documents = list(waiting.order_by("version"))
        for document in documents:
            _index(document, key)
        if documents:
            # Before their rows go, in one transaction with that: who died here looks again.
            note_likely_duplicates(case_id=case_id, now=timezone.now())
        for document in documents:
            document.delete()


def _index(document: SealedDocument, key: WorkerKey) -> None:
    wraps = WrappedKey.objects.filter(document_id=document.pk)
    if not wraps.exists():
        # An earlier run wrote the indexes and died before it deleted the row.
        return
    told = vault.open_document(document, keys=key.keys())
    given = [(purpose, one) for purpose in _INDEXED for one in _values(told.get(purpose, [])) if one]
    indexes.write_indexes(document.case_id, key.index_key, given)
    destroyed, _ = wraps.delete()
    if not destroyed:
        # The row is locked, so this was the end of the case itself: its indexes must not outlive it.
        BlindIndex.objects.filter(case_id=document.case_id).delete()


def _values(told: list[str] | str) -> list[str]:
    # One number, as an earlier version of the program sealed it: it may still wait here when the program is updated.
    return [told] if isinstance(told, str) else told
