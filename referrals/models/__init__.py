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
from referrals.models.deadline import (
    CalendarFeed,
    CaseDeadline,
    DeadlineActor,
    DeadlineRule,
    DeadlineUnit,
    LegalStatus,
)
from referrals.models.demand import CounselAdvice, DemandKind, DemandState, LegalDemand, ServedOn
from referrals.models.offer import DeclineReason, Offer, OfferState, RoutingDecision
from referrals.models.retention import RetentionReaders, RetentionRule, RetentionTrigger
from referrals.models.rules import (
    Facility,
    IncomeLine,
    PartOfCity,
    ReferralPartner,
    ResidencyZip,
    TriageRule,
    UrgencyRule,
)
from referrals.models.task import CoordinatorTask, TaskKind
from referrals.models.watch import AlertKind, Assignment, OpeningAlert

__all__ = (
    "AlertKind",
    "Assignment",
    "CalendarFeed",
    "Case",
    "CaseDeadline",
    "CaseEvent",
    "Channel",
    "CoordinatorTask",
    "CounselAdvice",
    "Custody",
    "CustodyPeriod",
    "DeadlineActor",
    "DeadlineRule",
    "DeadlineUnit",
    "DeclineReason",
    "DemandKind",
    "DemandState",
    "Facility",
    "IncomeLine",
    "IncomeVerdict",
    "LegalDemand",
    "LegalStatus",
    "Offer",
    "OfferState",
    "OpeningAlert",
    "PartOfCity",
    "ReferralPartner",
    "Residency",
    "ResidencyZip",
    "RetentionReaders",
    "RetentionRule",
    "RetentionTrigger",
    "RoutingDecision",
    "Screening",
    "ServedOn",
    "State",
    "TaskKind",
    "TriageRule",
    "Urgency",
    "UrgencyRule",
)
