"""Which cases and offers an actor may see, and what a provider has before it."""

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.roles import Actor, Role
from referrals.models import Case, Offer, OfferState
from referrals.selectors.parts import WITH_SOMEBODY, of_organization, type_names, where


def visible_cases(actor: Actor) -> QuerySet[Case]:
    """The cases `referrals.policies.can_see_case` lets this actor see, as one query."""
    cases = Case.objects.select_related("facility", "referred_to", "triage_rule")
    # Joined to itself twice, the table of all cases would be read in full for a page of fifty.
    cases = cases.prefetch_related("duplicate_of", "continues")
    if actor.acts_as(Role.COORDINATOR) or actor.role == Role.AUDITOR:
        return cases
    if not actor.acts_as(Role.PROVIDER_STAFF):
        return cases.none()
    with_them = Offer.objects.filter(WITH_SOMEBODY, of_organization(actor.organization_id))
    return cases.filter(Exists(with_them.filter(case=OuterRef("pk"))))


def visible_offers(actor: Actor) -> QuerySet[Offer]:
    """A provider's own offers; the hotline and the auditor see all."""
    offers = Offer.objects.select_related("case__facility", "program__provider__organization")
    if actor.acts_as(Role.COORDINATOR) or actor.role == Role.AUDITOR:
        return offers
    if not actor.acts_as(Role.PROVIDER_STAFF):
        return offers.none()
    return offers.filter(of_organization(actor.organization_id))


# Cases held on one page of the desk.
HELD_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class OfferLine:
    """An offer with the words of its case."""

    offer: Offer
    type_name: str

    @property
    def where(self) -> str:
        return where(self.offer.case)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a provider has before it: offers to answer, the first to lapse first, and a page of the cases it holds, the
    next step that is due soonest first."""

    live: list[OfferLine]
    held: list[OfferLine]
    held_page: Page[Offer]


def offers_for(organization_id: int | None, *, now: datetime, page: str | None = None) -> Desk:
    """The live offers and held cases of a provider's organization; `page` as it stands in the address."""
    names = type_names(now)
    offers = Offer.objects.filter(WITH_SOMEBODY, of_organization(organization_id)).select_related(
        "case__facility", "program__provider"
    )
    held = offers.filter(state=OfferState.ACCEPTED).order_by(
        F("case__state_due_at").asc(nulls_last=True), "case__reference"
    )
    held_page = Paginator(held, HELD_A_PAGE).get_page(page)

    def line(offer: Offer) -> OfferLine:
        return OfferLine(offer, names.get(offer.case_type, offer.case_type))

    live = offers.filter(state=OfferState.LIVE).order_by("expires_at", "pk")
    return Desk([line(offer) for offer in live], [line(offer) for offer in held_page], held_page)
