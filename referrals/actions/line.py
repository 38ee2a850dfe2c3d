"""The waiting cases as matching reads them, in a fixed number of queries however many wait."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from providers.models import CaseType, OfferPlace
from referrals.actions.conflicts import conflicts_among, is_conflict, lifted_among, was_lifted
from referrals.business_time import CHICAGO
from referrals.explanations import Standing, standing
from referrals.matching import ELSEWHERE, HOME_STATE, CaseProfile, PastOffer, WaitingCase, in_line
from referrals.models import (
    Case,
    ConflictHold,
    Custody,
    Offer,
    OfferState,
    RoutingDecision,
    Screening,
    State,
    Urgency,
)
from referrals.models.case import may_be_offered
from referrals.triage import MINNESOTA_CIRCUIT

_FREE = (Custody.RELEASED, Custody.REMOVED)
_IN_MINNESOTA = (Custody.HELD_LOCAL, Custody.ICE_HOLD_ROOM, Custody.ICE_MN)
# Named besides, so that PostgreSQL sees that the partial index of open cases will do: cases that are over cost nothing.
_STATES = (State.WAITLISTED, State.SCREENED, State.RECEIVED, State.NEEDS_INFO)
_MAY_BE_OFFERED = Q(state__in=[State.WAITLISTED, State.SCREENED]) | Q(
    state__in=[State.RECEIVED, State.NEEDS_INFO], urgency=Urgency.T0, screening=Screening.PENDING
)
_READ = (
    "case_type",
    "state",
    "urgency",
    "screening",
    "language",
    "is_minor",
    "custody",
    "facility__us_state",
    "facility__circuit",
    "next_deadline",
    "opened_at",
)


def points_by_type(now: datetime) -> dict[str, int]:
    """The room a case of each type takes, in points: by today's row, else by the newest one that has ended."""
    today = now.astimezone(CHICAGO).date()
    return dict(
        CaseType.objects.filter(valid_from__lte=today).order_by("valid_from", "pk").values_list("code", "points")
    )


def read_waiting(case_types: Collection[str], *, besides: UUID | None = None, or_screened: bool = False) -> list[Case]:
    """The cases of these types that may be offered now, each with its `past_offers` and its
    `newest` decision (a list of at most one).

    `or_screened`: also those of any type that no rematch has looked at yet, so that each gets to the waitlist.
    """
    wanted = Q(case_type__in=case_types)
    if or_screened:
        wanted |= ~Q(state=State.WAITLISTED)
    newest = RoutingDecision.objects.filter(case=OuterRef("case")).order_by("-at", "-id").values("pk")[:1]
    cases = (
        Case.objects.filter(_MAY_BE_OFFERED, wanted, state__in=_STATES)
        .select_related("facility")
        .only(*_READ)
        .prefetch_related(
            Prefetch("conflict_holds", ConflictHold.objects.select_related("provider"), to_attr="holds"),
            Prefetch("offers", past_offers(), to_attr="past_offers"),
            Prefetch("routing_decisions", RoutingDecision.objects.filter(pk=Subquery(newest)), to_attr="newest"),
        )
    )
    return list(cases.exclude(pk=besides) if besides else cases)


def line_of(case: Case, seed: int, *, now: datetime) -> list[WaitingCase]:
    """The waiting cases that could go to one of the providers in the case's offer order, in the order of the line.

    In one query; the past offers are left out, for they move no place in line.
    """
    today = now.astimezone(CHICAGO).date()
    places = OfferPlace.objects.on(today).filter(program__isnull=False)
    own = places.filter(case_type=case.case_type).values("program")
    rivals = Case.objects.filter(
        _MAY_BE_OFFERED, state__in=_STATES, case_type__in=places.filter(program__in=own).values("case_type")
    )
    return in_line(
        (as_waiting(one, (), points=0, now=now) for one in rivals.select_related("facility").only(*_READ)), seed
    )


def standing_of(case: Case, *, now: datetime) -> Standing | None:
    """Where a case that waits for a provider stands in line; the lottery is that of its newest decision."""
    if not may_be_offered(case):
        return None
    seed = RoutingDecision.objects.filter(case=case).values_list("seed", flat=True).first()
    return standing(line_of(case, seed or 0, now=now), case.pk)


def newest_of(case: Case) -> RoutingDecision | None:
    """The newest decision about a case that `read_waiting` read."""
    return next(iter(case.newest), None)  # type: ignore[attr-defined]


def past_offers() -> QuerySet[Offer]:
    """The offers whose endings decide who may be asked again."""
    return Offer.objects.exclude(state=OfferState.LIVE).select_related("program__provider")


def held_in(case: Case) -> tuple[str, int | None]:
    """US state and federal circuit a case's person is held in, as `CaseProfile` has them."""
    if case.facility:
        return case.facility.us_state, case.facility.circuit
    match case.custody:
        case Custody.HELD_LOCAL | Custody.ICE_HOLD_ROOM | Custody.ICE_MN:
            return HOME_STATE, MINNESOTA_CIRCUIT
        case Custody.ICE_OUT_OF_STATE:
            return ELSEWHERE, None
    return "", None


def as_waiting(
    case: Case, past: Sequence[Offer], *, points: int, now: datetime, holds: Iterable[ConflictHold] = ()
) -> WaitingCase:
    """What decides a case's place in line and which programs can take it."""
    holds = list(holds)
    lifted = lifted_among(holds)
    past = [offer for offer in past if not (is_conflict(offer) and was_lifted(offer, lifted))]
    us_state, circuit = held_in(case)
    profile = CaseProfile(
        case_type=case.case_type,
        points=points,
        urgency=int(case.urgency),
        language=case.language,
        is_minor=case.is_minor,
        now=now,
        past=tuple(_past(past, case.case_type)),
        us_state=us_state,
        circuit=circuit,
        conflicts=conflicts_among(holds, past),
    )
    return WaitingCase(
        id=case.pk,
        case=profile,
        safe_by=case.next_deadline,
        is_held=case.custody not in _FREE,
        in_minnesota=case.custody in _IN_MINNESOTA,
        since=case.opened_at,
    )


def _past(offers: Iterable[Offer], case_type: str) -> Iterable[PastOffer]:
    for offer in offers:
        match offer.state:
            case OfferState.DECLINED:
                ending = offer.decline_reason
            case OfferState.HANDED_ON:
                ending = "handed_on"
            case OfferState.ACCEPTED:
                # Held to the end of an earlier round: whoever helped before may well be asked again.
                continue
            case OfferState.WITHDRAWN:
                # Taken back for this type of case; for another type the answer may be another.
                if offer.case_type != case_type:
                    continue
                ending = "taken_back"
            case _:
                ending = "expired"
        yield PastOffer(offer.program_id, ending, offer.room_released_at or offer.offered_at)
