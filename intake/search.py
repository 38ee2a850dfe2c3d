"""Finding cases by a phone or A-number: the possible ones by their blind index, the certain ones by opening them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch

from accounts.models import User
from accounts.roles import Actor
from intake.lookup import normalized_a_number
from privacy import indexes, vault
from privacy.models import DocumentKind, SealedDocument, WrappedKey
from privacy.vault import Keys
from referrals.actions.openings import OpeningReason, record_opening
from referrals.models import Assignment, Case, Offer
from referrals.selectors import WITH_SOMEBODY
from web.phone_numbers import e164

log = logging.getLogger(__name__)

# The newest possible cases that one search opens: each is an opening, and few numbers belong to as many.
AT_MOST = 20


@dataclass(frozen=True, slots=True)
class _Place:
    """Which document has a number, under which name, and how it is compared."""

    kind: DocumentKind
    name: str
    normalize: Callable[[str], str]


_PLACES = {
    indexes.PHONE: _Place(DocumentKind.CONTACT, "phone", e164),
    indexes.A_NUMBER: _Place(DocumentKind.FILE, "a_number", normalized_a_number),
}


@dataclass(frozen=True, slots=True)
class Match:
    """A case that was found, with whom it is."""

    case: Case
    offer: Offer | None
    person: str


@dataclass(slots=True)
class Found:
    """What one number led to. `possible`: the hotline cannot open the part to compare, because its copy is gone."""

    purpose: str
    matches: list[Match] = field(default_factory=list)
    possible: list[Match] = field(default_factory=list)
    left_out: int = 0

    @property
    def what(self) -> str:
        return "phone number" if self.purpose == indexes.PHONE else "A-number"


def find(
    purpose: str,
    number: str,
    *,
    index_key: bytes,
    keys: Keys,
    by: Actor,
    but_not: UUID | None = None,
    now: datetime | None = None,
) -> Found:
    """The cases of a normalized number, newest first; each that is opened to compare is logged on its timeline.

    A case that retention has destroyed is not found, nor one that the worker has not indexed yet (at most minutes).
    """
    possible = set(indexes.candidates(index_key, purpose, number)) - {but_not}
    cases = list(_with_whom(possible))
    found = Found(purpose, left_out=max(0, len(cases) - AT_MOST))
    people = _people_of(cases, by)
    for case in cases[:AT_MOST]:
        has_it = _has(case, _PLACES[purpose], number, keys, by, now)
        if has_it is not False:
            offers: list[Offer] = case.offers_with_somebody  # type: ignore[attr-defined]
            match = Match(case, offers[0] if offers else None, people.get(case.pk, ""))
            (found.matches if has_it else found.possible).append(match)
    return found


def alike(case: Case, *, index_key: bytes, keys: Keys, by: Actor, now: datetime | None = None) -> list[Found]:
    """Other cases with a phone or A-number of this one; opening its own parts to read them is logged too."""
    founds: list[Found] = []
    for purpose, place in _PLACES.items():
        readable, _ = _documents(case, place, keys)
        numbers, _ = _numbers(case, place, readable, keys, by, now)
        founds += [
            find(purpose, number, index_key=index_key, keys=keys, by=by, but_not=case.pk, now=now)
            for number in sorted(numbers)
        ]
    return founds


def _has(case: Case, place: _Place, number: str, keys: Keys, by: Actor, now: datetime | None) -> bool | None:
    """Whether the case has the number; None if the hotline cannot tell, though the document is not destroyed."""
    readable, closed = _documents(case, place, keys)
    numbers, all_opened = _numbers(case, place, readable, keys, by, now)
    if number in numbers:
        return True
    somebody_can = WrappedKey.objects.filter(document_id__in=[document.pk for document in closed]).exists()
    return None if somebody_can or not all_opened else False


def _documents(case: Case, place: _Place, keys: Keys) -> tuple[list[SealedDocument], list[SealedDocument]]:
    """The newest documents with the number: those that the keys open, and the others."""
    documents = vault.latest(case.pk, place.kind)
    closed = vault.not_wrapped_for(keys.reader, documents)
    return [document for document in documents if document not in closed], closed


def _numbers(
    case: Case, place: _Place, documents: list[SealedDocument], keys: Keys, by: Actor, now: datetime | None
) -> tuple[set[str], bool]:
    """The numbers in the documents, and whether all opened; that they are opened is logged first."""
    numbers: set[str] = set()
    all_opened = True
    if documents:
        record_opening(case=case, kind=place.kind, reason=OpeningReason.SEARCH, by=by, now=now)
    for document in documents:
        try:
            payload = vault.open_document(document, keys=keys)
        except vault.Unreadable:
            # Destroyed a moment ago, or changed by somebody: no reason to hide the other cases, nor to hide this.
            log.error("document %s did not open in a search", document.pk)
            all_opened = False
        else:
            numbers.add(place.normalize(str(payload.get(place.name, ""))))
    return numbers - {""}, all_opened


def _with_whom(case_ids: set[UUID]) -> list[Case]:
    somebody = Offer.objects.filter(WITH_SOMEBODY).select_related("program__provider")
    cases = Case.objects.filter(pk__in=case_ids).order_by("-opened_at", "pk")
    return list(cases.prefetch_related(Prefetch("offers", somebody, to_attr="offers_with_somebody")))


def _people_of(cases: list[Case], by: Actor) -> dict[UUID, str]:
    """The names of who works on the cases in the searcher's organization."""
    theirs = Assignment.objects.filter(case__in=cases, organization=by.organization_id)
    people = dict(theirs.values_list("case_id", "user_id"))
    names = dict(User.objects.filter(pk__in=people.values(), is_active=True).values_list("pk", "name"))
    return {case_id: names[user_id] for case_id, user_id in people.items() if user_id in names}
