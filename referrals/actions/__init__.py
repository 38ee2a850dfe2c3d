"""Verbs that change a case. Views, the API, tasks and the phone line call these and nothing else.

Locking: a transaction locks at most one case, first (a duplicate, its original and its own duplicates, or cases found
to be alike: all of them, in the order of their ids), and after it at most one program, by the conditional UPDATE that
takes or gives back room. What must touch a second program or another case (re-routing, the waitlist) runs after commit
in transactions of its own; the clock repeats it if the process died in between.
"""

from referrals.actions.answering import NotChecked, record_no_conflict
from referrals.actions.cases import open_case, record_facts
from referrals.actions.conflict_holds import LiftReason, lift_conflict, must_not_take, record_conflict
from referrals.actions.deadlines import drop_deadline, enter_trigger, meet_deadline
from referrals.actions.endings import close, lose_contact, mark_duplicate, reopen, screen_out, withdraw
from referrals.actions.holds import lift_hold, place_hold
from referrals.actions.locating import may_have_moved, record_locator_check
from referrals.actions.moves import move
from referrals.actions.offers import (
    CannotBeOffered,
    NoRoom,
    accept_offer,
    decline_offer,
    engage,
    expire_offer,
    offer_by_hand,
    transfer,
    withdraw_offer,
)
from referrals.actions.retention import confirm_handed_over
from referrals.actions.routing import route, route_after_commit, route_waiting
from referrals.actions.screening import finish_task, pass_screening, request_info
from referrals.actions.stages import start_stage
from referrals.actions.warm_referrals import record_referral_outcome, refer_out

__all__ = (
    "CannotBeOffered",
    "LiftReason",
    "NoRoom",
    "NotChecked",
    "accept_offer",
    "close",
    "confirm_handed_over",
    "decline_offer",
    "drop_deadline",
    "engage",
    "enter_trigger",
    "expire_offer",
    "finish_task",
    "lift_conflict",
    "lift_hold",
    "lose_contact",
    "mark_duplicate",
    "may_have_moved",
    "meet_deadline",
    "move",
    "must_not_take",
    "offer_by_hand",
    "open_case",
    "pass_screening",
    "place_hold",
    "record_conflict",
    "record_facts",
    "record_locator_check",
    "record_no_conflict",
    "record_referral_outcome",
    "refer_out",
    "reopen",
    "request_info",
    "route",
    "route_after_commit",
    "route_waiting",
    "screen_out",
    "start_stage",
    "transfer",
    "withdraw",
    "withdraw_offer",
)
