"""The comparison of all policies as a Markdown table. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from referrals.simulation.policies import PolicyName


def by_policy(found: Iterable[Mapping[str, Any]], figure: str) -> dict[str, dict[int, float]]:
    """One figure of all results: policy → seed → value."""
    values: dict[str, dict[int, float]] = {}
    for result in found:
        values.setdefault(result["policy"], {})[result["seed"]] = result[figure]
    return values


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """A row for each seed: what each policy placed before `safe_by`, and as a share of the bound."""
    placed = by_policy(found, "placed_before_safe_by")
    blind = {
        one["seed"]: one["expected_without_knowing_stays"] for one in found if one["policy"] == PolicyName.CLAIRVOYANT
    }
    counted = {one["seed"]: one["held_and_eligible"] for one in found}
    starved = {one["seed"]: one["t0_starved"] for one in found if one["policy"] == PolicyName.OURS}
    played = [policy for policy in PolicyName if policy != PolicyName.CLAIRVOYANT]
    header = [
        "seed",
        "held, eligible",
        *played,
        PolicyName.CLAIRVOYANT,
        "without stays",
        "ours / clairvoyant",
        "T0 starved",
    ]
    rows = [header, ["---:"] * len(header)]
    for seed in sorted(counted):
        limit = placed[PolicyName.CLAIRVOYANT][seed]
        rows.append(
            [
                str(seed),
                str(counted[seed]),
                *(f"{placed[policy][seed]:.0f}" for policy in played),
                f"{limit:.1f}",
                f"{blind[seed]:.1f}",
                f"{placed[PolicyName.OURS][seed] / limit:.3f}" if limit else "–",
                str(starved[seed]),
            ]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
