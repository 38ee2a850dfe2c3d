"""Reads of sealed documents, each in the words a page shows."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import Organization
from accounts.roles import Actor
from intake.forms.staff import place_choices
from intake.questions import PAGES
from privacy import vault
from privacy.models import DocumentKind, SealedDocument
from referrals.facts import Entry, Facts, Paper, Taken
from referrals.models import Case

FACT_LABELS: dict[str, str] = {
    "taken": "Taken",
    "taken_at": "Taken at, about",
    "place": "Where they are now",
    "entry": "How admitted",
    "papers": "Papers seen",
    "hearing_on": "Next court date",
    "zip_code": "Home ZIP",
    "household": "People in the household",
    "monthly_income": "Monthly income up to, US dollars",
    "income_is_over": "Income above the line",
    "is_minor": "Under 18",
}


def newest_facts(case: Case, actor: Actor) -> tuple[Facts | None, int]:
    """The newest deciding answers and their version, opened as the actor's organization; (None, 0) without any."""
    documents = vault.latest(case.pk, DocumentKind.FACTS)
    if not documents:
        return None, 0
    newest = documents[-1]
    return Facts.from_payload(vault.open_document(newest, reader=reader_of_actor(actor))), newest.version


def newest_facts_version(case: Case) -> int:
    documents = vault.latest(case.pk, DocumentKind.FACTS)
    return documents[-1].version if documents else 0


def reader_of_actor(actor: Actor) -> str:
    """The vault reader a member is: their organization."""
    if actor.organization_id is None:
        raise PermissionDenied("Only members of an organization open sealed documents.")
    return vault.reader_of(Organization.objects.get(pk=actor.organization_id))


def opened(document: SealedDocument, *, reader: str, today: date) -> list[tuple[str, str]]:
    """A document's fields as (label, words); raises `vault.Unreadable`."""
    payload = vault.open_document(document, reader=reader)
    if taken_at := payload.get("taken_at"):
        payload["taken_at"] = date_format(localtime(datetime.fromisoformat(taken_at)), "M j, Y, H:i")
    if document.kind == DocumentKind.FACTS:
        labels, words = FACT_LABELS, _fact_words(today)
    else:
        labels = {name: str(page.form.base_fields[name].label) for page in PAGES for name in page.feeds}
        words = {"nobody": "nobody", "trusted": "someone they trust", "must_not_know": "SOMEONE WHO MUST NOT KNOW"}
    return [(labels.get(name, name), _in_words(value, words)) for name, value in payload.items()]


def _fact_words(today: date) -> dict[str, str]:
    """The codes that facts are made of, in words; "unknown" means the same everywhere."""
    choices = [*place_choices(today), *Taken.choices, *Entry.choices, *Paper.choices]
    return {str(code): str(label) for code, label in choices}


def _in_words(value: Any, words: dict[str, str]) -> str:
    if value is None or value == "" or value == []:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(words.get(str(part), str(part)) for part in value)
    return words.get(str(value), str(value))
