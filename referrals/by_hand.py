"""What a person may do to a case from its page or the API: names, order, and the action behind each.

Pages and API call the same table, so that neither can do what the other cannot. Accepting and declining are done on
the offer, not here; `expire`, `waitlist` and `info_received` happen by themselves.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.roles import Actor, Role
from privacy.selectors import is_held_without_demand
from providers.models import Program
from referrals import actions
from referrals.actions.certifications import may_request_certification, request_certification
from referrals.actions.clinics import book_seat, give_up_seat
from referrals.actions.conflicts import conflicts_of
from referrals.actions.deadlines import running_of
from referrals.actions.locating import can_be_searched_again
from referrals.actions.rights import delete_data, may_delete_data
from referrals.actions.tiers import can_be_put_back, put_tier_back
from referrals.actions.time_zones import set_time_zone
from referrals.clinics import booked_seat, fits, served_types, today_of
from referrals.machine import STEPS, role_may
from referrals.models import Case, Offer
from referrals.policies import (
    WrongState,
    awaits_screening,
    can_say_must_not_take,
    live_offer_of,
    may_keep_clocks,
    offer_held_by,
    steps_open_to,
)


def _take_back(
    *, case: Case, reason: str, by: Actor, offer: UUID, program: Program | None = None, now: datetime | None = None
) -> Offer:
    """Takes back the offer the person saw; one made meanwhile to somebody else stays."""
    live = live_offer_of(case)
    if live is None or live.pk != offer:
        raise WrongState(f"The offer of {case.reference} you saw has ended.")
    return actions.withdraw_offer(offer=live, reason=reason, program=program, by=by, now=now)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do: `title` for its button, what it `means`, `done` for afterwards.

    `act` is called with `case`, `by` and what its form asks.
    """

    title: str
    means: str
    done: str
    act: Callable[..., Any]
    # The next provider can read at once when the person doing it has the vault unlocked (`keys`, or None).
    takes_keys: bool = False


# Deeds that are not named after their transition.
_TRANSITIONS = {"pass_screening": "screen_in"}
# Deeds that are no transition at all, and whose they are.
_WITHOUT_TRANSITION: dict[str, Role | tuple[Role, ...]] = {
    "confirm_handed_over": Role.PROVIDER_STAFF,
    "start_stage": Role.PROVIDER_STAFF,
    "place_hold": Role.HOTLINE_LEAD,
    "lift_hold": Role.HOTLINE_LEAD,
    "delete_data": Role.COORDINATOR,
    "record_locator_check": Role.COORDINATOR,
    "may_have_moved": Role.COORDINATOR,
    "put_tier_back": Role.COORDINATOR,
    "set_time_zone": Role.COORDINATOR,
    "request_certification": (Role.COORDINATOR, Role.PROVIDER_STAFF),
    "book_clinic_seat": Role.COORDINATOR,
    "give_up_clinic_seat": Role.COORDINATOR,
    "refer_out": Role.COORDINATOR,
    "record_referral_outcome": Role.COORDINATOR,
    "hold_conflict": Role.COORDINATOR,
    "lift_conflict": Role.COORDINATOR,
    "must_not_take": Role.PROVIDER_STAFF,
}

# The legal clocks of a case: whoever holds it keeps them, and the hotline.
_OF_CLOCKS = frozenset({"enter_trigger", "meet_deadline", "drop_deadline"})

DEEDS: dict[str, Deed] = {
    "pass_screening": Deed(
        "Find eligible",
        "A received case is offered at once; a provisional one stays where it is.",
        "found eligible",
        actions.pass_screening,
    ),
    "offer": Deed(
        "Offer by hand", "Instead of the offer order, never above a ceiling.", "offered", actions.offer_by_hand
    ),
    "record_locator_check": Deed(
        "Note a look-up",
        "By A-number and country of birth, or by the exact name and country of birth. Under 18 only ORR knows. ICE's"
        " list is up to eight hours old, and “not found” does not mean that there is no case. Look yourself: no program"
        " may ask for us. A place found is the case's at once, and the case is triaged and offered again.",
        "look-up noted",
        actions.record_locator_check,
    ),
    "put_tier_back": Deed(
        "The text was not urgent",
        "Urgent words in a text made the case T0. Read them first: from then on it is as urgent as its answers and its"
        " legal clocks make it.",
        "as urgent as its answers and clocks make it",
        put_tier_back,
    ),
    "may_have_moved": Deed(
        "Person may have been moved",
        "The search begins again, every two hours. Where we believe the person to be stays until somebody finds them.",
        "the search begins again",
        actions.may_have_moved,
    ),
    "set_time_zone": Deed(
        "The phone is in another time zone",
        "Texts arrive between 8 am and 9 pm by this clock; ask where the phone is, its area code does not tell.",
        "texts go by that clock",
        set_time_zone,
    ),
    "book_clinic_seat": Deed(
        "Give a seat at a clinic",
        "The family gets a text that something is planned, without day or place: they read these with their code.",
        "has a seat at a clinic",
        book_seat,
    ),
    "give_up_clinic_seat": Deed(
        "Give the clinic seat back",
        "Somebody else can have it. The family is not texted: tell them.",
        "seat given back",
        give_up_seat,
    ),
    "request_certification": Deed(
        "Note a request for a U visa certification",
        "Its clocks run from the day it was made. The short ones count only if the request itself asks for them: to add"
        " that, withdraw the request and make a new one.",
        "request noted; its clocks run",
        request_certification,
    ),
    "engage": Deed(
        "Record the lawyer's appearance",
        "The person counts as represented from now on, and the family is told.",
        "represented",
        actions.engage,
    ),
    "request_info": Deed(
        "Ask the family for more",
        "The family is told that somebody calls, and the call becomes a task.",
        "more asked of the family; a call-back is on the list",
        actions.request_info,
    ),
    "withdraw_offer": Deed(
        "Take the offer back",
        "The room goes back, and the program you name, or else the next in the order, is asked.",
        "offer taken back; another provider is asked",
        _take_back,
    ),
    "start_stage": Deed(
        "Start the next stage",
        "The stage you are in ends. The fund pays each stage once.",
        "next stage begun",
        actions.start_stage,
    ),
    "transfer": Deed(
        "Hand the case on",
        "The room goes back, the next provider is asked, and the family is told.",
        "handed on; the next provider is asked",
        actions.transfer,
        takes_keys=True,
    ),
    "enter_trigger": Deed(
        "Start a legal clock",
        "The last day and the safe day are counted, and the queue follows. The family is told nothing.",
        "the clock runs",
        actions.enter_trigger,
    ),
    "meet_deadline": Deed(
        "Stop a clock: done in time", "What had to be done is done.", "the clock is stopped", actions.meet_deadline
    ),
    "drop_deadline": Deed(
        "Drop a clock", "Nobody needs to keep it any more.", "the clock is dropped", actions.drop_deadline
    ),
    "close": Deed(
        "Close with an outcome", "The fund's work on the case ends, and the family is told.", "closed", actions.close
    ),
    "screen_out": Deed(
        "Not eligible: refer elsewhere",
        "The case ends here; the family is told that others can help.",
        "not eligible, referred elsewhere",
        actions.screen_out,
    ),
    "refer_out": Deed(
        "Refer elsewhere too",
        "Somebody outside the fund helps, too; the case goes on. In three business days you ask what became of it.",
        "referred elsewhere too; what became of it is on the list",
        actions.refer_out,
    ),
    "record_referral_outcome": Deed(
        "Record what became of a referral",
        "As the family or the partner says. With the last one the task ends.",
        "outcome of the referral recorded",
        actions.record_referral_outcome,
    ),
    "mark_duplicate": Deed(
        "Mark as duplicate",
        "This case ends; the other one about the same person goes on. What was told here stays behind, and nobody here "
        "is texted any more: better compare the two under “Same person?” and join them there.",
        "marked as duplicate",
        actions.mark_duplicate,
    ),
    "lose_contact": Deed(
        "Contact lost",
        "After at least three tries on three days. The case ends and can be taken up again.",
        "contact lost",
        actions.lose_contact,
    ),
    "withdraw": Deed(
        "Family withdraws",
        "The family no longer wants the fund's help: the case ends.",
        "withdrawn",
        actions.withdraw,
    ),
    "reopen": Deed(
        "Take up again",
        "The case is screened and offered like a new one.",
        "taken up again",
        actions.reopen,
        takes_keys=True,
    ),
    "confirm_handed_over": Deed(
        "Confirm that you have the file",
        "It is in your own case system. The hotline's copy of it gets its end, and this page shows the day.",
        "handed over",
        actions.confirm_handed_over,
    ),
    "place_hold": Deed(
        "Place a legal hold",
        "Nothing of the case is destroyed while it stands, and every page of the case says so.",
        "on legal hold",
        actions.place_hold,
    ),
    "lift_hold": Deed(
        "Lift the legal hold",
        "What should be gone by now is destroyed within the hour, unless a legal demand holds it too.",
        "legal hold lifted",
        actions.lift_hold,
    ),
    "delete_data": Deed(
        "Delete the family's data",
        "The family asked for it. All that is sealed, its code and its indexes are gone within the hour, for ever.",
        "its data are destroyed within the hour",
        delete_data,
    ),
    "hold_conflict": Deed(
        "Record a provider's conflict of interest",
        "The provider is never asked for this case. An offer it has now is taken back, and the next is asked.",
        "conflict of interest recorded",
        actions.record_conflict,
    ),
    "lift_conflict": Deed(
        "Lift a conflict of interest",
        "The provider can be asked for this case again, with all its programs. A case that waits is placed anew.",
        "conflict of interest lifted",
        actions.lift_conflict,
    ),
    "must_not_take": Deed(
        "We must not take this case",
        "For good, with all your programs, and no other provider reads of it. An offer you have now ends.",
        "you are not asked for it again",
        actions.must_not_take,
    ),
}

# What each is about, in the order in which somebody is likely to want them.
PARTS: dict[str, tuple[str, ...]] = {
    "Find a lawyer": (
        "pass_screening",
        "offer",
        "withdraw_offer",
        "transfer",
        "book_clinic_seat",
        "give_up_clinic_seat",
        "hold_conflict",
        "lift_conflict",
        "must_not_take",
    ),
    "The work": ("engage", "start_stage", "request_certification", "confirm_handed_over"),
    "Where the person is": ("record_locator_check", "may_have_moved"),
    "Reach the family": ("request_info", "put_tier_back", "set_time_zone"),
    "Legal clocks": ("enter_trigger", "meet_deadline", "drop_deadline"),
    "Help elsewhere": ("refer_out", "record_referral_outcome", "screen_out"),
    "End it": ("close", "withdraw", "lose_contact", "mark_duplicate", "reopen"),
    "What we keep": ("place_hold", "lift_hold", "delete_data"),
}
PART_OF = {deed: part for part, deeds in PARTS.items() for deed in deeds}


def deeds_open_to(actor: Actor, case: Case) -> list[str]:
    """What this actor can do to this case now, in the order of `PARTS`."""
    steps = set(steps_open_to(actor, case))
    if actor.acts_as(Role.COORDINATOR) and awaits_screening(case):
        steps.add("pass_screening")
    held = offer_held_by(actor, case)
    if held and held.handed_over_at is None:
        steps.add("confirm_handed_over")
    if held:
        steps.add("start_stage")
    if actor.role == Role.HOTLINE_LEAD:
        steps.add("lift_hold" if is_held_without_demand(case.pk) else "place_hold")
    if actor.acts_as(Role.COORDINATOR) and may_delete_data(case):
        steps.add("delete_data")
    steps.update(_by_the_case_itself(actor, case))
    if case.is_open and may_keep_clocks(actor, case):
        steps.add("enter_trigger")
        if running_of(case):
            steps |= _OF_CLOCKS
    if actor.acts_as(Role.COORDINATOR):
        steps |= _about_referrals(case)
    return [name for name in PART_OF if name in steps]


def _by_the_case_itself(actor: Actor, case: Case) -> Iterator[str]:
    """The deeds beside the machine that the case allows now."""
    if may_request_certification(actor, case):
        yield "request_certification"
    if can_say_must_not_take(actor, case):
        yield "must_not_take"
    if not actor.acts_as(Role.COORDINATOR) or not case.is_open:
        return
    yield "hold_conflict"
    if conflicts_of(case):
        yield "lift_conflict"
    yield "record_locator_check"
    if can_be_put_back(case):
        yield "put_tier_back"
    yield "set_time_zone"
    if can_be_searched_again(case):
        yield "may_have_moved"
    if booked_seat(case):
        yield "give_up_clinic_seat"
    elif fits(case, served_types(today_of(timezone.now()))):
        yield "book_clinic_seat"


def text_of(deed: str) -> str:
    """The wording that the family gets with a deed, by its name; "" for none. What follows by itself has its own."""
    step = STEPS.get(_TRANSITIONS.get(deed, deed))
    return step.text if step else ""


def _about_referrals(case: Case) -> set[str]:
    deeds = {"refer_out"} if case.is_open else set()
    if case.warm_referrals.filter(outcome="").exists():
        deeds.add("record_referral_outcome")
    return deeds


def check_may_do(actor: Actor, case: Case, deed: str) -> None:
    """Raises PermissionDenied for the role, WrongState for the state; the action checks both again under its lock."""
    if not _role_may_do(actor, deed):
        raise PermissionDenied("Your role does not allow this.")
    if deed not in deeds_open_to(actor, case):
        raise WrongState(f"{case.reference} is {case.get_state_display().lower()} now.")


def _role_may_do(actor: Actor, deed: str) -> bool:
    if deed in _OF_CLOCKS:
        return actor.acts_as(Role.COORDINATOR) or actor.acts_as(Role.PROVIDER_STAFF)
    roles = _WITHOUT_TRANSITION.get(deed)
    if roles is None:
        return role_may(_TRANSITIONS.get(deed, deed), actor)
    return any(actor.acts_as(role) for role in (roles if isinstance(roles, tuple) else (roles,)))
