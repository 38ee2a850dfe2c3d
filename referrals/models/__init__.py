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
from referrals.models.certification import CertificationDesk, CertificationRequest, CertifyingAgency
from referrals.models.clinic import FREED, ClinicCaseType, ClinicSeat, ClinicSession, SeatState, SessionStatus
from referrals.models.deadline import (
    CalendarFeed,
    CaseDeadline,
    DeadlineActor,
    DeadlineRule,
    DeadlineUnit,
    LegalStatus,
)
from referrals.models.demand import CounselAdvice, DemandKind, DemandState, LegalDemand, ServedOn
from referrals.models.desk import CaseRead, SavedFilter
from referrals.models.digest import ProviderDigest
from referrals.models.duty import (
    ALARMS,
    CallAttempt,
    CallOutcome,
    DutyMail,
    DutyMailKind,
    DutyPage,
    DutyPhone,
    DutyShift,
)
from referrals.models.locator import LocatorCheck, LookedAt, LookResult
from referrals.models.offer import (
    ConflictHold,
    DeclineReason,
    Offer,
    OfferState,
    ProviderMail,
    ProviderMailKind,
    RoutingDecision,
)
from referrals.models.retention import RetentionReaders, RetentionRule, RetentionTrigger
from referrals.models.room import RoomDifference
from referrals.models.rules import (
    Facility,
    IncomeLine,
    PartOfCity,
    ReferralPartner,
    ResidencyZip,
    TriageRule,
    UrgencyRule,
)
from referrals.models.stage import Stage, StageStart
from referrals.models.task import CALLS, CoordinatorTask, TaskKind
from referrals.models.warm_referral import ReferralOutcome, WarmReferral
from referrals.models.watch import AlertKind, Assignment, OpeningAlert

__all__ = (
    "ALARMS",
    "CALLS",
    "FREED",
    "AlertKind",
    "Assignment",
    "CalendarFeed",
    "CallAttempt",
    "CallOutcome",
    "Case",
    "CaseDeadline",
    "CaseEvent",
    "CaseRead",
    "CertificationDesk",
    "CertificationRequest",
    "CertifyingAgency",
    "Channel",
    "ClinicCaseType",
    "ClinicSeat",
    "ClinicSession",
    "ConflictHold",
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
    "DutyMail",
    "DutyMailKind",
    "DutyPage",
    "DutyPhone",
    "DutyShift",
    "Facility",
    "IncomeLine",
    "IncomeVerdict",
    "LegalDemand",
    "LegalStatus",
    "LocatorCheck",
    "LookResult",
    "LookedAt",
    "Offer",
    "OfferState",
    "OpeningAlert",
    "PartOfCity",
    "ProviderDigest",
    "ProviderMail",
    "ProviderMailKind",
    "ReferralOutcome",
    "ReferralPartner",
    "Residency",
    "ResidencyZip",
    "RetentionReaders",
    "RetentionRule",
    "RetentionTrigger",
    "RoomDifference",
    "RoutingDecision",
    "SavedFilter",
    "Screening",
    "SeatState",
    "ServedOn",
    "SessionStatus",
    "Stage",
    "StageStart",
    "State",
    "TaskKind",
    "TriageRule",
    "Urgency",
    "UrgencyRule",
    "WarmReferral",
)
