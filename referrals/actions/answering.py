"""What every answer to an offer begins with: the locks, whose offer it is, and the conflict check before the file."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor, Role
from privacy import vault
from privacy.models import DocumentKind
from referrals import events
from referrals.actions.moves import lock_case
from referrals.actions.openings import OPENED
from referrals.actions.sharing import names_are_to_come
from referrals.models import Case, CaseEvent, Offer, OfferState
from referrals.policies import WrongState, is_conflict_checked, newest_names_at


class NotChecked(WrongState):
    """The provider has not said that there is no conflict of interest, or has not read the names it would say it of."""


def locked_offer(offer_id: UUID) -> tuple[Case, Offer]:
    """Case first, then offer: every transaction takes its locks in this order."""
    case_id = Offer.objects.values_list("case_id", flat=True).get(pk=offer_id)
    case = lock_case(case_id)
    return case, Offer.objects.select_related("program__provider__organization").get(pk=offer_id)


def check_offer_is_live(offer: Offer, case: Case, by: Actor, now: datetime) -> None:
    """Raises PermissionDenied for another provider's offer, WrongState for one that has ended."""
    if by.organization_id != offer.program.provider.organization_id:
        raise PermissionDenied("The offer is not your organization's.")
    if offer.state != OfferState.LIVE:
        raise WrongState(f"The offer of {case.reference} is {offer.get_state_display().lower()}.")
    if offer.expires_at <= now:
        raise WrongState(f"The offer of {case.reference} has expired.")


def record_no_conflict(*, offer: Offer, by: Actor, now: datetime | None = None) -> Offer:
    """The provider has read the names and says that nobody stands in the way: facts and file open to it.

    Raises `NotChecked` unless somebody of the provider has opened the names, as they are now, since the offer was made.
    Saying it again changes nothing.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case, offer = locked_offer(offer.pk)
        if not by.acts_as(Role.PROVIDER_STAFF):
            raise PermissionDenied("The provider's staff check for conflicts.")
        check_offer_is_live(offer, case, by, now)
        if is_conflict_checked(offer):
            return offer
        _check_names_were_read(case, offer)
        offer.no_conflict_at, offer.no_conflict_by_user_id = now, by.user_id
        offer.save(update_fields=["no_conflict_at", "no_conflict_by_user_id"])
        detail = {"offer": str(offer.pk), "program": offer.program_id, "provider": offer.program.provider.code}
        events.record(case=case, kind="no_conflict", by=by, now=now, detail=detail)
    return offer


def check_conflict_was_checked(case: Case, offer: Offer) -> None:
    """Raises `NotChecked`: nobody takes a case before they know whose it is."""
    if offer.no_conflict_at is None:
        raise NotChecked(f"Check for a conflict first: open the names of {case.reference}, then record “no conflict”.")
    if not is_conflict_checked(offer):
        raise NotChecked(f"More names of {case.reference} came in after your check: open the names and check again.")


@dataclass(frozen=True, slots=True)
class ConflictCheck:
    """How far the provider of an offer has come with its check; `are_missing`: the names have yet to reach it."""

    are_on_file: bool
    are_missing: bool
    are_read: bool
    is_done: bool


def conflict_check_of(offer: Offer) -> ConflictCheck:
    """Where no names are kept (a call cut short, a file destroyed) there is nothing to read, and the word counts.

    The rest of a case has them once they are copied.
    """
    names = vault.latest(offer.case_id, DocumentKind.NAMES)
    organization = offer.program.provider.organization
    since = max(offer.offered_at, newest_names_at(offer.case_id) or offer.offered_at)
    read = CaseEvent.objects.filter(case=offer.case_id, kind=OPENED, organization_id=organization.pk, at__gte=since)
    return ConflictCheck(
        are_on_file=bool(vault.readers_with_wraps(names)) or names_are_to_come(offer.case),
        are_missing=not vault.wrapped_for(vault.reader_of(organization), names),
        are_read=read.filter(detail__document=DocumentKind.NAMES.value).exists(),
        is_done=is_conflict_checked(offer),
    )


def _check_names_were_read(case: Case, offer: Offer) -> None:
    check = conflict_check_of(offer)
    if not check.are_on_file:
        return
    if check.are_missing:
        raise NotChecked(
            f"The names of {case.reference} have not reached you yet. Call the hotline, which passes them on."
        )
    if not check.are_read:
        raise NotChecked(f"Open the names of {case.reference} first: “no conflict” is said of names that were read.")
