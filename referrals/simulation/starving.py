"""Whether a T0 case was left waiting while a lower tier was given room it could have used."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from providers.models import OfferPlace, Program
from referrals.actions.line import as_waiting, points_by_type, read_waiting
from referrals.actions.routing import program_profile
from referrals.business_time import CHICAGO
from referrals.matching import CaseProfile, OrderStep, rank
from referrals.models import Offer, Urgency


def starved(new: Iterable[Offer], now: datetime) -> int:
    """How many T0 cases wait on after the offers `new` were made, although one of them gave a lower tier their room.

    Looked at when all that follows from one moment has happened: each program with the room it would have had without
    its new offers to lower tiers, by the rules that matching itself goes by (`rank`).
    """
    given: dict[int, list[Offer]] = defaultdict(list)
    for offer in new:
        if offer.case.urgency != Urgency.T0:
            given[offer.program_id].append(offer)
    return len({case_id for offers in given.values() for case_id in _could_have_used(offers, now)})


def _could_have_used(offers: list[Offer], now: datetime) -> set[UUID]:
    program = (
        Program.objects.select_related("provider__organization")
        .prefetch_related("closures")
        .get(pk=offers[0].program_id)
    )
    before = program_profile(program, now)
    before = replace(before, in_use=before.in_use - sum(offer.points for offer in offers))
    places = OfferPlace.objects.on(now.astimezone(CHICAGO).date()).filter(program=program)
    steps = {place.case_type: OrderStep(place.position, place.program_id) for place in places}
    points = points_by_type(now)
    found = set()
    for case in read_waiting(steps):
        if case.urgency == Urgency.T0:
            past, holds = case.past_offers, case.holds  # type: ignore[attr-defined]
            profile: CaseProfile = as_waiting(case, past, points=points[case.case_type], now=now, holds=holds).case
            if rank(profile, [before], rules=[steps[case.case_type]], seed=0).chosen:
                found.add(case.pk)
    return found
