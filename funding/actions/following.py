"""Learns of acceptances, and of cases that left their provider, from the case's event log."""

import logging
from datetime import date, datetime, timedelta

from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from funding.actions.grants import fund_unfunded, give_back_room, take_room
from funding.models import Commitment, CommitmentState, StagePrice
from funding.quarters import day_of
from providers.models import Provider
from referrals.models import CaseEvent, State

logger = logging.getLogger(__name__)

# Events are stamped before their transaction commits, and clocks of servers differ: a week is far more than both.
OVERLAP = timedelta(days=7)
ANY_OTHER_TYPE = "*"
# These take a case from a provider that had accepted it and not yet appeared for it.
LEAVES_PROVIDER = ("transfer", "withdraw", "mark_duplicate", "lose_contact", "screen_out")
UNPAID = (CommitmentState.OPEN, CommitmentState.UNFUNDED)


class NoPriceError(LookupError):
    """The price list has no row for the case type on that day, and none for any other type."""


def follow_acceptances(*, now: datetime | None = None) -> int:
    """Commit a stage's money for every acceptance that has none yet; returns how many commitments were made.

    An acceptance commits the price of its case type on its day against the grant with room, once per (case, stage,
    provider). Without room the commitment is unfunded and finance is told; the acceptance stands.

    Closing a case, or transferring one in which the provider has appeared, releases nothing: work was done and is to be
    paid. A case that leaves its provider before that (a transfer, a withdrawal, a duplicate, a lost contact, a finding
    that it is not eligible) releases the unpaid commitment, and the money funds others. Should the same provider accept
    the case again, the same commitment is made anew.

    Safe to run again and at the same time as itself: unique constraints and conditional updates decide, and an event
    that fails is logged and tried again by the next runs.
    """
    now = now or timezone.now()
    made = unfunded = released = 0
    for event in _unfollowed(now):
        try:
            with transaction.atomic():
                if event.kind == "accept":
                    commitment = _commit(event)
                    made += commitment is not None
                    unfunded += commitment is not None and commitment.state == CommitmentState.UNFUNDED
                else:
                    released += _release(event)
        except IntegrityError:
            logger.info("event %s was followed by another process", event.pk)
        except (NoPriceError, Provider.DoesNotExist, KeyError):
            logger.exception("event %s cannot be followed", event.pk)
    if released:
        fund_unfunded()
    if unfunded:
        # A function, not a partial: Django asks a failing robust callback for its name.
        transaction.on_commit(lambda: tell_finance(unfunded), robust=True)
    return made


def _unfollowed(now: datetime) -> QuerySet[CaseEvent]:
    """Events that still need a commitment made or released, in the order they happened.

    The window keeps the cost to what is new: it begins a week before the last acceptance that was followed, so it holds
    a week's events when all is well and everything missed after an outage, and never the whole history. Both bounds are
    index look-ups (`commitment_by_day`, `event_kind_at`). A stamp from the future must not move the window past what is
    still to come, hence the `min`.
    """
    events = CaseEvent.objects.all()
    if newest := Commitment.objects.aggregate(newest=Max("committed_at"))["newest"]:
        events = events.filter(at__gte=min(newest, now) - OVERLAP)
    of_case = Commitment.objects.filter(case_id=OuterRef("case_id"))
    unpaid_before = of_case.filter(state__in=UNPAID, committed_at__lt=OuterRef("at"))
    accepted = Q(kind="accept") & ~Exists(Commitment.objects.filter(accepted_event=OuterRef("pk")))
    left = Q(kind__in=LEAVES_PROVIDER, from_state=State.ACCEPTED) & (
        Exists(unpaid_before) | Exists(_unfollowed_acceptance_before())
    )
    return events.filter(accepted | left).select_related("case").order_by("at", "case_id", "sequence")


def _unfollowed_acceptance_before() -> QuerySet[CaseEvent]:
    """Acceptances of the outer event's case whose commitment this very run will make."""
    return CaseEvent.objects.filter(
        ~Exists(Commitment.objects.filter(accepted_event=OuterRef("pk"))),
        case_id=OuterRef("case_id"),
        kind="accept",
        sequence__lt=OuterRef("sequence"),
    )


def _commit(event: CaseEvent) -> Commitment | None:
    """The commitment the acceptance makes; None when it was made for an earlier or a later acceptance."""
    day = day_of(event.at)
    provider = Provider.objects.get(code=event.detail["provider"])
    price = _price(event.detail["case_type"], day)
    earlier = Commitment.objects.filter(case_id=event.case_id, stage=price.stage, provider=provider).first()
    if earlier is not None and (earlier.state != CommitmentState.RELEASED or earlier.committed_at >= event.at):
        return None
    grant = take_room(day, price.cents)
    commitment = Commitment(
        case_id=event.case_id,
        case_reference=event.case.reference,
        provider=provider,
        grant=grant,
        stage=price.stage,
        cents=price.cents,
        state=CommitmentState.OPEN if grant else CommitmentState.UNFUNDED,
        accepted_event=event.pk,
        committed_at=event.at,
    )
    if earlier is not None:
        commitment.pk = earlier.pk
        # Only one of two concurrent runs finds it still released.
        is_released = Commitment.objects.filter(pk=earlier.pk, state=CommitmentState.RELEASED)
        if not is_released.update(
            grant=grant,
            cents=commitment.cents,
            state=commitment.state,
            accepted_event=event.pk,
            committed_at=event.at,
        ):
            raise IntegrityError("made anew by another process")
        return commitment
    commitment.save(force_insert=True)
    return commitment


def _price(case_type: str, day: date) -> StagePrice:
    # Where two rows cover the day, the newer one counts.
    rows = StagePrice.objects.on(day).filter(case_type__in=[case_type, ANY_OTHER_TYPE]).order_by("valid_from")
    prices = {row.case_type: row for row in rows}
    if not prices:
        raise NoPriceError(case_type)
    return prices.get(case_type) or prices[ANY_OTHER_TYPE]


def _release(event: CaseEvent) -> int:
    """Release the unpaid commitments of acceptances before the event; returns how many."""
    unpaid = Commitment.objects.filter(case_id=event.case_id, state__in=UNPAID, committed_at__lt=event.at)
    released = 0
    # Grants are locked in one order everywhere.
    for commitment in unpaid.order_by("grant_id"):
        # The row as it was read, or not at all: a payment, a new grant or another run may have been quicker.
        as_read = Commitment.objects.filter(pk=commitment.pk, state=commitment.state)
        if as_read.update(state=CommitmentState.RELEASED):
            released += 1
            if commitment.grant_id is not None:
                give_back_room(commitment.grant_id, commitment.cents)
    return released


def tell_finance(new: int) -> None:
    """Mail finance that commitments had no money: counts only. Best effort; the money page says it in any case."""
    members = User.objects.filter(is_active=True, membership__role=Role.FINANCE)
    waiting = Commitment.objects.filter(state=CommitmentState.UNFUNDED).count()
    message = f"New commitments that no grant has room for: {new}. Unfunded in all: {waiting}. See /staff/money/."
    addresses = list(members.order_by("pk").values_list("email", flat=True))
    if addresses:
        send_mail("Commitments without money", message, None, addresses)
