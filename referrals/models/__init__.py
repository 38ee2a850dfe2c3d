"""The case, what is decided about it, and the tables the decisions rest on."""

from referrals.models.case import (
    Case,
    CaseEvent,
    Channel,
    Custody,
    CustodyPeriod,
    IncomeVerdict,
    Residency,
    Screening,
    State,
    Urgency,
)
from referrals.models.offer import DeclineReason, Offer, OfferState, RoutingDecision
from referrals.models.rules import Facility, IncomeLine, PartOfCity, ReferralPartner, ResidencyZip, TriageRule
from referrals.models.task import CoordinatorTask, TaskKind

__all__ = (
    "Case",
    "CaseEvent",
    "Channel",
    "CoordinatorTask",
    "Custody",
    "CustodyPeriod",
    "DeclineReason",
    "Facility",
    "IncomeLine",
    "IncomeVerdict",
    "Offer",
    "OfferState",
    "PartOfCity",
    "ReferralPartner",
    "Residency",
    "ResidencyZip",
    "RoutingDecision",
    "Screening",
    "State",
    "TaskKind",
    "TriageRule",
    "Urgency",
)
