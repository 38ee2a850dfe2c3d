"""Who may see and move which case, and whether the case is in a state that allows it.

`check_…` raises, `can_…` answers. Role rules of transitions stand in referrals/machine.py.
"""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django_fsm import can_proceed

from accounts.models import Membership, User
from accounts.roles import HOTLINE_ROLES, LEAD_ROLES, PROVIDER_ROLES, Actor, Role
from privacy.models import DocumentKind, SealedDocument
from providers.models import Provider
from referrals.machine import STEPS, role_may
from referrals.models import Case, Offer, OfferState, Screening, State


class WrongState(Exception):
    """The case or offer is in a state that does not allow this; somebody else may have been quicker."""


PROVIDER_STEPS = frozenset({"accept", "decline", "engage", "transfer", "close"})


def holder_of(case: Case) -> Offer | None:
    """The accepted offer that holds the case now."""
    return case.offers.filter(state=OfferState.ACCEPTED, room_released_at__isnull=True).first()


def live_offer_of(case: Case) -> Offer | None:
    return case.offers.filter(state=OfferState.LIVE).first()


def is_with_organization(case: Case, organization_id: int | None) -> bool:
    """Whether the organization's provider has a live offer of the case or holds it."""
    if organization_id is None:
        return False
    return (
        case.offers.filter(program__provider__organization_id=organization_id)
        .filter(state__in=[OfferState.LIVE, OfferState.ACCEPTED], room_released_at__isnull=True)
        .exists()
    )


def provider_with(case: Case, actor: Actor) -> Provider:
    """The actor's own provider, while it has the case; raises PermissionDenied."""
    if not (actor.acts_as(Role.PROVIDER_STAFF) and is_with_organization(case, actor.organization_id)):
        raise PermissionDenied("The case is not with your organization.")
    return Provider.objects.get(organization=actor.organization_id)


def can_say_must_not_take(actor: Actor, case: Case) -> bool:
    """Whether the actor's provider has the case, and has not yet said that it must not."""
    is_with_them = actor.acts_as(Role.PROVIDER_STAFF) and is_with_organization(case, actor.organization_id)
    return (
        is_with_them
        and not case.conflict_holds.filter(
            provider__organization=actor.organization_id, lifted_at__isnull=True
        ).exists()
    )


def check_may_hold_conflict(actor: Actor, case: Case, provider: Provider) -> None:
    """A coordinator for any provider, staff for their own while it has the case.

    Raises PermissionDenied, WrongState.
    """
    if not actor.acts_as(Role.COORDINATOR) and provider_with(case, actor) != provider:
        raise PermissionDenied("You can say this of your own organization only.")
    if not case.is_open:
        raise WrongState(f"{case.reference} is {case.get_state_display().lower()} now.")


def awaits_screening(case: Case) -> bool:
    """Whether a coordinator's word on eligibility is still open; with an answer missing, that comes first."""
    return case.screening == Screening.PENDING and case.is_open and case.state != State.NEEDS_INFO


def can_see_case(actor: Actor, case: Case) -> bool:
    if actor.acts_as(Role.COORDINATOR) or actor.role == Role.AUDITOR:
        return True
    return actor.acts_as(Role.PROVIDER_STAFF) and is_with_organization(case, actor.organization_id)


def can_work_on(actor: Actor, case: Case) -> bool:
    """Whether the case may be this actor's to work on in their organization."""
    return actor.role in HOTLINE_ROLES | PROVIDER_ROLES and can_see_case(actor, case)


def check_may_work_on(actor: Actor, case: Case) -> None:
    """Raises PermissionDenied."""
    if not can_work_on(actor, case):
        raise PermissionDenied("The case is not yours to work on.")


def can_give(actor: Actor, case: Case) -> bool:
    """Whether this actor may say who of their organization works on the case."""
    return actor.role in LEAD_ROLES and can_work_on(actor, case)


def check_may_give(actor: Actor, case: Case, member: User) -> None:
    """Raises PermissionDenied unless a lead gives the case to somebody of their own organization."""
    if not can_give(actor, case):
        raise PermissionDenied("Only a lead gives a case to somebody.")
    if not colleagues_of(actor).filter(pk=member.pk).exists():
        raise PermissionDenied("The case can be given to a member of your organization only.")


def colleagues_of(actor: Actor) -> QuerySet[User]:
    """The members of the actor's organization who may work on cases, by name."""
    there = Membership.objects.filter(organization=actor.organization_id, role__in=HOTLINE_ROLES | PROVIDER_ROLES)
    return User.objects.filter(membership__in=there, is_active=True).order_by("name", "pk")


def can_move(actor: Actor, case: Case, step: str) -> bool:
    """Whether this actor may make the transition on this case now: role, object and state."""
    return (
        role_may(step, actor)
        and (not _is_provider_side(actor) or is_with_organization(case, actor.organization_id))
        and can_proceed(getattr(case, step))
    )


def check_may_move(actor: Actor, case: Case, step: str) -> None:
    """Raises PermissionDenied for the role or another provider's case, WrongState for the state."""
    if not role_may(step, actor):
        raise PermissionDenied(f"A {actor.role} may not {step} a case.")
    if _is_provider_side(actor) and not is_with_organization(case, actor.organization_id):
        raise PermissionDenied("The case is not with your organization.")
    check_state_allows(case, step)


def check_state_allows(case: Case, step: str) -> None:
    if not can_proceed(getattr(case, step)):
        raise WrongState(f"{case.reference} is {case.state}: it cannot {step.replace('_', ' ')} now.")


def _is_provider_side(actor: Actor) -> bool:
    return actor.acts_as(Role.PROVIDER_STAFF)


def steps_open_to(actor: Actor, case: Case) -> list[str]:
    """The transitions this actor could make on this case now, in the table's order."""
    return [step for step in STEPS if can_move(actor, case, step)]


def offer_held_by(actor: Actor, case: Case) -> Offer | None:
    """The accepted offer by which the actor's provider holds the case now; who has one may hand the case over."""
    if not actor.acts_as(Role.PROVIDER_STAFF) or actor.organization_id is None:
        return None
    theirs = case.offers.filter(program__provider__organization_id=actor.organization_id)
    return theirs.filter(state=OfferState.ACCEPTED, room_released_at__isnull=True).first()


def may_keep_clocks(actor: Actor, case: Case) -> bool:
    """Whether the actor starts and stops the case's legal clocks: the hotline, and the provider that holds the case."""
    return actor.acts_as(Role.COORDINATOR) or offer_held_by(actor, case) is not None


def check_may_keep_clocks(actor: Actor, case: Case) -> None:
    """Raises PermissionDenied."""
    if not may_keep_clocks(actor, case):
        raise PermissionDenied("Clocks are kept by the hotline and the provider that holds the case.")


# The sealed documents of a case by who may open them; docs/architecture.md has the same table in words.
EVERYTHING = frozenset(
    {DocumentKind.CONTACT, DocumentKind.FACTS, DocumentKind.NAMES, DocumentKind.FILE, DocumentKind.NOTES}
)
# For the conflict check, and once it has found none for deciding whether to take the case.
BEFORE_CHECK = frozenset({DocumentKind.NAMES})
AFTER_CHECK = frozenset({DocumentKind.NAMES, DocumentKind.FACTS, DocumentKind.FILE})


def newest_names_at(case_id: UUID) -> datetime | None:
    """When names of the case were last sealed; None if none were."""
    names = SealedDocument.objects.filter(case_id=case_id, kind=DocumentKind.NAMES)
    newest: datetime | None = names.aggregate(newest=Max("created_at"))["newest"]
    return newest


def is_conflict_checked(offer: Offer) -> bool:
    """Whether the provider found no conflict among all the names there are now."""
    if offer.no_conflict_at is None:
        return False
    newest = newest_names_at(offer.case_id)
    return newest is None or newest <= offer.no_conflict_at


def offer_to_check(actor: Actor, case: Case) -> Offer | None:
    """The live offer to the actor's provider that waits for its conflict check."""
    offer = live_offer_of(case) if actor.acts_as(Role.PROVIDER_STAFF) else None
    if offer is None or offer.program.provider.organization_id != actor.organization_id:
        return None
    return None if is_conflict_checked(offer) else offer


def documents_open_to(actor: Actor, case: Case) -> frozenset[DocumentKind]:
    """The hotline: all. A provider: all of the case it holds; of one it is asked to take the names, and once it has
    recorded that there is no conflict facts and file, too."""
    if actor.role in HOTLINE_ROLES:
        return EVERYTHING
    if actor.role not in PROVIDER_ROLES:
        return frozenset()
    holder = holder_of(case)
    if holder and holder.program.provider.organization_id == actor.organization_id:
        return EVERYTHING
    offer = live_offer_of(case)
    if offer is None or offer.program.provider.organization_id != actor.organization_id:
        return frozenset()
    return AFTER_CHECK if is_conflict_checked(offer) else BEFORE_CHECK


def check_may_open(actor: Actor, case: Case, kind: DocumentKind) -> None:
    """Raises PermissionDenied."""
    if kind not in documents_open_to(actor, case):
        raise PermissionDenied("This part of the case is not open to you.")


def check_may_write_note(actor: Actor, case: Case) -> None:
    """The hotline on every case, a provider on one it is offered or holds; raises PermissionDenied."""
    if actor.role in HOTLINE_ROLES:
        return
    if actor.role in PROVIDER_ROLES and is_with_organization(case, actor.organization_id):
        return
    raise PermissionDenied("Notes are written by the hotline and the provider that has the case.")
