"""One case as one reader may see it; its parts are read when shown, each in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from accounts.models import User
from accounts.roles import HOTLINE_ROLES, PROVIDER_ROLES, Actor, Role
from notifications.models import Message, ReceivedText
from notifications.selectors import received_on, texts_of_case
from notifications.texts import as_of
from privacy.models import DocumentKind, SealedDocument
from referrals import shelf_life
from referrals.actions.assignments import works_on
from referrals.actions.deadlines import running_of
from referrals.actions.line import standing_of
from referrals.certifications import visible_requests
from referrals.explanations import Explanation, Standing, explain
from referrals.look_ups import LookUp, look_ups_of
from referrals.machine import Owner, owner_of
from referrals.models import (
    Case,
    CaseDeadline,
    CaseEvent,
    CaseRead,
    CertificationRequest,
    ClinicSeat,
    CoordinatorTask,
    Offer,
    OfferState,
)
from referrals.policies import can_work_on, documents_open_to
from referrals.selectors.case_parts import CaseParts
from referrals.selectors.news import NO_NEWS
from referrals.selectors.parts import of_organization, open_tasks, type_names, where
from referrals.timeline import Entry, entries

DECISIONS_SHOWN = 20  # the newest; what was offered stays on the timeline
# Events that each organization keeps to itself; the hotline and the auditor read all.
INTERNAL = frozenset({"opened_document", "assigned", "likely_duplicate", "not_duplicate", "joined", "referred_out"})


@dataclass(frozen=True)
class CasePage(CaseParts):
    """One case as this actor may see it."""

    @cached_property
    def _names(self) -> dict[str, str]:
        return type_names(self.now)

    @property
    def type_name(self) -> str:
        return self._names.get(self.case.case_type, self.case.case_type)

    @property
    def secondary_names(self) -> list[str]:
        return [self._names.get(code, code) for code in self.case.secondary_types]

    @property
    def where(self) -> str:
        return where(self.case)

    @cached_property
    def offers(self) -> list[Offer]:
        """The case's offers, newest first; a provider sees its own."""
        offers = self.case.offers.select_related("program__provider")
        if not self.is_hotlines:
            offers = offers.filter(of_organization(self.actor.organization_id))
        return list(offers)

    @property
    def live_offer(self) -> Offer | None:
        return next((offer for offer in self.offers if offer.state == OfferState.LIVE), None)

    @property
    def holder(self) -> Offer | None:
        """The accepted offer that holds the case."""
        held = (one for one in self.offers if one.state == OfferState.ACCEPTED and one.room_released_at is None)
        return next(held, None)

    @property
    def owner(self) -> str:
        """Who must act now: a provider by its code."""
        owner = owner_of(self.case)
        offer = self.live_offer or self.holder
        return str(offer.program.provider) if owner == Owner.PROVIDER and offer else owner

    @cached_property
    def tasks(self) -> list[CoordinatorTask]:
        """Open tasks, the first due first; providers have none."""
        return list(open_tasks().filter(case=self.case)) if self.is_hotlines else []

    @cached_property
    def clocks(self) -> list[CaseDeadline]:
        """The legal clocks that run, the first to keep first; a provider sees those of a case it holds."""
        if not self.is_hotlines and self.holder is None:
            return []
        return sorted(running_of(self.case), key=lambda row: (row.at, row.code))

    @cached_property
    def events(self) -> list[CaseEvent]:
        """What happened, newest first; a provider does not read of other providers' part in it."""
        events = CaseEvent.objects.filter(case=self.case).order_by("-sequence")
        if self.is_hotlines:
            return list(events)
        own = {offer.program.provider.code for offer in self.offers}
        return [event for event in events if _providers_named(event) <= own and not self._is_not_theirs(event)]

    def _is_not_theirs(self, event: CaseEvent) -> bool:
        is_internal = event.role in PROVIDER_ROLES or event.kind in INTERNAL
        return is_internal and event.organization_id != self.actor.organization_id

    @cached_property
    def timeline(self) -> list[Entry]:
        return entries(self.events)

    @property
    def newest_sequence(self) -> int:
        """The number of the newest event the page shows; 0 for none."""
        return self.events[0].sequence if self.events else 0

    @cached_property
    def news(self) -> list[Entry]:
        """What others did since the reader last looked, newest first; none the first time, when all is new."""
        marks = CaseRead.objects.filter(case=self.case)
        mark = marks.filter(user_id=self.actor.user_id).first() if self.actor.user_id else None
        if mark is None:
            return []
        return entries(
            one
            for one in self.events
            if one.sequence > mark.read_through and one.user_id != self.actor.user_id and one.kind not in NO_NEWS
        )

    @cached_property
    def decisions(self) -> list[Explanation]:
        """Why the case went where it went, newest first; they name every provider, so providers do not see them."""
        if not self.is_hotlines:
            return []
        newest = self.case.routing_decisions.select_related("chosen__provider")
        return [explain(one) for one in newest[:DECISIONS_SHOWN]]

    @cached_property
    def standing(self) -> Standing | None:
        """The case's place in line while it waits; it counts other cases, so providers do not see it."""
        return standing_of(self.case, now=self.now) if self.is_hotlines else None

    @cached_property
    def person(self) -> User | None:
        """Who works on the case in the reader's organization."""
        user_id = works_on(self.case, self.actor.organization_id)
        return User.objects.get(pk=user_id) if user_id else None

    @property
    def may_search(self) -> bool:
        """Whether the reader can look for cases like this one."""
        return self.actor.role in HOTLINE_ROLES

    @property
    def may_take_over(self) -> bool:
        """Whether the reader can make the case theirs, and it is not."""
        return can_work_on(self.actor, self.case) and (self.person is None or self.person.pk != self.actor.user_id)

    @cached_property
    def look_ups(self) -> list[LookUp]:
        """The newest look-ups of the person, newest first; a provider reads those of a case that is with it."""
        return look_ups_of(self.case)

    @cached_property
    def certifications(self) -> list[CertificationRequest]:
        """Requests for a U visa certification, the oldest first; a provider's of the case it holds."""
        return list(visible_requests(self.actor).filter(case=self.case).order_by("requested_on", "entered_at"))

    @cached_property
    def clinic_seats(self) -> list[ClinicSeat]:
        """Seats at clinics, the newest first; they are the hotline's business."""
        if not self.is_hotlines:
            return []
        return list(self.case.clinic_seats.select_related("session"))

    @cached_property
    def texts(self) -> list[tuple[Message, str]]:
        """What the family was texted, oldest first, each with its wording in English."""
        texts = texts_of_case(self.case.pk)
        return [(text, as_of(text.template, "en", text.about_at, text.created_at)) for text in texts]

    @cached_property
    def received(self) -> list[ReceivedText]:
        """What the family texted us, oldest first: that it did, and what a machine made of it. The words are sealed."""
        return received_on(self.case.pk)

    @property
    def may_read_thread(self) -> bool:
        """Whether the reader can open the texts with the family."""
        return DocumentKind.NOTES in documents_open_to(self.actor, self.case)

    @cached_property
    def ends(self) -> list[str]:
        """What of the case is scheduled to be destroyed, as sentences."""
        return shelf_life.due_sentences(self.case)

    @cached_property
    def loss(self) -> str:
        """That what the family told us is gone, as a sentence; "" while it is not."""
        return shelf_life.loss(self.case)

    @property
    def may_begin_new_file(self) -> bool:
        """Whether the reader can write down what the family tells us again."""
        return self.actor.role in HOTLINE_ROLES and self.case.is_open and bool(self.loss)

    @property
    def may_hand_over(self) -> bool:
        """Whether the reader can take the file into their own case system."""
        return self.actor.acts_as(Role.PROVIDER_STAFF) and self.holder is not None

    @property
    def may_note(self) -> bool:
        """Whether the reader can write a note: whoever may open a part of the case can."""
        return bool(documents_open_to(self.actor, self.case))

    @property
    def may_note_beside(self) -> bool:
        """Whether a note can be written with a deed: on an ended case only while something of it is still sealed."""
        return self.may_note and (self.case.is_open or bool(self.documents))

    @cached_property
    def documents(self) -> list[DocumentKind]:
        """The sealed documents that exist and that this actor may ask to open, in the order of `DocumentKind`."""
        there = set(SealedDocument.objects.filter(case_id=self.case.pk).values_list("kind", flat=True).distinct())
        openable = documents_open_to(self.actor, self.case)
        return [kind for kind in DocumentKind if kind in there and kind in openable]


def _providers_named(event: CaseEvent) -> set[str]:
    return {str(event.detail[key]) for key in ("provider", "from") if event.detail.get(key)}


def case_page(case: Case, actor: Actor, *, now: datetime) -> CasePage:
    """One case for one reader; its parts are read when they are shown, each in a fixed number of queries."""
    return CasePage(case, actor, now)
