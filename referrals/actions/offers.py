"""What happens to an offer: answered, expired, withdrawn, made by hand; and the case its provider holds."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from accounts.roles import SYSTEM, Actor
from notifications.broker import ask_worker
from privacy import vault
from privacy.destruction import cancel_scheduled
from privacy.vault import Keys
from providers.actions import give_back_room, take_room
from providers.models import Program
from providers.room import announce_room
from providers.selectors import what_is_in_the_way
from referrals.actions.answering import check_conflict_was_checked, check_offer_is_live, locked_offer
from referrals.actions.assignments import assign
from referrals.actions.conflicts import conflicts_of, hold_conflict
from referrals.actions.decisions import store_choice_by_hand
from referrals.actions.linked import open_linked_case
from referrals.actions.moves import close_tasks, lock_case, move
from referrals.actions.notes import seal_note
from referrals.actions.provider_mail import tell_who_loses_the_case
from referrals.actions.routing import case_points, make_offer, route_after_commit
from referrals.actions.sharing import (
    active_provider_readers,
    check_can_be_handed_on,
    file_follows,
    hand_on,
    hotline_reader,
    keep_for_holder,
)
from referrals.actions.stages import end_stages, start_first_stage
from referrals.models import Case, DeclineReason, Offer, OfferState, TaskKind
from referrals.policies import WrongState, check_may_move, check_state_allows, holder_of


class CannotBeOffered(Exception):
    """The program cannot be offered the case, by hand neither; the sentence says why."""


class NoRoom(CannotBeOffered):
    """The program has not the points the case takes: nobody goes above a ceiling."""


class Refused(CannotBeOffered):
    """The program is out of service, or not asked again for good (conflict, scope)."""


class HandReason(models.TextChoices):
    """Why a coordinator offers a case by hand."""

    KNOWS_FAMILY = "knows_family", "The provider already knows the family"
    LANGUAGE = "language", "Language or culture"
    ASKED_FOR = "asked_for", "The provider asked for it"
    VENUE = "venue", "Court or place of detention"
    OUT_OF_ORDER = "out_of_order", "The offer order does not fit this case"


class TakeBackReason(models.TextChoices):
    """Why an offer is taken back before its answer."""

    PROVIDER_ASKED = "provider_asked", "The provider asked"
    BETTER_PLACE = "better_place", "Another provider fits better"
    MISTAKE = "mistake", "Offered by mistake"
    # Given by recording a conflict hold, and never whose conflict it is.
    CONFLICT = "conflict", "Conflict of interest"
    # The system's own reason, when new answers no longer fit the program.
    FACTS_CHANGED = "facts_changed", "The answers changed"


class Scope(models.TextChoices):
    """How much of a case a provider takes."""

    FULL = "full", "The whole case"
    LIMITED = "limited", "A part of it: the rest goes on as a case of its own, for another provider"


class TransferReason(models.TextChoices):
    """Why a provider hands a case on."""

    CONFLICT = "conflict", "Conflict of interest found"
    CAPACITY = "capacity", "No longer has room"
    SCOPE = "scope", "Outside what the provider does"
    FAMILY_ASKED = "family_asked", "The family asked"
    VENUE = "venue", "The person was moved"


class Appearance(models.TextChoices):
    """What the lawyer filed: the moment a case counts as represented."""

    EOIR_28 = "eoir_28", "EOIR-28 (court)"
    G_28 = "g_28", "G-28 (ICE, USCIS)"
    HABEAS = "habeas", "Habeas petition"
    EOIR_27 = "eoir_27", "EOIR-27 (BIA)"
    AGREEMENT = "agreement", "Signed agreement, nothing to file"


def accept_offer(
    *, offer: Offer, by: Actor, scope: str = Scope.FULL, keys: Keys | None = None, now: datetime | None = None
) -> Offer:
    """The provider takes the case: it keeps the room, its keys stay, the other providers' are destroyed.

    With a limited `scope`, or by a step of the offer order that is limited, it takes a part only, and the rest goes on
    as a case of its own, which others can read at once with the actor's `keys`. Raises `NotChecked` before a conflict
    check.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case, offer = locked_offer(offer.pk)
        check_offer_is_live(offer, case, by, now)
        check_conflict_was_checked(case, offer)
        detail = {
            "offer": str(offer.pk),
            "program": offer.program_id,
            "provider": offer.program.provider.code,
            "case_type": offer.case_type,
            "provisional": offer.is_provisional,
        }
        offer.limited_scope = offer.limited_scope or Scope(scope) == Scope.LIMITED
        if offer.limited_scope:
            detail |= {
                "scope": Scope.LIMITED.value,
                "linked": open_linked_case(case, offer, keys=keys, now=now).reference,
            }
        _answer(offer, OfferState.ACCEPTED, now)
        assign(case, by.user_id, by=by, now=now)
        move(case, "accept", by=by, now=now, detail=detail)
        start_first_stage(case, offer, by=by, now=now)
        close_tasks(case, TaskKind.NO_ROOM, TaskKind.NOBODY_ON_DUTY, TaskKind.OFFER_ORDER, by=by, now=now)
        keep_for_holder(case, offer.program, now)
        offer.file_follows = file_follows(case, offer.program, is_accepted=True)
        offer.save(update_fields=["file_follows", "limited_scope"])
        transaction.on_commit(partial(ask_worker, "referrals.tasks.share_contact", [offer.pk]), robust=True)
    return offer


def decline_offer(*, offer: Offer, reason: str, by: Actor, now: datetime | None = None) -> Offer:
    """The provider says no with a reason code; the case is re-routed at once."""
    now = now or timezone.now()
    with transaction.atomic():
        case, offer = locked_offer(offer.pk)
        check_offer_is_live(offer, case, by, now)
        offer.decline_reason = DeclineReason(reason)
        end_live_offer(case, "decline", by=by, now=now, detail={"reason": reason}, offer=offer)
        route_after_commit(case.pk, now)
    return offer


def expire_offer(*, offer_id: UUID, now: datetime | None = None) -> bool:
    """Ends an offer whose time is up and re-routes; False when somebody answered first."""
    now = now or timezone.now()
    with transaction.atomic():
        case, offer = locked_offer(offer_id)
        if offer.state != OfferState.LIVE or offer.expires_at > now:
            return False
        end_live_offer(case, "expire", by=SYSTEM, now=now, offer=offer)
        route_after_commit(case.pk, now)
    return True


def withdraw_offer(
    *, offer: Offer, reason: str, by: Actor, program: Program | None = None, now: datetime | None = None
) -> Offer:
    """The coordinator takes an offer back; the case goes to `program`, or is re-routed where none is named.

    Where the named program cannot be offered it, `CannotBeOffered` is raised and nothing is changed.
    """
    now = now or timezone.now()
    reason = TakeBackReason(reason).value
    with transaction.atomic():
        case, offer = locked_offer(offer.pk)
        if offer.state != OfferState.LIVE:
            raise WrongState(f"The offer of {case.reference} is {offer.get_state_display().lower()}.")
        if program is not None:
            # Room goes back at one program and is taken at another: whoever needs the same two waits in one order.
            list(Program.objects.select_for_update().filter(pk__in=[offer.program_id, program.pk]).order_by("pk"))
        end_live_offer(case, "withdraw_offer", by=by, now=now, detail={"reason": reason}, offer=offer)
        if program is None:
            route_after_commit(case.pk, now)
        else:
            offer_by_hand(case=case, program=program, reason=HandReason.OUT_OF_ORDER, by=by, now=now)
    return offer


def offer_by_hand(*, case: Case, program: Program, reason: str, by: Actor, now: datetime | None = None) -> Offer:
    """A coordinator offers a case to a program of their choice, with a reason, never above its ceiling."""
    now = now or timezone.now()
    reason = HandReason(reason)
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_move(by, case, "offer")
        _check_takes_part(program, case)
        points = case_points(case, now)
        if not take_room(program_id=program.pk, points=points, now=now):
            program.refresh_from_db()
            raise NoRoom(f"{program} {what_is_in_the_way(program, now)}; {case.reference} takes {points}.")
        store_choice_by_hand(case, program, points=points, now=now)
        return make_offer(case, program, points=points, by=by, now=now, reason=reason)


def engage(*, case: Case, appearance: str, by: Actor, now: datetime | None = None) -> Case:
    """The lawyer has appeared: from now on the person is represented."""
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        move(case, "engage", by=by, now=now, detail={"appearance": Appearance(appearance).value})
    return case


def transfer(
    *, case: Case, reason: str, by: Actor, note: str = "", keys: Keys | None = None, now: datetime | None = None
) -> Case:
    """Takes a case from its provider; the room goes back and the case is re-routed.

    What is typed as `note` is sealed to the hotline and every provider that may be next: who accepts can read it.
    With the actor's `keys` the next providers can read at once, else the file follows; raises `OnlyHolderCanShare`
    where it could never follow.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        check_may_move(by, case, "transfer")
        holder = holder_of(case)
        detail = {"reason": TransferReason(reason).value, "from": holder.program.provider.code if holder else ""}
        check_can_be_handed_on(case, keys)
        move(case, "transfer", by=by, now=now, detail=detail)
        leaving = [vault.reader_of(holder.program.provider.organization)] if holder else []
        # The next provider has yet to take the file into its own system: the hotline keeps its copy until then.
        cancel_scheduled(case.pk, now)
        hand_on(case, keys=keys, leaving=leaving, now=now)
        if note:
            # After the wraps of before were settled: what is taken from whoever leaves is not to fall on this.
            others = [reader for reader in active_provider_readers() if reader not in leaving]
            seal_note(case, note, readers=[hotline_reader(), *others], by=by, now=now)
        tell_who_loses_the_case(case, by=by, now=now)
        release_holder(case, now, ending=OfferState.HANDED_ON)
        close_tasks(case, TaskKind.HAND_ON, by=by, now=now)
        if holder and reason == TransferReason.CONFLICT:
            hold_conflict(case, holder.program.provider, by=by, now=now)
        route_after_commit(case.pk, now)
    return case


def end_live_offer(
    case: Case,
    step: str,
    *,
    by: Actor,
    now: datetime,
    detail: dict[str, Any] | None = None,
    offer: Offer | None = None,
) -> None:
    """Ends the live offer of a locked case by `step` (decline, expire or withdraw_offer) and gives its room back."""
    check_state_allows(case, step)
    offer = offer or Offer.objects.select_related("program__provider").get(case=case, state=OfferState.LIVE)
    told = {"offer": str(offer.pk), "program": offer.program_id, "provider": offer.program.provider.code}
    move(case, step, by=by, now=now, detail=told | (detail or {}))
    ending = {"decline": OfferState.DECLINED, "expire": OfferState.EXPIRED}.get(step, OfferState.WITHDRAWN)
    _answer(offer, ending, now)
    _give_back(offer, now)


def release_holder(case: Case, now: datetime, *, ending: OfferState = OfferState.ACCEPTED) -> None:
    """Gives back the room of the accepted offer of a locked case, if it has one; `ending` tells a hand-over apart."""
    for offer in case.offers.filter(state=OfferState.ACCEPTED, room_released_at__isnull=True):
        if ending != offer.state:
            offer.state = ending
            offer.save(update_fields=["state"])
        end_stages(offer, now)
        _give_back(offer, now)


def withdraw_live_offer(case: Case, now: datetime) -> None:
    """Ends the live offer of a case that leaves routing altogether (its own transition says why)."""
    for offer in case.offers.filter(state=OfferState.LIVE):
        _answer(offer, OfferState.WITHDRAWN, now)
        _give_back(offer, now)


def _check_takes_part(program: Program, case: Case) -> None:
    """Raises Refused for a provider out of service, or a program that declined this case for good."""
    if not program.provider.is_active:
        raise Refused(f"{program.provider} does not take part now.")
    declined = case.offers.filter(program=program, state=OfferState.DECLINED, decline_reason=DeclineReason.SCOPE)
    if program.provider.code in conflicts_of(case) or declined.exists():
        # Never which of the two: a conflict must not show.
        raise Refused(f"{program} cannot take {case.reference} and is not asked again.")


def _answer(offer: Offer, state: OfferState, now: datetime) -> None:
    offer.state = state
    offer.answered_at = now
    offer.save(update_fields=["state", "answered_at", "decline_reason"])


def _give_back(offer: Offer, now: datetime) -> None:
    """Returns the offer's points exactly once, and tells the waitlist that there may be room."""
    first = Offer.objects.filter(pk=offer.pk, room_released_at__isnull=True).update(room_released_at=now)
    if first:
        carried = offer.state in (OfferState.ACCEPTED, OfferState.HANDED_ON)
        give_back_room(
            program_id=offer.program_id,
            points=offer.points,
            taken_at=offer.offered_at,
            grew_at=now if carried else None,
        )
        announce_room(now)
