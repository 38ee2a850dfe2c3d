"""What one more attorney would do: what a simulation measured, with how and when. Nothing is estimated here.

`one_more_attorney.json` beside this file is written by hand from the JSON that `manage.py simulate` wrote; its
`command` plays it again, and docs/matching.md says what the simulated weeks are made of.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MEASURED = Path(__file__).with_name("one_more_attorney.json")


@dataclass(frozen=True, slots=True)
class Played:
    """One seed's weeks, without and with the attorney: people held whom the fund may help, and those placed in time.

    `points`: the room of all programs; `room_with_one`: the `--room` that gave them an attorney's points more, as near
    as whole points for each program allow.
    """

    seed: int
    held: int
    without: int
    with_one: int
    points: int
    points_with_one: int
    room_with_one: float

    @property
    def more(self) -> int:
        return self.with_one - self.without

    @property
    def more_text(self) -> str:
        return f"−{-self.more}" if self.more < 0 else f"+{self.more}"


@dataclass(frozen=True, slots=True)
class Measured:
    """The runs of a day. `points`: the room that one attorney adds; `cases_at_once`: the assumption behind it."""

    measured_on: str
    command: str
    weeks: int
    points: int
    cases_at_once: int
    played: Sequence[Played]

    @property
    def rooms_with_one(self) -> str:
        return ", ".join(f"{one.room_with_one:g}" for one in self.played)

    @property
    def fewest(self) -> int:
        return min(one.more for one in self.played)

    @property
    def most(self) -> int:
        return max(one.more for one in self.played)


@cache
def measured() -> Measured:
    """The packaged measurement."""
    stored = json.loads(MEASURED.read_text(encoding="utf-8"))
    return Measured(**stored | {"played": [Played(**one) for one in stored["played"]]})
