"""The rest of a case of which a provider took a part only: a case of its own, with its own owner, clock and end.

It has the family's answers as copies sealed anew, and nobody to text: the family hears of both by the first case.
"""

import logging
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from accounts.roles import FAMILY, SYSTEM, Actor
from notifications.broker import ask_worker
from privacy.models import DocumentKind, SealedDocument
from privacy.vault import Keys
from referrals import events
from referrals.actions.conflicts import pass_conflicts_on
from referrals.actions.moves import lock_case, open_task
from referrals.actions.routing import route_after_commit
from referrals.actions.sharing import BEFORE_ACCEPTANCE, copy_from_continued
from referrals.business_time import answer_due
from referrals.machine import OWNERSHIP
from referrals.models import (
    Case,
    CaseDeadline,
    CaseEvent,
    CustodyPeriod,
    DeclineReason,
    Offer,
    OfferState,
    Screening,
    State,
    TaskKind,
)
from referrals.models.case import OPEN_STATES
from referrals.reference import new_reference

log = logging.getLogger(__name__)

# What the rest of a case is, as long as nobody corrects it.
_SAME = (
    "channel",
    "language",
    "case_type",
    "secondary_types",
    "triage_rule",
    "urgency",
    "urgency_reason",
    "urgency_without_clocks",
    "urgency_reason_without_clocks",
    "said_urgent_at",
    "custody",
    "facility",
    "part_of_city",
    "is_minor",
    "taken_on",
    "next_deadline",
    "next_deadline_code",
    "screening",
    "screening_due_at",
    "residency",
    "income",
)
# Who answered so is not asked for the rest either.
_FOR_GOOD = Q(state=OfferState.DECLINED, decline_reason__in=[DeclineReason.CONFLICT, DeclineReason.SCOPE])

# What the family may have taken back of an open rest: the case it continues, the one which that was joined into, and
# the same once more where the rest between has ended by itself.
_ORIGINS = (
    "continues",
    "continues__duplicate_of",
    "continues__continues",
    "continues__continues__duplicate_of",
)


def open_linked_case(case: Case, offer: Offer, *, keys: Keys | None, now: datetime) -> Case:
    """The rest of a locked case, of which the provider of `offer` takes a part; it is routed after the commit.

    With the provider's `keys` the answers are copied at once; without them the next offer says "file follows", and an
    unlocked request of the hotline copies them. The worker copies the contact.
    """
    state = State.SCREENED if case.screening == Screening.PASSED else State.RECEIVED
    rest = Case(
        id=uuid4(),
        reference=new_reference(),
        state=state,
        state_since=now,
        state_due_at=OWNERSHIP[state].clock(case.urgency, now),
        opened_at=now,
        continues=case,
        **{field: getattr(case, field) for field in _SAME},
    )
    rest.save(force_insert=True)
    CustodyPeriod.objects.create(case=rest, custody=rest.custody, facility=rest.facility, since=now)
    detail = {
        "case_type": rest.case_type,
        "urgency": int(rest.urgency),
        "channel": rest.channel,
        "continues": case.reference,
    }
    events.record(case=rest, kind="open", by=SYSTEM, now=now, to_state=state, detail=detail)
    if rest.screening == Screening.PENDING:
        open_task(rest, TaskKind.SCREEN, due_at=answer_due(rest.urgency, now), now=now)
    _take_answers_along(rest, case, offer, now)
    pass_conflicts_on(case, rest, by=SYSTEM, now=now)
    _take_clocks_along(rest, case)
    if keys is not None:
        copy_from_continued(rest, BEFORE_ACCEPTANCE, keys=keys, now=now)
    transaction.on_commit(partial(ask_worker, "referrals.tasks.copy_contact", [rest.pk]), robust=True)
    route_after_commit(rest.pk, now)
    return rest


def _take_answers_along(rest: Case, case: Case, offer: Offer, now: datetime) -> None:
    """Who has a part of the work, or said no for good, is not asked for the rest: their answers stand here, too."""
    earlier = case.offers.filter(_FOR_GOOD | Q(state=OfferState.HANDED_ON)).select_related("program")
    for one in [offer, *earlier]:
        answer = OfferState.HANDED_ON if one.pk == offer.pk else one.state
        Offer.objects.create(
            case=rest,
            program=one.program,
            state=answer,
            case_type=one.case_type,
            points=one.points,
            limited_scope=one.limited_scope,
            offered_at=one.offered_at,
            expires_at=one.expires_at,
            answered_at=one.answered_at or now,
            decline_reason=one.decline_reason,
            # It took no room here.
            room_released_at=now,
        )


def _take_clocks_along(rest: Case, case: Case) -> None:
    """The law's clocks run for the person, whoever does which part."""
    running = list(CaseDeadline.objects.running().filter(case=case))
    for clock in running:
        clock.pk, clock.case = uuid4(), rest
    CaseDeadline.objects.bulk_create(running)


@transaction.atomic
def copy_contact(*, case_id: UUID, keys: Keys, now: datetime) -> None:
    """The worker copies how to reach the family, whatever becomes of the case it was told to. Again changes nothing."""
    case = lock_case(case_id)
    if case.is_open:
        copy_from_continued(case, (DocumentKind.CONTACT,), keys=keys, now=now)


def without_contact() -> list[UUID]:
    """The open rests of cases that have no contact yet although the case they continue has one."""
    sealed = SealedDocument.objects.filter(kind=DocumentKind.CONTACT)
    rests = Case.objects.filter(
        Exists(sealed.filter(case_id=OuterRef("continues_id"))),
        ~Exists(sealed.filter(case_id=OuterRef("pk"))),
        continues__isnull=False,
        state__in=OPEN_STATES,
    )
    return list(rests.values_list("pk", flat=True))


def with_all_parts(case: Case) -> list[Case]:
    """The case, those joined into it, and the rest of each, one query for each step away from it."""
    return _reached_from(case, "duplicate_of", "continues")


def whole_request(case: Case) -> list[Case]:
    """All that belongs to the same request as any part of it, whichever part is asked for; the part itself first."""
    return _reached_from(case, "duplicate_of", "continues", "duplicates", "continued_by")


def _reached_from(case: Case, *ways: str) -> list[Case]:
    # A case can be the rest of one and be joined into the same one: each is taken once.
    found = {case.pk: case}
    newest = [case.pk]
    while newest:
        is_next = Q()
        for way in ways:
            is_next |= Q(**{f"{way}__in": newest})
        nearby = Case.objects.filter(is_next).exclude(pk__in=found).select_related("referred_to").distinct()
        newest = [one.pk for one in nearby]
        found |= {one.pk: one for one in nearby}
    return list(found.values())


def withdraw_rest_after_commit(case: Case, by: Actor, now: datetime) -> None:
    """The family no longer wants help: every rest ends, too, in transactions of its own; the clock repeats it."""
    transaction.on_commit(lambda: _withdraw([one.pk for one in with_all_parts(case)], by, now), robust=True)


def withdraw_left_behind(now: datetime) -> int:
    """Ends the open rests of cases that the family took back, where a process died in between; returns how many.

    One that a coordinator took up again since then goes on.
    """
    return sum(_withdraw(_left_behind(origin), FAMILY, now) for origin in _ORIGINS)


def _left_behind(origin: str) -> list[UUID]:
    again = CaseEvent.objects.filter(case=OuterRef("pk"), kind="reopen", at__gt=OuterRef(f"{origin}__closed_at"))
    taken_back = {f"{origin}__state": State.WITHDRAWN, "opened_at__lte": F(f"{origin}__closed_at")}
    left = Case.objects.filter(~Exists(again), continues__isnull=False, state__in=OPEN_STATES, **taken_back)
    return list(left.values_list("pk", flat=True))


def _withdraw(case_ids: list[UUID], by: Actor, now: datetime) -> int:
    from referrals.actions.endings import withdraw

    ended = 0
    for rest in Case.objects.filter(pk__in=case_ids, state__in=OPEN_STATES):
        try:
            withdraw(case=rest, by=by, now=now)
            ended += 1
        except Exception:
            log.exception("the rest of a case, %s, was not taken back", rest.pk)
    return ended
