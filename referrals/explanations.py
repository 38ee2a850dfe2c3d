"""What routing decided, in sentences a coordinator would say. Pure functions on what is stored and on the line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from referrals.languages import language_name
from referrals.matching import Verdict, WaitingCase, reasons_in_line
from referrals.models import RoutingDecision


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision: what was decided, a sentence on each provider in the order they were considered, and what would
    change it ("" where nothing that a provider could do would)."""

    at: str
    summary: str
    reasons: list[str]
    would_change: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A case's place in line (1 is next) among those that wait for the same providers, and what the others are."""

    place: int
    of: int
    before: list[str]


# {provider}, {kind} and {free}/{points} are filled from the stored candidate.
SENTENCES: dict[str, str] = {
    Verdict.CHOSEN: "{provider} ({kind}) was asked: first in the offer order that can take it, {free} points free.",
    Verdict.NEXT_IN_LINE: "{provider} ({kind}) could take it too and would have been asked next.",
    Verdict.NOT_ON_DUTY: "{provider} ({kind}) could take it, but nobody there is on duty now.",
    Verdict.FOR_OTHERS: "{provider} ({kind}) has {free} points free, and other waiting cases come first for them.",
    Verdict.NO_ROOM: "{provider} ({kind}) has {free} points free; this case takes {points}.",
    Verdict.PAUSED: "{provider} ({kind}) has paused new offers.",
    Verdict.CLOSED: "{provider} ({kind}) is closed now and takes no new cases.",
    Verdict.WEEKLY_LIMIT: "{provider} ({kind}) has had all the new cases it takes in a week.",
    Verdict.VENUE: "{provider} ({kind}) does not go to where the person is held.",
    Verdict.INACTIVE: "{provider} does not take part now.",
    Verdict.LANGUAGE: "{provider} ({kind}) does not serve the family's language.",
    Verdict.MINORS: "{provider} ({kind}) does not take people under 18.",
    # Never whose conflict it was.
    Verdict.DECLINED_CONFLICT: "{provider} cannot take this case and is not asked again.",
    Verdict.DECLINED_SCOPE: "{provider} said the case is not one they take, and is not asked again.",
    Verdict.ASKED_RECENTLY: "{provider} did not take it less than a day ago, and its room has not grown since.",
    Verdict.HANDED_ON: "{provider} had the case and handed it on.",
    Verdict.TASK: "The offer order names a coordinator here: somebody is asked where no provider above can be.",
}

# What a provider would need to take the case, after "{provider} ({kind}) would take it"; {lacking} {unit}: 4 points.
CHANGES: dict[str, str] = {
    Verdict.FOR_OTHERS: "with room for one more: the {free} points free go to other waiting cases",
    Verdict.NO_ROOM: "with {lacking} more {unit}",
    Verdict.PAUSED: "if its pause ended",
    Verdict.CLOSED: "if it were open",
    Verdict.WEEKLY_LIMIT: "next week, or with a higher weekly limit",
    Verdict.VENUE: "if it went to where the person is held",
    Verdict.INACTIVE: "if it took part again",
    Verdict.LANGUAGE: "if it served {language}",
    Verdict.MINORS: "if it took people under 18",
    Verdict.ASKED_RECENTLY: "if its room grew, and is asked again 24 hours after its last answer",
}
# Nothing that a provider could change would have it take the case, or it could take it already.
UNCHANGING: frozenset[Verdict] = frozenset(
    {
        Verdict.CHOSEN,
        Verdict.NEXT_IN_LINE,
        Verdict.NOT_ON_DUTY,
        Verdict.DECLINED_CONFLICT,
        Verdict.DECLINED_SCOPE,
        Verdict.HANDED_ON,
        Verdict.TASK,
    }
)
_ROOM_SAID = (Verdict.NO_ROOM, Verdict.FOR_OTHERS)

# Why another case is ahead: one phrase for each part of `reasons_in_line`.
AHEAD = (
    "of a more urgent tier",
    "of the same tier for which help still comes in time",
    "of the same tier with an earlier date",
    "of a person still in Minnesota",
    "of a person who is held",
    "of a person under 18",
    "waiting longer",
)
_BY_LOT = "drawn before it by lot"


def explain(decision: RoutingDecision) -> Explanation:
    """The sentences of one stored decision."""
    at = timezone.localtime(decision.at).strftime("%b %-d, %H:%M")
    if decision.made_by_hand:
        summary = f"A coordinator offered it to {decision.chosen} by hand."
    elif decision.chosen:
        summary = f"{decision.case_type}, T{decision.urgency}: offered to {decision.chosen.provider.name}."
    else:
        summary = f"{decision.case_type}, T{decision.urgency}: nobody could be asked, so it waits."
    reasons = [_sentence(one, decision.points) for one in decision.candidates]
    language = language_name(decision.case.language)
    return Explanation(at, summary, reasons, what_would_change(decision.candidates, decision.points, language))


def _sentence(candidate: dict[str, Any], points: int) -> str:
    sentence = SENTENCES[candidate["verdict"]].format(
        provider=candidate["provider"],
        kind=candidate["kind"].replace("_", " "),
        free=candidate["free"],
        points=points,
    )
    return sentence + (" Limited scope only." if candidate["limited"] else "")


def what_would_change(candidates: Sequence[dict[str, Any]], points: int, language: str) -> str:
    """The first provider in the offer order, before the one asked, that would take the case but for something it could
    change, and what that is; "" where there is none. `language`: the name of the one the family speaks."""
    for one in candidates:
        if one["verdict"] == Verdict.CHOSEN:
            return ""
        if one["provider"] and (change := CHANGES.get(one["verdict"])):
            lacking = max(0, points - one["free"])
            needs = change.format(free=one["free"], lacking=lacking, unit=_points(lacking), language=language)
            if lacking and one["verdict"] not in _ROOM_SAID:
                needs += f" and had {lacking} more {_points(lacking)}"
            return f"{one['provider']} ({one['kind'].replace('_', ' ')}) would take it {needs}."
    return ""


def standing(line: Sequence[WaitingCase], case_id: UUID) -> Standing | None:
    """Where a case stands in `line` (in order), and how many are before it by which reason; None if it is not there."""
    place = next((number for number, one in enumerate(line) if one.id == case_id), None)
    if place is None:
        return None
    own = reasons_in_line(line[place])
    counts = Counter(_first_difference(reasons_in_line(one), own) for one in line[:place])
    phrases = (*AHEAD, _BY_LOT)
    return Standing(place + 1, len(line), [f"{counts[number]} {phrases[number]}" for number in sorted(counts)])


def _first_difference(other: tuple[Any, ...], own: tuple[Any, ...]) -> int:
    pairs = enumerate(zip(other, own, strict=True))
    return next((number for number, (theirs, ours) in pairs if theirs != ours), len(own))


def _points(number: int) -> str:
    return "point" if number == 1 else "points"
