"""What routing decided, in sentences a coordinator would say."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from referrals.matching import Verdict
from referrals.models import RoutingDecision


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision: what was decided, and a sentence on each provider in the order they were considered."""

    at: str
    summary: str
    reasons: list[str]


# {provider}, {kind} and {free}/{points} are filled from the stored candidate.
SENTENCES: dict[str, str] = {
    Verdict.CHOSEN: "{provider} ({kind}) was asked: first in the offer order that can take it, {free} points free.",
    Verdict.NEXT_IN_LINE: "{provider} ({kind}) could take it too and would have been asked next.",
    Verdict.NOT_ON_DUTY: "{provider} ({kind}) could take it, but nobody there is on duty now.",
    Verdict.NO_ROOM: "{provider} ({kind}) has {free} points free; this case takes {points}.",
    Verdict.PAUSED: "{provider} ({kind}) has paused new offers.",
    Verdict.INACTIVE: "{provider} does not take part now.",
    Verdict.LANGUAGE: "{provider} ({kind}) does not serve the family's language.",
    Verdict.MINORS: "{provider} ({kind}) does not take people under 18.",
    # Never whose conflict it was.
    Verdict.DECLINED_CONFLICT: "{provider} cannot take this case and is not asked again.",
    Verdict.DECLINED_SCOPE: "{provider} said the case is not one they take, and is not asked again.",
    Verdict.ASKED_RECENTLY: "{provider} did not take it less than a day ago, and its room has not grown since.",
    Verdict.HANDED_ON: "{provider} had the case and handed it on.",
    Verdict.TASK: "The offer order names a coordinator: a task was opened.",
}


def explain(decision: RoutingDecision) -> Explanation:
    """The sentences of one stored decision."""
    at = timezone.localtime(decision.at).strftime("%b %-d, %H:%M")
    if decision.made_by_hand:
        summary = f"A coordinator offered it to {decision.chosen} by hand."
    elif decision.chosen:
        summary = f"{decision.case_type}, T{decision.urgency}: offered to {decision.chosen.provider.name}."
    else:
        summary = f"{decision.case_type}, T{decision.urgency}: nobody could be asked, so it waits."
    return Explanation(at, summary, [_sentence(one, decision.points) for one in decision.candidates])


def _sentence(candidate: dict[str, Any], points: int) -> str:
    sentence = SENTENCES[candidate["verdict"]].format(
        provider=candidate["provider"],
        kind=candidate["kind"].replace("_", " "),
        free=candidate["free"],
        points=points,
    )
    return sentence + (" Limited scope only." if candidate["limited"] else "")
