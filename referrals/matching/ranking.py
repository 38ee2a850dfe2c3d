"""Which program is asked first, and why not the others. Pure: no database, no clock, no Django.

The same inputs and seed give the same decision, whatever the order of the inputs.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

ASK_AGAIN_AFTER = timedelta(hours=24)
HOME_STATE = "MN"
ELSEWHERE = "elsewhere"


class Verdict(StrEnum):
    """Why a program was or was not asked; referrals/explanations.py has the sentence for each."""

    CHOSEN = "chosen"
    NEXT_IN_LINE = "next_in_line"
    NOT_ON_DUTY = "not_on_duty"
    FOR_OTHERS = "for_others"
    NO_ROOM = "no_room"
    PAUSED = "paused"
    CLOSED = "closed"
    WEEKLY_LIMIT = "weekly_limit"
    VENUE = "venue"
    INACTIVE = "inactive"
    LANGUAGE = "language"
    MINORS = "minors"
    DECLINED_CONFLICT = "declined_conflict"
    DECLINED_SCOPE = "declined_scope"
    ASKED_RECENTLY = "asked_recently"
    HANDED_ON = "handed_on"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class PastOffer:
    """An earlier offer to a program: its ending (a decline reason, "expired", "taken_back", "handed_on") and when."""

    program_id: int
    ending: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseProfile:
    """What matching reads of a case; `now` is the moment of the decision."""

    case_type: str
    points: int
    urgency: int
    language: str
    is_minor: bool | None
    now: datetime
    past: tuple[PastOffer, ...] = ()
    # Where the person is held: a US state (ELSEWHERE: known only to be none of Minnesota's) and a federal circuit;
    # "" and None for somebody not held, or held nobody knows where.
    us_state: str = ""
    circuit: int | None = None
    # Codes of providers that must never be asked.
    conflicts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProgramProfile:
    """What matching reads of a program. `free` is in points; `languages` empty means any."""

    id: int
    provider: str
    kind: str
    ceiling: int
    in_use: int
    is_active: bool
    is_paused: bool
    on_duty: bool
    takes_minors: bool
    languages: frozenset[str]
    last_offer_at: datetime | None
    room_changed_at: datetime
    is_closed: bool = False
    # How many more cases it may be offered this week; None for no limit.
    left_in_week: int | None = None
    # Where people must be held to be offered to it; empty means anywhere.
    us_states: frozenset[str] = frozenset()
    circuits: frozenset[int] = frozenset()

    @property
    def free(self) -> int:
        return self.ceiling - self.in_use

    @property
    def takes_new(self) -> bool:
        """Whether it takes new cases at all now, however much room it has."""
        return not self.is_paused and not self.is_closed and self.left_in_week != 0

    @property
    def load(self) -> float:
        return self.in_use / self.ceiling if self.ceiling else 1.0


@dataclass(frozen=True, slots=True)
class OrderStep:
    """One step of the case type's offer order; `program_id` None is a coordinator's task."""

    position: int
    program_id: int | None
    limited_scope: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A step of the order with its verdict."""

    step: OrderStep
    program: ProgramProfile | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """Every step considered, best first, and the one chosen (None: nobody can be asked now)."""

    candidates: tuple[Candidate, ...]
    seed: int

    @property
    def chosen(self) -> Candidate | None:
        return next((one for one in self.candidates if one.verdict is Verdict.CHOSEN), None)


def rank(case: CaseProfile, programs: Iterable[ProgramProfile], *, rules: Iterable[OrderStep], seed: int) -> Decision:
    """Orders the steps of the offer order for one case and gives each its verdict.

    Order: the table's position, then the lower load, then the oldest last offer, then a lottery by `seed`. A T0 case
    goes to the first able program that is on duty; if none is, it is held at the first able one. Raises ValueError for
    one program given twice with different words.
    """
    by_id: dict[int, ProgramProfile] = {}
    for program in programs:
        if by_id.setdefault(program.id, program) != program:
            raise ValueError(f"Program {program.id} is given twice, and not alike.")
    rules = set(rules)
    ordered = sorted(rules, key=lambda step: _order(step, by_id, seed))
    obstacles = {step: _obstacle(case, step, by_id) for step in ordered}
    able = [step for step in ordered if obstacles[step] is None]
    on_duty = [step for step in able if case.urgency != 0 or by_id[step.program_id or 0].on_duty]
    chosen = next(iter(on_duty or able), None)
    candidates = []
    for step in ordered:
        verdict = obstacles[step]
        if verdict is None:
            if step == chosen:
                verdict = Verdict.CHOSEN
            elif on_duty and step not in on_duty:
                verdict = Verdict.NOT_ON_DUTY
            else:
                verdict = Verdict.NEXT_IN_LINE
        candidates.append(Candidate(step, by_id.get(step.program_id or 0), verdict))
    return Decision(tuple(candidates), seed)


def _order(
    step: OrderStep, programs: dict[int, ProgramProfile], seed: int
) -> tuple[int, float, datetime, bytes, int, bool]:
    program = programs.get(step.program_id or 0)
    if program is None:
        return (step.position, 0.0, datetime.min.replace(tzinfo=UTC), b"", step.program_id or 0, step.limited_scope)
    # A hash, not a random generator: the draw of a program does not depend on who else is in the list.
    lottery = hashlib.sha256(f"{seed}:{program.id}".encode()).digest()
    last_offer = program.last_offer_at or datetime.min.replace(tzinfo=UTC)
    return (step.position, program.load, last_offer, lottery, program.id, step.limited_scope)


def _obstacle(case: CaseProfile, step: OrderStep, programs: dict[int, ProgramProfile]) -> Verdict | None:
    """Why the step cannot take the case now; None when it can. What lasts longest is named first."""
    if step.program_id is None:
        return Verdict.TASK
    program = programs.get(step.program_id)
    if program is None or not program.is_active:
        return Verdict.INACTIVE
    return misfit(case, program) or _refusal(case, program) or _lack_of_room(case, program)


def misfit(case: CaseProfile, program: ProgramProfile) -> Verdict | None:
    """Why the program never takes such a case, however much room it has; None where it does."""
    if program.languages and case.language not in program.languages:
        return Verdict.LANGUAGE
    if case.is_minor and not program.takes_minors:
        return Verdict.MINORS
    return None if _is_within_reach(case, program) else Verdict.VENUE


def _lack_of_room(case: CaseProfile, program: ProgramProfile) -> Verdict | None:
    if program.is_paused:
        return Verdict.PAUSED
    if program.is_closed:
        return Verdict.CLOSED
    if program.left_in_week == 0:
        return Verdict.WEEKLY_LIMIT
    return Verdict.NO_ROOM if program.free < case.points else None


def _is_within_reach(case: CaseProfile, program: ProgramProfile) -> bool:
    """Whether the program goes to where the person is held; where nobody knows yet, it is asked and may say no."""
    if case.us_state == ELSEWHERE:
        in_state = not program.us_states or program.us_states != {HOME_STATE}
    else:
        in_state = not (program.us_states and case.us_state) or case.us_state in program.us_states
    return in_state and (not (program.circuits and case.circuit) or case.circuit in program.circuits)


def _refusal(case: CaseProfile, program: ProgramProfile) -> Verdict | None:
    """A conflict or scope decline holds for ever; any other ending until the program's room changed, or 24 h."""
    if program.provider in case.conflicts:
        return Verdict.DECLINED_CONFLICT
    endings = sorted(
        (past for past in case.past if past.program_id == program.id), key=lambda past: (past.at, past.ending)
    )
    for past in endings:
        if past.ending == "conflict":
            return Verdict.DECLINED_CONFLICT
        if past.ending == "scope":
            return Verdict.DECLINED_SCOPE
    if endings:
        last = endings[-1]
        if last.ending == "handed_on":
            return Verdict.HANDED_ON
        if program.room_changed_at <= last.at and case.now - last.at < ASK_AGAIN_AFTER:
            return Verdict.ASKED_RECENTLY
    return None
