"""One run from its seed to its figures."""

from datetime import timedelta
from typing import Any

from providers.models import Provider
from referrals.simulation import arrivals, clairvoyant, drive, ground, report
from referrals.simulation.policies import PolicyName
from referrals.simulation.scratch import Run


def play(run: Run) -> dict[str, Any]:
    """The figures of a run, on the database that Django is set up with; `referrals.simulation.report` explains them.

    Raises `drive.NotScratch` where there are cases already.
    """
    drive.check_scratch()
    begins = arrivals.begins()
    found = ground.survey(arrivals.arrivals(run.weeks, run.seed, share=run.share))
    places = ground.places_by_type(begins)
    ceilings = ground.room(found, places, weeks=run.weeks, share=run.room)
    outages = arrivals.outages(run.weeks, run.seed, list(Provider.objects.values_list("code", flat=True)))
    result: dict[str, Any] = {
        "policy": run.policy,
        "seed": run.seed,
        "weeks": run.weeks,
        "room_share": run.room,
        "room_points": sum(ceilings.values()),
        "cases": len(found),
    }
    if run.policy == PolicyName.CLAIRVOYANT:
        asked = ground.requests(found, places, outages, seed=run.seed, begins=begins, weeks=run.weeks)
        return result | _bounds(asked, found, ceilings, days=7 * run.weeks)
    played = drive.play(
        found,
        outages,
        policy=PolicyName(run.policy),
        seed=run.seed,
        ceilings=ceilings,
        begins=begins,
        weeks=run.weeks,
    )
    ends = begins + timedelta(weeks=run.weeks)
    return result | report.measure(found, played, ends=ends, room=sum(ceilings.values()))


def _bounds(
    asked: list[clairvoyant.Request], found: list[ground.Profile], ceilings: dict[int, int], *, days: int
) -> dict[str, Any]:
    most = clairvoyant.bound(asked, ceilings, days=days)
    blind = clairvoyant.bound_without_stays(asked, ceilings, days=days, still_there=arrivals.chance_of_longer_stay)
    counted = [one for one in found if one.counts]
    return report.placed(counted, most.placed) | {
        "acceptable_in_time": len(asked),
        "expected_without_knowing_stays": round(blind, 1),
    }
