"""Other ways to decide who is offered what, to compare ours with: each has the signature of `matching.place`. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from referrals import matching
from referrals.matching import Decision, OrderStep, Placement, ProgramProfile, Verdict, WaitingCase
from referrals.simulation.draws import one_of


class PolicyName(StrEnum):
    """The names that the command takes.

    `clairvoyant` is no policy but the bound on all of them, `only-in-time` no proposal but a measure of what stands
    between ours and the bound.
    """

    OURS = "ours"
    FIFO = "fifo"
    ROUND_ROBIN = "round-robin"
    WEIGHTED_RANDOM = "weighted-random"
    CLAIRVOYANT = "clairvoyant"
    ONLY_IN_TIME = "only-in-time"


Choose = Callable[[WaitingCase, list[ProgramProfile], int], ProgramProfile]
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def first_come(one: WaitingCase, able: list[ProgramProfile], seed: int) -> ProgramProfile:
    """The first program of the offer order that has room."""
    return able[0]


def in_turn(one: WaitingCase, able: list[ProgramProfile], seed: int) -> ProgramProfile:
    """The program whose last offer is the longest ago."""
    return min(able, key=lambda program: (program.last_offer_at or _LONG_AGO, program.id))


def by_free_room(one: WaitingCase, able: list[ProgramProfile], seed: int) -> ProgramProfile:
    """A program by lot, each as likely as its share of the free room."""
    free = {program: float(program.free) for program in sorted(able, key=lambda program: program.id)}
    # The number of earlier offers, so that a case that was declined draws anew.
    return one_of(free, seed, one.id, len(one.case.past))


def only_in_time(
    until: Mapping[UUID, datetime],
    waiting: Iterable[WaitingCase],
    programs: Iterable[ProgramProfile],
    *,
    rules: Mapping[str, Sequence[OrderStep]],
    seed: int,
) -> Placement:
    """Ours, but nobody whose date has passed (by `until`, per case) is given room: what helping them too costs."""
    line = list(waiting)
    in_time = [one for one in line if one.case.now < until.get(one.id, one.case.now)]
    placement = matching.place(in_time, programs, rules=rules, seed=seed)
    nobody = {one.id: Decision((), seed) for one in line}
    return replace(placement, decisions={**nobody, **placement.decisions})


def in_order_of_arrival(
    choose: Choose,
    waiting: Iterable[WaitingCase],
    programs: Iterable[ProgramProfile],
    *,
    rules: Mapping[str, Sequence[OrderStep]],
    seed: int,
) -> Placement:
    """Whoever asked first is placed first, by `choose` among the programs that could take the case."""
    room = {program.id: program for program in programs}
    decisions = {}
    for one in sorted(waiting, key=lambda one: (one.since, one.id)):
        ranked = matching.rank(one.case, room.values(), rules=rules.get(one.case.case_type, ()), seed=seed)
        able = [program for candidate in ranked.candidates if (program := _if_able(candidate)) is not None]
        if able:
            chosen = choose(one, able, seed)
            room[chosen.id] = replace(chosen, in_use=chosen.in_use + one.case.points, last_offer_at=one.case.now)
            ranked = _with_choice(ranked, chosen.id)
        decisions[one.id] = ranked
    return Placement(decisions, seed)


def _if_able(candidate: matching.Candidate) -> ProgramProfile | None:
    able = (Verdict.CHOSEN, Verdict.NEXT_IN_LINE, Verdict.NOT_ON_DUTY)
    return candidate.program if candidate.verdict in able else None


def _with_choice(decision: Decision, program_id: int) -> Decision:
    """The same decision with another of its able programs chosen."""
    candidates = []
    for one in decision.candidates:
        if one.program and one.program.id == program_id:
            candidates.append(replace(one, verdict=Verdict.CHOSEN))
        elif one.verdict is Verdict.CHOSEN:
            candidates.append(replace(one, verdict=Verdict.NEXT_IN_LINE))
        else:
            candidates.append(one)
    return Decision(tuple(candidates), decision.seed)
