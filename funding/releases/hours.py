"""How long cases waited for a provider, said so that it is about no single case. Pure.

The attacks of the audit know counts and amounts, no medians. So a median is published roughly, of many, or not at all.
"""

import statistics
from collections.abc import Sequence

from funding.releases.book import Placed

# Of fewer cases no median is told, of all or of those that are left when one provider sets its own aside.
FEWEST = 20
# Hours are told in steps of so many.
STEP = 6


def median_hours(placed: Sequence[Placed], *, is_count_shown: bool) -> int | None:
    """The median of the hours from opening to first acceptance, to the nearest multiple of six; None is withheld.

    It is withheld with the count of placed cases too: otherwise it would say that there were twenty.
    """
    if not is_count_shown or len(placed) < FEWEST:
        return None
    for provider in {one.provider for one in placed}:
        others = sum(1 for one in placed if one.provider != provider)
        if 0 < others < FEWEST:
            return None
    return STEP * int(statistics.median(one.hours for one in placed) / STEP + 0.5)
