"""The stages of the work on a case: the first begins with the acceptance, each further one when its provider says so.

Money follows the event `stage_started`, which is written once per case, stage and provider.
"""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.roles import Actor
from providers.models import Provider
from referrals import events
from referrals.actions.moves import lock_case
from referrals.business_time import CHICAGO
from referrals.dated_rows import ANY_TYPE
from referrals.models import Case, Offer, Stage, StageStart
from referrals.policies import WrongState, offer_held_by


class CannotStart(WrongState):
    """The stage does not fit the case, or the provider has begun it before."""


def stages_to_start(case: Case, provider: Provider, now: datetime) -> list[Stage]:
    """The stages of today that fit the case and that this provider has not begun on it, in the table's order."""
    types = {case.case_type, *case.secondary_types, ANY_TYPE}
    begun = set(StageStart.objects.filter(case=case, provider=provider).values_list("stage", flat=True))
    fitting = (stage for stage in _stages_on(now) if types & set(stage.case_types))
    return [stage for stage in fitting if stage.code not in begun]


def start_stage(*, case: Case, stage: str, by: Actor, now: datetime | None = None) -> StageStart:
    """The provider that holds the case goes on to `stage`, a code; the stage it was in ends.

    Raises PermissionDenied for all but the holder's staff, `CannotStart`.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = lock_case(case.pk)
        held = offer_held_by(by, case)
        if held is None:
            raise PermissionDenied("The provider that has the case starts its stages.")
        if stage not in {one.code for one in stages_to_start(case, held.program.provider, now)}:
            raise CannotStart(f"“{stage}” cannot begin on {case.reference}: it does not fit, or has begun before.")
        return _start(case, stage, held, by=by, now=now)


def start_first_stage(case: Case, offer: Offer, *, by: Actor, now: datetime) -> None:
    """With an acceptance, on a locked case; a table without a row for the case type stops nobody."""
    first = first_stage(offer.case_type, _stages_on(now))
    if first is not None:
        _start(case, first.code, offer, by=by, now=now)


def first_stage(case_type: str, stages: Iterable[Stage]) -> Stage | None:
    """What the work on a case of this type begins with."""
    rows = {code: stage for stage in stages for code in stage.first_for}
    return rows.get(case_type) or rows.get(ANY_TYPE)


def end_stages(offer: Offer, now: datetime) -> None:
    """The provider no longer has the case."""
    StageStart.objects.filter(offer=offer, ended_at=None).update(ended_at=now)


def _start(case: Case, stage: str, offer: Offer, *, by: Actor, now: datetime) -> StageStart:
    end_stages(offer, now)
    provider = offer.program.provider
    started, is_new = StageStart.objects.get_or_create(
        case=case,
        stage=stage,
        provider=provider,
        defaults={"offer": offer, "started_at": now, "started_by_user_id": by.user_id},
    )
    if is_new:
        detail = {
            "stage": stage,
            "offer": str(offer.pk),
            "program": offer.program_id,
            "provider": provider.code,
            "case_type": case.case_type,
        }
        events.record(case=case, kind="stage_started", by=by, now=now, detail=detail)
    else:
        # Accepted once more by the same provider: the work goes on, and is not paid for twice.
        started.offer, started.ended_at = offer, None
        started.save(update_fields=["offer", "ended_at"])
    return started


def _stages_on(now: datetime) -> list[Stage]:
    return list(Stage.objects.on(now.astimezone(CHICAGO).date()))
