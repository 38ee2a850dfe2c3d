"""A case's opened file for its provider's own case system: as JSON (docs/hand-over.md) and as a page to print."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.timezone import localtime

from intake.models import Correction
from intake.selectors import in_words
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from privacy.vault import Keys
from referrals.models import Case

# Changes when a name or its meaning does; new names may be added to a version.
VERSION = 1
KINDS = (DocumentKind.CONTACT, DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE, DocumentKind.NOTES)
# Of these a case may have several; the others are one document each.
SEVERAL = {DocumentKind.CONTACT: "contacts", DocumentKind.NOTES: "notes"}
# The family says it to the hotline, which gives new return codes by it: nobody else needs it.
NOT_HANDED_OVER = frozenset({"code_word"})


class NoPdf(Exception):
    """This server has not got what PDF files are made with."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """What a case's provider can read of it, in memory for one answer."""

    case: Case
    made_at: datetime
    parts: list[tuple[DocumentKind, datetime, dict[str, Any]]] = field(repr=False)
    # The places in `parts` of what the family told later of a page it had answered before.
    corrections: frozenset[int] = frozenset()


def kinds_of(case: Case) -> list[DocumentKind]:
    """What a hand-over of the case consists of."""
    there = {document.kind for document in vault.latest(case.pk, *KINDS)}
    return [kind for kind in KINDS if kind in there]


def missing_of(case: Case, reader: str) -> list[DocumentKind]:
    """What has not reached the provider yet."""
    missing = {document.kind for document in vault.not_wrapped_for(reader, vault.latest(case.pk, *KINDS))}
    return [kind for kind in KINDS if kind in missing]


def opened_file(case: Case, *, keys: Keys, now: datetime) -> OpenedFile:
    """Everything of the case that `keys` have a copy of; log each opening before. Raises `vault.Unreadable`."""
    documents = vault.wrapped_for(keys.reader, vault.latest(case.pk, *KINDS))
    # The case's own first: what a second person told of the same one stands behind it.
    documents.sort(key=lambda document: (KINDS.index(DocumentKind(document.kind)), document.subject != case.pk))
    sent_later = set(Correction.objects.filter(case_id=case.pk).values_list("pk", flat=True))
    corrections = frozenset(place for place, document in enumerate(documents) if document.subject in sent_later)
    return OpenedFile(case, now, [_part(document, keys) for document in documents], corrections)


def as_json(file: OpenedFile) -> bytes:
    """The file as docs/hand-over.md describes it."""
    case, parts = file.case, file.parts
    handed: dict[str, Any] = {
        "format": "case-hand-over",
        "version": VERSION,
        "made_at": file.made_at.isoformat(),
        "case": {
            "reference": case.reference,
            "opened_at": case.opened_at.isoformat(),
            "language": case.language,
            "case_type": case.case_type,
            "secondary_types": case.secondary_types,
            "urgency": case.urgency,
            "custody": case.custody,
            "facility": case.facility.name if case.facility else "",
            "taken_on": case.taken_on.isoformat() if case.taken_on else None,
            "is_minor": case.is_minor,
            "next_deadline": case.next_deadline.isoformat() if case.next_deadline else None,
            "next_deadline_code": case.next_deadline_code,
        },
    }
    handed["told_by_others"] = []
    for kind in KINDS:
        contents = [(place, payload) for place, (part_kind, _, payload) in enumerate(parts) if part_kind == kind]
        if kind in SEVERAL:
            handed[SEVERAL[kind]] = [payload for _place, payload in contents]
        else:
            # Corrections follow what they correct: the newest answer to each question is handed over.
            own = [payload for place, payload in contents if place in file.corrections]
            others = [payload for place, payload in contents if place not in file.corrections]
            newest = {name: value for payload in (*others[:1], *own) for name, value in payload.items()}
            handed[kind.value] = newest if contents else None
            handed["told_by_others"] += [{kind.value: content} for content in others[1:]]
    return json.dumps(handed, ensure_ascii=False, indent=2).encode()


def as_pdf(file: OpenedFile, *, today: date) -> bytes:
    """The file to print; raises `NoPdf` where Pango is not installed. Nothing is loaded from anywhere."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise NoPdf from error
    page = HTML(string=as_page(file, today=today), url_fetcher=URLFetcher(allowed_protocols=()))
    pdf: bytes = page.write_pdf()
    return pdf


def as_page(file: OpenedFile, *, today: date) -> str:
    """The page that is printed."""
    sections = [
        (kind.label, sealed_at, in_words(kind, payload, today=today)) for kind, sealed_at, payload in file.parts
    ]
    context = {"case": file.case, "made_at": localtime(file.made_at), "sections": sections}
    return render_to_string("intake/hand_over_print.html", context)


def _part(document: SealedDocument, keys: Keys) -> tuple[DocumentKind, datetime, dict[str, Any]]:
    payload = vault.open_document(document, keys=keys)
    handed = {name: value for name, value in payload.items() if name not in NOT_HANDED_OVER}
    return DocumentKind(document.kind), document.created_at, handed
