"""Reads of sealed documents, each in the words a page shows."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Min
from django.utils.formats import date_format
from django.utils.timezone import localtime

from intake.forms.staff import place_choices
from intake.models import Correction, Draft
from intake.questions import PAGES
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from privacy.vault import Keys
from referrals.facts import CHOSEN, Facts
from referrals.models import Case

FACT_LABELS: dict[str, str] = {
    "taken": "Taken",
    "taken_at": "Taken at, about",
    "taken_where": "Taken where",
    "place": "Where they are now",
    "place_source": "How the family knows",
    "entry": "How admitted",
    "time_here": "Time here",
    "claim": "May be a citizen or have a green card",
    "papers": "Papers seen",
    "flight": "To be flown out or moved",
    "hearing_on": "Next date",
    "date_kind": "What the date is",
    "signed": "Signed something",
    "afraid": "Afraid to go back",
    "orders": "Orders before",
    "decision": "Decision in the last 30 days",
    "criminal": "Criminal case",
    "harm": "Harmed by",
    "pending": "Waits for an answer to",
    "is_minor": "Under 18",
    "has_parent": "A parent is with them",
    "needs": "Health and care",
    "has_lawyer": "Has a lawyer",
    "wish": "Wants help with",
    "zip_code": "Home ZIP",
    "in_city": "Says the home is in the city",
    "household": "People in the household",
    "monthly_income": "Monthly income up to, US dollars",
    "income_is_over": "Income above the hardship line",
}
WORDS_OF_CODES = [choice for kind in CHOSEN.values() for choice in kind.choices]
NOTE_LABELS: dict[str, str] = {
    "note": "Note",
    "written_by": "Written by",
    "written_at": "Written at",
    "base": "Before it was edited",
    "language": "Language",
}


def newest_facts(case: Case, keys: Keys) -> tuple[Facts | None, int]:
    """The newest deciding answers and their version; (None, version) for unread ones,
    (None, 0) without any. Raises `vault.Unreadable`."""
    newest = full_facts(case)
    if newest is None:
        return None, 0
    if not vault.wrapped_for(keys.reader, [newest]):
        # Lost with an older copy of the keys: the answers are asked for again, as the next version.
        return None, newest.version
    return Facts.from_payload(vault.open_document(newest, keys=keys)), newest.version


def newest_facts_version(case: Case) -> int:
    newest = full_facts(case)
    return newest.version if newest else 0


def full_facts(case: Case) -> SealedDocument | None:
    """The newest version of all deciding answers; a correction on its way to the worker is not one."""
    return next((one for one in vault.latest(case.pk, DocumentKind.FACTS) if one.subject == case.pk), None)


def corrections_among(documents: Iterable[SealedDocument]) -> set[UUID]:
    """The ids of those of `documents` that hold only what a family corrected later."""
    subjects = {document.id: document.subject for document in documents}
    corrections = set(Correction.objects.filter(pk__in=subjects.values()).values_list("pk", flat=True))
    return {document_id for document_id, subject in subjects.items() if subject in corrections}


def oldest_expired_draft(now: datetime) -> timedelta | None:
    """How long ago the draft expired whose key should have been destroyed longest; None if none waits for it."""
    oldest: datetime | None = Draft.objects.filter(expires_at__lte=now).aggregate(oldest=Min("expires_at"))["oldest"]
    return now - oldest if oldest else None


def opened(document: SealedDocument, *, keys: Keys, today: date) -> list[tuple[str, str]]:
    """A document's fields as (label, words); raises `vault.Unreadable`."""
    return in_words(DocumentKind(document.kind), vault.open_document(document, keys=keys), today=today)


def in_words(kind: DocumentKind, payload: dict[str, Any], *, today: date) -> list[tuple[str, str]]:
    """What a document of `kind` holds, as (label, words)."""
    is_hour_known = payload.get("taken_hour_known", True)
    payload = {name: value for name, value in payload.items() if name != "taken_hour_known"}
    for name in ("taken_at", "written_at"):
        if moment := payload.get(name):
            written = "M j, Y" if name == "taken_at" and not is_hour_known else "M j, Y, H:i"
            payload[name] = date_format(localtime(datetime.fromisoformat(moment)), written)
    if kind == DocumentKind.FACTS:
        labels, words = FACT_LABELS, _fact_words(today)
    else:
        asked = {name: str(page.form.base_fields[name].label) for page in PAGES for name in page.feeds}
        labels = asked | NOTE_LABELS
        words = {"nobody": "nobody", "trusted": "someone they trust", "must_not_know": "SOMEONE WHO MUST NOT KNOW"}
    return [(labels.get(name, name), _in_words(value, words)) for name, value in payload.items()]


def _fact_words(today: date) -> dict[str, str]:
    """The codes that facts are made of, in words; "unknown" means the same everywhere."""
    return {str(code): str(label) for code, label in [*WORDS_OF_CODES, *place_choices(today)]}


def _in_words(value: Any, words: dict[str, str]) -> str:
    if value is None or value == "" or value == []:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(words.get(str(part), str(part)) for part in value)
    return words.get(str(value), str(value))
