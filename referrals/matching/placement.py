"""Who of all waiting cases is offered to which program now. Pure.

The same cases, programs, rules and seed give the same placement, whatever the order they come in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from uuid import UUID

from referrals.matching.assignment import assign_with_effort
from referrals.matching.line import WaitingCase, in_line, promptness
from referrals.matching.ranking import Candidate, Decision, OrderStep, ProgramProfile, Verdict, rank

# The verdicts of `rank` that say a program can take the case, as they are preferred.
_ABLE = (Verdict.CHOSEN, Verdict.NEXT_IN_LINE, Verdict.NOT_ON_DUTY)
# Up to so many pairs the solver is asked, which takes at most some two seconds; above, prices for the room are enough,
# which come within some thousandths of the best. No clock: the same placement on every machine.
_SMALL = 3000
_BRANCHES = 100


@dataclass(frozen=True, slots=True)
class Placement:
    """A decision for every waiting case, those ahead in line first; `gap` is how far from the best it may be."""

    decisions: Mapping[UUID, Decision]
    seed: int
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class _Job:
    """A waiting case and the programs that could take it, the one to ask first at the front."""

    id: UUID
    weight: int
    group: tuple[int, int]
    points: int
    able: tuple[int, ...]


_Weight = Callable[[_Job, int], int]


def place(
    waiting: Iterable[WaitingCase],
    programs: Iterable[ProgramProfile],
    *,
    rules: Mapping[str, Sequence[OrderStep]],
    seed: int,
) -> Placement:
    """Decides for every waiting case whether a program is asked now, and which.

    `rules`: the steps of each case type's offer order. Cases compete in groups, by tier and by whether help is in time
    (`in_line`): a group gets what the groups before it leave, but may change *where* those go. Of n waiting, the
    case with k ahead of it weighs 2n - k, so that nobody weighs twice as much as another; the highest total is placed.
    Only then the offer orders decide where.
    """
    programs = list(programs)
    line = in_line(waiting, seed)
    ranked = {one.id: rank(one.case, programs, rules=rules.get(one.case.case_type, ()), seed=seed) for one in line}
    jobs = [
        _Job(one.id, 2 * len(line) - number, (one.case.urgency, promptness(one)), one.case.points, able)
        for number, one in enumerate(line)
        if (able := _able(ranked[one.id]))
    ]
    room = {program.id: program.free for program in programs}
    weeks = {program.id: program.left_in_week for program in programs if program.left_in_week is not None}
    at, gap = _within_weeks(jobs, room, weeks)
    # Who has had the week's last case has no room for another, however many points are free.
    left = _left(jobs, at, room) | {one: 0 for one, most in weeks.items() if list(at.values()).count(one) >= most}
    decisions = {one.id: _told(ranked[one.id], at.get(one.id), left, one.case.points) for one in line}
    return Placement(decisions, seed, gap)


def _able(decision: Decision) -> tuple[int, ...]:
    able = [one for one in decision.candidates if one.verdict in _ABLE and one.step.program_id]
    return tuple(dict.fromkeys(one.step.program_id or 0 for one in sorted(able, key=_preference)))


def _preference(candidate: Candidate) -> int:
    return _ABLE.index(candidate.verdict)


def _told(decision: Decision, program_id: int | None, left: Mapping[int, int], points: int) -> Decision:
    """The decision of `rank` as it stands once all cases have been placed."""

    def verdict(one: Candidate) -> Verdict:
        if one.verdict not in _ABLE:
            return one.verdict
        if one is chosen:
            return Verdict.CHOSEN
        if left[one.step.program_id or 0] < points:
            return Verdict.FOR_OTHERS
        return Verdict.NOT_ON_DUTY if one.verdict is Verdict.NOT_ON_DUTY else Verdict.NEXT_IN_LINE

    chosen = next(
        (one for one in decision.candidates if one.verdict in _ABLE and one.step.program_id == program_id), None
    )
    return Decision(tuple(replace(one, verdict=verdict(one)) for one in decision.candidates), decision.seed)


def _within_weeks(jobs: list[_Job], room: Mapping[int, int], weeks: Mapping[int, int]) -> tuple[dict[UUID, int], float]:
    """As `_placed`, with no more cases at a program than its week allows: those ahead in line keep it, the others are
    placed again without it."""
    while True:
        at, gap = _placed(jobs, room)
        over = {
            job.id: program
            for program, most in weeks.items()
            for job in [job for job in jobs if at.get(job.id) == program][most:]
        }
        if not over:
            return at, gap
        fewer = [(job, tuple(one for one in job.able if one != over.get(job.id))) for job in jobs]
        jobs = [replace(job, able=able) for job, able in fewer if able]


def _placed(jobs: list[_Job], room: Mapping[int, int]) -> tuple[dict[UUID, int], float]:
    """The program of each case that gets one, and the widest gap of the sums behind it."""
    if (at := _all_at_their_first(jobs, room)) is not None:
        return at, 0.0
    weights = {job.id: job.weight for job in jobs}
    kept: list[_Job] = []
    at, widest = {}, 0.0
    for _, group in groupby(jobs, key=lambda job: job.group):
        rivals = _who_could_matter(list(group), room)
        above_all = 1 + sum(job.weight for job in rivals)
        found, gap = _best(kept + rivals, room, _by_case(weights | {job.id: above_all for job in kept}))
        at = _never_worse(kept, rivals, at, found, room)
        kept = [job for job in kept + rivals if job.id in at]
        widest = max(widest, gap)
    return _by_offer_orders(kept, at, room), widest


def _by_case(weights: Mapping[UUID, int]) -> _Weight:
    return lambda job, _: weights[job.id]


def _all_at_their_first(jobs: list[_Job], room: Mapping[int, int]) -> dict[UUID, int] | None:
    """Every case at the program to ask first, if they all fit: nothing is better."""
    at = {job.id: job.able[0] for job in jobs}
    return at if all(left >= 0 for left in _left(jobs, at, room).values()) else None


def _who_could_matter(group: list[_Job], room: Mapping[int, int]) -> list[_Job]:
    """The group without those behind so many of their own kind that no room could ever be left for them."""
    alike: dict[tuple[int, tuple[int, ...]], int] = defaultdict(int)
    matter = []
    for job in group:
        kind = (job.points, job.able)
        if not job.points or alike[kind] < sum(room[program] // job.points for program in job.able):
            matter.append(job)
        alike[kind] += 1
    return matter


def _best(jobs: list[_Job], room: Mapping[int, int], weight: _Weight) -> tuple[dict[UUID, int], float]:
    """The programs of the jobs so that their weights together are the highest."""
    programs = sorted({program for job in jobs for program in job.able})
    weights = [[weight(job, program) if program in job.able else None for program in programs] for job in jobs]
    sizes = [[job.points] * len(programs) for job in jobs]
    capacities = [max(0, room[program]) for program in programs]
    branches = _BRANCHES if len(jobs) * len(programs) <= _SMALL else 0
    answer, gap = assign_with_effort(weights, sizes, capacities, branches=branches)
    return {job.id: programs[place] for job, place in zip(jobs, answer, strict=True) if place is not None}, gap


def _never_worse(
    kept: list[_Job], rivals: list[_Job], before: dict[UUID, int], found: dict[UUID, int], room: Mapping[int, int]
) -> dict[UUID, int]:
    """What was found, unless the work ran out before all of the groups ahead were placed again; then filled up."""
    at = dict(found) if all(job.id in found for job in kept) else dict(before)
    left = _left(kept + rivals, at, room)
    for job in rivals:
        if job.id not in at and (fits := [program for program in job.able if left[program] >= job.points]):
            at[job.id] = fits[0]
            left[fits[0]] -= job.points
    return at


def _by_offer_orders(kept: list[_Job], at: dict[UUID, int], room: Mapping[int, int]) -> dict[UUID, int]:
    """The same cases placed, each as early in its offer order as can be; who is ahead in line has more say."""
    say = {job.id: len(kept) - number for number, job in enumerate(kept)}
    above_all = 1 + sum(say[job.id] * len(job.able) for job in kept)
    found, _ = _best(kept, room, lambda job, program: above_all - say[job.id] * job.able.index(program))
    return found if len(found) == len(kept) else at


def _left(jobs: Iterable[_Job], at: Mapping[UUID, int], room: Mapping[int, int]) -> dict[int, int]:
    left = dict(room)
    for job in jobs:
        if job.id in at:
            left[at[job.id]] -= job.points
    return left
