"""What a run comes to, as numbers for JSON and as lines to read. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from referrals.simulation.drive import Played
from referrals.simulation.ground import Profile

HOUR = timedelta(hours=1)


def measure(found: Sequence[Profile], played: Played, *, ends: datetime, room: int) -> dict[str, Any]:
    """The figures of a played year; `room` is the sum of all ceilings, in points.

    Measured over people held whom the fund may help. In time: accepted before `safe_by`, or before custody ended where
    no date was known. Before transfer: accepted before they were moved out of Minnesota (those never moved: before
    custody ended), of those who were there when the family asked.
    """
    counted = [one for one in found if one.counts]
    in_time = {one.arrival.number: float(is_in_time(one, played)) for one in counted}
    here = [one for one in counted if one.arrival.began_in_minnesota]
    before_move = sum(_accepted_by(one, played, one.arrival.moved_at or one.arrival.leaves_at) for one in here)
    room_days = room * (ends - min(one.arrival.at for one in found)) / timedelta(days=1)
    return {
        **placed(counted, in_time),
        "accepted": sum(one.arrival.number in played.accepted for one in counted),
        "in_minnesota": len(here),
        "placed_before_transfer": before_move,
        "share_before_transfer": _share(before_move, len(here)),
        "hours_to_acceptance": hours_by_tier(found, played),
        "t0_starved": played.starved,
        "offers": played.offers,
        "capacity_use": round(played.carried / room_days, 4),
        "capacity_waiting_for_answers": round(played.asked / room_days, 4),
    }


def placed(counted: Sequence[Profile], part: Mapping[int, float]) -> dict[str, Any]:
    """How many were placed in time; `part` says for each arrival's number whether it was (the bound: which part)."""
    total = sum(part.values())
    return {
        "held_and_eligible": len(counted),
        "placed_before_safe_by": round(total, 3),
        "share_before_safe_by": _share(total, len(counted)),
        "by_language": by_language(counted, part),
    }


def is_in_time(one: Profile, played: Played) -> bool:
    """Whether somebody accepted the case before it was too late."""
    return _accepted_by(one, played, one.in_time_until)


def _accepted_by(one: Profile, played: Played, until: datetime) -> bool:
    acceptance = played.accepted.get(one.arrival.number)
    return acceptance is not None and acceptance.at <= until


def hours_by_tier(found: Iterable[Profile], played: Played) -> dict[str, dict[str, float | int | None]]:
    """For each tier: eligible cases, how many were accepted, and the median and 95th percentile of their hours."""
    tiers: dict[str, dict[str, float | int | None]] = {}
    eligible = [one for one in found if one.arrival.is_eligible]
    for tier in sorted({one.tier for one in eligible}):
        cases = [one for one in eligible if one.tier == tier]
        accepted = [played.accepted.get(one.arrival.number) for one in cases]
        hours = sorted((done.at - one.arrival.at) / HOUR for one, done in zip(cases, accepted, strict=True) if done)
        tiers[f"T{tier}"] = {
            "cases": len(cases),
            "accepted": len(hours),
            "median": percentile(hours, 0.5),
            "p95": percentile(hours, 0.95),
        }
    return tiers


def percentile(ordered: Sequence[float], part: float) -> float | None:
    """The smallest value that at least `part` of them do not exceed; None of nothing."""
    return round(ordered[math.ceil(part * len(ordered)) - 1], 2) if ordered else None


def by_language(counted: Sequence[Profile], part: Mapping[int, float]) -> dict[str, Any]:
    """The share placed in time of each language, and the one that stands out most.

    `gap`: its share less that of all others. `noise`: the standard deviation that chance alone gives such a gap
    (binomial, both sides at the common share). The language shown has the largest gap for its noise.
    """
    languages: dict[str, list[float]] = {}
    for one in counted:
        languages.setdefault(one.arrival.language, []).append(part.get(one.arrival.number, 0.0))
    total, count = sum(part.values()), len(counted)
    common = total / count if count else 0.0
    widest: dict[str, Any] | None = None
    for language, parts in sorted(languages.items()):
        others = count - len(parts)
        noise = math.sqrt(common * (1 - common) * (1 / len(parts) + 1 / others)) if others else 0.0
        if not noise:
            continue
        gap = sum(parts) / len(parts) - (total - sum(parts)) / others
        if widest is None or abs(gap) / noise > abs(widest["gap"]) / widest["noise"]:
            widest = {"language": language, "gap": round(gap, 4), "noise": round(noise, 4)}
    shares = {
        language: {"cases": len(parts), "share": _share(sum(parts), len(parts))}
        for language, parts in sorted(languages.items())
    }
    return {"shares": shares, "widest_gap": widest}


def lines(result: Mapping[str, Any]) -> list[str]:
    """The result for a person at a terminal."""
    held, eligible = result["cases"], result["held_and_eligible"]
    told = [
        f"{result['policy']}, seed {result['seed']}, {result['weeks']} weeks, room {result['room_share']} of demand",
        f"{held} cases, {eligible} of them held and eligible; took {result['run_seconds']} s",
        f"placed before safe_by: {result['placed_before_safe_by']:.1f} ({_percent(result['share_before_safe_by'])})",
    ]
    if (blind := result.get("expected_without_knowing_stays")) is not None:
        told.append(f"most to expect of who knows all but the stays: {blind:.1f}")
    if "offers" in result:
        told += _lines_of_play(result)
    if widest := result["by_language"]["widest_gap"]:
        told.append(
            f"language furthest from the others: {widest['language']}, {100 * widest['gap']:+.1f} points "
            f"(chance alone: ± {100 * widest['noise']:.1f})"
        )
    return told


def _lines_of_play(result: Mapping[str, Any]) -> list[str]:
    moved, here = result["placed_before_transfer"], result["in_minnesota"]
    use, waiting = _percent(result["capacity_use"]), _percent(result["capacity_waiting_for_answers"])
    tiers = [
        f"{tier}: {one['accepted']} of {one['cases']} accepted, median {one['median']} h, 95 % within {one['p95']} h"
        for tier, one in result["hours_to_acceptance"].items()
    ]
    return [
        f"placed before transfer: {moved} of {here} then in Minnesota ({_percent(result['share_before_transfer'])})",
        f"accepted at all: {result['accepted']}",
        *tiers,
        f"T0 starved: {result['t0_starved']}",
        f"room used {use}, held by offers {waiting}; {result['offers']} offers",
    ]


def _share(part: float, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
