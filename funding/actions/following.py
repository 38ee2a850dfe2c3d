"""Learns from the case's event log what is promised to whom: stages that began, cases that left, cases that ended."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from funding.actions.grants import fund_unfunded
from funding.actions.room import end_raises, give_back, lock_grants, place
from funding.models import (
    Allowance,
    Commitment,
    CommitmentState,
    CostType,
    FailedEvent,
    FollowedEvent,
    InvoiceLine,
    InvoiceState,
    RequestState,
)
from funding.money_rules import rule_on
from funding.prices import NoPriceError, first_price, stage_price
from funding.quarters import day_of
from funding.turns import wait_for_turn
from providers.models import Provider
from referrals.models import Case, CaseEvent, Custody, CustodyPeriod, Residency, State

logger = logging.getLogger(__name__)

# Events are stamped before their transaction commits, and clocks of servers differ: a week is far more than both.
OVERLAP = timedelta(days=7)
# These take a case from the provider that has it; before the provider has appeared for it no work is to be paid.
LEAVES_PROVIDER = ("transfer", "withdraw", "mark_duplicate", "lose_contact", "screen_out")
ENDS = (*LEAVES_PROVIDER, "close")
BEGINS = ("accept", "stage_started")
# An invoice that nobody has sent, or that was sent back, holds no money.
BILLED = (InvoiceState.SUBMITTED, InvoiceState.APPROVED, InvoiceState.PAID)
UNPAID = (CommitmentState.OPEN, CommitmentState.UNFUNDED)
HELD = (Custody.HELD_LOCAL, Custody.ICE_HOLD_ROOM, Custody.ICE_MN, Custody.ICE_OUT_OF_STATE)
NOT_HELD = (Custody.RELEASED, Custody.REMOVED)


@dataclass(slots=True)
class _Followed:
    """What following one event came to."""

    made: int = 0
    unfunded: int = 0
    released: int = 0


def follow_acceptances(*, now: datetime | None = None) -> int:
    """Let the money follow the case log; returns how many commitments were made.

    The start of a stage commits its price on that day against the grant with room, once per (case, stage, provider).
    The first stage starts with the acceptance; an acceptance without a start (from before there were stages) commits
    the stage that the price list has for its case type. Without room the commitment is unfunded and finance is told;
    the work goes on.

    A case that leaves its provider before it has appeared (a transfer, a withdrawal, a duplicate, a lost contact, a
    finding that it is not eligible) releases what is neither paid nor on an invoice, and the money funds others. Should
    the same provider accept the case again, the same commitments are made anew. An end after that, and a close, leave
    the provider some days to send its invoice; then `release_expired` releases the rest.

    Events are followed one after the other in the order of the log, each exactly once: safe to run again, from the
    beginning too, and at the same time as itself. An event that fails is logged, kept by its id and tried again by all
    later runs.
    """
    now = now or timezone.now()
    made = unfunded = 0
    for event in list(_unfollowed(now)):
        try:
            with transaction.atomic():
                outcome = _follow(event)
        except (NoPriceError, Provider.DoesNotExist, KeyError, LookupError):
            logger.exception("event %s cannot be followed", event.pk)
            FailedEvent.objects.get_or_create(event_id=event.pk)
            continue
        except IntegrityError:
            logger.exception("event %s contradicts the books", event.pk)
            FailedEvent.objects.get_or_create(event_id=event.pk)
            continue
        made += outcome.made
        unfunded += outcome.unfunded
        if outcome.released:
            # At once: who gets the money must not hang on how many events one run happens to follow.
            fund_unfunded(now=now)
    if unfunded:
        # A function, not a partial: Django asks a failing robust callback for its name.
        transaction.on_commit(lambda: tell_finance(unfunded), robust=True)
    return made


def release_expired(*, now: datetime | None = None) -> int:
    """Release what was not invoiced in time, and fund others with it; returns how many. Safe to run again."""
    now = now or timezone.now()
    expired = unbilled(Commitment.objects.filter(state__in=UNPAID, expires_on__lt=day_of(now)))
    released = 0
    for pk in list(expired.order_by("expires_on", "pk").values_list("pk", flat=True)):
        with transaction.atomic():
            wait_for_turn()
            released += _release_one(pk)
    if released:
        fund_unfunded(now=now)
    return released


def _unfollowed(now: datetime) -> QuerySet[CaseEvent]:
    """Events about money that nobody has followed, in the order they happened.

    The window keeps the cost to what is new: it begins a week before the last event that was followed, so it holds a
    week's events when all is well and everything missed after an outage, and never the whole history. What failed is
    tried whatever its age. A stamp from the
    future must not move the window past what is still to come, hence the `min`.
    """
    events = CaseEvent.objects.all()
    newest = FollowedEvent.objects.aggregate(newest=Max("at"))["newest"]
    if newest:
        # As values, not a subquery: so that both parts are read from an index.
        failed = list(FailedEvent.objects.values_list("event_id", flat=True))
        events = events.filter(Q(at__gte=min(newest, now) - OVERLAP) | Q(pk__in=failed))
    was_held = Q(from_state__in=(State.ACCEPTED, State.REPRESENTED))
    relevant = Q(kind__in=BEGINS) | (Q(kind__in=ENDS) & was_held)
    followed = FollowedEvent.objects.filter(event_id=OuterRef("pk"))
    unfollowed = events.filter(relevant, ~Exists(followed))
    return unfollowed.select_related("case").order_by("at", "case_id", "sequence")


def _follow(event: CaseEvent) -> _Followed:
    wait_for_turn()
    if FollowedEvent.objects.filter(pk=event.pk).exists():
        return _Followed()
    FollowedEvent.objects.create(event_id=event.pk, at=event.at)
    FailedEvent.objects.filter(pk=event.pk).delete()
    if event.kind == "stage_started":
        return _commit(event, _provider(event), [event.detail["stage"]])
    if event.kind == "accept":
        return _accept(event)
    holder = _holder(event)
    if event.kind in LEAVES_PROVIDER and event.from_state == State.ACCEPTED:
        return _release(event, holder)
    _bound(event, holder)
    return _Followed()


def _accept(event: CaseEvent) -> _Followed:
    """Make anew what the provider had begun before; without a stage of its own, commit the case type's first."""
    provider = _provider(event)
    begun = list(
        Commitment.objects.filter(case_id=event.case_id, provider=provider, cost_type=CostType.STAGE)
        .exclude(state=CommitmentState.PAID)
        .order_by("committed_at", "stage")
        .values_list("stage", flat=True)
    )
    starts = CaseEvent.objects.filter(case_id=event.case_id, kind="stage_started", at=event.at)
    if not begun and not starts.exists():
        begun = [first_price(event.detail["case_type"], day_of(event.at)).stage]
    return _commit(event, provider, begun)


def _commit(event: CaseEvent, provider: Provider, stages: Sequence[str]) -> _Followed:
    """Commit the price of each stage; what an earlier acceptance has committed stays, and may be invoiced longer."""
    day = day_of(event.at)
    expires_on = day + timedelta(days=rule_on(day).commitment_days)
    outcome = _Followed()
    if _left_since(event):
        return outcome
    if len(stages) > 1:
        lock_grants()
    for stage in stages:
        earlier = Commitment.objects.filter(case_id=event.case_id, stage=stage, provider=provider).first()
        if earlier is not None and (earlier.state != CommitmentState.RELEASED or earlier.committed_at >= event.at):
            still_waits = Commitment.objects.filter(pk=earlier.pk, state__in=UNPAID, committed_at__lt=event.at)
            still_waits.update(expires_on=expires_on)
            continue
        price = stage_price(provider, stage, event.detail["case_type"], day)
        commitment = earlier or Commitment(case_id=event.case_id, provider=provider, stage=stage)
        commitment.case_reference = event.case.reference
        commitment.cents = price
        commitment.accepted_event = event.pk
        commitment.committed_at = event.at
        commitment.expires_on = expires_on
        commitment.case_type = event.detail["case_type"]
        commitment.is_held = _is_held(event)
        commitment.is_resident = _is_resident(event.case)
        place(commitment)
        outcome.made += 1
        outcome.unfunded += commitment.state == CommitmentState.UNFUNDED
    return outcome


def _left_since(event: CaseEvent) -> bool:
    """Whether the case has left before appearance since, and that was followed before this late event."""
    later = CaseEvent.objects.filter(
        case_id=event.case_id,
        sequence__gt=event.sequence,
        kind__in=LEAVES_PROVIDER,
        from_state=State.ACCEPTED,
    )
    return later.filter(Exists(FollowedEvent.objects.filter(event_id=OuterRef("pk")))).exists()


def _release(event: CaseEvent, holder: str) -> _Followed:
    """Release what the provider that had the case neither was paid for nor has invoiced."""
    given_up = Commitment.objects.filter(
        case_id=event.case_id, provider__code=holder, state__in=UNPAID, committed_at__lt=event.at
    )
    lock_grants()
    pks = list(unbilled(given_up).order_by("pk").values_list("pk", flat=True))
    released = sum(_release_one(pk) for pk in pks)
    end_raises(event.case_id, holder)
    return _Followed(released=released)


def _release_one(pk: UUID) -> bool:
    """Release a commitment if it is still neither paid, invoiced nor released; runs inside a transaction."""
    # The row as it was read, or not at all: a payment or another run may have been quicker.
    commitment = Commitment.objects.select_for_update().filter(pk=pk, state__in=UNPAID).first()
    if commitment is None or billing_lines().filter(commitment=commitment).exists():
        return False
    if commitment.cost_type == CostType.DIRECT:
        # The cap was raised for this cost alone.
        allowed = Allowance.objects.filter(pk=commitment.accepted_event, state=RequestState.APPROVED)
        allowed.update(state=RequestState.ENDED)
    give_back(commitment)
    commitment.state = CommitmentState.RELEASED
    commitment.save(update_fields=["state"])
    return True


def _bound(event: CaseEvent, holder: str) -> None:
    """The provider's work is over: its invoice comes within the days of the rule, or the money goes to others."""
    day = day_of(event.at)
    last_day = day + timedelta(days=rule_on(day).days_after_close)
    waits = Commitment.objects.filter(
        case_id=event.case_id, provider__code=holder, state__in=UNPAID, committed_at__lt=event.at
    )
    waits.filter(Q(expires_on__isnull=True) | Q(expires_on__gt=last_day)).update(expires_on=last_day)
    end_raises(event.case_id, holder)


def unbilled(commitments: QuerySet[Commitment]) -> QuerySet[Commitment]:
    return commitments.exclude(Exists(billing_lines().filter(commitment=OuterRef("pk"))))


def billing_lines() -> QuerySet[InvoiceLine]:
    """Lines that hold their commitment's money: of invoices that were sent and not returned."""
    return InvoiceLine.objects.filter(is_live=True, invoice__state__in=BILLED)


def _provider(event: CaseEvent) -> Provider:
    return Provider.objects.get(code=event.detail["provider"])


def _holder(event: CaseEvent) -> str:
    """The code of the provider that had accepted the case; "" where nobody had."""
    accepted = CaseEvent.objects.filter(case_id=event.case_id, kind="accept", sequence__lt=event.sequence)
    last = accepted.order_by("-sequence").first()
    return last.detail.get("provider", "") if last else ""


def _is_held(event: CaseEvent) -> bool | None:
    periods = CustodyPeriod.objects.filter(case_id=event.case_id, since__lte=event.at)
    custody = periods.order_by("-since", "-id").values_list("custody", flat=True).first() or event.case.custody
    return True if custody in HELD else False if custody in NOT_HELD else None


def _is_resident(case: Case) -> bool | None:
    if case.residency in (Residency.IN, Residency.PRESUMED):
        return True
    return False if case.residency == Residency.OUTSIDE else None


def tell_finance(new: int) -> None:
    """Mail finance that commitments had no money: counts only. Best effort; the money page says it in any case."""
    members = User.objects.filter(is_active=True, membership__role=Role.FINANCE)
    waiting = Commitment.objects.filter(state=CommitmentState.UNFUNDED).count()
    message = f"New commitments that no grant has room for: {new}. Unfunded in all: {waiting}. See /staff/money/."
    addresses = list(members.order_by("pk").values_list("email", flat=True))
    if addresses:
        send_mail("Commitments without money", message, None, addresses)
