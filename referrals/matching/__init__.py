"""Matching as pure functions on dataclasses: no database, no clock, no Django. docs/matching.md has it in words.

`rank` orders the programs for one case, `place` decides for all waiting cases at once, `assign` does its sums.
"""

from referrals.matching.assignment import assign, assign_with_gap
from referrals.matching.line import Promptness, WaitingCase, in_line, promptness, reasons_in_line
from referrals.matching.placement import Placement, place
from referrals.matching.ranking import (
    ASK_AGAIN_AFTER,
    ELSEWHERE,
    HOME_STATE,
    Candidate,
    CaseProfile,
    Decision,
    OrderStep,
    PastOffer,
    ProgramProfile,
    Verdict,
    misfit,
    rank,
)

__all__ = [
    "ASK_AGAIN_AFTER",
    "ELSEWHERE",
    "HOME_STATE",
    "Candidate",
    "CaseProfile",
    "Decision",
    "OrderStep",
    "PastOffer",
    "Placement",
    "ProgramProfile",
    "Promptness",
    "Verdict",
    "WaitingCase",
    "assign",
    "assign_with_gap",
    "in_line",
    "misfit",
    "place",
    "promptness",
    "rank",
    "reasons_in_line",
]
